"""What many observations are verified by, and what that decides."""

from datetime import date
from typing import NamedTuple

import msgspec

from ecosystem.outcomes.windows import Frequency
from ecosystem.values.identifiers import MetricId, ObservationId, OrganisationId, VerificationId
from ecosystem.values.period import Period
from ecosystem.values.text import Line, Text

MOST = 10_000
"""How many observations are verified at once."""


class Together(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which observations are verified, and why."""

    period: Period
    """Those that lie wholly within these days."""
    source: Line | None = None
    """And come from this source; None for any."""
    reason: Text


class Chosen(NamedTuple):
    """An observation that is reported, and corrects nothing."""

    id: ObservationId
    version: int
    reported_by: OrganisationId
    reported_hand: str
    starts_on: date
    ends_on: date
    hour: int


class TogetherFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification of many is checked against."""

    metric_id: MetricId
    role: str | None
    """In which place the caller's organisation stands in the contract."""
    granularity: Frequency | str
    frequency: Frequency
    asked: Together
    chosen: tuple[Chosen, ...]
    """One more than can be verified at once, at most."""
    rivals: tuple[ObservationId, ...]
    """Verified observations of the same windows; of ten at most."""


class VerifiedTogether(msgspec.Struct, frozen=True, kw_only=True):
    """The values are true, says a verifier who reported none of them."""

    verified_by: OrganisationId
    verified: int


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """How many observations were verified at once."""

    id: VerificationId
    """Under which the history knows it."""
    verified: int
