"""What changes accounts, sessions and counters: load, decide, write, record."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Text, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.history.actions import record
from ecosystem.identity.login import queries, rules
from ecosystem.identity.login.model import (
    BY_LOGIN,
    AccountFacts,
    Counted,
    Counter,
    PasswordFacts,
)
from ecosystem.identity.login.names import folded, normal
from ecosystem.identity.login.tables import account, login_counter, login_session
from ecosystem.identity.oauth.actions import revoke_all
from ecosystem.runtime import idempotency
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, Assurance
from ecosystem.values.refusal import Kind, Refusal

SESSION: Final = timedelta(hours=12)
"""How long a login lasts at most."""
_FORGOTTEN_AT_ONCE: Final = 100

_ADD_ACCOUNT: Final = inserting(account)
_SET_PASSWORD: Final = Statement(
    update(account)
    .where(account.c.person_id == bindparam("of"))
    .values(password_digest=bindparam("new_digest"), changed_at=bindparam("new_changed_at"))
)
_RENEW_DIGEST: Final = Statement(
    update(account)
    .where(account.c.person_id == bindparam("of"))
    .where(account.c.password_digest == bindparam("old_digest"))
    .values(password_digest=bindparam("new_digest"))
)
_BEGIN: Final = inserting(login_session)
_END: Final = Statement(
    delete(login_session)
    .where(login_session.c.digest == bindparam("digest"))
    .where(
        or_(
            bindparam("person_id", type_=Text).is_(None),
            login_session.c.person_id == bindparam("person_id", type_=Text),
        )
    )
)
_END_ALL: Final = Statement(
    delete(login_session)
    .where(login_session.c.person_id == bindparam("person_id"))
    .where(login_session.c.digest != bindparam("but"))
)
_FORGET_SESSIONS: Final = Statement(
    delete(login_session)
    .where(login_session.c.person_id == bindparam("person_id"))
    .where(login_session.c.expires_at < bindparam("before"))
)
_COUNT: Final = Statement(
    insert(login_counter)
    .values({name: bindparam(name) for name in ("digest", "failures", "free_at", "last_at")})
    .on_conflict_do_nothing()
)
_SET_COUNTER: Final = Statement(
    update(login_counter)
    .where(login_counter.c.digest == bindparam("of"))
    .values(
        failures=bindparam("new_failures"),
        free_at=bindparam("new_free_at"),
        last_at=bindparam("new_last_at"),
    )
)
_FORGET_COUNTERS: Final = Statement(
    delete(login_counter).where(
        login_counter.c.digest.in_(
            select(login_counter.c.digest)
            .where(login_counter.c.last_at < bindparam("before"))
            .limit(_FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    )
)


class BelongsNowhere(Refusal):
    """The person belongs to no organisation, and the platform is not established."""

    kind = Kind.CONFLICT
    remedy = "Accept an invitation of an organisation first."


async def create_account(
    tx: Tx, person_id: str, *, username: str, digest: str, by: Actor, at: datetime
) -> None:
    """Give a person a name, and the password whose `digest` `passwords.digest` made.

    Refuses with UsernameUnfit, UsernameTaken, AccountExists; the password itself was checked
    before it was digested (`rules.check_password`). Effects: the account, and the event
    person.account_created, which no organisation reads.
    """
    name_taken, has_account = await queries.taken(tx, folded(username), person_id=person_id)
    facts = AccountFacts(
        account_id=mint("account"),
        person_id=person_id,
        username=normal(username),
        is_taken=name_taken,
        has_account=has_account,
    )
    decision = rules.create_account(facts, by=by, at=at)
    now = await idempotency.clock(tx)
    await tx.run(
        _ADD_ACCOUNT,
        person_id=person_id,
        id=facts.account_id,
        username=decision.username,
        username_folded=folded(decision.username),
        password_digest=digest,
        created_at=now,
        changed_at=now,
    )
    await record(
        tx, "person.account_created", facts.account_id, facts=facts, decision=decision, by=by,
        at=at,
    )  # fmt: skip


async def change_password(
    tx: Tx, person_id: str, *, digest: str, instead_of: str, keeping: bytes, at: datetime
) -> bool:
    """Change a person's password; tell whether it was still the one whose digest is given.

    Effects: her sessions end but for `keeping`, whatever she authorised is revoked; the event
    person.password_changed, which no organisation reads.
    """
    found = await queries.account_of(tx, person_id, lock=True)
    if found.password_digest != instead_of:
        return False
    by = await queries.herself(tx, person_id, client_id=BY_LOGIN)
    if by is None:
        raise BelongsNowhere("Nobody can say for whom she acts.")
    facts = PasswordFacts(account_id=found.id, person_id=person_id)
    decision = rules.change_password(facts, by=by, at=at)
    await set_password(tx, person_id, digest=digest)
    await end_sessions(tx, person_id, keeping=keeping)
    await revoke_all(tx, person_id)
    await record(
        tx, "person.password_changed", found.id, facts=facts, decision=decision, by=by, at=at
    )
    return True


async def set_password(tx: Tx, person_id: str, *, digest: str) -> None:
    """Keep another password for a person, by its digest; whoever asks has decided that he may."""
    now = await idempotency.clock(tx)
    await tx.run(_SET_PASSWORD, of=person_id, new_digest=digest, new_changed_at=now)


async def renew_digest(tx: Tx, person_id: str, *, digest: str, instead_of: str) -> None:
    """Keep the same password digested in today's way."""
    await tx.run(_RENEW_DIGEST, of=person_id, old_digest=instead_of, new_digest=digest)


async def begin_session(
    tx: Tx, digest: bytes, *, person_id: str, acr: Assurance, browser: str, now: datetime
) -> None:
    """Keep that a person is logged in, by the digest of her browser's cookie, for 12 hours.

    Effects: her sessions that have expired are forgotten.
    """
    await tx.run(_FORGET_SESSIONS, person_id=person_id, before=now)
    await tx.run(
        _BEGIN,
        digest=digest,
        person_id=person_id,
        acr=acr.value,
        browser=browser,
        authenticated_at=now,
        expires_at=now + SESSION,
    )


async def end_session(tx: Tx, digest: bytes, *, of: str | None = None) -> None:
    """End one session; where `of` names a person, only if it is hers."""
    await tx.run(_END, digest=digest, person_id=of)


async def end_sessions(tx: Tx, person_id: str, *, keeping: bytes = b"") -> None:
    """End a person's sessions in all browsers, but for the one whose digest is `keeping`."""
    await tx.run(_END_ALL, person_id=person_id, but=keeping)


async def take_try(tx: Tx, counted: Mapping[bytes, Counted]) -> int:
    """Take one try to log in, counted as if it failed; return 0, or seconds to wait first.

    `counted` says by its digest what each counter is for. Those who try at once wait for
    each other's locks; while one counter is held, none is changed. Effects: counters that
    are a day old are forgotten.
    """
    now = await idempotency.clock(tx)
    for digest in sorted(counted):
        await tx.run(_COUNT, digest=digest, failures=0, free_at=now, last_at=now)
    found = await queries.counters(tx, list(counted))
    now = await idempotency.clock(tx)
    wait_s = max(rules.wait_s(counter, at=now) for counter in found.values())
    if wait_s == 0:
        for digest, counter in found.items():
            await _set(tx, digest, rules.tried(counter, of=counted[digest], at=now))
    await tx.run(_FORGET_COUNTERS, before=now - rules.FORGOTTEN_AFTER)
    return wait_s


async def give_back_try(tx: Tx, counted: Mapping[bytes, Counted], *, now: datetime) -> None:
    """Take back a try that succeeded: it was counted, and must hold up nobody."""
    for digest, counter in (await queries.counters(tx, list(counted))).items():
        await _set(tx, digest, rules.succeeded(counter, of=counted[digest], at=now))


async def _set(tx: Tx, digest: bytes, counter: Counter) -> None:
    await tx.run(
        _SET_COUNTER,
        of=digest,
        new_failures=counter.failures,
        new_free_at=counter.free_at,
        new_last_at=counter.last_at,
    )
