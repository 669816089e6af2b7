"""Move the sandbox's clock, keep its parties, give out tokens for its people."""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from ecosystem.identity import queries as identity
from ecosystem.identity.oauth import actions as oauth
from ecosystem.identity.oauth import server, terms
from ecosystem.identity.oauth.server import TokenAnswer
from ecosystem.identity.oauth.tokens import Grant
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.listener import tell
from ecosystem.runtime.web import House
from ecosystem.sandbox import queries, rules
from ecosystem.sandbox.model import ClockFacts, ClockSetting, ClockView, Parties, TokenWanted
from ecosystem.sandbox.queries import Hands
from ecosystem.sandbox.tables import CLOCK_CHANNEL, sandbox_clock, sandbox_parties
from ecosystem.values.scopes import SCOPES, known

_given = insert(sandbox_clock).values(
    {name: bindparam(name) for name in ("one", "ahead", "stands_at")}
)
_SET_CLOCK: Final = Statement(
    _given.on_conflict_do_update(
        index_elements=["one"],
        set_={"ahead": _given.excluded.ahead, "stands_at": _given.excluded.stands_at},
    )
)
_KEEP_PARTIES: Final = inserting(sandbox_parties)


async def move_clock(tx: Tx, asked: ClockSetting, *, clock: Clock, real_now: datetime) -> ClockView:
    """Move the clock of all processes; this one's when the transaction has committed.

    Refuses with ClockRunsForward, ClockTooFar.
    """
    before = await queries.hands(tx, lock=True)
    now = real_now if before is None else before.at(real_now)
    decision = rules.move(ClockFacts(now=now, asked=asked))
    hands = Hands(decision.now - real_now, None if decision.runs else decision.now)
    await tx.run(_SET_CLOCK, one=True, ahead=hands.ahead, stands_at=hands.stands_at)
    await tell(tx, channel=CLOCK_CHANNEL, word=msgspec.json.encode(hands).decode())
    tx.afterwards(lambda: put(clock, hands))
    return ClockView(now=decision.now, runs=decision.runs)


def put(clock: Clock, hands: Hands) -> None:
    """Put this process's clock where the sandbox's hands are."""
    clock.offset = hands.ahead
    clock.stands_at = hands.stands_at


async def keep_parties(tx: Tx, parties: Parties, *, client_id: str) -> None:
    """Keep what has been seeded, and the client that tokens for people are given to."""
    await tx.run(_KEEP_PARTIES, one=True, client_id=client_id, parties=msgspec.json.encode(parties))


async def give_token(
    tx: Tx, asked: TokenWanted, *, house: House, real_now: datetime
) -> TokenAnswer:
    """Give a token for a person in an organisation; refuse with PersonNotThere.

    A shortcut to what she would come to by logging in and agreeing. Effects: an
    authorisation, as the code flow opens it.
    """
    client_id = await queries.token_client(tx)
    scopes = SCOPES if asked.scopes is None else known(asked.scopes)
    actor = await identity.actor(
        tx,
        client_id=client_id,
        person_id=asked.person_id,
        organisation_id=asked.organisation_id,
        scopes=scopes,
    )
    if actor is None:
        message = f"{asked.person_id} is no active member of {asked.organisation_id}."
        raise queries.PersonNotThere(message)
    agreed = Grant(
        client_id=client_id,
        organisation_id=asked.organisation_id,
        scopes=actor.scopes,
        person_id=asked.person_id,
        acr=asked.acr,
        authenticated_at=real_now - timedelta(seconds=asked.authenticated_ago_s),
    )
    opened = await oauth.open_grant(tx, agreed, now=real_now)
    return server.granted(opened, signing=terms.signing(house, now=real_now))
