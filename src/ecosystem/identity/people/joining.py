"""How somebody accepts an invitation at her browser: with her account, or with a new one.

A password is digested between two short transactions; nothing of the database is held.
"""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from ecosystem.identity.login import actions as accounts
from ecosystem.identity.login import passwords, sessions
from ecosystem.identity.login import queries as login
from ecosystem.identity.login import rules as strength
from ecosystem.identity.login.names import folded
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.people import actions, queries, rules
from ecosystem.identity.people.model import Herself
from ecosystem.identity.people.queries import Found
from ecosystem.runtime import idempotency
from ecosystem.runtime.web import Call
from ecosystem.values.actor import Assurance


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What somebody new wants to log in by."""

    username: str
    password: str


async def open_one(call: Call, code: str) -> Found:
    """Return an invitation that is open.

    Refuses with InvitationUnknown, InvitationAccepted, InvitationWithdrawn, InvitationExpired.
    """
    one = await queries.seen(call.house.database.plain(), code)
    rules.check_open(one.facts, at=call.at)
    return one


async def accept(call: Call, code: str, *, session: Session) -> None:
    """Accept as who is logged in; refuses as actions.accept."""
    herself = Herself(
        person_id=session.person_id, acr=session.acr, authenticated_at=session.authenticated_at
    )
    async with call.house.database.transaction() as tx:
        tx.request_id = call.visit.request_id
        at = _at(call, await idempotency.clock(tx))
        await actions.accept(tx, code, herself=herself, at=at)


async def begin(call: Call, one: Found, code: str, *, chosen: Chosen) -> None:
    """Make somebody new a person with an account, have her accept, and log her in.

    Refuses with UsernameUnfit, UsernameTaken, PasswordShort, PasswordLong, PasswordCommon,
    and as actions.accept. Effects: as of actions.accept, login.create_account, sessions.begin.
    """
    await _check(call, one, chosen)
    digest = await passwords.digest(chosen.password)
    try:
        await _begin(call, code, username=chosen.username, digest=digest)
    except asyncpg.UniqueViolationError:
        # Somebody took the name between the question whether it is free and its keeping.
        raise strength.UsernameTaken("The name is in use.") from None


async def _begin(call: Call, code: str, *, username: str, digest: str) -> None:
    async with call.house.database.transaction() as tx:
        tx.request_id = call.visit.request_id
        now = await idempotency.clock(tx)
        at = _at(call, now)
        begun = await actions.accept(tx, code, herself=Herself(), at=at)
        person_id = begun.joined.person_id
        await accounts.create_account(
            tx, person_id, username=username, digest=digest, by=begun.by, at=at
        )
        await sessions.begin(call, tx, person_id=person_id, acr=Assurance.PASSWORD, now=now)


async def _check(call: Call, one: Found, chosen: Chosen) -> None:
    """Refuse what cannot be chosen before the password costs anything."""
    strength.check_username(chosen.username)
    name_taken, _ = await login.taken(
        call.house.database.plain(), folded(chosen.username), person_id=""
    )
    if name_taken:
        raise strength.UsernameTaken("The name is in use.")
    own = (one.name, one.organisation)
    names = [said for text in own for said in (text.zh, text.en) if isinstance(said, str)]
    strength.check_password(chosen.password, names=[chosen.username, *names])


def _at(call: Call, now: datetime) -> datetime:
    return call.house.clock.at(now)
