"""What a milestone is: the facts that rules decide on, what they decide, and how it looks."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import MilestoneKind, TermsMilestone
from ecosystem.contracts.model import Evidence
from ecosystem.contracts.rule_parts import Code
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import ContractId, DocumentId, MilestoneId
from ecosystem.values.period import Instant
from ecosystem.values.text import Text


class State(StrEnum):
    """Where a milestone stands."""

    PLANNED = "planned"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Timeliness(StrEnum):
    """What a milestone is by its date."""

    MET = "met"
    NOT_MET = "not_met"


class PlanFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a milestone is planned from."""

    contract_id: ContractId
    terms: TermsMilestone


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """The milestone stands in the calendar of its contract."""

    state: State
    due_at: datetime


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a supplier says of a milestone that it has reached."""

    documents: Annotated[tuple[DocumentId, ...], Meta(max_length=50)] = ()
    """Documents of the contract that show it."""
    delivered_at: Instant
    """When it was done: lateness counts to here."""
    declaration: Text
    """What was delivered, in the supplier's words."""


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why an authority rejects a submission."""

    reasons: Text
    remedy: Text
    """What would have it accepted."""


class SubmitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a submission is checked against."""

    role: str | None
    """In which place the caller's organisation stands in the contract."""
    state: State
    due_at: datetime
    evidence_asked: tuple[Code, ...]
    """Kinds of document that the terms ask for."""
    asked: Submission
    evidence: tuple[Evidence, ...]
    """Those of the documents named that are documents of the contract."""


class Submitted(msgspec.Struct, frozen=True, kw_only=True):
    """The supplier has shown that the milestone is reached."""

    state: State
    delivered_at: datetime
    submitted_at: datetime
    declaration: Text
    evidence: tuple[Evidence, ...]


class JudgeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an acceptance or a rejection is checked against."""

    authority_number: int
    state: State
    due_at: datetime
    delivered_at: datetime | None
    submitted_by: str | None
    """The person or client that submitted."""
    judgement: Judgement | None = None


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The authority agrees that the milestone is reached."""

    state: State
    accepted_at: datetime
    timeliness: Timeliness


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The authority does not agree, and says what would satisfy it."""

    state: State
    rejected_at: datetime
    reasons: Text
    remedy: Text


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
    timeliness: Timeliness | None
    """What it is by its date, at the moment of the answer; null while both are possible."""
    due_at: datetime
    """The last instant at which it is in time."""
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
    declaration: Text | None
    evidence: tuple[Evidence, ...]
    rejected_at: datetime | None
    reasons: Text | None
    """Why it was last rejected."""
    remedy: Text | None


class AcceptedMilestone(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted milestone, as a fact that payment rules read."""

    id: MilestoneId
    version: int
    code: Code
    due_at: datetime
    delivered_at: datetime
    accepted_at: datetime


class HistoryBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who acted, on which facts, what was decided, and how the milestone was after it."""

    by: Actor
    facts: dict[str, Any]
    decision: dict[str, Any]
    after: Milestone


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a milestone, with all that it was decided on."""

    id: str
    object: MilestoneId
    version: int
    type: str
    valid_at: datetime
    """When the change took effect."""
    recorded_at: datetime
    """When it became known."""
    organisation_id: str
    client_id: str | None
    person_id: str | None
    request_id: str | None
    position: int | None
    """Its place in the one order of the log; null for the moment until it has one."""
    hash: str
    """SHA-256 of its header, by which the next event of the milestone is chained to it."""
    body: HistoryBody


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A time, or a position in the log, as of which something is asked."""

    at: datetime | None = None
    position: int | None = None
