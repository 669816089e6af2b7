"""The desk: how a route is declared, who may call it, and how it answers.

A route names its permit, its answer and its refusals; from these come the checks, the
published description, and the matrix of permissions. Before the route runs, the desk has
checked the caller, opened the transaction and read the clock.
"""

import hashlib
import inspect
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, get_type_hints

import msgspec
from litestar import Request, Response
from litestar import delete as _delete
from litestar import get as _get
from litestar import patch as _patch
from litestar import post as _post
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from msgspec import Meta

from ecosystem.runtime import idempotency, problems
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.keys import Keys
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.visit import KEY, StoredUnder, Visit
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.permit import Permit
from ecosystem.values.refusal import Refusal

OPERATION: Final = "operation"
"""Where a route's operation stands in the handler's `opt`."""
_ETAG: Final = re.compile(r'"v([1-9][0-9]{0,8})(?:\.[a-z_]+)*"')
_JSON: Final = "application/json"

PageLimit = Annotated[int, Meta(ge=1, le=100, description="How many items one page holds at most.")]
PageCursor = Annotated[
    str,
    Meta(
        max_length=400,
        pattern="^[A-Za-z0-9_-]+$",
        description="`next_cursor` of the page before; bound to the same filters.",
    ),
]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What a route declares of itself."""

    method: str
    path: str
    permit: Permit
    answers: Any
    """The type of the answer's body, None for none, or bytes for another media type."""
    status: int
    refuses: tuple[type[Refusal], ...]
    key_required: bool
    changes: bool
    """Whether it changes the resource that its path names: then If-Match is required."""
    scoped: bool
    """Whether a read needs a transaction that row-level security knows the caller of."""
    accepts: str
    produces: str
    tag: str
    name: str
    manual: str
    queries: dict[str, Any]
    """The query parameters by name, each with its type and bounds."""
    defaults: dict[str, Any]
    """What a query parameter is when it is left out."""
    body: Any
    """The type of the request's body, or None."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a thing is after the request: its identifier, state and version."""

    id: str
    state: str
    version: Annotated[int, Meta(ge=1)]
    """Counts the changes; the ETag says it too."""


class Call(Request[Any, Any, State]):
    """One request, as a route sees it: the transaction, who acts, and when."""

    @property
    def visit(self) -> Visit:
        """Return what the house knows of this request."""
        visit: Visit = self.scope[KEY]  # type: ignore[typeddict-item]
        return visit

    @property
    def tx(self) -> Tx:
        """Return the transaction, or for plain reads the way to read."""
        tx = self.visit.tx
        if tx is None:
            message = "the desk opened no transaction"
            raise RuntimeError(message)
        return tx

    @property
    def by(self) -> Actor:
        """Return who acts; the desk has made sure that somebody does."""
        actor = self.visit.actor
        if actor is None:
            message = "the route's permit lets anyone call"
            raise RuntimeError(message)
        return actor

    @property
    def reader(self) -> Actor | None:
        """Return who reads, where anyone may."""
        return self.visit.actor

    @property
    def at(self) -> datetime:
        """Return when the act takes place."""
        at = self.visit.at
        return self.house.clock.now() if at is None else at

    @property
    def house(self) -> "House":
        """Return what the process serves with."""
        house: House = self.app.state.house
        return house

    @property
    def expected(self) -> int | None:
        """Return the version that If-Match names, or None where it names none."""
        value = self.headers.get("if-match")
        if value is None or value == "*":
            return None
        found = _ETAG.fullmatch(value)
        return int(found[1]) if found else -1

    def answer(
        self,
        body: object,
        *,
        version: int | None = None,
        mark: str | None = None,
        location: str | None = None,
        status: int | None = None,
    ) -> Response[bytes]:
        """Return the answer: `body` as it is where it is bytes, else as JSON.

        `version` and `mark` make the ETag; a reader who has it already gets 304.
        """
        headers: dict[str, str] = {}
        operation: Operation = self.route_handler.opt[OPERATION]
        if location is not None:
            headers["location"] = location
        if version is not None:
            headers["etag"] = etag(version, mark)
            if operation.method == "GET" and _known(
                self.headers.get("if-none-match"), headers["etag"]
            ):
                return Response(b"", status_code=304, headers=headers)
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return Response(
            content,
            status_code=status or operation.status,
            headers=headers,
            media_type=operation.produces,
        )


class House:
    """What one process serves with."""

    def __init__(
        self, *, settings: Settings, database: Database, clock: Clock, keys: Keys, blobs: Blobs
    ) -> None:
        """Hold what every request needs."""
        self.settings = settings
        self.database = database
        self.clock = clock
        self.keys = keys
        self.blobs = blobs
        self.keeps = timedelta(hours=settings.idempotency_hours)


class EdgeFinding(Exception):
    """The desk found a problem before the route ran."""

    def __init__(self, type_: problems.Type, detail: str) -> None:
        """Answer with this type of problem."""
        super().__init__(detail)
        self.type = type_
        self.detail = detail


class Replay(Exception):
    """The same request was answered before; the stored answer stands."""

    def __init__(self, answer: idempotency.Answer) -> None:
        """Answer as before."""
        super().__init__()
        self.answer = answer


def etag(version: int, mark: str | None = None) -> str:
    """Return the strong ETag of a version; `mark` adds what the clock alone changes."""
    return f'"v{version}.{mark}"' if mark else f'"v{version}"'


Handler = Callable[..., Any]


def get(path: str, *, permit: Permit, answers: Any, scoped: bool = False, **more: Any) -> Handler:
    """Declare a route that reads."""
    return _declare(_get, "GET", path, permit, answers, scoped=scoped, **more)


def post(path: str, *, permit: Permit, answers: Any, **more: Any) -> Handler:
    """Declare a route that makes something, or changes a state: 201 unless told otherwise."""
    return _declare(_post, "POST", path, permit, answers, **more)


def patch(path: str, *, permit: Permit, answers: Any, **more: Any) -> Handler:
    """Declare a route that changes some fields (RFC 7396), under If-Match."""
    return _declare(_patch, "PATCH", path, permit, answers, **{"changes": True, **more})


def delete(path: str, *, permit: Permit, answers: Any = None, **more: Any) -> Handler:
    """Declare a route that removes something, under If-Match."""
    return _declare(_delete, "DELETE", path, permit, answers, **{"changes": True, **more})


_STATUS: Final = {"GET": 200, "POST": 201, "PATCH": 200, "DELETE": 204}


def _declare(
    make: Callable[..., Any],
    method: str,
    path: str,
    permit: Permit,
    answers: Any,
    *,
    status: int | None = None,
    refuses: tuple[type[Refusal], ...] = (),
    key: bool = False,
    changes: bool = False,
    scoped: bool = False,
    accepts: str | None = None,
    produces: str = _JSON,
) -> Handler:
    def register(route: Callable[..., Any]) -> Any:
        operation = Operation(
            method=method,
            path=re.sub(r"\{(\w+):\w+\}", r"{\1}", path),
            permit=permit,
            answers=answers,
            status=status or _STATUS[method],
            refuses=refuses,
            key_required=key,
            changes=changes,
            scoped=scoped,
            accepts=accepts or ("application/merge-patch+json" if method == "PATCH" else _JSON),
            produces=produces,
            tag=route.__module__.split(".")[1],
            name=route.__name__,
            manual=inspect.getdoc(route) or "",
            queries=_queries(route),
            defaults=_defaults(route),
            body=get_type_hints(route).get("data"),
        )
        return make(
            path,
            status_code=operation.status,
            opt={OPERATION: operation},
            operation_id=route.__name__,
            guards=[desk],
        )(route)

    return register


def _queries(route: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(route, include_extras=True)
    found: dict[str, Any] = {}
    for name, hint in hints.items():
        parts: tuple[Any, ...] = getattr(hint, "__metadata__", ())
        if any(isinstance(part, QueryParameter) for part in parts):
            kept = [part for part in parts if not isinstance(part, QueryParameter)]
            found[name] = Annotated[(hint.__origin__, *kept)] if kept else hint.__origin__
    return found


def _defaults(route: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in inspect.signature(route).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }


async def desk(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Check the caller and the form of the request, then open what the route works with."""
    if not isinstance(connection, Call):
        raise TypeError(connection)
    operation: Operation = handler.opt[OPERATION]
    visit = connection.visit
    _permitted(visit, operation.permit)
    _well_formed(connection, operation)
    house = connection.house
    if operation.method == "GET":
        if operation.scoped:
            visit.transaction = house.database.reading(seen_by(visit.actor))
            visit.tx = await visit.transaction.open()
        else:
            visit.tx = house.database.plain()
        return
    body = visit.body = await connection.body()
    visit.key = _key(connection, operation, body)
    visit.transaction = house.database.transaction(seen_by(visit.actor))
    visit.tx = await visit.transaction.open()
    visit.tx.request_id = visit.request_id
    if visit.key is None:
        visit.real_now = await idempotency.clock(visit.tx)
    else:
        since = datetime.now().astimezone() - house.keeps
        visit.real_now, answer = await idempotency.look_up(visit.tx, visit.key, since=since)
        if answer is not None:
            visit.key = None
            raise Replay(answer)
    visit.at = house.clock.at(visit.real_now)


def seen_by(actor: Actor | None) -> dict[str, str]:
    """Return the settings by which row-level security knows the caller."""
    if actor is None:
        return {}
    local = {"organisation": actor.organisation_id}
    if actor.kind is OrganisationKind.GOVERNMENT:
        local["authority"] = str(actor.organisation_number)
    if actor.kind is OrganisationKind.AUDITOR:
        local["oversees"] = actor.jurisdiction
    return local


def _permitted(visit: Visit, permit: Permit) -> None:
    if permit.is_public():
        return
    if visit.actor is None:
        visit.answer_headers.append((b"www-authenticate", b'Bearer realm="ecosystem"'))
        raise EdgeFinding(problems.UNAUTHENTICATED, "The request carries no access token.")
    lacking = permit.unmet(visit.actor)
    if lacking is not None:
        raise EdgeFinding(problems.NOT_ALLOWED, lacking)


def _well_formed(call: Call, operation: Operation) -> None:
    if call.scope["query_string"]:
        _known_queries(call, operation)
    if operation.method == "GET":
        return
    if operation.changes and "if-match" not in call.headers:
        raise EdgeFinding(problems.PRECONDITION_REQUIRED, "The request has no If-Match header.")
    sent = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = call.headers.get("content-length", "0") != "0" or "transfer-encoding" in call.headers
    if has_body and operation.accepts not in {"*/*", sent}:
        detail = f"The operation accepts {operation.accepts}, not {sent or 'a body without type'}."
        raise EdgeFinding(problems.UNSUPPORTED, detail)


def _known_queries(call: Call, operation: Operation) -> None:
    given = list(call.query_params.multi_items())
    for name, value in given:
        if name not in operation.queries:
            names = ", ".join(sorted(operation.queries)) or "none"
            detail = f"The query parameter {name!r} is not known here; known: {names}."
            raise EdgeFinding(problems.MALFORMED, detail)
        try:
            msgspec.convert(value, operation.queries[name], strict=False)
        except msgspec.ValidationError as error:
            detail = f"The query parameter {name}: {error}."
            raise EdgeFinding(problems.MALFORMED, detail) from None
    if len({name for name, _ in given}) != len(given):
        raise EdgeFinding(problems.MALFORMED, "A query parameter is given twice.")


def _key(call: Call, operation: Operation, body: bytes) -> StoredUnder | None:
    given = call.headers.get("idempotency-key")
    if given is None:
        if operation.key_required:
            raise EdgeFinding(problems.KEY_MISSING, "The request has no Idempotency-Key header.")
        return None
    if not idempotency.SHAPE.fullmatch(given):
        raise EdgeFinding(
            problems.MALFORMED, "The Idempotency-Key is not 1 to 255 visible characters."
        )
    actor = call.visit.actor
    if actor is None:
        return None
    principal = f"{actor.client_id}/{actor.person_id or ''}"
    asked = f"{call.method} {call.url.path}?{call.scope['query_string'].decode('latin-1')}\n"
    fingerprint = hashlib.sha256(asked.encode() + body).digest()
    return StoredUnder(principal, given.strip('"'), fingerprint)


def _known(if_none_match: str | None, tag: str) -> bool:
    if if_none_match is None:
        return False
    candidates = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in candidates or "*" in candidates
