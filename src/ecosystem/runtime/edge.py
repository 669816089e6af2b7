"""The door of the house: one lean layer around the application that every request passes.

It names the request, knows the caller, counts against limits, ends the transaction with
the answer, mends what the framework leaves out (HEAD, Allow), and logs one line.
"""

import errno
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import asyncpg
import msgspec
import structlog
from litestar.exceptions import LitestarException

from ecosystem.runtime import idempotency, log, problems
from ecosystem.runtime.database import is_away
from ecosystem.runtime.limits import Limit
from ecosystem.runtime.minting import mint
from ecosystem.runtime.operation import OPERATION, Operation
from ecosystem.runtime.pool import DatabaseBusy
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.stores import StoreUnreachable
from ecosystem.runtime.visit import KEY, Visit, address_of
from ecosystem.values.actor import Actor

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_log: Final = structlog.get_logger("ecosystem.request")
_URI_BYTES_MAX: Final = 4_096
_PRINTABLE: Final = bytes(range(0x21, 0x7F))
_KEPT_HEADERS: Final = frozenset(
    {b"location", b"etag", b"content-type", b"content-language", b"vary"}
)
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_PRIVATE: Final = (b"cache-control", b"no-store")
BEARER: Final = "Bearer"
DPOP: Final = "DPoP"
_ORGANISATION: Final = b"ecosystem-organisation"
_LOOK_AWAY: Final = ("/health/", "/metrics")
_WITHOUT_TOKEN: Final = ("/oauth/", *_LOOK_AWAY)


class TokenInvalid(Exception):
    """The access token is not one that this service accepts now, or not in this way."""

    def __init__(self, message: str, *, scheme: str = BEARER, error: str = "invalid_token") -> None:
        """Say in which scheme it must come, and the error in terms of RFC 6750 or RFC 9449."""
        super().__init__(message)
        self.challenge = f'{scheme} realm="ecosystem", error="{error}"'
        if scheme == DPOP:
            self.challenge += ', algs="ES256"'


class NotAdmitted(Exception):
    """A request is not let in, for a reason that is not its token's."""

    def __init__(
        self, type_: problems.Type, detail: str, *, retry_after_s: int | None = None
    ) -> None:
        """Answer with this type of problem; `retry_after_s` says when to come again."""
        super().__init__(detail)
        self.type = type_
        self.headers: list[tuple[bytes, bytes]] = []
        if retry_after_s is not None:
            self.headers.append((b"retry-after", str(retry_after_s).encode()))


@dataclass(frozen=True, slots=True)
class Proof:
    """What came with a token of the scheme DPoP, and the request that it must be for."""

    headers: tuple[str, ...]
    method: str
    path: str
    """As it was sent, with whatever was escaped in it."""


Authenticate = Callable[[str, str | None, Proof | None], Awaitable[Actor]]
Observe = Callable[[Scope, Visit, int, float], None]


class Edge:
    """Wraps the application; serves HTTP and hands everything else on."""

    def __init__(
        self,
        application: Any,
        *,
        settings: Settings,
        authenticate: Authenticate,
        methods: Mapping[str, str],
        observe: Observe | None = None,
    ) -> None:
        """Take the caller's identity from `authenticate`, and Allow from `methods` by path."""
        self.application = application
        self._settings = settings
        self._authenticate = authenticate
        self._methods = methods
        self._observe = observe
        self._reads = Limit("reads", settings.reads_per_minute)
        self._writes = Limit("writes", settings.writes_per_minute)
        self._keeps = timedelta(hours=settings.idempotency_hours)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        visit = Visit(mint("request"), time.perf_counter(), dict(scope["headers"]))
        scope[KEY] = visit
        exit_ = _Exit(self, scope, visit, send)
        try:
            if await self._admitted(scope, visit, exit_):
                await self.application(scope, receive, exit_.send)
        except Exception as error:  # noqa: BLE001 - the door: whatever it is, it becomes an answer
            await exit_.fail(error)
        finally:
            if visit.transaction is not None:
                await visit.transaction.end("ROLLBACK")

    async def _admitted(self, scope: Scope, visit: Visit, exit_: "_Exit") -> bool:
        path: str = scope["path"]
        method: str = scope["method"]
        if method == "HEAD":
            scope["method"] = "GET"
            exit_.without_body = visit.without_body = True
        try:
            await self._identify(scope, visit, method)
        except TokenInvalid as error:
            # Counted too, by address: guessing must not be free.
            if await self._within_limits(scope, visit, exit_):
                visit.answer_headers.append((b"www-authenticate", error.challenge.encode()))
                await exit_.refuse(problems.UNAUTHENTICATED, str(error))
            return False
        except NotAdmitted as error:
            if await self._within_limits(scope, visit, exit_):
                visit.answer_headers += error.headers
                await exit_.refuse(error.type, str(error))
            return False
        if not await self._within_limits(scope, visit, exit_):
            return False
        if len(path) + len(scope["query_string"]) > _URI_BYTES_MAX:
            await exit_.refuse(problems.URI_TOO_LONG, "The address is longer than that.")
            return False
        if len(path) > 1 and path.endswith("/"):
            await exit_.refuse(problems.NOT_FOUND, "No address here ends with a slash.")
            return False
        if not scope["query_string"].isascii():
            # Typed as it is, without escapes, as people type Chinese into a shell.
            scope["query_string"] = quote(scope["query_string"], safe=_PRINTABLE).encode()
        return True

    async def _identify(self, scope: Scope, visit: Visit, method: str) -> None:
        if scope["path"].startswith(_WITHOUT_TOKEN):
            return
        given = visit.headers.get(b"authorization")
        if given is None:
            return
        visit.answer_headers.append(_PRIVATE)
        if _has_two(scope, visit, b"authorization"):
            message = "The request has two Authorization headers."
            raise TokenInvalid(message)
        scheme, _, token = given.partition(b" ")
        scheme = scheme.lower()
        if scheme not in {b"bearer", b"dpop"} or not token.isascii():
            message = "The Authorization header holds no Bearer token, nor one of DPoP."
            raise TokenInvalid(message)
        named = visit.headers.get(_ORGANISATION)
        organisation = None if named is None else named.decode("latin-1")
        proof = _proof(scope, method) if scheme == b"dpop" else None
        visit.actor = await self._authenticate(token.decode("ascii"), organisation, proof)

    async def _within_limits(self, scope: Scope, visit: Visit, exit_: "_Exit") -> bool:
        if scope["path"].startswith(_LOOK_AWAY):
            return True
        limit = self._reads if scope["method"] in {"GET", "OPTIONS"} else self._writes
        who = visit.actor.client_id if visit.actor else self._address(scope, visit)
        left, seconds = limit.take(who)
        visit.answer_headers += (
            (b"ratelimit-policy", limit.policy.encode()),
            (b"ratelimit", f'"{limit.name}";r={max(left, 0)};t={seconds}'.encode()),
        )
        if left >= 0:
            return True
        visit.answer_headers.append((b"retry-after", str(seconds).encode()))
        await exit_.refuse(problems.TOO_MANY, f"The quota is {limit.policy}.")
        return False

    def _address(self, scope: Scope, visit: Visit) -> str:
        return address_of(scope, visit, proxies=self._settings.proxies)

    def problem(self, visit: Visit, type_: problems.Type, detail: str) -> problems.Problem:
        """Return a problem of this visit."""
        return problems.found(
            type_, detail, root=self._settings.public_url, request_id=visit.request_id,
            language=visit.language,
        )  # fmt: skip

    def allow(self, scope: Scope) -> bytes | None:
        """Return the methods of the resource that was asked, for Allow."""
        methods = self._methods.get(scope.get("path_template", ""))
        return methods.encode() if methods else None

    async def conclude(self, visit: Visit, start: Message, body: bytes) -> None:
        """End the transaction as the answer says: commit a success, undo anything else."""
        if visit.transaction is None:
            return
        status = start["status"]
        if status >= problems.MALFORMED.status:
            await visit.transaction.end("ROLLBACK")
        else:
            if visit.key is not None and visit.tx is not None and visit.real_now is not None:
                headers = [
                    (name.decode(), value.decode())
                    for name, value in start["headers"]
                    if name in _KEPT_HEADERS
                ]
                answer = idempotency.Answer(status, headers, body)
                await idempotency.store(
                    visit.tx, visit.key, answer, since=visit.real_now - self._keeps
                )
            await visit.transaction.end("COMMIT")
        visit.transaction = None

    def told(self, scope: Scope, visit: Visit, status: int) -> None:
        """Log the request in one line, and let telemetry observe it."""
        seconds = time.perf_counter() - visit.started
        if self._observe is not None:
            self._observe(scope, visit, status, seconds)
        if scope["path"].startswith(_LOOK_AWAY):
            return
        actor = None if _is_discreet(scope) else visit.actor
        log.request(
            log.RequestLine(
                request_id=visit.request_id,
                method=scope["method"],
                path=scope["path"],
                status=status,
                milliseconds=round(seconds * 1000, 2),
                client=actor.client_id if actor else None,
                person=actor.person_id if actor else None,
                organisation=actor.organisation_id if actor else None,
                problem=visit.problem,
            )
        )


class _Exit:
    """The way out of one request: holds the answer back until its transaction has ended."""

    def __init__(self, edge: Edge, scope: Scope, visit: Visit, send: Send) -> None:
        self._edge = edge
        self._scope = scope
        self._visit = visit
        self._send = send
        self._start: Message | None = None
        self._left = False
        self.without_body = False

    async def send(self, message: Message) -> None:
        """Take a message of the application's answer."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        if not self._left and self._start is not None:
            start, self._start = self._start, None
            await self._edge.conclude(self._visit, start, message.get("body", b""))
            await self._leave(start)
        if self.without_body:
            message = {**message, "body": b""}
        await self._send(message)

    async def refuse(self, type_: problems.Type, detail: str) -> None:
        """Answer with a problem that the edge itself found."""
        self._visit.problem = type_.code
        body = msgspec.json.encode(self._edge.problem(self._visit, type_, detail))
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
        ]
        told = problems.headers(self._visit.language)
        headers += [(name.encode(), value.encode()) for name, value in told.items()]
        start = {"type": "http.response.start", "status": type_.status, "headers": headers}
        await self._leave(start)
        await self._send({"type": "http.response.body", "body": b"" if self.without_body else body})

    async def fail(self, error: Exception) -> None:
        """Answer for an exception that passed the application, or came from the commit."""
        if self._left:
            _log.error("answer broken off", request_id=self._visit.request_id, exc_info=error)
            raise error
        if isinstance(error, LitestarException) and isinstance(error.__cause__, Exception):
            error = error.__cause__  # The framework takes the answer that is held back for sent.
        type_, detail = recorded(error, request_id=self._visit.request_id)
        if type_ is problems.UNAVAILABLE:
            self._visit.answer_headers.append((b"retry-after", b"1"))
        await self.refuse(type_, detail)

    async def _leave(self, start: Message) -> None:
        self._left = True
        headers: list[tuple[bytes, bytes]] = list(start["headers"])
        if start["status"] == HTTPStatus.NO_CONTENT and (allow := self._edge.allow(self._scope)):
            headers = [header for header in headers if header[0] != b"allow"]
            headers.append((b"allow", allow))
        if _PRIVATE in self._visit.answer_headers:
            headers = [header for header in headers if header[0] != _PRIVATE[0]]
        headers.append((b"x-request-id", self._visit.request_id.encode()))
        headers += _ALWAYS
        headers += self._visit.answer_headers
        await self._send({**start, "headers": headers})
        self._edge.told(self._scope, self._visit, start["status"])


def _has_two(scope: Scope, visit: Visit, name: bytes) -> bool:
    """Tell whether a header was sent twice; where no header was, none is looked at."""
    given = scope["headers"]
    return len(given) != len(visit.headers) and sum(one == name for one, _ in given) > 1


def _proof(scope: Scope, method: str) -> Proof:
    headers = [value.decode("latin-1") for name, value in scope["headers"] if name == b"dpop"]
    sent = scope.get("raw_path") or quote(scope["path"]).encode("ascii")
    return Proof(tuple(headers), method, sent.partition(b"?")[0].decode("latin-1"))


def _is_discreet(scope: Scope) -> bool:
    """Tell whether the log must not say who called: before opening nobody knows who offers."""
    route = scope.get("route_handler")
    operation: Operation | None = route.opt.get(OPERATION) if route is not None else None
    return operation is not None and operation.discreet


def recorded(error: Exception, *, request_id: str) -> tuple[problems.Type, str]:
    """Do as `failure`, and log what somebody must mend."""
    type_, detail = failure(error)
    if type_ is problems.INTERNAL:
        _log.error("request failed", request_id=request_id, exc_info=error)
    elif isinstance(error, StoreUnreachable):
        _log.error("documents out of reach", request_id=request_id, reason=str(error))
    elif _lacks_room(error):
        _log.error("no room or memory left", request_id=request_id, reason=str(error))
    return type_, detail


def _lacks_room(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return isinstance(error, asyncpg.InsufficientResourcesError)


def failure(error: Exception) -> tuple[problems.Type, str]:
    """Return what an exception that is no refusal becomes: the type, and what may be said."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        name = error.constraint_name or "unnamed"
        return problems.CHANGED_MEANWHILE, f"The database keeps the rule {name}, which refused."
    if _lacks_room(error):
        return problems.UNAVAILABLE, "The service has no room or no memory left."
    if is_away(error):
        return problems.UNAVAILABLE, "The database does not answer."
    for kinds, type_, detail in _FAILURES:
        if isinstance(error, kinds):
            return type_, detail
    return problems.INTERNAL, "The failure has been recorded under the request's identifier."


_FAILURES: Final = (
    (idempotency.KeyInUse, problems.KEY_IN_USE, "The same key is at work in another request."),
    (
        idempotency.KeyReused,
        problems.KEY_REUSED,
        "The key belongs to a request with another address or body.",
    ),
    (DatabaseBusy, problems.UNAVAILABLE, "Too many requests wait for the database."),
    (
        (asyncpg.DeadlockDetectedError, asyncpg.SerializationError),
        problems.CHANGED_MEANWHILE,
        "Two requests stood in each other's way.",
    ),
    (StoreUnreachable, problems.UNAVAILABLE, "The store of documents does not answer."),
    (asyncpg.QueryCanceledError, problems.UNAVAILABLE, "The database took too long."),
)
