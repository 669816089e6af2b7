"""How a route is declared: its permit, its answer and its refusals.

From these come the checks at the desk, the published description, and the matrix of
permissions.
"""

import inspect
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, TypedDict, Unpack, get_type_hints

import msgspec
from litestar import delete as _delete
from litestar import get as _get
from litestar import patch as _patch
from litestar import post as _post
from litestar.params import QueryParameter
from msgspec import Meta

from ecosystem.runtime.call import Call, EdgeFinding, House, Replay, etag
from ecosystem.runtime.desk import begin, desk, seen_by
from ecosystem.runtime.operation import OPERATION, Operation
from ecosystem.values.patterns import whole
from ecosystem.values.permit import Permit
from ecosystem.values.refusal import Refusal

__all__ = [
    "OPERATION", "Call", "EdgeFinding", "House", "Operation", "PageCursor", "PageLimit", "Replay",
    "Standing", "begin", "delete", "desk", "etag", "get", "patch", "post", "seen_by",
]  # fmt: skip

_JSON: Final = "application/json"

PageLimit = Annotated[int, Meta(ge=1, le=100, description="How many items one page holds at most.")]
PageCursor = Annotated[
    str,
    Meta(
        max_length=400,
        pattern=whole("[A-Za-z0-9_-]+"),
        description="`next_cursor` of the page before; bound to the same filters.",
        examples=["eyJhZnRlciI6MX0"],
    ),
]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a thing is after the request: its identifier, state and version."""

    id: str
    state: str
    version: Annotated[int, Meta(ge=1)]
    """Counts the changes; the ETag says it too."""


Handler = Callable[..., Any]


class Said(TypedDict, total=False):
    """What a route may say beyond its permit and its answer."""

    status: int
    """The status of success, where it is not the method's usual one."""
    refuses: tuple[type[Refusal], ...]
    """The refusals that it can answer with."""
    key: bool
    """Whether an Idempotency-Key is required."""
    changes: bool
    """Whether it changes what its path names, so that If-Match is required."""
    scoped: bool
    """Whether a read runs in a transaction that row-level security knows the caller of."""
    discreet: bool
    """Whether the log leaves out who called."""
    late: bool
    """Whether the route opens its transactions itself, having computed for long before."""
    ranges: bool
    """Whether a part of the answer can be asked for (RFC 9110, section 14)."""
    streams: bool
    """Whether the route itself takes the body, which may be large, and then calls `begin`."""
    accepts: str
    """The media type of the request's body; `*/*` where the route itself decides."""
    produces: str
    """The media type of the answer, or several with commas; `*/*` where a document has its own."""
    reads: dict[str, Any]
    """The query parameters by name with their types, where the route itself reads them, as
    what is unknown must be left unread (RFC 6749, section 3.1)."""
    rows: Any
    """The type of one row, where the body is a JSON array of them, NDJSON or CSV (`values.rows`),
    and the route itself reads it: of `batch_bytes_max` at most."""
    form: dict[str, Any]
    """The schema of the form that the body is."""
    leads: str
    """Where the route may send a browser on to with 303, in words."""
    pages: tuple[int, ...]
    """The statuses of refusals that are pages for people; with `leads` by default 400 and 403."""
    body_bytes_max: int
    """How large a JSON body may be, where that is more than the setting allows."""


def get(path: str, *, permit: Permit, answers: Any, **said: Unpack[Said]) -> Handler:
    """Declare a route that reads."""
    return _declare(_get, "GET", path, permit=permit, answers=answers, said=said)


def post(path: str, *, permit: Permit, answers: Any, **said: Unpack[Said]) -> Handler:
    """Declare a route that makes something, or changes a state: 201 unless told otherwise."""
    return _declare(_post, "POST", path, permit=permit, answers=answers, said=said)


def patch(path: str, *, permit: Permit, answers: Any, **said: Unpack[Said]) -> Handler:
    """Declare a route that changes some fields (RFC 7396), under If-Match."""
    said.setdefault("changes", True)
    said.setdefault("accepts", "application/merge-patch+json")
    return _declare(_patch, "PATCH", path, permit=permit, answers=answers, said=said)


def delete(path: str, *, permit: Permit, answers: Any = None, **said: Unpack[Said]) -> Handler:
    """Declare a route that removes something, under If-Match."""
    said.setdefault("changes", True)
    return _declare(_delete, "DELETE", path, permit=permit, answers=answers, said=said)


_TRAITS: Final = ("scoped", "discreet", "late", "ranges", "streams")
"""What an operation is where a route says so, and else is not."""
_STATUS: Final = {"GET": 200, "POST": 201, "PATCH": 200, "DELETE": 204}


def _declare(
    make: Callable[..., Any], method: str, path: str, *, permit: Permit, answers: Any, said: Said
) -> Handler:
    def register(route: Callable[..., Any]) -> Any:
        operation = Operation(
            method=method,
            path=re.sub(r"\{(\w+):\w+\}", r"{\1}", path),
            permit=permit,
            answers=answers,
            status=said.get("status", _STATUS[method]),
            refuses=said.get("refuses", ()),
            key_required=said.get("key", False),
            changes=said.get("changes", False),
            accepts=said.get("accepts", _JSON),
            produces=said.get("produces", _JSON),
            tag=route.__module__.split(".")[1],
            name=route.__name__,
            manual=inspect.getdoc(route) or "",
            **_asked(route, said),
            rows=said.get("rows"),
            body_bytes_max=said.get("body_bytes_max", 0),
            form=said.get("form"),
            leads=said.get("leads"),
            pages=said.get("pages", (400, 403) if "leads" in said else ()),
            body=get_type_hints(route).get("data"),
            **_traits(said),
        )
        return make(
            path,
            status_code=operation.status,
            opt={OPERATION: operation},
            operation_id=route.__name__,
            before_request=desk,
            **_bounded(said),
        )(route)

    return register


def _traits(said: Said) -> dict[str, Any]:
    return {name: bool(said.get(name)) for name in _TRAITS}


def _bounded(said: Said) -> dict[str, Any]:
    return {"request_max_body_size": said["body_bytes_max"]} if "body_bytes_max" in said else {}


def _asked(route: Callable[..., Any], said: Said) -> dict[str, Any]:
    """Return what is said of the query: types, words, and what each is when it is left out."""
    return {
        "queries": said.get("reads") or _queries(route),
        "told": _told(route),
        "defaults": dict.fromkeys(said.get("reads", ())) | _defaults(route),
        "reads_query": "reads" in said,
    }


def _queries(route: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(route, include_extras=True)
    found: dict[str, Any] = {}
    for name, hint in hints.items():
        parts: tuple[Any, ...] = getattr(hint, "__metadata__", ())
        if (query := _query(name, parts)) is not None:
            kept = [part for part in parts if not isinstance(part, QueryParameter)]
            found[query] = Annotated[(hint.__origin__, *kept)] if kept else hint.__origin__
    return found


def _query(name: str, parts: tuple[Any, ...]) -> str | None:
    """Return how an argument is called in the query, or None where it is not from there."""
    return next((one.name or name for one in parts if isinstance(one, QueryParameter)), None)


def _told(route: Callable[..., Any]) -> dict[str, str]:
    """Return the description of each query parameter that has one of its own, not its type's."""
    hints = get_type_hints(route, include_extras=True)
    return {
        one.name or name: one.description
        for name, hint in hints.items()
        for one in getattr(hint, "__metadata__", ())
        if isinstance(one, QueryParameter) and one.description
    }


def _defaults(route: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(route, include_extras=True)
    return {
        _query(name, getattr(hints.get(name), "__metadata__", ())) or name: parameter.default
        for name, parameter in inspect.signature(route).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
