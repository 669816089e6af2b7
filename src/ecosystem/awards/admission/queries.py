"""Read admissions: facts for the rules, and the decisions that everybody reads."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Text, bindparam, select

from ecosystem.awards import queries as awards
from ecosystem.awards import scoring
from ecosystem.awards.admission.model import (
    AdmitFacts,
    Candidate,
    ExcludeFacts,
    ExclusionDraft,
    ExhaustFacts,
    Finding,
    Ground,
)
from ecosystem.awards.admission.tables import admission
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.evaluation.contests import contests_of
from ecosystem.needs.model import Lot
from ecosystem.needs.model import State as NeedState
from ecosystem.offers import queries as offers
from ecosystem.offers.model import MemberDraft, OfferStanding, OpenedContent
from ecosystem.offers.model import State as OfferState
from ecosystem.offers.opening import queries as openings
from ecosystem.offers.queries import read
from ecosystem.offers.rules import OfferMissing
from ecosystem.offers.tables import offer
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.identifiers import owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_COMPUTED: Final = {
    "requirement_unmet": Ground.REQUIREMENT_NOT_MET,
    "price_above_ceiling": Ground.PRICE_ABOVE_CEILING,
}
"""What the computation finds, by the ground that it is; all else is that terms are unsound."""
_WHOLE: Final[tuple[ColumnElement[Any], ...]] = (
    admission.c.id,
    admission.c.version,
    admission.c.need_id,
    admission.c.offer_id,
    admission.c.lot_id,
    admission.c.kind,
    admission.c.lead_id,
    admission.c.round,
    admission.c.outcome,
    admission.c.ground,
    admission.c.reasons,
    admission.c.decided_at,
)
ADMISSIONS: Final = page_of(
    select(*_WHOLE).where(
        admission.c.authority_id == _AUTHORITY,
        admission.c.need_id == bindparam("need_id", type_=Text),
    )
)
_NEED_OF_OFFER: Final = Statement(
    select(offer.c.need_id).where(
        offer.c.authority_id == _AUTHORITY, offer.c.id == bindparam("id", type_=Text)
    )
)


async def need_of_offer(tx: Tx, offer_id: str) -> str:
    """Return the need that an offer is for. Refuses with OfferMissing."""
    authority = owner(offer_id, "offer", otherwise=OfferMissing)
    found: str | None = await tx.value(_NEED_OF_OFFER, authority_id=authority, id=offer_id)
    if found is None:
        raise OfferMissing("No offer that the caller may know of bears this identifier.")
    return found


async def admit_facts(tx: Tx, row: Record) -> AdmitFacts:
    """Return the offers of a locked need that wait, and what speaks against each."""
    before = await evaluations.rounds(tx, row)
    waiting = [one for one in await offers.opened(tx, row["id"]) if one.state is OfferState.OPENED]
    found = await _computed(tx, row, waiting)
    return AdmitFacts(
        need_id=row["id"],
        authority_number=row["authority_id"],
        need_state=NeedState(row["state_now"]),
        round=before.round + 1,
        candidates=tuple(
            [
                Candidate(
                    offer_id=one.offer_id,
                    lot_id=one.lot_id,
                    kind=one.kind,
                    lead_id=one.lead_id,
                    member_ids=tuple(each.organisation_id for each in one.members),
                    findings=(*found[one.offer_id], *await _of_members(tx, one)),
                )
                for one in waiting
            ]
        ),
    )


async def _computed(
    tx: Tx, row: Record, waiting: list[OpenedContent]
) -> dict[str, tuple[Finding, ...]]:
    """Return by offer what the published computation finds wrong with it, whatever its scores.

    Nothing of a price that is sealed: what is wrong with it shows when it is opened.
    """
    is_priced = not await openings.prices_sealed(tx, row)
    contests = contests_of(
        read(row["lots"], tuple[Lot, ...]),
        offers=waiting,
        evaluators=(),
        scores=(),
        said=(),
        law=await awards.law_of(tx, row),
    )
    return {
        each.offer_id: tuple(
            Finding(ground=_COMPUTED.get(why.code, Ground.TERMS_UNSOUND), detail=why.detail)
            for why in scoring.shortcomings(one.inputs, offer=each, is_priced=is_priced)
        )
        for one in contests
        for each in one.inputs.offers
    }


async def _of_members(tx: Tx, one: OpenedContent) -> tuple[Finding, ...]:
    silent = [each.organisation_id for each in one.members if each.consented_at is None]
    named = [MemberDraft(each.organisation_id, each.share) for each in one.members]
    barred = [
        each.organisation_id for each in await offers.known_members(tx, named) if not each.verified
    ]
    return (
        *(
            Finding(ground=Ground.CONSORTIUM_INCOMPLETE, detail=f"{who} has not consented.")
            for who in silent
        ),
        *(
            Finding(ground=Ground.BIDDER_SUSPENDED, detail=f"{who} is not verified.")
            for who in barred
        ),
    )


async def exclude_facts(
    tx: Tx, row: Record, offer_id: str, asked: ExclusionDraft
) -> tuple[ExcludeFacts, OfferStanding]:
    """Return what the exclusion of a locked need's offer is checked against, and the offer.

    Refuses with OfferMissing.
    """
    standing = await standing_of(tx, row["id"], offer_id)
    before = await evaluations.rounds(tx, row)
    return ExcludeFacts(
        offer_id=offer_id,
        need_id=row["id"],
        authority_number=row["authority_id"],
        need_state=NeedState(row["state_now"]),
        offer_state=standing.state,
        round=before.round + 1,
        is_settled=(standing.lot_id, standing.kind) in before.settled,
        ground=asked.ground,
        reasons=asked.reasons,
    ), standing


async def exhaust_facts(tx: Tx, row: Record, one: OfferStanding) -> ExhaustFacts:
    """Return what the end of a locked need's contest, without award, is decided on."""
    contests, _ = await awards.evaluated(tx, row["id"])
    passed = await awards.passed_over(tx, row["id"])
    standing = await awards.standing(tx, row)
    return ExhaustFacts(
        need_id=row["id"],
        lot_id=one.lot_id,
        kind=one.kind,
        need_state=NeedState(row["state_now"]),
        is_spent=any(
            awards.is_spent(each, passed)
            for each in contests
            if (each.lot_id, each.kind) == (one.lot_id, one.kind)
        ),
        left_open=standing.left_open,
        is_awarded=bool(standing.awards),
    )


async def standing_of(tx: Tx, need_id: str, offer_id: str) -> OfferStanding:
    """Return where one of the offers of a need stands. Refuses with OfferMissing."""
    for one in await offers.taken(tx, need_id):
        if one.offer_id == offer_id:
            return one
    raise OfferMissing("No opened offer bears this identifier.")
