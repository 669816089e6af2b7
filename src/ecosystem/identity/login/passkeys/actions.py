"""What changes passkeys: load, decide, write, record."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.history.actions import record
from ecosystem.identity.login import queries as accounts
from ecosystem.identity.login import sessions
from ecosystem.identity.login.actions import BelongsNowhere
from ecosystem.identity.login.model import BY_LOGIN
from ecosystem.identity.login.passkeys import queries, rules
from ecosystem.identity.login.passkeys.model import (
    AddFacts,
    ChangeFacts,
    Login,
    NewPasskey,
    PasskeyUsed,
    UseFacts,
)
from ecosystem.identity.login.passkeys.queries import Found
from ecosystem.identity.login.passkeys.tables import passkey, passkey_challenge
from ecosystem.identity.login.sessions import Session
from ecosystem.runtime import idempotency
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor

_FORGOTTEN_AT_ONCE: Final = 100
_ADD: Final = Statement(
    insert(passkey)
    .values({column.name: bindparam(column.name) for column in passkey.columns})
    .on_conflict_do_nothing()
    .returning(passkey.c.id)
)
_OWN: Final = (
    passkey.c.id == bindparam("of"),
    passkey.c.person_id == bindparam("whose"),
)
_LABEL: Final = Statement(select(passkey.c.label).where(*_OWN).with_for_update())
_RENAME: Final = Statement(update(passkey).where(*_OWN).values(label=bindparam("new_label")))
_REMOVE: Final = Statement(delete(passkey).where(*_OWN))
_REMOVE_ALL: Final = Statement(delete(passkey).where(passkey.c.person_id == bindparam("whose")))
_USE: Final = Statement(
    update(passkey)
    .where(passkey.c.id == bindparam("of"))
    .values(
        sign_count=bindparam("new_count"),
        backed_up=bindparam("new_backed_up"),
        used_at=bindparam("new_used_at"),
    )
)
_SUSPECT: Final = Statement(
    update(passkey)
    .where(passkey.c.id == bindparam("of"))
    .values(suspected_at=bindparam("new_suspected_at"))
)
_TAKE: Final = Statement(
    insert(passkey_challenge)
    .values(digest=bindparam("digest"), expires_at=bindparam("expires_at"))
    .on_conflict_do_nothing()
    .returning(passkey_challenge.c.digest)
)
_FORGET: Final = Statement(
    delete(passkey_challenge).where(
        passkey_challenge.c.digest.in_(
            select(passkey_challenge.c.digest)
            .where(passkey_challenge.c.expires_at < bindparam("before"))
            .limit(_FORGOTTEN_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    )
)


async def take_challenge(tx: Tx, digest: bytes, *, expires_at: datetime, now: datetime) -> bool:
    """Take the one answer that a challenge has; tell whether it was still to be had.

    Effects: challenges that have expired are forgotten.
    """
    await tx.run(_FORGET, before=now)
    return await tx.value(_TAKE, digest=digest, expires_at=expires_at) is not None


async def add(
    tx: Tx, session: Session, new: NewPasskey, *, label: str, now: datetime, at: datetime
) -> None:
    """Add a passkey of who is logged in; her login stays what it was.

    `now` is real time, `at` the time of the service. Refuses as rules.add. Effects: the
    passkey, and the event person.passkey_added, which no organisation reads.
    """
    # Locked, so that of two first passkeys at once the second needs a login by the first.
    account = await accounts.account_of(tx, session.person_id, lock=True)
    facts = AddFacts(
        account_id=account.id,
        person_id=session.person_id,
        passkey_id=mint("passkey"),
        label=label,
        login=await _login(tx, session, now=now),
        is_known=await queries.is_known(tx, new.credential_id),
    )
    by = await _herself(tx, session.person_id)
    decision = rules.add(facts, by=by, at=at)
    await _write(tx, new, decision.passkey_id, decision.person_id, label=decision.label, now=now)
    await record(
        tx, "person.passkey_added", account.id, facts=facts, decision=decision, by=by, at=at
    )


async def keep(tx: Tx, person_id: str, new: NewPasskey, *, label: str) -> None:
    """Keep a passkey of a person who has an account, as if she had added it: for seeding."""
    now = await idempotency.clock(tx)
    await _write(tx, new, mint("passkey"), person_id, label=rules.fit(label), now=now)


async def rename(
    tx: Tx, session: Session, passkey_id: str, *, label: str, now: datetime, at: datetime
) -> bool:
    """Call a passkey of who is logged in otherwise; tell whether she has it.

    Refuses as rules.rename. Effects: its label, and the event person.passkey_renamed.
    """
    found = await _changed(tx, session, passkey_id, now=now, label=label)
    if found is None:
        return False
    facts, by = found
    decision = rules.rename(facts, by=by, at=at)
    await tx.run(_RENAME, of=passkey_id, whose=session.person_id, new_label=decision.label)
    await record(
        tx, "person.passkey_renamed", facts.account_id, facts=facts, decision=decision, by=by,
        at=at,
    )  # fmt: skip
    return True


async def remove(tx: Tx, session: Session, passkey_id: str, *, now: datetime, at: datetime) -> bool:
    """Remove a passkey of who is logged in; tell whether she had it. No login ends.

    Refuses as rules.remove. Effects: the passkey is gone; the event person.passkey_removed.
    """
    found = await _changed(tx, session, passkey_id, now=now)
    if found is None:
        return False
    facts, by = found
    decision = rules.remove(facts, by=by, at=at)
    await tx.run(_REMOVE, of=passkey_id, whose=session.person_id)
    await record(
        tx, "person.passkey_removed", facts.account_id, facts=facts, decision=decision, by=by,
        at=at,
    )  # fmt: skip
    return True


async def remove_all(tx: Tx, person_id: str) -> None:
    """Remove whatever passkeys a person has; whoever asks has decided that he may.

    Locks the account first, so that none is added meanwhile by a login that ends with it.
    """
    await accounts.account_of(tx, person_id, lock=True)
    await tx.run(_REMOVE_ALL, whose=person_id)


async def use(
    tx: Tx, found: Found, *, told_count: int, backed_up: bool, now: datetime, at: datetime
) -> bool:
    """Note that a passkey has signed; tell whether it logs in.

    Effects: when it was used last and its counter; or, where the counter went back, that it is
    suspect, and the event person.passkey_suspected.
    """
    facts = UseFacts(
        account_id=found.account_id,
        person_id=found.person_id,
        passkey_id=found.id,
        kept_count=found.sign_count,
        told_count=told_count,
    )
    by = await _herself(tx, found.person_id)
    decision = rules.use(facts, by=by, at=at)
    if isinstance(decision, PasskeyUsed):
        await tx.run(
            _USE, of=found.id, new_count=told_count, new_backed_up=backed_up, new_used_at=now
        )
        return True
    await tx.run(_SUSPECT, of=found.id, new_suspected_at=now)
    await record(
        tx, "person.passkey_suspected", found.account_id, facts=facts, decision=decision, by=by,
        at=at,
    )  # fmt: skip
    return False


async def _changed(
    tx: Tx, session: Session, passkey_id: str, *, now: datetime, label: str | None = None
) -> tuple[ChangeFacts, Actor] | None:
    account = await accounts.account_of(tx, session.person_id, lock=True)
    called: str | None = await tx.value(_LABEL, of=passkey_id, whose=session.person_id)
    if called is None:
        return None
    facts = ChangeFacts(
        account_id=account.id,
        person_id=session.person_id,
        passkey_id=passkey_id,
        label=called if label is None else label,
        login=await _login(tx, session, now=now),
    )
    return facts, await _herself(tx, session.person_id)


async def _login(tx: Tx, session: Session, *, now: datetime) -> Login:
    """Return how she is logged in; refuse with LoginEnded where she is not any more."""
    if not await sessions.hold(tx, session):
        raise rules.LoginEnded("Her login was ended.")
    return Login(
        acr=session.acr,
        ago_s=int((now - session.authenticated_at).total_seconds()),
        passkeys=await queries.count(tx, session.person_id),
    )


async def _herself(tx: Tx, person_id: str) -> Actor:
    by = await accounts.herself(tx, person_id, client_id=BY_LOGIN)
    if by is None:
        raise BelongsNowhere("Nobody can say for whom she acts.")
    return by


async def _write(
    tx: Tx, new: NewPasskey, passkey_id: str, person_id: str, *, label: str, now: datetime
) -> None:
    kept = await tx.value(
        _ADD,
        id=passkey_id,
        person_id=person_id,
        credential_id=new.credential_id,
        public_key=new.public_key,
        handle=new.handle,
        sign_count=new.sign_count,
        backed_up=new.backed_up,
        transports=list(new.transports),
        label=label,
        created_at=now,
        used_at=None,
        suspected_at=None,
    )
    if kept is None:
        raise rules.PasskeyKnown("Its identifier was registered just now.")
