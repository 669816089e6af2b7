"""Read what a judgement is checked against."""

import msgspec

from ecosystem.catalogue.profiles.model import Span
from ecosystem.contracts.rule_parts import Code
from ecosystem.milestones.judging.model import JudgeFacts, Qualification
from ecosystem.milestones.model import Judgement, State
from ecosystem.runtime.database import Record


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
        deemed_at=row["deemed_at"],
        deemed_after=msgspec.json.decode(row["deemed_after"] or b"null", type=Span | None),
        is_deemed=is_deemed,
        qualification=qualification,
        judgement=judgement,
    )
