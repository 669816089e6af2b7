"""How a person logs in with a password, and changes it: count the try, compare, go on.

Between two short transactions, while a password is compared, nothing of the database is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import structlog

from ecosystem.identity.login import actions, guard, passwords, queries, rules, sessions
from ecosystem.identity.login.model import Counted
from ecosystem.identity.login.names import folded
from ecosystem.identity.login.queries import Account
from ecosystem.identity.login.sessions import Session
from ecosystem.runtime import idempotency
from ecosystem.runtime.web import Call
from ecosystem.values.actor import Assurance
from ecosystem.values.text import Text

_log: Final = structlog.get_logger("ecosystem.login")


@dataclass(frozen=True)
class Held:
    """Too many have failed; nobody tries for so many seconds."""

    seconds: int


class Failure(Enum):
    """Why a password was not taken."""

    WRONG = "wrong"
    CHANGED_MEANWHILE = "changed_meanwhile"


async def log_in(call: Call, *, username: str, password: str) -> Session | Held | Failure:
    """Log a person in by her name and password.

    What is wrong with the two is not told, nor does it take another time: no such name,
    another password, a person who is disabled. Effects: the try is counted, unless it
    succeeds; as of sessions.begin.
    """
    async with call.house.database.transaction() as tx:
        known = await queries.known(tx, folded(username))
        person_id = known.person_id if known else None
        counted = guard.counted(call, username=folded(username), person_id=person_id)
        seconds = await actions.take_try(tx, counted)
    if seconds:
        _refused(call, "held", person_id)
        return Held(seconds)
    kept = known.password_digest if known else None
    right, renewed = await passwords.is_right(password, kept)
    if known is None or kept is None or not right or not known.is_active:
        _refused(call, "wrong", person_id)
        return Failure.WRONG
    async with call.house.database.transaction() as tx:
        now = await idempotency.clock(tx)
        # Locked, so that a password that is changed just now ends this session too.
        account = await queries.account_of(tx, known.person_id, lock=True)
        if account.password_digest != kept:
            _refused(call, "changed", person_id)
            return Failure.CHANGED_MEANWHILE
        await actions.give_back_try(tx, counted, now=now)
        if renewed is not None:
            await actions.renew_digest(tx, known.person_id, digest=renewed, instead_of=kept)
        return await sessions.begin(
            call, tx, person_id=known.person_id, acr=Assurance.PASSWORD, now=now
        )


async def change_password(
    call: Call, session: Session, account: Account, *, present: str, new: str
) -> Held | Failure | None:
    """Change the password of who is logged in, and knows the present one.

    `new` has been checked. Effects: the try is counted, unless it succeeds; as of
    actions.change_password.
    """
    kept = account.password_digest
    counted: Mapping[bytes, Counted] = guard.counted(
        call, username=folded(account.username), person_id=session.person_id
    )
    async with call.house.database.transaction() as tx:
        seconds = await actions.take_try(tx, counted)
    if seconds:
        _refused(call, "held", session.person_id)
        return Held(seconds)
    right, _ = await passwords.is_right(present, kept)
    if not right:
        _refused(call, "wrong", session.person_id)
        return Failure.WRONG
    digest = await passwords.digest(new)
    async with call.house.database.transaction() as tx:
        tx.request_id = call.visit.request_id
        now = await idempotency.clock(tx)
        await actions.give_back_try(tx, counted, now=now)
        changed = await actions.change_password(
            tx, session.person_id, digest=digest, instead_of=kept, keeping=session.digest,
            at=call.house.clock.at(now),
        )  # fmt: skip
    return None if changed else Failure.CHANGED_MEANWHILE


def names_of(account: Account, organisations: list[Text]) -> list[str]:
    """Return what no password of a person may be: her names, and those of her organisations."""
    texts = [account.name, *organisations]
    return [account.username, *(str(one) for text in texts for one in (text.zh, text.en))]


def check(new: str, *, account: Account, organisations: list[Text]) -> None:
    """Refuse a new password as rules.check_password does."""
    rules.check_password(new, names=names_of(account, organisations))


def _refused(call: Call, why: str, person_id: str | None) -> None:
    """Log a refused login; never what was typed, since people type passwords into names."""
    _log.info("login refused", request_id=call.visit.request_id, why=why, person=person_id)
