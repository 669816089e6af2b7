"""Winners that decline or do not sign, and lots that end, through the same actions as always."""

from datetime import datetime, timedelta

from ecosystem.awards import actions as awards
from ecosystem.awards.falling import actions as falling
from ecosystem.awards.falling.model import EndingDraft
from ecosystem.awards.model import ProposalDraft
from ecosystem.budgets import queries as budgets
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.declining import actions as declining
from ecosystem.contracts.model import Contract
from ecosystem.needs import queries as needs
from ecosystem.needs.model import OfferKind
from ecosystem.offers import queries as offers
from tests.builders import OPENING, REASON, World

LATER = OPENING + timedelta(days=60)
"""Long after the standstill of what is approved at the opening."""
OVERDUE = LATER + timedelta(days=90)


async def declined(
    world: World, award_id: str, *, who: str = "enterprise", at: datetime = LATER
) -> str:
    """Decline an award; return its state."""
    async with world.acting(f"{who}/signatory") as (tx, by):
        made = await declining.decline(tx, award_id, REASON, by=by, at=at, expected=None)
    return made.state


async def called(
    world: World, contract_id: str, *, who: str = "city/officer", at: datetime = LATER
) -> Contract:
    """Call upon the winner to sign a draft; return it."""
    async with world.acting(who) as (tx, by):
        await declining.call(tx, contract_id, REASON, by=by, at=at, expected=None)
        return await contracts.after(tx, contract_id)


async def lapsed(
    world: World, award_id: str, *, who: str = "city/approver", at: datetime = OVERDUE
) -> str:
    """Let an award lapse; return its state."""
    async with world.acting(who) as (tx, by):
        made = await declining.lapse(tx, award_id, REASON, by=by, at=at, expected=None)
    return made.state


async def ended(
    world: World,
    lot_id: str,
    *,
    kind: OfferKind = OfferKind.DELIVERY,
    who: str = "city/approver",
    at: datetime = LATER,
) -> str:
    """End a lot; return the need's state."""
    async with world.acting(who) as (tx, by):
        asked = EndingDraft(kind=kind, reason=REASON)
        return (await falling.end(tx, lot_id, asked, by=by, at=at)).state


async def awarded_next(world: World, lot_id: str, offer_id: str, *, at: datetime = LATER) -> str:
    """Propose an offer and approve it; return the award."""
    async with world.acting("city/officer") as (tx, by):
        award_id = (
            await awards.propose(tx, lot_id, ProposalDraft(offer_id, REASON), by=by, at=at)
        ).id
    async with world.acting("city/approver") as (tx, by):
        await awards.approve(tx, award_id, by=by, at=at, expected=None)
    return award_id


async def left_of(world: World) -> int:
    """Return what of the city's budget is available."""
    async with world.acting("city/officer") as (tx, by):
        left = await budgets.available(
            tx, world.programme_id, authority=by.organisation_number, currency="CNY"
        )
    assert left is not None
    return int(left)


async def offers_of(world: World, need_id: str) -> dict[str, str]:
    """Return where the opened offers of a need stand."""
    async with world.acting("city/officer") as (tx, _):
        return {one.offer_id: one.state.value for one in await offers.opened(tx, need_id)}


async def need_state(world: World, need_id: str) -> str:
    """Return where a need stands."""
    async with world.database.transaction() as tx:
        found: str = (await needs.view(tx, need_id, seen_by=None, at=LATER))[2]
    return found
