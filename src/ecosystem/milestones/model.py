"""What a milestone is: the facts that rules decide on, what they decide, and how it looks."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecosystem.catalogue.profiles.model import Calendar, Span
from ecosystem.contracts.form_shapes import Digest, MilestoneKind, TermsMilestone
from ecosystem.contracts.model import Evidence
from ecosystem.contracts.rule_parts import Code
from ecosystem.history.past.model import NOW, Past
from ecosystem.values.identifiers import (
    ContractId,
    DocumentId,
    MilestoneId,
    OrganisationId,
    SubmissionId,
)
from ecosystem.values.patterns import whole
from ecosystem.values.period import Instant
from ecosystem.values.text import Text

Share = Annotated[
    str,
    Meta(
        pattern=whole(r"(0(\.[0-9]{1,4})?|1(\.0{1,4})?)"),
        description="Share of the whole milestone, from 0 to 1, as a decimal string.",
        examples=["0.4"],
    ),
]


class State(StrEnum):
    """Where a milestone stands."""

    PLANNED = "planned"
    SUBMITTED = "submitted"
    PARTLY_ACCEPTED = "partly_accepted"
    """A share is accepted, and pays; the rest is submitted again."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    """A change of the contract, or its end, has taken it away."""


class Timeliness(StrEnum):
    """What a milestone is by its date."""

    MET = "met"
    NOT_MET = "not_met"


class PlanFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a milestone is planned from."""

    contract_id: ContractId
    terms: TermsMilestone
    starts_on: date
    """The first day of the contract."""
    profile_id: str
    """The rules of the place under which the need was published."""
    time_zone: str
    """Where its days begin and end: that of the profile's calendar, by its name of the IANA."""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """The milestone stands in the calendar of its contract."""

    state: State
    starts_at: datetime
    """The first instant of the contract: nothing is delivered before."""
    due_at: datetime


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a supplier says of a milestone that it has reached."""

    documents: Annotated[tuple[DocumentId, ...], Meta(max_length=50)] = ()
    """Documents of the contract that show it."""
    delivered_at: Instant
    """When it was done: lateness counts to here."""
    declaration: Text
    """What was delivered, in the supplier's words."""


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is amiss with one part of what was submitted."""

    part: Code
    """A deliverable of `evidence_asked`, or a criterion: a metric of `metrics`."""
    reasons: Text
    remedy: Text
    """What would have it accepted."""


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why an authority does not accept what was submitted."""

    reasons: Text
    remedy: Text
    """What would have it accepted."""
    findings: Annotated[tuple[Finding, ...], Meta(max_length=50)] = ()
    """The same for each part; asked for where the milestone has several."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What the person declares who submits, as its digest is taken."""

    milestone_id: MilestoneId
    round: int
    delivered_at: datetime
    declaration: Text
    evidence: tuple[Evidence, ...]


class Lateness(msgspec.Struct, frozen=True, kw_only=True):
    """By how many days a delivery is late, and how that was computed."""

    days: int
    """Days begun after the last one in time; 0 where it is in time."""
    due_on: date
    """The last day in time."""
    delivered_on: date
    time_zone: str
    """Where these days begin and end."""
    words: Text


class SubmitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a submission is checked against."""

    milestone_id: MilestoneId
    role: str | None
    """In which place the caller's organisation stands in the contract."""
    state: State
    rounds: int
    """How often it was submitted before."""
    starts_at: datetime
    due_at: datetime
    time_zone: str
    blocked_by: tuple[Code, ...]
    """Milestones that it comes after, and that are not accepted."""
    verification_asked: bool
    acceptance_days: int
    deemed: Span | None
    """After how long the rules of the place take silence for acceptance; None: never."""
    calendar: Calendar
    """The days of the contract, around those that matter here."""
    deliverables_left: tuple[Code, ...]
    """Kinds of document that the terms ask for, and that are not accepted yet."""
    asked: Submission
    evidence: tuple[Evidence, ...]
    """Those of the documents named that are documents of the contract."""


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """The supplier has shown that the milestone is reached."""

    state: State
    round: int
    """Counts the submissions of the milestone, from 1."""
    delivered_at: datetime
    submitted_at: datetime
    declaration: Text
    evidence: tuple[Evidence, ...]
    digest: Digest
    """SHA-256 of the canonical JSON of what the person declares."""
    lateness: Lateness
    """As the supplier says; the authority may accept another date of delivery."""
    judge_by: datetime
    """The first instant after the days that the contract gives the authority to judge it."""
    deemed_at: datetime | None
    """Not judged by then, it counts as accepted; None where silence means nothing, or not
    before it is verified."""


class MilestoneSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone in a list."""

    id: MilestoneId
    version: int
    contract_id: ContractId
    code: Code
    """Its name in the terms, to which payment rules refer."""
    kind: MilestoneKind
    title: Text
    state: State
    round: int
    """How often it was submitted."""
    accepted_share: Share
    """What of it is accepted, and pays."""
    timeliness: Timeliness | None
    """What it is by its date, at the moment of the answer; null while both are possible."""
    due_at: datetime
    """The last instant at which it is in time."""
    after: tuple[Code, ...]
    """Milestones that are accepted before this one is submitted."""
    blocked_by: tuple[Code, ...]
    """Those of them that are not accepted; none where the terms let it be submitted early."""
    blocks: tuple[Code, ...]
    """Milestones that cannot be submitted until this one is accepted."""
    delivered_at: datetime | None
    """When it was done, as last submitted."""
    submitted_at: datetime | None
    accepted_at: datetime | None


class Milestone(MilestoneSummary, frozen=True, kw_only=True):
    """A milestone, whole."""

    evidence_asked: tuple[Code, ...]
    acceptance_days: int
    """Days in which the authority accepts or rejects what was submitted."""
    metrics: tuple[Code, ...]
    """Metrics that are verified for it."""
    starts_at: datetime
    """The first instant of the contract: nothing is delivered before."""
    time_zone: str
    """Where its days begin and end."""
    verification_asked: bool
    """Whether the verifier confirms it before it can be accepted."""
    verification: Literal["confirmed", "refused"] | None
    """What the verifier says of the last submission; null while it says nothing."""
    accepted_deliverables: tuple[Code, ...]
    """What of `evidence_asked` is accepted already and not submitted again."""
    declaration: Text | None
    evidence: tuple[Evidence, ...]
    submitted_by: str | None
    """The person who declares it."""
    lateness: Lateness | None
    """Counted to the delivery that was accepted, until then to the one that is claimed."""
    accepted_delivery_at: datetime | None
    """The delivery that the authority has accepted: of parts, the latest."""
    judge_by: datetime | None
    """The first instant after the days that the contract gives the authority to judge it."""
    deemed_at: datetime | None
    """Not judged by then, it counts as accepted; null where silence means nothing."""
    deemed_after: Span | None
    """The rule by which it does."""
    rejected_at: datetime | None
    reasons: Text | None
    """Why it was last rejected, or its rest."""
    remedy: Text | None
    findings: tuple[Finding, ...]
    """The same for each part."""
    then: Past = NOW
    """Of which moments the answer speaks, where the past was asked for."""


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """What the verifier found of a round."""

    outcome: Literal["confirmed", "refused"]
    report: Evidence
    reasons: Text
    organisation_id: OrganisationId
    person_id: str
    examined_at: datetime


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One submission of a milestone, and what became of it."""

    id: SubmissionId
    milestone_id: MilestoneId
    round: int
    delivered_at: datetime
    """As the supplier says."""
    submitted_at: datetime
    submitted_by: str
    """The person who declares it."""
    declaration: Text
    evidence: tuple[Evidence, ...]
    digest: Digest
    """SHA-256 of the canonical JSON of what she declares: `milestone_id`, `round`,
    `delivered_at`, `declaration`, `evidence`."""
    verification: Examined | None
    outcome: Literal["accepted", "partly_accepted", "rejected"] | None
    """None while nobody has judged it."""
    judged_at: datetime | None
    judged_by: str | None
    """The person, or `rule:deemed-acceptance` where nobody judged it in time."""
    share: Share | None
    """The share of the whole milestone that was accepted with it."""
    deliverables: tuple[Code, ...]
    """The deliverables that were accepted with it."""
    accepted_delivery_at: datetime | None
    dispute: Text | None
    """Why another date of delivery was accepted than the supplier gave."""
    reasons: Text | None
    remedy: Text | None
    findings: tuple[Finding, ...]


class AcceptedMilestone(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone that is accepted, or a share of it, as a fact that payment rules read."""

    id: MilestoneId
    version: int
    code: Code
    share: Share
    """What of it is accepted; the rest pays when it is, too."""
    due_at: datetime
    delivered_at: datetime
    """The delivery that was accepted: of parts, the latest."""
