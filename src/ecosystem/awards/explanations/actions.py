"""Ask how a price is possible, answer, and decide."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.awards.admission import actions as admission
from ecosystem.awards.explanations import queries, rules
from ecosystem.awards.explanations.model import (
    PriceAnswer,
    PriceDecision,
    PriceQuestion,
    State,
)
from ecosystem.awards.explanations.tables import price_explanation
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.needs import queries as needs
from ecosystem.runtime.database import Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor

_ASK: Final = inserting(
    price_explanation, "authority_id", "id", "version", "state", "need_id", "lot_id", "offer_id",
    "round", "member_ids", "question", "asked_by", "asked_at", "answer_by",
)  # fmt: skip


def _changing(*names: str) -> Statement:
    return Statement(
        updating(price_explanation).values(
            version=price_explanation.c.version + 1, **{name: bindparam(name) for name in names}
        )
    )


_ANSWER: Final = _changing("state", "answer", "answered_by", "answered_at")
_DECIDE: Final = _changing("state", "reasons", "decided_by", "decided_at")


async def ask(tx: Tx, offer_id: str, asked: PriceQuestion, *, by: Actor, at: datetime) -> Standing:
    """Ask a bidder how its price is possible.

    Refuses with OfferMissing, and as the rule does. Effects: locks the need; the explanation;
    explanation.asked, which the offer's members read.
    """
    facts, found = await queries.ask_facts(tx, offer_id, asked, by=by, at=at)
    question = rules.ask(facts, by=by, at=at)
    members = [one.organisation_id for one in found.members]
    explanation_id = mint("explanation", authority=facts.authority_number)
    await tx.run(
        _ASK,
        authority_id=facts.authority_number, id=explanation_id, version=1, state=question.state,
        need_id=facts.need_id, lot_id=facts.lot_id, offer_id=offer_id, round=facts.round,
        member_ids=members, question=msgspec.json.encode(asked.question),
        asked_by=question.asked_by, asked_at=at, answer_by=question.answer_by,
    )  # fmt: skip
    version = await history.record(
        tx, "explanation.asked", explanation_id, facts=facts, decision=question, by=by, at=at,
        audience=Audience(organisations=tuple(members)),
    )  # fmt: skip
    return Standing(id=explanation_id, state=question.state, version=version)


async def answer(
    tx: Tx, explanation_id: str, asked: PriceAnswer, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Explain a price.

    Refuses with ExplanationMissing, RevisionStale, and as the rule does. Effects: the answer;
    explanation.answered.
    """
    row = await queries.locked(tx, explanation_id, by=by)
    revision.check(expected, actual=row["version"])
    facts = queries.answer_facts(row, asked)
    answered = rules.answer(facts, by=by, at=at)
    await tx.run(
        _ANSWER,
        of_authority=row["authority_id"], of=explanation_id, state=answered.state,
        answer=msgspec.json.encode(answered.answer), answered_by=answered.answered_by,
        answered_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "explanation.answered", explanation_id, facts=facts, decision=answered, by=by, at=at,
        audience=Audience(organisations=facts.member_ids),
    )  # fmt: skip
    return Standing(id=explanation_id, state=answered.state, version=version)


async def decide(
    tx: Tx, explanation_id: str, asked: PriceDecision, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Accept an explanation, or reject it, after which its offer is passed over.

    Refuses with ExplanationMissing, RevisionStale, and as the rule does. Effects: locks the need;
    the decision; explanation.decided; rejected, the offer is excluded, and what follows.
    """
    need_id = await queries.need_of(tx, explanation_id, by=by)
    need = await needs.locked(tx, need_id, seen_by=by, at=at)
    row = await queries.locked(tx, explanation_id, by=by)
    revision.check(expected, actual=row["version"])
    facts = await queries.decide_facts(tx, row, need, asked)
    decided = rules.decide(facts, by=by, at=at)
    await tx.run(
        _DECIDE,
        of_authority=row["authority_id"], of=explanation_id, state=decided.state,
        reasons=msgspec.json.encode(decided.reasons), decided_by=decided.decided_by, decided_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "explanation.decided", explanation_id, facts=facts, decision=decided, by=by, at=at,
        audience=Audience(organisations=tuple(row["member_ids"])),
    )  # fmt: skip
    if decided.state is State.REJECTED:
        await admission.pass_over(
            tx, need, row["offer_id"], explanation_id=explanation_id,
            reasons=decided.reasons, of_round=row["round"], by=by, at=at,
        )  # fmt: skip
    return Standing(id=explanation_id, state=decided.state, version=version)
