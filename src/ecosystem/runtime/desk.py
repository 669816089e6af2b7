"""The desk: what is checked and opened before a route runs."""

import asyncio
import hashlib
from datetime import UTC, datetime

from ecosystem.runtime import asking, idempotency, problems
from ecosystem.runtime.call import NO_VERSION, Call, EdgeFinding, Replay
from ecosystem.runtime.operation import OPERATION, Operation
from ecosystem.runtime.visit import StoredUnder, Visit
from ecosystem.values.actor import Actor, Assurance, OrganisationKind
from ecosystem.values.permit import Permit
from ecosystem.values.revision import RevisionStale
from ecosystem.values.rows import ROWS


async def desk(call: Call) -> None:
    """Check the caller and the form of the request, then open what the route works with.

    Runs before the framework reads any argument. A guard would do, but the framework copies
    the whole route for each guard of each request.
    """
    operation: Operation = call.route_handler.opt[OPERATION]
    visit = call.visit
    _permitted(visit, operation.permit)
    _proved(call, operation.permit)
    _well_formed(call, operation)
    if operation.streams:
        return
    house = call.house
    if operation.method == "GET":
        if operation.scoped:
            visit.transaction = house.database.reading(_seen_now(call))
            visit.tx = await visit.transaction.open()
        else:
            visit.tx = house.database.plain()
        return
    if operation.accepts != "*/*":
        _small(call, operation, int(call.header(b"content-length") or 0))
    body = visit.body = await _body(call)
    if operation.accepts != "*/*":
        _small(call, operation, len(body))
    if operation.late:
        return
    await begin(call, body)


async def begin(call: Call, content: bytes) -> None:
    """Open the transaction of a request that writes, and read the clock.

    `content` is the body, or its digest where it has gone to the disk. Raises Replay where the
    answer to the same content is stored under the request's key.
    """
    visit, house = call.visit, call.house
    operation: Operation = call.route_handler.opt[OPERATION]
    visit.key = _key(call, operation, content)
    if operation.changes and call.expected == NO_VERSION:
        raise RevisionStale("If-Match holds no ETag that this service makes.")
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


def _seen_now(call: Call) -> dict[str, str]:
    """Return how a reader is known; of a lender also when, as what it may see ends by the clock."""
    actor = call.visit.actor
    if actor is None or actor.kind is not OrganisationKind.FINANCIAL_INSTITUTION:
        return seen_by(actor)
    return {**seen_by(actor), "now": str(int(call.house.clock.now().timestamp()))}


def _permitted(visit: Visit, permit: Permit) -> None:
    if permit.is_public():
        return
    if visit.actor is None:
        visit.answer_headers.append((b"www-authenticate", b'Bearer realm="ecosystem"'))
        raise EdgeFinding(problems.UNAUTHENTICATED, "The request carries no access token.")
    lacking = permit.unmet(visit.actor)
    if lacking is not None:
        raise EdgeFinding(problems.NOT_ALLOWED, lacking)


def _proved(call: Call, permit: Permit) -> None:
    """Have the person prove anew who she is, where the act asks for it. Source: RFC 9470."""
    by, age_s_max = call.visit.actor, call.house.settings.step_up_s_max
    if by is None or not permit.step_up:
        return
    if permit.is_proved(by, at=datetime.now(UTC), age_s_max=age_s_max):
        return
    way = Assurance.PASSKEY.value
    asked = f'error="{problems.STEP_UP.code}", acr_values="{way}", max_age="{age_s_max}"'
    call.visit.answer_headers.append((b"www-authenticate", f"Bearer {asked}".encode()))
    detail = f"To {permit.act} she must have used her passkey within the last {age_s_max} s."
    raise EdgeFinding(problems.STEP_UP, detail)


def _well_formed(call: Call, operation: Operation) -> None:
    if not operation.reads_query:
        asking.check(call, operation)
    if operation.method == "GET":
        return
    if operation.changes and b"if-match" not in call.visit.headers:
        raise EdgeFinding(problems.PRECONDITION_REQUIRED, "The request has no If-Match header.")
    headers = call.visit.headers
    sent = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    accepted = (operation.accepts,) if operation.rows is None else ROWS
    if has_body and "*/*" not in accepted and sent not in accepted:
        names = " or ".join(accepted)
        detail = f"The operation accepts {names}, not {sent or 'a body without type'}."
        raise EdgeFinding(problems.UNSUPPORTED, detail)


async def _body(call: Call) -> bytes:
    """Return the whole body; until it is here, nothing of the database is held."""
    seconds = call.house.settings.body_wait_s_max
    try:
        async with asyncio.timeout(seconds):
            return await call.body()
    except TimeoutError:
        message = f"The limit is {seconds} s."
        raise EdgeFinding(problems.BODY_TOO_SLOW, message) from None


def _small(call: Call, operation: Operation, length: int) -> None:
    chosen = call.house.settings
    usual = chosen.body_bytes_max if operation.rows is None else chosen.batch_bytes_max
    limit = max(usual, operation.body_bytes_max)
    if length > limit:
        raise EdgeFinding(problems.TOO_LARGE, f"The limit is {limit} bytes.")


def _key(call: Call, operation: Operation, body: bytes) -> StoredUnder | None:
    given = call.header(b"idempotency-key")
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
    principal = f"{actor.organisation_id}/{actor.client_id}/{actor.person_id or ''}"
    asked = f"{call.method} {call.scope['path']}?{call.scope['query_string'].decode('latin-1')}\n"
    fingerprint = hashlib.sha256(asked.encode() + body).digest()
    return StoredUnder(principal, given.strip('"'), fingerprint)
