"""What a verifier says of a submission, the facts for the rule, and what it decides."""

from datetime import datetime
from typing import Literal

import msgspec

from ecosystem.catalogue.profiles.model import Calendar, Span
from ecosystem.contracts.model import Evidence
from ecosystem.milestones.model import State
from ecosystem.values.identifiers import DocumentId, OrganisationId
from ecosystem.values.text import Text


class Examination(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the verifier found."""

    outcome: Literal["confirmed", "refused"]
    report: DocumentId
    """A document of the contract that the verifier has filed."""
    reasons: Text


class ExamineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an examination is checked against."""

    role: str | None
    """In which place the caller's organisation stands in the contract."""
    state: State
    verification_asked: bool
    verification: str | None
    submitted_by: str | None
    """Whose hand has submitted it."""
    acceptance_days: int
    deemed: Span | None
    calendar: Calendar
    asked: Examination
    report: Evidence | None
    """The report, where it is a document of the contract that the verifier has filed."""


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """The verifier has said what it found."""

    outcome: Literal["confirmed", "refused"]
    report: Evidence
    reasons: Text
    verified_by: OrganisationId
    judge_by: datetime
    """The first instant after the days that the authority has from now on."""
    deemed_at: datetime | None
    """Not judged by then, it counts as accepted; None where silence means nothing."""
