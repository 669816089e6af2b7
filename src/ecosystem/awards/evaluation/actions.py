"""Appoint evaluators, take declarations and scores, and compute the evaluation."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.awards.evaluation import queries, rules
from ecosystem.awards.model import Appointment, ConflictDeclaration, Scores
from ecosystem.awards.releasing import actions as releasing
from ecosystem.awards.tables import consensus, evaluation, evaluator, score
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.needs import actions as needs_actions
from ecosystem.needs import queries as needs
from ecosystem.offers import actions as offers
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_APPOINT: Final = inserting(
    evaluator, "authority_id", "need_id", "person_id", "organisation_id", "appointed_by",
    "appointed_at",
)  # fmt: skip
_DECLARE: Final = Statement(
    update(evaluator)
    .where(
        evaluator.c.authority_id == bindparam("of_authority"),
        evaluator.c.need_id == bindparam("of_need"),
        evaluator.c.person_id == bindparam("of_person"),
    )
    .values(
        has_conflict=bindparam("has_conflict"),
        reason=bindparam("reason"),
        declared_at=bindparam("declared_at"),
    )
)
_SCORE: Final = inserting(score)
_said = insert(consensus).values(
    {column.key: bindparam(column.key) for column in consensus.columns}
)
_AGREE: Final = Statement(
    _said.on_conflict_do_update(
        index_elements=["authority_id", "offer_id", "person_id", "round"],
        set_={"scores": _said.excluded.scores, "agreed_at": _said.excluded.agreed_at},
    ).returning(consensus.c.id)
)
_EVALUATE: Final = inserting(evaluation)
_UNSEEN: Final = Audience(is_sealed=True)
"""Scores stay with who gave them until the evaluation publishes them all at once."""


async def appoint(tx: Tx, need_id: str, asked: Appointment, *, by: Actor, at: datetime) -> Standing:
    """Appoint evaluators; they read nothing until they have declared.

    Refuses with NeedMissing, and as the rule does. Effects: locks the need; the evaluators;
    need.evaluators_appointed.
    """
    row = await needs.locked(tx, need_id, seen_by=by, at=at)
    facts = await queries.appoint_facts(tx, row, asked.people)
    appointed = rules.appoint(facts, by=by, at=at)
    for one in appointed.evaluators:
        organisation_id = one.organisation_id or ""
        await tx.run(
            _APPOINT,
            authority_id=row["authority_id"], need_id=need_id, person_id=one.person_id,
            organisation_id=organisation_id, appointed_by=by.person_id or by.client_id,
            appointed_at=at,
        )  # fmt: skip
        await offers.let_read(
            tx, need_id, person_id=one.person_id, organisation_id=organisation_id, may_read=False
        )
    await needs_actions.advance(tx, need_id, to=row["state"])
    version = await history.record(
        tx, "need.evaluators_appointed", need_id, facts=facts, decision=appointed, by=by, at=at,
        audience=Audience(
            organisations=tuple({one.organisation_id or "" for one in appointed.evaluators})
        ),
    )  # fmt: skip
    return Standing(id=need_id, state=facts.need_state, version=version)


async def declare(
    tx: Tx, need_id: str, asked: ConflictDeclaration, *, by: Actor, at: datetime
) -> Standing:
    """Declare a conflict of interest, or that there is none; then the evaluator may read.

    Refuses with NeedMissing, and as the rule does. Effects: locks the need; the declaration;
    need.conflict_declared.
    """
    row = await needs.locked(tx, need_id, seen_by=by, at=at)
    facts = await queries.declare_facts(tx, row, asked, by=by)
    declared = rules.declare(facts, by=by, at=at)
    await tx.run(
        _DECLARE,
        of_authority=row["authority_id"], of_need=need_id, of_person=declared.person_id,
        has_conflict=declared.has_conflict, reason=msgspec.json.encode(asked.reason),
        declared_at=at,
    )  # fmt: skip
    await offers.let_read(
        tx, need_id, person_id=declared.person_id, organisation_id=by.organisation_id,
        may_read=not declared.has_conflict,
    )  # fmt: skip
    await needs_actions.advance(tx, need_id, to=row["state"])
    version = await history.record(
        tx, "need.conflict_declared", need_id, facts=facts, decision=declared, by=by, at=at,
        audience=Audience(organisations=(by.organisation_id,)),
    )  # fmt: skip
    return Standing(id=need_id, state=row["state_now"], version=version)


async def give_scores(tx: Tx, offer_id: str, asked: Scores, *, by: Actor, at: datetime) -> Standing:
    """Score an offer, alone and once.

    Refuses with OfferMissing, and as the rule does. Effects: locks the offer; the scores,
    which nobody rewrites; the sealed event score.given.
    """
    facts = await queries.score_facts(tx, offer_id, asked.scores, by=by, at=at)
    scored = rules.score(facts, by=by, at=at)
    authority = authority_of(offer_id)
    score_id = mint("score", authority=authority)
    await tx.run(
        _SCORE,
        authority_id=authority, offer_id=offer_id, person_id=scored.person_id, id=score_id,
        need_id=facts.need_id, organisation_id=by.organisation_id,
        round=facts.round, scores=msgspec.json.encode(scored.scores), scored_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "score.given", score_id, facts=facts, decision=scored, by=by, at=at, audience=_UNSEEN
    )
    return Standing(id=score_id, state="given", version=version)


async def agree(tx: Tx, offer_id: str, asked: Scores, *, by: Actor, at: datetime) -> Standing:
    """Say what an evaluator agrees to; until all say the same, she may say otherwise.

    Refuses with OfferMissing, and as the rule does. Effects: locks the offer; what she says;
    the sealed event consensus.given.
    """
    facts = await queries.consensus_facts(tx, offer_id, asked.scores, by=by, at=at)
    agreed = rules.agree(facts, by=by, at=at)
    authority = authority_of(offer_id)
    consensus_id: str = await tx.value(
        _AGREE,
        authority_id=authority, offer_id=offer_id, person_id=agreed.person_id,
        round=facts.round, id=mint("consensus", authority=authority), need_id=facts.need_id,
        organisation_id=by.organisation_id, scores=msgspec.json.encode(agreed.scores),
        agreed_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "consensus.given", consensus_id, facts=facts, decision=agreed, by=by, at=at,
        audience=_UNSEEN,
    )  # fmt: skip
    return Standing(id=consensus_id, state=agreed.state, version=version)


async def evaluate(
    tx: Tx, need_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Compute the evaluation and publish it, with all that it follows from.

    Refuses with NeedMissing, RevisionStale, and as the rule does. Effects: locks the need,
    which becomes evaluated, or unsuccessful where nothing can be awarded; the evaluation;
    need.evaluated. Lenders are released of which nothing is left to finance.
    """
    row = await needs.locked(tx, need_id, seen_by=by, at=at, expected=expected)
    facts = await queries.evaluate_facts(tx, row)
    evaluated = rules.evaluate(facts, by=by, at=at)
    await tx.run(
        _EVALUATE,
        authority_id=row["authority_id"], need_id=need_id,
        round=evaluated.round, contests=msgspec.json.encode(evaluated.contests),
        digest=evaluated.digest, unsuccessful=msgspec.json.encode(evaluated.unsuccessful),
        evaluated_by=by.person_id or by.client_id, evaluated_at=at,
        frozen=evaluated.frozen and msgspec.json.encode(evaluated.frozen),
    )  # fmt: skip
    await releasing.release(tx, row, by=by, at=at)
    await needs_actions.advance(tx, need_id, to=evaluated.need_state)
    version = await history.record(
        tx, "need.evaluated", need_id, facts=facts, decision=evaluated, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=need_id, state=evaluated.need_state, version=version)
