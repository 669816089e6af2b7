"""The desk: what is checked and opened before a route runs."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from ecosystem.runtime import idempotency, problems
from ecosystem.runtime.call import NO_VERSION, Call, EdgeFinding, Replay
from ecosystem.runtime.operation import OPERATION, Operation
from ecosystem.runtime.visit import StoredUnder, Visit
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.permit import Permit
from ecosystem.values.revision import RevisionStale


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
    if operation.accepts != "*/*":
        _small(connection, int(connection.headers.get("content-length") or 0))
    body = visit.body = await connection.body()
    if operation.accepts != "*/*":
        _small(connection, len(body))
    visit.key = _key(connection, operation, body)
    visit.transaction = house.database.transaction(seen_by(visit.actor))
    visit.tx = await visit.transaction.open()
    visit.tx.request_id = visit.request_id
    if visit.key is None:
        visit.real_now = await idempotency.clock(visit.tx)
    else:
        since = datetime.now(UTC) - house.keeps
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
    if actor.oversees is not None:
        local["oversees"] = actor.oversees
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
    if operation.changes and call.expected == NO_VERSION:
        raise RevisionStale("If-Match holds no ETag that this service makes.")
    sent = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = call.headers.get("content-length", "0") != "0" or "transfer-encoding" in call.headers
    if has_body and operation.accepts not in {"*/*", sent}:
        detail = f"The operation accepts {operation.accepts}, not {sent or 'a body without type'}."
        raise EdgeFinding(problems.UNSUPPORTED, detail)


def _small(call: Call, length: int) -> None:
    limit = call.house.settings.body_bytes_max
    if length > limit:
        raise EdgeFinding(problems.TOO_LARGE, f"The limit is {limit} bytes.")


def _known_queries(call: Call, operation: Operation) -> None:
    given = list(call.query_params.multi_items())
    for name, value in given:
        if name not in operation.queries:
            names = ", ".join(sorted(operation.queries)) or "none"
            detail = f"The query parameter {name!r} is not known here; known: {names}."
            raise EdgeFinding(problems.MALFORMED, detail)
        if value.lower() == "null" and operation.defaults.get(name, value) is None:
            # The framework would take the word for none, and a filter would find everything.
            detail = f"The query parameter {name} is left out, never null."
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
