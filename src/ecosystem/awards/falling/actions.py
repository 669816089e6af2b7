"""Let awards fall, and end lots of which one fell."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.awards import queries as awards
from ecosystem.awards.admission import actions as admission
from ecosystem.awards.admission.model import FellFacts, Ground
from ecosystem.awards.falling import queries, rules
from ecosystem.awards.falling.model import EndingDraft, Fall, Lapse
from ecosystem.awards.falling.tables import lot_end
from ecosystem.awards.releasing import actions as releasing
from ecosystem.awards.tables import award
from ecosystem.budgets import actions as budgets
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.needs import actions as needs_actions
from ecosystem.needs import queries as needs
from ecosystem.offers import actions as offers
from ecosystem.offers.model import State as OfferState
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor

_PURPOSE: Final = "falling"
_GROUNDS: Final = {
    Lapse.DECLINED: Ground.AWARD_DECLINED,
    Lapse.UNSIGNED: Ground.CONTRACT_UNSIGNED,
}
_FALL: Final = Statement(
    update(award)
    .where(award.c.authority_id == bindparam("of_authority"), award.c.id == bindparam("of"))
    .values(
        state="cancelled",
        version=award.c.version + 1,
        cancelled_at=bindparam("at"),
        cancelled_by=bindparam("by"),
        cancelled_reason=bindparam("reason"),
        lapse=bindparam("how"),
    )
)
_END: Final = inserting(lot_end)


async def let_fall(tx: Tx, found: Record, fall: Fall) -> None:
    """Write that a locked award has fallen; the room above decides that, and records it."""
    await tx.run(
        _FALL,
        of_authority=found["authority_id"], of=found["id"], at=fall.fallen_at,
        by=fall.fallen_by, reason=msgspec.json.encode(fall.reason), how=fall.lapse,
    )  # fmt: skip


async def follow(
    tx: Tx, found: Record, row: Record, fall: Fall, *, by: Actor, at: datetime
) -> None:
    """Do what follows from the fall of a locked award, which is written and recorded.

    Effects: its offer is passed over, with offer.excluded; the others of the contest are
    admitted again, with offer.readmitted; lenders are released of which nothing is left to
    finance; need.award_fell, and the need waits for another award, or is awarded or
    unsuccessful where nothing is left to wait for; the budget has back what was committed.
    """
    await tx.allow("purpose", _PURPOSE)
    gone = FellFacts(
        offer_id=found["offer_id"], award_id=found["id"], ground=_GROUNDS[fall.lapse],
        reasons=fall.reason,
    )  # fmt: skip
    await admission.fall(tx, found["offer_id"], gone, of_round=found["round"], by=by, at=at)
    rivals = await queries.rivals(tx, row["id"], found["lot_id"], found["kind"])
    again = [one for one in rivals if one.state is OfferState.NOT_AWARDED]
    await offers.readmit(tx, again, award_id=found["id"], by=by, at=at)
    await releasing.release(tx, row, by=by, at=at)
    facts = await queries.fall_facts(tx, found, row, fall)
    fallen = rules.fall(facts, by=by, at=at)
    await needs_actions.advance(tx, row["id"], to=fallen.need_state)
    await history.record(
        tx, "need.award_fell", row["id"], facts=facts, decision=fallen, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    if fallen.released is not None:
        await budgets.release(
            tx, programme_id=row["programme_id"], for_id=found["id"], amount=fallen.released,
            by=by, at=at,
        )  # fmt: skip


async def end(tx: Tx, lot_id: str, asked: EndingDraft, *, by: Actor, at: datetime) -> Standing:
    """End a lot of which an award fell, without another award.

    Refuses with LotMissing, NeedMissing, and as the rule does. Effects: locks the need; the end;
    its admitted offers are not awarded; lenders are released of which nothing is left to
    finance; need.lot_ended, and with the last lot the need is awarded or unsuccessful.
    """
    need_id = await awards.need_of_lot(tx, lot_id)
    row = await needs.locked(tx, need_id, seen_by=by, at=at)
    facts = await queries.end_facts(tx, row, lot_id, asked)
    ended = rules.end(facts, by=by, at=at)
    await tx.run(
        _END,
        authority_id=row["authority_id"], lot_id=lot_id, kind=ended.kind, need_id=need_id,
        reason=msgspec.json.encode(ended.reason), ended_by=ended.ended_by, ended_at=at,
    )  # fmt: skip
    rivals = await queries.rivals(tx, need_id, lot_id, ended.kind)
    left = [one for one in rivals if one.state is OfferState.ADMITTED]
    await offers.conclude(tx, left, award_id=None, winner=None, by=by, at=at)
    await releasing.release(tx, row, by=by, at=at)
    await needs_actions.advance(tx, need_id, to=ended.need_state)
    version = await history.record(
        tx, "need.lot_ended", need_id, facts=facts, decision=ended, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=need_id, state=ended.need_state, version=version)
