"""Facts about an award that has fallen, and about a lot that is ended."""

from typing import Final

from ecosystem.awards import queries as awards
from ecosystem.awards.falling import kept
from ecosystem.awards.falling.model import EndFacts, EndingDraft, Fall, FallFacts, Lapse
from ecosystem.awards.model import Contest, Remedy
from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers import queries as offers
from ecosystem.offers.model import OfferStanding
from ecosystem.runtime.database import Record, Tx

_FELL: Final = frozenset({Lapse.DECLINED, Lapse.UNSIGNED})


async def fall_facts(tx: Tx, found: Record, row: Record, fall: Fall) -> FallFacts:
    """Return what follows from the fall of a locked award is decided on, which is written."""
    standing = await awards.standing(tx, row)
    return FallFacts(
        award_id=found["id"],
        need_id=row["id"],
        lot_id=found["lot_id"],
        kind=OfferKind(found["kind"]),
        lapse=fall.lapse,
        price=awards.price_of(found),
        need_state=NeedState(row["state_now"]),
        left_open=standing.left_open,
        others_stand=bool(standing.awards),
    )


async def end_facts(tx: Tx, row: Record, lot_id: str, asked: EndingDraft) -> EndFacts:
    """Return what the end of a locked need's lot is checked against."""
    contest = (lot_id, asked.kind)
    made = await awards.made(tx, row["id"])
    standing = await awards.standing(tx, row, without=contest)
    passed = await awards.passed_over(tx, row["id"])
    contests, _ = await awards.evaluated(tx, row["id"])
    return EndFacts(
        need_id=row["id"],
        lot_id=lot_id,
        authority_number=row["authority_id"],
        need_state=NeedState(row["state_now"]),
        has_fallen=any(
            one["lapse"] in _FELL
            and one["lot_id"] == lot_id
            and (one["kind"] == asked.kind or asked.kind is OfferKind.FINANCING)
            for one in made
        ),
        is_awarded=any(
            one["state"] != "cancelled" for one in made if (one["lot_id"], one["kind"]) == contest
        ),
        is_over=contest in await kept.ended(tx, row["id"])
        or any(
            one["remedy"] == Remedy.CANCELLATION
            for one in made
            if (one["lot_id"], one["kind"]) == contest
        )
        or not any(
            one.ranking.ranked and not awards.is_spent(one, passed)
            for one in contests
            if (one.lot_id, one.kind) == contest
        ),
        left_open=standing.left_open,
        others_stand=bool(standing.awards),
        asked=asked,
    )


async def rivals(tx: Tx, need_id: str, lot_id: str, kind: str) -> list[OfferStanding]:
    """Return where the offers of a contest stand."""
    return [
        one for one in await offers.taken(tx, need_id) if (one.lot_id, one.kind) == (lot_id, kind)
    ]


async def over(tx: Tx, need_id: str) -> tuple[list[Contest], list[Contest]]:
    """Return the contests of the last round that are over without award.

    Those whose ranked offers are all passed over; and those that were ended before.
    """
    passed = await awards.passed_over(tx, need_id)
    found = (await awards.evaluated(tx, need_id))[0] if passed else ()
    ends = await kept.ended(tx, need_id)
    ended = [one for one in found if (one.lot_id, one.kind) in ends]
    spent = [one for one in found if awards.is_spent(one, passed)]
    return spent, ended
