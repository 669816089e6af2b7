"""Read what a judgement is checked against, and what became of each round."""

from typing import Final

import msgspec
from sqlalchemy import Integer, Text, and_, bindparam, case, func, select

from ecosystem.catalogue.profiles.model import Span
from ecosystem.contracts.rule_parts import Code
from ecosystem.milestones.judging.model import JudgeFacts, Qualification
from ecosystem.milestones.model import Judgement, State
from ecosystem.milestones.tables import milestone_judgement, milestone_submission
from ecosystem.milestones.verifying.tables import milestone_verification
from ecosystem.runtime.columns import json_of
from ecosystem.runtime.database import Record
from ecosystem.runtime.paging import page_of

_OF_ROUND: Final = (
    milestone_judgement.c.authority_id == milestone_submission.c.authority_id,
    milestone_judgement.c.milestone_id == milestone_submission.c.milestone_id,
    milestone_judgement.c.round == milestone_submission.c.round,
)
_EXAMINED: Final = (
    milestone_verification.c.authority_id == milestone_submission.c.authority_id,
    milestone_verification.c.milestone_id == milestone_submission.c.milestone_id,
    milestone_verification.c.round == milestone_submission.c.round,
)
_NONE: Final = func.json_build_array()
ROUNDS: Final = page_of(
    select(
        milestone_submission.c.id,
        milestone_submission.c.milestone_id,
        milestone_submission.c.round,
        milestone_submission.c.delivered_at,
        milestone_submission.c.submitted_at,
        milestone_submission.c.submitted_by,
        milestone_submission.c.declaration,
        milestone_submission.c.evidence,
        milestone_submission.c.digest,
        case(
            (
                milestone_verification.c.outcome.is_not(None),
                json_of(
                    outcome=milestone_verification.c.outcome,
                    report=milestone_verification.c.report,
                    reasons=milestone_verification.c.reasons,
                    organisation_id=milestone_verification.c.verified_by,
                    person_id=milestone_verification.c.person_id,
                    examined_at=milestone_verification.c.examined_at,
                ),
            )
        ).label("verification"),
        milestone_judgement.c.outcome,
        milestone_judgement.c.judged_at,
        milestone_judgement.c.judged_by,
        func.trim_scale(milestone_judgement.c.share).cast(Text).label("share"),
        func.coalesce(milestone_judgement.c.deliverables, _NONE).label("deliverables"),
        milestone_judgement.c.delivered_at.label("accepted_delivery_at"),
        milestone_judgement.c.dispute,
        milestone_judgement.c.reasons,
        milestone_judgement.c.remedy,
        func.coalesce(milestone_judgement.c.findings, _NONE).label("findings"),
    )
    .outerjoin(milestone_judgement, and_(*_OF_ROUND))
    .outerjoin(milestone_verification, and_(*_EXAMINED))
    .where(
        milestone_submission.c.authority_id == bindparam("authority_id", type_=Integer),
        milestone_submission.c.milestone_id == bindparam("milestone_id", type_=Text),
    )
)
"""A page of the submissions of a milestone, each with what became of it; the newest first."""


def judge_facts(
    row: Record,
    *,
    is_deemed: bool = False,
    judgement: Judgement | None = None,
    qualification: Qualification | None = None,
) -> JudgeFacts:
    """Return what the judgement of a locked milestone is checked against."""
    names = ("evidence_asked", "accepted_deliverables", "metrics")
    asked, accepted, metrics = (
        msgspec.json.decode(row[name], type=tuple[Code, ...]) for name in names
    )
    return JudgeFacts(
        authority_number=row["authority_id"],
        state=State(row["state"]),
        starts_at=row["starts_at"],
        due_at=row["due_at"],
        time_zone=row["time_zone"],
        submitted_at=row["submitted_at"],
        delivered_at=row["delivered_at"],
        submitted_by=row["submitted_by"],
        accepted_share=f"{row['accepted_share'].normalize():f}",
        accepted_delivery_at=row["accepted_delivery_at"],
        deliverables=asked,
        accepted_deliverables=accepted,
        metrics=metrics,
        verification_asked=row["verification_asked"],
        verification=row["verification"],
        verified_hand=row["verified_hand"],
        deemed_at=row["deemed_at"],
        deemed_after=msgspec.json.decode(row["deemed_after"] or b"null", type=Span | None),
        is_deemed=is_deemed,
        qualification=qualification,
        judgement=judgement,
    )
