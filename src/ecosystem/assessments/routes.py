"""Assessments over HTTP."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from ecosystem.assessments import access, actions, queries, rules
from ecosystem.assessments.model import (
    Assessment,
    AssessmentDraft,
    AssessmentSummary,
    ReplyDraft,
    ReviewDraft,
    Reviewer,
    SelfAssessment,
)
from ecosystem.budgets.model import YearSought
from ecosystem.budgets.rules import ProgrammeNotOwned
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import ProgrammeId
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

OfProgramme = Annotated[
    ProgrammeId | None,
    QueryParameter(description="Only assessments of this programme."),
]


@post(
    "/v1/assessments",
    permit=access.OPEN,
    answers=Standing,
    refuses=(
        rules.SubjectUnfit, ProgrammeNotOwned, rules.YearBefore, rules.AssessedBefore,
        rules.ReviewerUnfit,
    ),
)  # fmt: skip
async def open_assessment(request: Call, data: JSONBody[AssessmentDraft]) -> Response[bytes]:
    """Open an assessment of a year.

    Of a programme with all its contracts, or of one contract; with the body that is to review it,
    which is not the authority and has no part in any contract of the programme. The year is the
    fiscal year of the programme, or a later one.
    """
    made = await actions.open_assessment(request.tx, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/assessments/{made.id}")


@get("/v1/assessments", permit=access.READ, answers=Page[AssessmentSummary], scoped=True)
async def list_assessments(
    request: Call,
    programme_id: OfProgramme = None,
    fiscal_year: FromQuery[YearSought | None] = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List assessments, newest first.

    Those that are published; and before that, those of the caller's authority, those that it is to
    review, and those of the jurisdictions that it audits.
    """
    asked = {"programme_id": programme_id, "fiscal_year": fiscal_year}
    filters: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    return await paging.page(
        request, request.tx, queries.listing(filters), cursor=cursor, limit=limit, **filters
    )


@get(
    "/v1/assessments/{assessment_id:str}",
    permit=access.READ,
    answers=Assessment,
    scoped=True,
    refuses=(rules.AssessmentMissing,),
)
async def read_assessment(request: Call, assessment_id: FromPath[str]) -> Response[bytes]:
    """Read an assessment, with its evidence, its score and the trace of it.

    `ecosystem assessments recompute` computes the score from the evidence again. Before it is
    published, its authority, its reviewer and the auditors of the jurisdiction read it.
    """
    row = await queries.view(request.tx, assessment_id)
    return request.answer(row["body"], version=row["version"])


@post(
    "/v1/assessments/{assessment_id:str}/reviewer",
    permit=access.NAME_REVIEWER,
    answers=Standing,
    changes=True,
    refuses=(
        rules.AssessmentMissing, RevisionStale, ProgrammeNotOwned, rules.AssessmentUnready,
        rules.ReviewerUnfit,
    ),
)  # fmt: skip
async def name_reviewer(
    request: Call, assessment_id: FromPath[str], data: JSONBody[Reviewer]
) -> Response[bytes]:
    """Name another body to review an assessment, while it is not reviewed."""
    now = await actions.name_reviewer(
        request.tx, assessment_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/assessments/{assessment_id}")


@post(
    "/v1/assessments/{assessment_id:str}/self-assessment",
    permit=access.ASSESS,
    answers=Standing,
    changes=True,
    refuses=(
        rules.AssessmentMissing, RevisionStale, ProgrammeNotOwned, rules.AssessmentUnready,
        rules.YearUnfinished,
    ),
)  # fmt: skip
async def self_assess(
    request: Call, assessment_id: FromPath[str], data: JSONBody[SelfAssessment]
) -> Response[bytes]:
    """Assess a year of one's own authority.

    The evidence is taken, not told: what the bank has settled, which milestones were accepted,
    what verified observations come to against their targets. What was not measured demonstrates
    nothing, and never counts as nothing. It may be done again until it is reviewed.
    """
    now = await actions.self_assess(
        request.tx, assessment_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/assessments/{assessment_id}")


@post(
    "/v1/assessments/{assessment_id:str}/review",
    permit=access.REVIEW,
    answers=Standing,
    changes=True,
    refuses=(
        rules.AssessmentMissing, RevisionStale, rules.AssessmentUnready, rules.ReviewerUnfit,
        rules.ConflictDeclared, rules.OwnAssessment, rules.IndicatorUnknown,
        rules.RecommendationUnfit,
    ),
)  # fmt: skip
async def review_assessment(
    request: Call, assessment_id: FromPath[str], data: JSONBody[ReviewDraft]
) -> Response[bytes]:
    """Review another organisation's assessment, for the body that it names.

    The reviewer declares whether a conflict of interest binds her, sets indicators aside whose
    evidence does not convince, and recommends what the table allows with the grade that is found.
    """
    now = await actions.review(
        request.tx, assessment_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/assessments/{assessment_id}")


@post(
    "/v1/assessments/{assessment_id:str}/publication",
    permit=access.PUBLISH,
    answers=Standing,
    changes=True,
    refuses=(
        rules.AssessmentMissing, RevisionStale, ProgrammeNotOwned, rules.AssessmentUnready,
        rules.OwnAssessment,
    ),
)  # fmt: skip
async def publish_assessment(request: Call, assessment_id: FromPath[str]) -> Response[bytes]:
    """Publish a reviewed assessment.

    From then on everyone reads it, it is never altered, and the next year's appropriation cites it.
    """
    now = await actions.publish(
        request.tx, assessment_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/assessments/{assessment_id}")


@post(
    "/v1/assessments/{assessment_id:str}/reply",
    permit=access.REPLY,
    answers=Standing,
    changes=True,
    refuses=(
        rules.AssessmentMissing, RevisionStale, ProgrammeNotOwned, rules.AssessmentUnready,
        rules.RepliedBefore,
    ),
)  # fmt: skip
async def reply_to_review(
    request: Call, assessment_id: FromPath[str], data: JSONBody[ReplyDraft]
) -> Response[bytes]:
    """Reply to the review of an assessment, once; whoever reads the one reads the other."""
    now = await actions.reply(
        request.tx, assessment_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/assessments/{assessment_id}")


ROUTES = (
    open_assessment, list_assessments, read_assessment, name_reviewer, self_assess,
    review_assessment, publish_assessment, reply_to_review,
)  # fmt: skip
