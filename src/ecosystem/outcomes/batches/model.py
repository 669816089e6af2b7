"""What a batch of observations is: its rows, what they are checked against, what became of them."""

from datetime import date, datetime
from typing import Literal

import msgspec

from ecosystem.contracts.form_shapes import Observed
from ecosystem.outcomes.model import Channel, Hour, Measured, Sampled
from ecosystem.values.identifiers import (
    BatchId,
    ContractId,
    MetricId,
    ObservationId,
    OrganisationId,
)
from ecosystem.values.money import Measure
from ecosystem.values.period import Period
from ecosystem.values.refusal import Fault
from ecosystem.values.text import Line, Prose

Form = Literal["application/json", "application/x-ndjson", "text/csv"]


class Row(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What was observed of the metric in one period."""

    starts_on: date
    ends_on: date
    """The day after the last one observed."""
    hour: Hour | None = None
    """Which hour of its one day, where the metric is observed by hour."""
    value: Measure
    numerator: Measure | None = None
    """What `value` is the ratio of, where the metric is aggregated as a ratio of sums."""
    denominator: Measure | None = None
    """And to what; never negative."""
    source: Line
    """Where the value comes from: a system, a register, a survey."""
    method_zh: Prose | None = None
    """How it was measured, where that is not as the terms of the metric say."""
    method_en: Prose | None = None
    """The same in English."""
    sample_size: Sampled | None = None
    """How many answered or were measured, where it is a sample; of a survey the denominator."""
    squares: Measure | None = None
    """Of a survey's mean: the sum of the squares of the ratings whose sum is the numerator."""
    invited: Sampled | None = None
    """Of a survey: how many were asked."""

    def measured(self) -> Measured:
        """Return what the row says of its window."""
        return Measured(
            Period(self.starts_on, self.ends_on), self.hour, self.value, self.numerator,
            self.denominator, self.sample_size, self.squares, self.invited,
        )  # fmt: skip


class Before(msgspec.Struct, frozen=True, array_like=True):
    """An observation that stands where a row of the batch would."""

    row: int
    """Which of the rows that were read."""
    id: ObservationId
    value: Measure
    sample_size: int | None = None


class BatchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch is checked against."""

    metric_id: MetricId
    role: str | None
    """In which place the caller's organisation stands in the contract."""
    client_profile: str | None
    """The profile of a program that reports by itself; None for a person."""
    starts_on: date
    ends_on: date
    """The contract's term."""
    observed: Observed | None
    """How the metric is observed, where its terms say more than how often."""
    form: Form
    partial: bool
    """Whether good rows are reported although others are not."""
    first_id: ObservationId
    """The identifier of the first observation; the next ones follow it, row by row."""
    rows: tuple[Row, ...]
    numbers: tuple[int, ...]
    """Which of all rows each one is, from 0; empty where all rows could be read."""
    unreadable: tuple[Fault, ...]
    """What is wrong with the other rows."""
    before: tuple[Before, ...]


class BatchReported(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each row."""

    channel: Channel
    reported: int
    """How many are new observations."""
    unchanged: tuple[int, ...]
    """Which of the rows that were read had been reported before with the same value."""
    refused: tuple[int, ...]
    """Which of the rows that were read a rule does not accept."""
    faults: tuple[Fault, ...]
    """Why; also of the rows that could not be read. Pointers begin with the row's number."""


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was reported, and what was not."""

    id: BatchId | None
    """None where nothing was new: then there is no batch."""
    version: int
    rows: int
    """How many rows there were in all."""
    reported: int
    unchanged: int
    """Rows that had been reported before with the same value."""
    refused: int
    first_observation_id: ObservationId | None
    """The observations' identifiers follow one another from this one, in the order of the rows."""
    errors: tuple[Fault, ...]
    """What is wrong with the rows refused, of one hundred at most: `pointer` begins with the
    number of the row, from 0."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Observations that were reported together."""

    id: BatchId
    version: int
    metric_id: MetricId
    contract_id: ContractId
    form: Form
    """How the rows came."""
    sha256: str
    """SHA-256 of the body as it came, in hexadecimal digits."""
    rows: int
    """How many rows there were in all."""
    reported: int
    unchanged: int
    refused: int
    first_observation_id: ObservationId
    """The observations' identifiers follow one another from this one, in the order of the rows."""
    channel: Channel
    reported_by: OrganisationId
    reported_at: datetime
