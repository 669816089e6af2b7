"""Take shares of financial parts, and with the last one needed open all prices at once."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, update

from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.needs import actions as needs_actions
from ecosystem.needs.model import State as NeedState
from ecosystem.offers import halves
from ecosystem.offers.model import FinancialState
from ecosystem.offers.opening import actions as opening
from ecosystem.offers.opening import queries, rules
from ecosystem.offers.opening.actions import Taken
from ecosystem.offers.opening.model import (
    HandedShares,
    Kept,
    OpenFacts,
    SealedShares,
    UnopenedOffer,
    Unsealed,
)
from ecosystem.offers.tables import offer
from ecosystem.runtime.database import Tx
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_of_offer = update(offer).where(
    offer.c.authority_id == bindparam("of_authority"), offer.c.id == bindparam("of_offer")
)
_OPEN: Final = history.recording(
    _of_offer.values(
        version=offer.c.version + 1,
        state=bindparam("state"),
        failure=bindparam("failure"),
        content=bindparam("content"),
        financial_state=bindparam("financial_state"),
    )
)
_GIVE_BACK: Final = history.recording(
    _of_offer.values(version=offer.c.version + 1, financial_state=bindparam("financial_state"))
)


async def give_out(tx: Tx, need_id: str, *, by: Actor, at: datetime) -> SealedShares:
    """Return to an opener what it opens in its own program. Refuses as `opening.give_out`."""
    return await opening.give_out(tx, need_id, by=by, at=at, of_prices=True)


async def hand_in(
    tx: Tx, need_id: str, handed: HandedShares, *, by: Actor, at: datetime
) -> Standing:
    """Take an opener's shares of financial parts; the last opener needed opens them by it.

    Refuses as `opening.take`. Effects: as `opening.take`, and then whatever `_open` does.
    """
    taken = await opening.take(
        tx, need_id, handed, by=by, at=at, then=NeedState.OPENED, of_prices=True
    )
    if not taken.is_enough:
        return Standing(id=need_id, state=FinancialState.SEALED, version=taken.version)
    return await _open(tx, taken, by=by, at=at)


async def _open(tx: Tx, taken: Taken, *, by: Actor, at: datetime) -> Standing:
    """Put the shares together, open every price, and make the record of it public.

    Effects: the record; contents are complete, an offer whose price cannot be opened becomes
    excluded; offer.financial_opened for each, offer.financial_returned for each excluded
    before, and need.financial_opened for everyone.
    """
    terms = taken.terms
    found = [await _open_one(tx, one, taken, by=by, at=at) for one in taken.waiting]
    facts = OpenFacts(
        terms=terms,
        openers=tuple(taken.shares),
        offers=tuple(found),
        refused=await queries.attempts(tx, terms),
        unopened=await queries.unopened(tx, terms.need_id),
    )
    for one in facts.unopened:
        await _give_back(tx, one, by=by, at=at)
    record = rules.open_all(facts, by=by, at=at)
    await opening.keep_record(tx, record, terms=terms)
    await needs_actions.advance(tx, terms.need_id, to=NeedState.OPENED)
    version = await history.record(
        tx, "need.financial_opened", terms.need_id, facts=facts, decision=record, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=terms.need_id, state=FinancialState.OPENED, version=version)


async def _open_one(tx: Tx, kept: Kept, taken: Taken, *, by: Actor, at: datetime) -> Unsealed:
    prices, found = opening.unsealed(kept, taken)
    opened = rules.open_one(found)
    technical = kept.technical or b""
    await history.record(
        tx, "offer.financial_opened", kept.offer_id, facts=found, decision=opened, by=by, at=at,
        audience=Audience(organisations=kept.member_ids), changing=_OPEN,
        of_authority=authority_of(kept.offer_id), of_offer=kept.offer_id, state=opened.state,
        failure=opened.failure,
        content=technical if prices is None else halves.joined(technical, prices),
        financial_state=FinancialState.FAILED if prices is None else FinancialState.OPENED,
    )  # fmt: skip
    return found


async def _give_back(tx: Tx, one: UnopenedOffer, *, by: Actor, at: datetime) -> None:
    returned = rules.give_back(one, by=by, at=at)
    await history.record(
        tx, "offer.financial_returned", one.offer_id, facts=one, decision=returned, by=by, at=at,
        audience=Audience(organisations=one.member_ids), changing=_GIVE_BACK,
        of_authority=authority_of(one.offer_id), of_offer=one.offer_id,
        financial_state=returned.financial_state,
    )  # fmt: skip
