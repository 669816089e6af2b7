"""What an assessment is: evidence, the score and its trace, and what is decided on it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from ecosystem.budgets.model import Year
from ecosystem.catalogue.profiles.model import AssessmentTable, Recommendation
from ecosystem.catalogue.profiles.words import Code, PerCent
from ecosystem.contracts.rule_parts import Direction
from ecosystem.outcomes.intervals import Exact
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import AssessmentId, ContractId, OrganisationId, ProgrammeId
from ecosystem.values.patterns import whole
from ecosystem.values.period import Period
from ecosystem.values.text import Text

ENGINE: Final = "assessment/1"
PARTS_MAX: Final = 10_000
Fraction = Annotated[
    str,
    Meta(
        pattern=whole("(0|[1-9][0-9]*)/[1-9][0-9]*"),
        max_length=20_000,
        description="An exact ratio: numerator and denominator in lowest terms.",
        examples=["505/6"],
    ),
]
Grade = Annotated[
    str,
    Meta(
        pattern=whole("([a-z][a-z0-9-]{1,63}|not_demonstrated)"),
        description="The code of a grade, or `not_demonstrated` where too little was measured.",
        examples=["good", "not_demonstrated"],
    ),
]
Source = Literal["spending", "milestone", "metric"]


class AssessmentState(StrEnum):
    """How far an assessment has come."""

    OPENED = "opened"
    SELF_ASSESSED = "self_assessed"
    REVIEWED = "reviewed"
    PUBLISHED = "published"


class Unmeasured(StrEnum):
    """Why a part demonstrates nothing."""

    NOTHING_APPROPRIATED = "nothing_appropriated"
    NOTHING_EARNED = "nothing_earned"
    NOT_JUDGED = "not_judged"
    """The work is submitted, and neither accepted nor rejected."""
    NOT_VERIFIED = "not_verified"
    """Too few observations of the period are verified."""
    SAMPLE_UNFIT = "sample_unfit"
    """Of a survey: fewer have answered than the contract asks for."""
    NO_BASELINE = "no_baseline"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was asked for in the year, and what became of it."""

    indicator: Code
    source: Source
    source_id: str
    """The programme or contract whose money it is, the milestone, or the metric."""
    period: Period | None
    """Of a metric: which of its periods."""
    actual: Exact | None
    target: Exact
    direction: Direction
    unmeasured: Unmeasured | None
    """Why there is no actual value; null where there is one."""
    observations_digest: str | None = None
    """Of a metric: SHA-256 of the verified observations from which the value was computed."""


class SetAside(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An indicator whose evidence does not convince the reviewer: it demonstrates nothing."""

    indicator: Code
    reason: Text


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """From what a score is computed, and nothing else."""

    engine: Literal["assessment/1"]
    profile_id: str
    table: AssessmentTable
    programme_id: ProgrammeId
    contract_id: ContractId | None
    fiscal_year: Year
    period: Period
    taken_at: datetime
    parts: Annotated[tuple[Part, ...], Meta(max_length=PARTS_MAX)]
    set_aside: Annotated[tuple[SetAside, ...], Meta(max_length=20)] = ()


class IndicatorScore(msgspec.Struct, frozen=True, kw_only=True):
    """What an indicator comes to."""

    code: Code
    weight: PerCent
    state: Literal["demonstrated", "partly", "not_demonstrated"]
    parts: int
    demonstrated: int
    points_min: Exact
    """With everything that was not measured at its worst; rounded half up to nine places."""
    points_max: Exact
    """With everything that was not measured at its best."""
    exact_min: Fraction
    exact_max: Fraction


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What an assessment comes to, of 100 points."""

    indicators: Annotated[tuple[IndicatorScore, ...], Meta(max_length=20)]
    points_min: Exact
    points_max: Exact
    exact_min: Fraction
    exact_max: Fraction
    grade: Code | None
    """Null where too little was measured for one: not demonstrated."""


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence with its score: whoever has the one computes the other."""

    evidence: Evidence
    score: Score


class AssessmentDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of what a year is to be assessed, and who reviews it."""

    programme_id: ProgrammeId | None = None
    """Either a programme, with all its contracts."""
    contract_id: ContractId | None = None
    """Or one contract."""
    fiscal_year: Year
    reviewer_id: OrganisationId


class Reviewer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is to review instead."""

    reviewer_id: OrganisationId


class SelfAssessment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the authority says of its year; the evidence is taken, and not told."""

    statement: Text


class ReviewDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the reviewing body finds."""

    has_conflict: bool
    """Whether anything binds the reviewer to those who are assessed."""
    set_aside: Annotated[tuple[SetAside, ...], Meta(max_length=20)] = ()
    recommendation: Recommendation
    reason: Text


class ReplyDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the authority answers to the review."""

    reply: Text


class ReviewerSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that is to review."""

    id: str
    number: int
    kind: OrganisationKind
    is_verified: bool
    is_party: bool
    """Whether it has a part in a contract of the programme."""


class OpenFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an assessment is opened on."""

    asked: AssessmentDraft
    authority_number: int | None
    """Of the programme or the contract; null where either none or both are named."""
    programme_id: str
    began_in: int
    """The fiscal year of the programme; 0 where there is none."""
    is_assessed: bool
    """Whether there is an assessment of the same already."""
    reviewer: ReviewerSeen | None
    """Null where there is no such organisation."""


class AssessmentOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A year waits to be assessed."""

    programme_id: str
    contract_id: str | None
    fiscal_year: int
    reviewer_id: str


class ReviewerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What another reviewer is checked against."""

    authority_number: int
    state: AssessmentState
    reviewer: ReviewerSeen | None


class ReviewerNamed(msgspec.Struct, frozen=True, kw_only=True):
    """Another body reviews."""

    reviewer_id: str


class AssessFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the authority's own assessment is decided on."""

    authority_number: int
    state: AssessmentState
    today: date
    """The day at the place of the authority."""
    statement: Text
    evidence: Evidence


class SelfAssessed(msgspec.Struct, frozen=True, kw_only=True):
    """The authority has assessed itself."""

    assessed_by: str
    scored: Scored


class ReviewFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a review is decided on."""

    authority_number: int
    state: AssessmentState
    assessed_by: str | None
    reviewer: ReviewerSeen
    evidence: Evidence
    asked: ReviewDraft


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """Another body has reviewed it."""

    reviewed_by: str
    recommendation: Recommendation
    scored: Scored


class PublishFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a publication is decided on."""

    authority_number: int
    state: AssessmentState
    assessed_by: str | None
    reviewed_by: str | None


class AssessmentPublished(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone reads it."""

    published_by: str


class ReplyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply is decided on."""

    authority_number: int
    state: AssessmentState
    is_replied: bool
    reply: Text


class Replied(msgspec.Struct, frozen=True, kw_only=True):
    """The authority has answered."""

    replied_by: str


class CiteFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an appropriation's citation is checked against."""

    is_fit: bool
    """Whether it is a published one, of the same programme in the year before."""
    recommendation: Recommendation | None
    departs: bool
    """Whether the appropriation says why it departs."""


class AssessmentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An assessment in a list."""

    id: AssessmentId
    version: int
    state: AssessmentState
    authority_number: int
    programme_id: ProgrammeId
    contract_id: ContractId | None
    fiscal_year: Year
    reviewer_id: OrganisationId
    points_min: Exact | None
    """Null until the authority has assessed itself."""
    points_max: Exact | None
    grade: Grade | None
    recommendation: Recommendation | None
    published_at: datetime | None


class Assessment(AssessmentSummary, frozen=True, kw_only=True):
    """An assessment, whole, with the evidence from which its score is computed again."""

    opened_at: datetime
    statement: Text | None
    assessed_by: str | None
    assessed_at: datetime | None
    scored: Scored | None
    digest: Annotated[str, Meta(pattern=whole("[0-9a-f]{64}"))] | None
    """SHA-256 of `scored`, as its bytes stand in this answer."""
    reviewed_by: str | None
    review_reason: Text | None
    reviewed_at: datetime | None
    published_by: str | None
    reply: Text | None
    replied_at: datetime | None
