"""Who may assess what, review it, publish it and cite it."""

from datetime import datetime

import msgspec

from ecosystem.assessments.model import (
    AssessFacts,
    AssessmentOpened,
    AssessmentPublished,
    AssessmentState,
    CiteFacts,
    Evidence,
    OpenFacts,
    PublishFacts,
    Replied,
    ReplyFacts,
    Reviewed,
    ReviewerFacts,
    ReviewerNamed,
    ReviewerSeen,
    ReviewFacts,
    Scored,
    SelfAssessed,
)
from ecosystem.assessments.scoring import score
from ecosystem.budgets.rules import AgainstRecommendation, AssessmentUnfit, owned
from ecosystem.catalogue.profiles.model import AssessmentTable, Recommendation
from ecosystem.values import control
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.refusal import Kind, Refusal

_GOES_ON = frozenset({Recommendation.CONTINUE, Recommendation.SCALE})
"""What nobody recommends of a year of which nothing at all was measured."""
_REVIEWERS = frozenset(
    {OrganisationKind.AUDITOR, OrganisationKind.THINK_TANK, OrganisationKind.GOVERNMENT}
)


class AssessmentMissing(Refusal):
    """There is no such assessment, or it is not for the caller to know of."""

    kind = Kind.MISSING
    remedy = "Check the identifier; until it is published, its authority and reviewer read it."


class SubjectUnfit(Refusal):
    """An assessment is of one programme or of one contract."""

    kind = Kind.UNMET
    remedy = "Give either `programme_id` or `contract_id`, of something that is there."


class AssessedBefore(Refusal):
    """There is an assessment of the same year already."""

    kind = Kind.CONFLICT
    remedy = "Go on with that one; GET /v1/assessments lists it."


class YearBefore(Refusal):
    """The programme was not there in that year."""

    kind = Kind.UNMET
    remedy = "Give the fiscal year of the programme, or a later one."


class YearUnfinished(Refusal):
    """The year that is assessed is not over."""

    kind = Kind.CONFLICT
    remedy = "Assess it once its last day is over; until then its evidence grows."


class ReviewerUnfit(Refusal):
    """The body is not independent of what is assessed, or cannot review."""

    kind = Kind.UNMET
    remedy = (
        "Name a verified auditor, think tank or other government organisation that is not the "
        "authority and has no part in a contract of the programme."
    )


class ConflictDeclared(Refusal):
    """Who has a conflict of interest does not review."""

    kind = Kind.FORBIDDEN
    remedy = "Another person of the reviewing body, or another body that the authority names, must."


class AssessmentUnready(Refusal):
    """The assessment has not come so far, or is further already."""

    kind = Kind.CONFLICT
    remedy = "It is opened, then assessed by its authority, reviewed, and published; in that order."


class OwnAssessment(Refusal):
    """Nobody publishes what was their own to assess or review."""

    kind = Kind.FORBIDDEN
    remedy = "Another person must do it."


class RecommendationUnfit(Refusal):
    """The table does not allow this recommendation with the grade that was found."""

    kind = Kind.UNMET
    remedy = (
        "Recommend what the table of the profile allows with the grade; where nothing at all was "
        "measured, neither to continue nor to scale."
    )


class IndicatorUnknown(Refusal):
    """An indicator is set aside that the table does not have, or twice."""

    kind = Kind.UNMET
    remedy = "Name indicators of the table by their codes, each once."


class RepliedBefore(Refusal):
    """The authority has replied already."""

    kind = Kind.CONFLICT
    remedy = "A reply is given once and stays."


def open_assessment(facts: OpenFacts, *, by: Actor, at: datetime) -> AssessmentOpened:
    """Open an assessment.

    Refuses with SubjectUnfit, ProgrammeNotOwned, YearBefore, AssessedBefore or ReviewerUnfit.
    """
    del at
    asked = facts.asked
    if facts.authority_number is None:
        raise SubjectUnfit("Neither is named, or both, or there is none.", pointer="/programme_id")
    owned(facts.authority_number, by=by)
    if asked.fiscal_year < facts.began_in:
        raise YearBefore(f"It is of {facts.began_in}.", pointer="/fiscal_year")
    if facts.is_assessed:
        raise AssessedBefore(f"{asked.fiscal_year} is being assessed, or was.")
    reviewer = independent(facts.reviewer, of=facts.authority_number)
    return AssessmentOpened(
        programme_id=facts.programme_id,
        contract_id=asked.contract_id,
        fiscal_year=asked.fiscal_year,
        reviewer_id=reviewer.id,
    )


def name_reviewer(facts: ReviewerFacts, *, by: Actor, at: datetime) -> ReviewerNamed:
    """Name another reviewer. Refuses with ProgrammeNotOwned, AssessmentUnready, ReviewerUnfit."""
    del at
    owned(facts.authority_number, by=by)
    _ready(facts.state, AssessmentState.OPENED, AssessmentState.SELF_ASSESSED)
    return ReviewerNamed(reviewer_id=independent(facts.reviewer, of=facts.authority_number).id)


def self_assess(facts: AssessFacts, *, by: Actor, at: datetime) -> SelfAssessed:
    """Assess a year of one's own; again, while it is not reviewed.

    Refuses with ProgrammeNotOwned, AssessmentUnready or YearUnfinished.
    """
    del at
    owned(facts.authority_number, by=by)
    _ready(facts.state, AssessmentState.OPENED, AssessmentState.SELF_ASSESSED)
    ends_on = facts.evidence.period.ends_on
    if facts.today < ends_on:
        raise YearUnfinished(f"It ends with the day before {ends_on}.")
    return SelfAssessed(assessed_by=control.hand(by), scored=score(facts.evidence))


def reviewable(state: AssessmentState) -> None:
    """Refuse with AssessmentUnready where there is no evidence to review, or it was reviewed."""
    _ready(state, AssessmentState.SELF_ASSESSED)


def review(facts: ReviewFacts, *, by: Actor, at: datetime) -> Reviewed:
    """Review another organisation's assessment.

    Refuses with AssessmentUnready, ReviewerUnfit, ConflictDeclared, OwnAssessment,
    IndicatorUnknown or RecommendationUnfit.
    """
    del at
    reviewable(facts.state)
    independent(facts.reviewer, of=facts.authority_number)
    if facts.asked.has_conflict:
        raise ConflictDeclared("The caller says so.", pointer="/has_conflict")
    _another(by, facts.assessed_by)
    scored = score(_with_aside(facts))
    _recommended(facts.asked.recommendation, scored, facts.evidence.table)
    return Reviewed(
        reviewed_by=control.hand(by), recommendation=facts.asked.recommendation, scored=scored
    )


def publish(facts: PublishFacts, *, by: Actor, at: datetime) -> AssessmentPublished:
    """Publish a reviewed assessment.

    Refuses with ProgrammeNotOwned, AssessmentUnready or OwnAssessment.
    """
    del at
    owned(facts.authority_number, by=by)
    _ready(facts.state, AssessmentState.REVIEWED)
    _another(by, facts.assessed_by)
    _another(by, facts.reviewed_by)
    return AssessmentPublished(published_by=control.hand(by))


def reply(facts: ReplyFacts, *, by: Actor, at: datetime) -> Replied:
    """Reply to a review. Refuses with ProgrammeNotOwned, AssessmentUnready or RepliedBefore."""
    del at
    owned(facts.authority_number, by=by)
    _ready(facts.state, AssessmentState.REVIEWED, AssessmentState.PUBLISHED)
    if facts.is_replied:
        raise RepliedBefore("There is a reply.")
    return Replied(replied_by=control.hand(by))


def cite(facts: CiteFacts) -> None:
    """Refuse a citation with AssessmentUnfit or AgainstRecommendation."""
    if not facts.is_fit:
        raise AssessmentUnfit("It is not the one of the year before.", pointer="/assessment_id")
    if facts.recommendation is Recommendation.STOP and not facts.departs:
        raise AgainstRecommendation("It recommends to stop.", pointer="/departs_because")


def independent(reviewer: ReviewerSeen | None, *, of: int) -> ReviewerSeen:
    """Return a reviewer that is independent of an authority's programme, or refuse."""
    where = "/reviewer_id"
    if reviewer is None or not reviewer.is_verified or reviewer.kind not in _REVIEWERS:
        raise ReviewerUnfit("It is no verified organisation that reviews.", pointer=where)
    if reviewer.number == of:
        raise ReviewerUnfit("It is the authority itself.", pointer=where)
    if reviewer.is_party:
        raise ReviewerUnfit("It has a part in a contract of the programme.", pointer=where)
    return reviewer


def _ready(state: AssessmentState, *wanted: AssessmentState) -> None:
    if state not in wanted:
        raise AssessmentUnready(f"It is {state}.")


def _another(by: Actor, first: str | None) -> None:
    if control.is_own(by, first):
        raise OwnAssessment("The caller's own hand was there before.")


def _with_aside(facts: ReviewFacts) -> Evidence:
    known = {one.code for one in facts.evidence.table.indicators}
    named = [one.indicator for one in facts.asked.set_aside]
    for index, code in enumerate(named):
        if code not in known or code in named[:index]:
            where = f"/set_aside/{index}/indicator"
            raise IndicatorUnknown(f"{code} is not an indicator, or stands twice.", pointer=where)
    return msgspec.structs.replace(facts.evidence, set_aside=facts.asked.set_aside)


def _recommended(asked: Recommendation, scored: Scored, table: AssessmentTable) -> None:
    grade = scored.score.grade
    allowed = next(
        (one.recommends for one in table.grades if one.code == grade),
        table.undemonstrated_recommends,
    )
    if all(one.state == "not_demonstrated" for one in scored.score.indicators):
        allowed = tuple(one for one in allowed if one not in _GOES_ON)
    if asked not in allowed:
        message = f"With {grade or 'no grade, for too little was measured'}: {', '.join(allowed)}."
        raise RecommendationUnfit(message, pointer="/recommendation")
