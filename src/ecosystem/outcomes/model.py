"""What metrics and observations are: facts that rules decide on, and what they decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import Observed, TermsMetric
from ecosystem.contracts.rule_parts import Code, Direction
from ecosystem.history.past.model import NOW, Past
from ecosystem.outcomes.intervals import Interval
from ecosystem.values.identifiers import (
    BatchId,
    ContractId,
    MetricId,
    ObservationId,
    OrganisationId,
)
from ecosystem.values.money import Measure
from ecosystem.values.period import Period
from ecosystem.values.text import Line, Text

READS: Final = "outcomes:read"
"""The scope without which nobody reads observations, nor what is proved by them one by one."""


class State(StrEnum):
    """Where an observation stands."""

    REPORTED = "reported"
    VERIFIED = "verified"
    DISPUTED = "disputed"
    VOID = "void"


Hour = Annotated[
    int, Meta(ge=0, le=24, description="Hours since the day began in the metric's time zone.")
]


Sampled = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Channel(StrEnum):
    """By whom an observation was handed in."""

    PERSON = "person"
    MACHINE = "machine"
    """By a program of its own accord, whose client is of the profile `high`."""


class RegisterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a metric is registered from."""

    contract_id: ContractId
    terms: TermsMetric


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """The metric can be observed."""

    code: Code


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was observed of a metric in a period."""

    period: Period
    """The days observed, all of them within the contract's term and over."""
    hour: Hour | None = None
    """Which hour of its one day, where the metric is observed by hour."""
    value: Measure
    numerator: Measure | None = None
    """What `value` is the ratio of, where the metric is aggregated as a ratio of sums."""
    denominator: Measure | None = None
    """And to what; never negative."""
    source: Line
    """Where the value comes from: a system, a register, a survey."""
    method: Text
    """How it was measured or computed."""
    sample_size: Sampled | None = None
    """How many answered or were measured, where it is a sample; of a survey the denominator."""
    squares: Measure | None = None
    """Of a survey's mean: the sum of the squares of the ratings whose sum is the numerator."""
    invited: Sampled | None = None
    """Of a survey: how many were asked."""
    supersedes: ObservationId | None = None
    """The observation of the same metric, period and source that this one corrects."""


class Measured(NamedTuple):
    """What is said of one window: when, and what."""

    period: Period
    hour: int | None
    value: Measure
    numerator: Measure | None = None
    denominator: Measure | None = None
    sample_size: int | None = None
    squares: Measure | None = None
    invited: int | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An observation that stands in the same place: same metric, period and source."""

    id: ObservationId
    value: Measure
    reported_by: OrganisationId
    sample_size: int | None = None


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is checked against."""

    role: str | None
    """In which place the caller's organisation stands in the contract."""
    starts_on: date
    ends_on: date
    """The contract's term."""
    asked: Report
    standing: Standing | None
    observed: Observed | None = None
    """How the metric is observed, where its terms say more than how often."""
    client_profile: str | None = None
    """The profile of a program that reports by itself; None for a person."""
    """What was reported for the place before and is not superseded."""


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """A value is known, and waits to be verified."""

    state: State
    period: Period
    value: Measure
    channel: Channel
    supersedes: ObservationId | None
    interval: Interval | None = None
    """Of a survey's result; None of another metric, and of too few ratings."""


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an observation is verified, disputed or annulled."""

    reason: Text


class Other(msgspec.Struct, frozen=True, kw_only=True):
    """A verified observation of the same metric that shares days."""

    id: ObservationId
    is_corrected: bool
    """Whether it stands in the same place: what is verified now takes over from it."""


class JudgeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification, a dispute or an annulment is checked against."""

    role: str | None
    """In which place the caller's organisation stands in the contract."""
    state: State
    reported_by: OrganisationId
    reported_hand: str
    """Whose hand has reported it: a person's, or a program's."""
    disputed_by: OrganisationId | None = None
    disputed_hand: str | None = None
    is_superseded: bool
    others: tuple[Other, ...]
    reason: Text


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The value is true, says a verifier who did not report it."""

    state: State
    verified_by: OrganisationId
    reason: Text
    replaces: tuple[ObservationId, ...]
    """Verified observations that this one corrects; they are void from now on."""


class Disputed(msgspec.Struct, frozen=True, kw_only=True):
    """A party does not agree with the value."""

    state: State
    disputed_by: OrganisationId
    reason: Text


class Annulled(msgspec.Struct, frozen=True, kw_only=True):
    """The value is not true, says the verifier; or a verified correction has taken over."""

    state: State
    annulled_by: OrganisationId | None
    """None where a verified correction has taken over."""
    reason: Text | None


class VoidFacts(msgspec.Struct, frozen=True, kw_only=True):
    """By which verified correction an observation is void."""

    corrected_by: ObservationId


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured under a contract."""

    id: MetricId
    version: int
    contract_id: ContractId
    code: Code
    """Its name in the terms, to which payment rules refer."""
    title: Text
    definition: Text
    unit: Text
    direction: Direction
    frequency: Literal["month", "quarter", "half_year", "year"]
    """How long a period is that has one value."""
    observed: Observed | None
    """How it is observed and aggregated; None where one observation is the value of a period."""
    source: Text
    method: Text
    verification: Text
    """How the verifier checks it."""
    baseline: Measure | None
    target: Measure
    then: Past = NOW
    """Of which moments the answer speaks, where the past was asked for."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What was observed of a metric in a period."""

    id: ObservationId
    version: int
    metric_id: MetricId
    contract_id: ContractId
    state: State
    period: Period
    hour: Hour | None
    """Which hour of its day; None where the whole of its days is observed."""
    value: Measure
    numerator: Measure | None
    denominator: Measure | None
    source: str
    method: Text | None
    """How it was measured; None where that is as the metric says."""
    sample_size: int | None
    """How many answered or were measured, where it is a sample."""
    squares: Measure | None
    invited: int | None
    """How many were asked, where it is a survey."""
    interval: Interval | None
    """Of a survey's result: computed when it was reported, by the metric as it then was."""
    reported_by: OrganisationId
    reported_at: datetime
    channel: Channel
    """Whether a person has reported it, or a machine."""
    batch_id: BatchId | None
    """The batch that it was reported in."""
    supersedes: ObservationId | None
    superseded_by: ObservationId | None
    """The correction that was reported for it; until that is verified, this one stands."""
    verified_by: OrganisationId | None
    verified_at: datetime | None
    disputed_by: OrganisationId | None
    disputed_at: datetime | None
    annulled_by: OrganisationId | None
    """Who found it untrue; None where its verified correction has taken over."""
    annulled_at: datetime | None
    reason: Text | None
    """Why it was verified, disputed or annulled, whichever came last."""
    then: Past = NOW
    """Of which moments the answer speaks, where the past was asked for."""


class VerifiedObservation(msgspec.Struct, frozen=True, kw_only=True):
    """A verified observation, as a fact that payment rules read."""

    id: ObservationId
    version: int
    metric: Code
    period: Period
    value: Measure
    sample_size: int | None
    interval: Interval | None
    """Of a survey's result."""
    verified_at: datetime
