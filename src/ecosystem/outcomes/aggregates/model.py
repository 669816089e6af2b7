"""What an aggregate is computed from, and how it explains itself."""

from datetime import date, datetime
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import Observed
from ecosystem.contracts.rule_parts import Direction
from ecosystem.outcomes.intervals import Exact, Interval
from ecosystem.outcomes.model import Hour, Sampled, State
from ecosystem.outcomes.windows import Frequency
from ecosystem.values.identifiers import MetricId, ObservationId
from ecosystem.values.money import Measure
from ecosystem.values.period import Period
from ecosystem.values.text import Text

Count = Annotated[int, Meta(ge=0)]
AggregateState = Literal["demonstrated", "incomplete", "not_demonstrated"]


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """How the observations of a metric become the value of a period."""

    frequency: Frequency
    """How long a period is."""
    direction: Direction
    baseline: Measure | None
    target: Measure
    observed: Observed


class Seen(msgspec.Struct, frozen=True, gc=False):
    """An observation, as an aggregate sees it."""

    state: State
    """Reported, disputed or verified."""
    place: int
    """Of its window, as `windows.place_of` counts it."""
    reported_at: datetime
    value: str
    numerator: str | None
    denominator: str | None
    id: str
    version: int
    squares: str | None = None
    invited: int | None = None


class Excused(NamedTuple):
    """A time for which nothing is asked for."""

    starts_at: datetime
    ends_at: datetime


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Windows that follow one another and are missing, or late."""

    starts_at: datetime
    ends_at: datetime
    windows: Annotated[int, Meta(ge=1)]


class Used(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A verified observation from which the value was computed: all that it is computed by."""

    id: ObservationId
    version: Annotated[int, Meta(ge=1)]
    starts_on: date
    ends_on: date
    hour: Hour | None = None
    """Left out where the window is whole days; so is what the observation has not."""
    value: Measure
    numerator: Measure | None = None
    denominator: Measure | None = None
    squares: Measure | None = None
    invited: Sampled | None = None


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """How many windows of a period are in which state: together all of them, `late` aside."""

    all: Count
    excused: Count
    """Windows for which nothing is asked for: they count nowhere else."""
    verified: Count
    reported: Count
    """Windows that are reported and wait to be verified."""
    disputed: Count
    missing: Count
    """Windows of which nothing is reported, although the time for it is over."""
    awaited: Count
    """Windows of which nothing is reported, and there is time left."""
    late: Count
    """Windows that were reported when the time for it was over, whatever state they are in."""


class SampleShown(msgspec.Struct, frozen=True, kw_only=True):
    """The one sample that the verified samples of a survey's windows are together.

    Their answers and their sums are added; no window is weighed otherwise.
    """

    size: Count
    """How many answered, so far as they are counted by whole numbers."""
    sample_min: Count
    """How many must, or the period is not demonstrated."""
    invited: Count | None
    """How many were asked; None where that is not known of each window."""
    response_rate: Measure | None
    """Who answered as a share of those asked, rounded down to nine places."""
    interval: Interval | None
    """Of the value, by the method that it names; None where there is no value, or no interval."""


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    """What the observations of a metric come to in one period."""

    period: Period
    """A month, quarter, half or whole year of the calendar, cut to the contract's term."""
    state: AggregateState
    value: Exact | None
    """Exact, or where it has no end rounded half up to nine decimal places; None unless it is
    demonstrated."""
    is_rounded: bool
    meets_target: bool | None
    sample: SampleShown | None
    """Of a survey: also where the sample is too small for a value; None of another metric."""
    reason: Text
    """How the value was computed, or why there is none."""
    windows: Windows
    completeness: Measure | None
    """Verified windows as a share of all but the excused, rounded down to nine places; None where
    all are excused."""
    gaps: tuple[Gap, ...]
    """Which windows are missing."""
    late: tuple[Gap, ...]
    """Which windows were reported when the time for it was over: their values count all the
    same."""
    observations: tuple[Used, ...]
    """What the value was computed from, in order; of one hundred at most."""
    observations_count: Count
    observations_digest: str
    """SHA-256 of the canonical JSON (RFC 8785) of all of them, each as it stands here."""


class AggregateList(msgspec.Struct, frozen=True, kw_only=True):
    """What a metric comes to, period by period."""

    metric_id: MetricId
    at: datetime
    """When it was computed: what is late or missing follows from that."""
    definition: Definition
    data: tuple[Aggregate, ...]
    """The earliest period first."""
