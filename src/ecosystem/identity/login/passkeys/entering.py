"""How a passkey logs a person in, and how one is added: the challenge first, then what signed."""

from datetime import datetime
from enum import Enum
from typing import Final

import structlog

from ecosystem.identity.login import cookies, sessions
from ecosystem.identity.login import queries as accounts
from ecosystem.identity.login.passkeys import actions, ceremony, challenges, queries
from ecosystem.identity.login.passkeys.ceremony import CredentialWrong, Place, Signed
from ecosystem.identity.login.passkeys.challenges import Purpose
from ecosystem.identity.login.sessions import Session
from ecosystem.runtime import idempotency
from ecosystem.runtime.database import Tx
from ecosystem.runtime.web import Call
from ecosystem.values.actor import Assurance

_log: Final = structlog.get_logger("ecosystem.login")


class Failure(Enum):
    """Why a passkey was not taken."""

    WRONG = "wrong"
    EXPIRED = "expired"
    SUSPECT = "suspect"


async def asked_to_log_in(call: Call) -> ceremony.Json:
    """Return what a browser in which nobody may be logged in asks its authenticator."""
    challenge = challenges.make(
        call.house.keys.browsers,
        Purpose.LOG_IN,
        bound_to=_visitor(call),
        now=await idempotency.clock(call.tx),
    )
    return ceremony.to_log_in(_place(call), challenge=challenge)


async def asked_to_add(call: Call, session: Session) -> ceremony.Json:
    """Return what the browser of a person who is logged in asks its authenticator."""
    key = call.house.keys.browsers
    account = await accounts.account_of(call.tx, session.person_id)
    return ceremony.to_add(
        _place(call),
        challenge=challenges.make(
            key,
            Purpose.ADD,
            bound_to=session.digest.hex(),
            now=await idempotency.clock(call.tx),
        ),
        handle=challenges.handle(key, session.person_id),
        username=account.username,
        name=str(account.name.en or account.name.zh or account.username),
        known=await queries.credentials(call.tx, session.person_id),
    )


async def log_in(call: Call, *, credential: str) -> Session | Failure:
    """Log in whoever's passkey has signed, without a name.

    Effects: the challenge is used up, whatever comes of it; as of actions.use and
    sessions.begin.
    """
    try:
        signed = ceremony.signed(credential)
        async with call.house.database.transaction() as tx:
            await _take(call, tx, signed.challenge, Purpose.LOG_IN, bound_to=_visitor(call))
        return await _use(call, signed)
    except CredentialWrong as wrong:
        return _refused(call, str(wrong))
    except _ChallengeGone:
        return _refused(call, "challenge", Failure.EXPIRED)


async def add(call: Call, session: Session, *, credential: str, label: str) -> Failure | None:
    """Add the passkey that an authenticator has just made for who is logged in.

    Refuses as actions.add. Effects: the challenge is used up, whatever comes of it; as of
    actions.add.
    """
    bound_to = session.digest.hex()
    try:
        challenge = ceremony.made_for(credential)
        async with call.house.database.transaction() as tx:
            now = await _take(call, tx, challenge, Purpose.ADD, bound_to=bound_to)
        handle = challenges.handle(call.house.keys.browsers, session.person_id)
        new = ceremony.made(credential, at=_place(call), challenge=challenge, handle=handle)
    except CredentialWrong as wrong:
        return _refused(call, str(wrong))
    except _ChallengeGone:
        return _refused(call, "challenge", Failure.EXPIRED)
    async with call.house.database.transaction() as tx:
        tx.request_id = call.visit.request_id
        at = call.house.clock.at(now)
        await actions.add(tx, session, new, label=label, now=now, at=at)
    return None


class _ChallengeGone(Exception):
    """The challenge is not ours, not hers, over, or was answered before."""


async def _take(
    call: Call, tx: Tx, challenge: bytes, purpose: Purpose, *, bound_to: str
) -> datetime:
    """Take the one answer that a challenge has, and return the real time."""
    now = await idempotency.clock(tx)
    key = call.house.keys.browsers
    expires_at = challenges.expiry(key, challenge, purpose, bound_to=bound_to, now=now)
    digest = challenges.digest(challenge)
    if expires_at is None or not await actions.take_challenge(
        tx, digest, expires_at=expires_at, now=now
    ):
        raise _ChallengeGone
    return now


async def _use(call: Call, signed: Signed) -> Session | Failure:
    async with call.house.database.transaction() as tx:
        tx.request_id = call.visit.request_id
        found = await queries.used(tx, signed.credential_id)
        if found is None:
            raise CredentialWrong("unknown")
        if signed.handle != found.handle:
            raise CredentialWrong("another person's")
        told_count, backed_up = ceremony.verified(
            signed, at=_place(call), public_key=found.public_key
        )
        now = await idempotency.clock(tx)
        at = call.house.clock.at(now)
        if not await actions.use(
            tx, found, told_count=told_count, backed_up=backed_up, now=now, at=at
        ):
            return _refused(call, "counter went back", Failure.SUSPECT)
        return await sessions.begin(
            call, tx, person_id=found.person_id, acr=Assurance.PASSKEY, now=now
        )


def _visitor(call: Call) -> str:
    return cookies.read(call, cookies.VISITOR) or ""


def _place(call: Call) -> Place:
    return ceremony.place(call.house.settings.public_url)


def _refused(call: Call, why: str, failure: Failure = Failure.WRONG) -> Failure:
    _log.info("passkey refused", request_id=call.visit.request_id, why=why)
    return failure
