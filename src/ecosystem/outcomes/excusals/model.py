"""What an excusal is: facts that rules decide on, and what they decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

import msgspec

from ecosystem.values.identifiers import ContractId, ExcusalId, MetricId, OrganisationId
from ecosystem.values.period import Instant
from ecosystem.values.text import Line, Text

Ground = Literal["force_majeure", "authority_fault", "planned_maintenance"]


class ExcusalState(StrEnum):
    """Where an excusal stands."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


class ExcusalDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time for which a side asks to be excused."""

    starts_at: Instant
    ends_at: Instant
    ground: Ground
    reason: Text


class AskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an asking is checked against."""

    metric_id: MetricId
    role: str | None
    """In which place the caller's organisation stands in the contract."""
    starts_on: date
    ends_on: date
    """The contract's term."""
    time_zone: Line
    asked: ExcusalDraft


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """It waits for another side's decision."""

    state: ExcusalState
    asked_by: OrganisationId


class ExcusalDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the time is excused, and why."""

    granted: bool
    reason: Text


class DecideFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision is checked against."""

    role: str | None
    state: ExcusalState
    asked_by: OrganisationId
    asked_hand: str
    """Whose hand has asked for it."""
    decision: ExcusalDecision


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the time is excused."""

    state: ExcusalState
    decided_by: OrganisationId


class Excusal(msgspec.Struct, frozen=True, kw_only=True):
    """A time for which nothing is asked for, or for which that was asked."""

    id: ExcusalId
    version: int
    metric_id: MetricId
    contract_id: ContractId
    state: ExcusalState
    starts_at: datetime
    ends_at: datetime
    ground: Ground
    reason: Text
    asked_by: OrganisationId
    asked_at: datetime
    decided_by: OrganisationId | None
    decided_at: datetime | None
    decision_reason: Text | None
