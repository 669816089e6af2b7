"""Open assessments, assess, review, publish and reply; hold appropriations to what they cite."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Update, bindparam, update

from ecosystem.assessments import queries, rules
from ecosystem.assessments.evidence import queries as evidence
from ecosystem.assessments.model import (
    AssessFacts,
    AssessmentDraft,
    AssessmentState,
    PublishFacts,
    ReplyDraft,
    ReplyFacts,
    ReviewDraft,
    Reviewer,
    ReviewerFacts,
    ReviewFacts,
    Scored,
    SelfAssessment,
)
from ecosystem.assessments.tables import assessment
from ecosystem.budgets.model import AppropriationFacts
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience, Occurrence
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor

_OPEN: Final = inserting(
    assessment, "authority_id", "id", "version", "state", "programme_id", "contract_id",
    "fiscal_year", "reviewer_id", "opened_by", "opened_at",
)  # fmt: skip


def _changing(**columns: str) -> Statement:
    """Return the statement that sets columns from parameters, with the next version."""
    change: Update = update(assessment).where(
        assessment.c.authority_id == bindparam("of_authority"),
        assessment.c.id == bindparam("of_assessment"),
    )
    given: dict[str, Any] = {column: bindparam(name) for column, name in columns.items()}
    return Statement(change.values(version=assessment.c.version + 1, **given))


_SCORE: Final = {
    "scored": "new_scored", "digest": "new_digest", "points_min": "least", "points_max": "most",
    "grade": "new_grade",
}  # fmt: skip
_NAME: Final = _changing(reviewer_id="new_reviewer")
_ASSESS: Final = _changing(
    state="new_state", statement="said", assessed_by="by", assessed_at="at", **_SCORE
)
_REVIEW: Final = _changing(
    state="new_state", recommendation="advice", review_reason="said", reviewed_by="by",
    reviewed_at="at", **_SCORE,
)  # fmt: skip
_PUBLISH: Final = _changing(state="new_state", published_by="by", published_at="at")
_REPLY: Final = _changing(reply="said", replied_by="by", replied_at="at")


async def open_assessment(tx: Tx, asked: AssessmentDraft, *, by: Actor, at: datetime) -> Standing:
    """Open an assessment. Refuses as the rule does. Effects: `assessment.opened`."""
    facts = await queries.open_facts(tx, asked)
    opened = rules.open_assessment(facts, by=by, at=at)
    authority = by.organisation_number
    assessment_id = mint("assessment", authority=authority)
    await tx.run(
        _OPEN,
        authority_id=authority, id=assessment_id, version=1, state=AssessmentState.OPENED,
        programme_id=opened.programme_id, contract_id=opened.contract_id,
        fiscal_year=opened.fiscal_year, reviewer_id=opened.reviewer_id,
        opened_by=by.person_id or by.client_id, opened_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "assessment.opened", assessment_id, facts=facts, decision=opened, by=by, at=at,
        audience=Audience(organisations=(opened.reviewer_id,)),
    )  # fmt: skip
    return Standing(id=assessment_id, state=AssessmentState.OPENED, version=version)


async def name_reviewer(
    tx: Tx, assessment_id: str, asked: Reviewer, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Name another reviewer. Refuses with AssessmentMissing, RevisionStale, and as the rule does.

    Effects: locks the assessment; `assessment.reviewer_named`.
    """
    row = await queries.locked(tx, assessment_id, expected=expected)
    facts = ReviewerFacts(
        authority_number=row["authority_id"], state=queries.state_of(row),
        reviewer=await queries.reviewer(
            tx, asked.reviewer_id, programme_id=row["programme_id"], authority=row["authority_id"]
        ),
    )  # fmt: skip
    named = rules.name_reviewer(facts, by=by, at=at)
    await _change(tx, _NAME, row, new_reviewer=named.reviewer_id)
    version = await history.record(
        tx, "assessment.reviewer_named", assessment_id, facts=facts, decision=named, by=by, at=at,
        audience=Audience(organisations=(named.reviewer_id,)),
    )  # fmt: skip
    return Standing(id=assessment_id, state=row["state"], version=version)


async def self_assess(
    tx: Tx, assessment_id: str, asked: SelfAssessment, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Take the evidence of the year and score it.

    Refuses with AssessmentMissing, RevisionStale, AssessmentUnready, and as the rule does.
    Effects: locks the assessment; `assessment.self_assessed`.
    """
    row = await queries.locked(tx, assessment_id, expected=expected)
    taken, today = await evidence.take(tx, row, by=by, at=at)
    facts = AssessFacts(
        authority_number=row["authority_id"], state=queries.state_of(row), today=today,
        statement=asked.statement, evidence=taken,
    )  # fmt: skip
    assessed = rules.self_assess(facts, by=by, at=at)
    state = AssessmentState.SELF_ASSESSED
    await _change(
        tx, _ASSESS, row, new_state=state, said=msgspec.json.encode(asked.statement),
        by=assessed.assessed_by, at=at, **_columns(assessed.scored),
    )  # fmt: skip
    version = await history.record(
        tx, "assessment.self_assessed", assessment_id, facts=facts, decision=assessed, by=by,
        at=at, audience=_concerned(row),
    )  # fmt: skip
    return Standing(id=assessment_id, state=state, version=version)


async def review(
    tx: Tx, assessment_id: str, asked: ReviewDraft, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Review an assessment for the named body.

    Refuses with AssessmentMissing, RevisionStale, and as the rule does. Effects: locks the
    assessment; `assessment.reviewed`.
    """
    row = await queries.locked(tx, assessment_id, expected=expected)
    seen = await queries.reviewer(
        tx, by.organisation_id, programme_id=row["programme_id"], authority=row["authority_id"]
    )
    if seen is None or row["reviewer_id"] != by.organisation_id:
        raise rules.AssessmentMissing("The caller's organisation is not to review such a one.")
    rules.reviewable(queries.state_of(row))
    facts = ReviewFacts(
        authority_number=row["authority_id"], state=queries.state_of(row),
        assessed_by=row["assessed_by"], reviewer=seen, evidence=queries.scored_of(row).evidence,
        asked=asked,
    )  # fmt: skip
    reviewed = rules.review(facts, by=by, at=at)
    state = AssessmentState.REVIEWED
    await _change(
        tx, _REVIEW, row, new_state=state, advice=reviewed.recommendation,
        said=msgspec.json.encode(asked.reason), by=reviewed.reviewed_by, at=at,
        **_columns(reviewed.scored),
    )  # fmt: skip
    version = await history.record(
        tx, "assessment.reviewed", assessment_id, facts=facts, decision=reviewed, by=by, at=at,
        audience=_concerned(row),
    )  # fmt: skip
    return Standing(id=assessment_id, state=state, version=version)


async def publish(
    tx: Tx, assessment_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Publish a reviewed assessment.

    Refuses with AssessmentMissing, RevisionStale, and as the rule does. Effects: locks the
    assessment; `assessment.published`, for everyone.
    """
    row = await queries.locked(tx, assessment_id, expected=expected)
    facts = PublishFacts(
        authority_number=row["authority_id"], state=queries.state_of(row),
        assessed_by=row["assessed_by"], reviewed_by=row["reviewed_by"],
    )  # fmt: skip
    published = rules.publish(facts, by=by, at=at)
    state = AssessmentState.PUBLISHED
    await _change(tx, _PUBLISH, row, new_state=state, by=published.published_by, at=at)
    version = await history.record(
        tx, "assessment.published", assessment_id, facts=facts, decision=published, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=assessment_id, state=state, version=version)


async def reply(
    tx: Tx, assessment_id: str, asked: ReplyDraft, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Reply to a review, once.

    Refuses with AssessmentMissing, RevisionStale, and as the rule does. Effects: locks the
    assessment; `assessment.replied`, for whoever may read it.
    """
    row = await queries.locked(tx, assessment_id, expected=expected)
    facts = ReplyFacts(
        authority_number=row["authority_id"], state=queries.state_of(row),
        is_replied=row["replied_at"] is not None, reply=asked.reply,
    )  # fmt: skip
    replied = rules.reply(facts, by=by, at=at)
    await _change(
        tx, _REPLY, row, said=msgspec.json.encode(asked.reply), by=replied.replied_by, at=at
    )
    is_public = facts.state is AssessmentState.PUBLISHED
    version = await history.record(
        tx, "assessment.replied", assessment_id, facts=facts, decision=replied, by=by, at=at,
        audience=EVERYONE if is_public else _concerned(row),
    )  # fmt: skip
    return Standing(id=assessment_id, state=row["state"], version=version)


async def cite(tx: Tx, occurrence: Occurrence) -> None:
    """Hold an appropriation to the assessment that it cites.

    Follows `programme.appropriated`. Refuses with AssessmentUnfit or AgainstRecommendation.
    """
    given: AppropriationFacts = occurrence.body.facts
    asked = given.asked
    if asked.assessment_id is not None:
        rules.cite(
            await queries.cite_facts(
                tx,
                asked.assessment_id,
                programme_id=occurrence.stream,
                departs=asked.departs_because is not None,
            )
        )


async def _change(tx: Tx, statement: Statement, row: Record, **columns: Any) -> None:
    await tx.run(statement, of_authority=row["authority_id"], of_assessment=row["id"], **columns)


def _columns(scored: Scored) -> dict[str, Any]:
    """Return how a score is kept: its text, the digest of it, and what it says."""
    content = msgspec.json.encode(scored)
    found = scored.score
    return {
        "new_scored": content,
        "new_digest": hashlib.sha256(content).hexdigest(),
        "least": Decimal(found.points_min),
        "most": Decimal(found.points_max),
        "new_grade": found.grade,
    }


def _concerned(row: Record) -> Audience:
    return Audience(organisations=(row["reviewer_id"],))
