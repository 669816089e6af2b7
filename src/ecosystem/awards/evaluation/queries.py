"""Read what an evaluation needs: evaluators, scores, and the inputs of every contest."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ARRAY, Integer, Table, Text, any_, bindparam, exists, func, not_, or_, select

from ecosystem.awards import queries as awards
from ecosystem.awards.evaluation.contests import contests_of, with_spent
from ecosystem.awards.evaluation.rules import EvaluationMissing, is_agreed
from ecosystem.awards.falling import queries as falling
from ecosystem.awards.freezing import kept as freezing
from ecosystem.awards.model import (
    AppointFacts,
    Candidate,
    ConflictDeclaration,
    ConsensusFacts,
    ConsensusState,
    Contest,
    DeclareFacts,
    EvaluateFacts,
    Given,
    Remedy,
    ScoreFacts,
    ScoreKept,
)
from ecosystem.awards.schemas import Conferring
from ecosystem.awards.tables import consensus, evaluation, evaluator, score
from ecosystem.identity.model import OrganisationState
from ecosystem.identity.tables import membership, organisation, person
from ecosystem.needs.model import CriterionKind, Lot, OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers import queries as offers
from ecosystem.offers.model import OfferFacts
from ecosystem.offers.model import State as OfferState
from ecosystem.offers.opening import queries as openings
from ecosystem.offers.queries import read
from ecosystem.offers.rules import OfferMissing
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_NEED: Final = bindparam("need_id", type_=Text)
_PERSON: Final = bindparam("person_id", type_=Text)
_ROUND: Final = bindparam("round", type_=Integer)

_evaluated = (
    select(
        evaluation.c.need_id,
        evaluation.c.round,
        evaluation.c.evaluated_at,
        evaluation.c.contests,
        evaluation.c.digest,
        evaluation.c.unsuccessful,
        evaluation.c.frozen,
    )
    .where(evaluation.c.authority_id == _AUTHORITY, evaluation.c.need_id == _NEED)
    .order_by(evaluation.c.round.desc())
    .limit(1)
    .subquery("evaluated")
)
_EVALUATION: Final = Statement(select(json_row(_evaluated)).select_from(_evaluated))
_FIT: Final = Statement(
    select(membership.c.person_id, organisation.c.id)
    .join(organisation, organisation.c.id == membership.c.organisation_id)
    .join(person, person.c.id == membership.c.person_id)
    .where(membership.c.person_id == any_(bindparam("people", type_=ARRAY(Text))))
    .where(any_(membership.c.roles) == Role.EVALUATOR.value)
    .where(person.c.disabled_at.is_(None))
    .where(organisation.c.state == OrganisationState.VERIFIED.value)
    .where(
        or_(
            organisation.c.number == _AUTHORITY,
            organisation.c.kind == OrganisationKind.THINK_TANK.value,
        )
    )
    .order_by(organisation.c.number == _AUTHORITY, organisation.c.id)
)
_CONFLICT: Final = (
    evaluator.c.has_conflict
    | (evaluator.c.declared_at.is_not(None) & not_(offers.may_read(evaluator)))
).label("has_conflict")
"""Also without having said so: of whoever has declared none, and whose organisation offers."""
_EVALUATORS: Final = Statement(
    select(evaluator.c.person_id, _CONFLICT)
    .where(evaluator.c.authority_id == _AUTHORITY, evaluator.c.need_id == _NEED)
    .order_by(evaluator.c.person_id)
)
_EVALUATOR: Final = Statement(
    select(evaluator.c.organisation_id, _CONFLICT)
    .where(evaluator.c.authority_id == _AUTHORITY, evaluator.c.need_id == _NEED)
    .where(evaluator.c.person_id == _PERSON)
    .with_for_update()
)
_HAS_SCORED: Final = Statement(
    select(
        exists().where(
            score.c.authority_id == _AUTHORITY,
            score.c.offer_id == bindparam("offer_id"),
            score.c.person_id == _PERSON,
            score.c.round == _ROUND,
        )
    )
)


def _of_offer(of: Table) -> Statement:
    return Statement(
        select(of.c.person_id, of.c.offer_id, of.c.scores)
        .where(of.c.authority_id == _AUTHORITY, of.c.offer_id == bindparam("offer_id", type_=Text))
        .where(of.c.round == _ROUND)
        .order_by(of.c.person_id)
    )


_SINGLE: Final = _of_offer(score)
_LAST: Final = Statement(
    select(func.coalesce(func.max(score.c.round), 0)).where(
        score.c.authority_id == _AUTHORITY,
        score.c.offer_id == bindparam("offer_id", type_=Text),
        score.c.person_id == _PERSON,
    )
)
"""The last round in which a person has scored an offer."""
_SAID: Final = _of_offer(consensus)
_ALL_SAID: Final = Statement(
    select(consensus.c.person_id, consensus.c.offer_id, consensus.c.scores)
    .where(
        consensus.c.authority_id == _AUTHORITY,
        consensus.c.need_id == _NEED,
        consensus.c.round == _ROUND,
    )
    .order_by(consensus.c.offer_id, consensus.c.person_id)
)
_SCORES: Final = Statement(
    select(score.c.person_id, score.c.offer_id, score.c.scores)
    .where(score.c.authority_id == _AUTHORITY, score.c.need_id == _NEED, score.c.round == _ROUND)
    .order_by(score.c.offer_id, score.c.person_id)
)


async def view(tx: Tx, need_id: str) -> bytes:
    """Return an evaluation as JSON. Refuses with EvaluationMissing."""
    authority = owner(need_id, "need", otherwise=EvaluationMissing)
    found: bytes | None = await tx.value(_EVALUATION, authority_id=authority, need_id=need_id)
    if found is None:
        raise EvaluationMissing("There is no evaluation.")
    spent, ended = await falling.over(tx, need_id)
    return with_spent(with_spent(found, ended, code="ended"), spent, code="all_passed_over")


async def appoint_facts(tx: Tx, row: Record, people: Iterable[str]) -> AppointFacts:
    """Return what an appointment to a locked need is checked against."""
    asked, authority = list(people), row["authority_id"]
    found = await tx.rows(_FIT, people=asked, authority_id=authority)
    organisations = {one["person_id"]: one["id"] for one in found}
    known = await tx.rows(_EVALUATORS, authority_id=authority, need_id=row["id"])
    return AppointFacts(
        need_id=row["id"],
        authority_number=authority,
        need_state=NeedState(row["state_now"]),
        candidates=tuple(
            Candidate(person_id=one, organisation_id=organisations.get(one)) for one in asked
        ),
        appointed=tuple(one["person_id"] for one in known),
    )


async def declare_facts(
    tx: Tx, row: Record, declaration: ConflictDeclaration, *, by: Actor
) -> DeclareFacts:
    """Return what a declaration on a locked need is checked against."""
    need_id = row["id"]
    found = await _evaluator(tx, need_id, by=by)
    return DeclareFacts(
        need_id=need_id,
        is_appointed=found is not None,
        has_declared=found is not None and found["has_conflict"] is not None,
        is_bidder=await offers.bids(tx, need_id, organisation_id=by.organisation_id),
        declaration=declaration,
    )


async def score_facts(
    tx: Tx, offer_id: str, scores: tuple[Given, ...], *, by: Actor, at: datetime
) -> ScoreFacts:
    """Lock an offer; return what scores of it are checked against. Refuses with OfferMissing."""
    facts, _, row = await offers.locked(tx, offer_id, by=by, at=at)
    found = await _evaluator(tx, facts.need_id, by=by)
    before = await rounds(tx, row)
    place = {"authority_id": row["authority_id"], "offer_id": offer_id, "round": before.round + 1}
    return ScoreFacts(
        need_id=facts.need_id,
        round=before.round + 1,
        offer_id=offer_id,
        need_state=facts.need_state,
        offer_state=facts.state,
        has_conflict=None if found is None else found["has_conflict"],
        is_bidder=await offers.bids(tx, facts.need_id, organisation_id=by.organisation_id),
        is_settled=(facts.lot_id, facts.kind) in before.settled,
        has_scored=await tx.value(_HAS_SCORED, **place, person_id=by.person_id or ""),
        is_discussed=bool(await tx.rows(_SAID, **place)),
        is_frozen=await freezing.of_round(tx, row, before.round + 1) is not None,
        criteria=() if facts.kind is OfferKind.FINANCING else _of_quality(row, facts),
        scores=scores,
    )


async def consensus_facts(
    tx: Tx, offer_id: str, scores: tuple[Given, ...], *, by: Actor, at: datetime
) -> ConsensusFacts:
    """Lock an offer; return what a word on its consensus is checked against.

    Refuses with OfferMissing.
    """
    facts, _, row = await offers.locked(tx, offer_id, by=by, at=at)
    found = await _evaluator(tx, facts.need_id, by=by)
    before = await rounds(tx, row)
    place = {"authority_id": row["authority_id"], "round": before.round + 1}
    single = tuple(_kept(one) for one in await tx.rows(_SINGLE, offer_id=offer_id, **place))
    all_given = await tx.rows(_SCORES, need_id=facts.need_id, **place)
    rivals = await _rivals(tx, facts)
    begun = {one["person_id"] for one in all_given if one["offer_id"] in rivals}
    said = await tx.rows(_SAID, offer_id=offer_id, **place)
    return ConsensusFacts(
        need_id=facts.need_id,
        offer_id=offer_id,
        round=before.round + 1,
        need_state=facts.need_state,
        is_settled=(facts.lot_id, facts.kind) in before.settled,
        has_conflict=None if found is None else found["has_conflict"],
        single=single,
        awaited=tuple(sorted(begun - {one.person_id for one in single})),
        said=tuple(_kept(one) for one in said),
        is_frozen=await freezing.of_round(tx, row, before.round + 1) is not None,
        criteria=_of_quality(row, facts),
        scores=scores,
    )


def _of_quality(row: Record, facts: OfferFacts) -> tuple[str, ...]:
    """Return the codes of the criteria of an offer's lot that people score."""
    criteria = offers.lot_of(row, facts.lot_id).criteria
    return tuple(one.code for one in criteria if one.kind is CriterionKind.QUALITY)


async def _rivals(tx: Tx, facts: OfferFacts) -> frozenset[str]:
    return frozenset(
        one.offer_id
        for one in await offers.taken(tx, facts.need_id)
        if (one.lot_id, one.kind) == (facts.lot_id, facts.kind) and one.state is OfferState.ADMITTED
    )


async def conferring(tx: Tx, offer_id: str, *, by: Actor) -> Conferring:
    """Return the single scores of an offer and what its evaluators agree to, for one of them.

    Of the last round in which she scored it. Refuses with OfferMissing until she has.
    """
    place = {
        "authority_id": owner(offer_id, "offer", otherwise=OfferMissing),
        "offer_id": offer_id,
    }
    last: int = await tx.value(_LAST, **place, person_id=by.person_id or "")
    if not last:
        raise OfferMissing("The caller has scored no such offer.")
    single = tuple(_kept(one) for one in await tx.rows(_SINGLE, **place, round=last))
    said = tuple(_kept(one) for one in await tx.rows(_SAID, **place, round=last))
    agreed = is_agreed(said, among={one.person_id for one in single})
    return Conferring(
        offer_id=offer_id,
        state=ConsensusState.AGREED if agreed else ConsensusState.OPEN,
        single=single,
        said=said,
    )


async def evaluate_facts(tx: Tx, row: Record) -> EvaluateFacts:
    """Return what the evaluation of a locked need is computed from."""
    need_id, authority = row["id"], row["authority_id"]
    known = await tx.rows(_EVALUATORS, authority_id=authority, need_id=need_id)
    before = await rounds(tx, row)
    place = {"authority_id": authority, "need_id": need_id, "round": before.round + 1}
    given, said = await tx.rows(_SCORES, **place), await tx.rows(_ALL_SAID, **place)
    lots = read(row["lots"], tuple[Lot, ...])
    spent, ended = await falling.over(tx, need_id)
    taken = await offers.taken(tx, need_id)
    contests = contests_of(
        lots,
        offers=[
            one for one in await offers.opened(tx, need_id) if one.state is OfferState.ADMITTED
        ],
        evaluators=tuple(one["person_id"] for one in known if one["has_conflict"] is False),
        scores=tuple(_kept(one) for one in given),
        law=await awards.law_of(tx, row),
        said=tuple(_kept(one) for one in said),
    )
    return EvaluateFacts(
        need_id=need_id,
        authority_number=authority,
        need_state=NeedState(row["state_now"]),
        round=before.round + 1,
        lots=tuple(one.id for one in lots),
        offered=tuple(sorted({one.lot_id for one in taken})),
        undecided=tuple(one.offer_id for one in taken if one.state is OfferState.OPENED),
        contests=tuple(
            one for one in contests if (one.inputs.lot_id, one.kind) not in before.settled
        ),
        settled=tuple(one for one in before.contests if (one.lot_id, one.kind) in before.settled),
        made=await awards.counted(tx, row),
        spent=tuple(one.digest for one in spent),
        ended=tuple(one.digest for one in ended),
        is_contracted=row["is_contracted"],
        prices_sealed=await openings.prices_sealed(tx, row),
        frozen=await freezing.of_round(tx, row, before.round + 1),
    )


class Rounds(msgspec.Struct, frozen=True, kw_only=True):
    """What the rounds of evaluation before this one have left."""

    round: int
    """The last one; 0 where there was none."""
    contests: tuple[Contest, ...]
    settled: frozenset[tuple[str, OfferKind]]
    """The contests, by lot and kind, that nobody has to evaluate again."""


async def rounds(tx: Tx, row: Record) -> Rounds:
    """Return what the rounds before have left of a need that is held.

    Evaluated again is a contest whose last ranking a reviewer has set aside with its award;
    others of the need may have been ranked since.
    """
    contests, last = await awards.evaluated(tx, row["id"])
    made = await awards.made(tx, row["id"])
    again = {
        (one["lot_id"], one["kind"], one["round"])
        for one in made
        if one["remedy"] == Remedy.EVALUATION
    }
    return Rounds(
        round=last,
        contests=contests,
        settled=frozenset(
            (one.lot_id, one.kind)
            for one in contests
            if (one.lot_id, one.kind, one.round) not in again
        ),
    )


def _kept(row: Record) -> ScoreKept:
    return ScoreKept(
        person_id=row["person_id"],
        offer_id=row["offer_id"],
        scores=read(row["scores"], tuple[Given, ...]),
    )


async def _evaluator(tx: Tx, need_id: str, *, by: Actor) -> Record | None:
    return await tx.row(
        _EVALUATOR,
        authority_id=authority_of(need_id),
        need_id=need_id,
        person_id=by.person_id or "",
    )
