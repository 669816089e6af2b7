"""What the notice of a deduction is: the facts that rules decide on, and what they decide."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.catalogue.profiles.model import Calendar, Span
from ecosystem.contracts.rule_parts import Code
from ecosystem.payments.calculation import Input, Signed
from ecosystem.values.identifiers import ContractId, OrganisationId, pattern
from ecosystem.values.money import Currency, Money
from ecosystem.values.text import Text

DeductionId = Annotated[
    str, Meta(pattern=pattern("deduction"), description="Identifier of a notice of a deduction.")
]


class State(StrEnum):
    """Where the notice of a deduction stands."""

    ANNOUNCED = "announced"
    """Whoever is paid may reply until `reply_ends_at`; without a reply it is final from then on."""
    REPLIED = "replied"
    """One has replied; others may, on whom a part falls, until `reply_ends_at`."""
    DECIDED = "decided"
    SUPERSEDED = "superseded"
    """The facts were corrected, and what is deducted now is announced anew."""


class DeductedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a calculation that deducts."""

    rule: Code
    ground: Text
    """The title of the payment rule."""
    formula: Text
    inputs: tuple[Input, ...]
    amount: Signed
    """Below zero."""


class DeductedPart(msgspec.Struct, frozen=True, kw_only=True):
    """What of a deduction falls on one of those who are paid."""

    organisation_id: OrganisationId
    amount: Signed
    """Above zero, where its payment falls; the parts of all add to the amount of the notice."""


class AnnounceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is announced of a new calculation."""

    contract_id: str
    calculation_id: str
    ordinal: int
    currency: Currency
    lines: tuple[DeductedLine, ...]
    parts: tuple[DeductedPart, ...]
    """By the division of the calculation; of all of it, where one supplies alone."""
    before: tuple[DeductedLine, ...]
    """Of the calculation that it supersedes."""
    dropped: Signed
    """What was dropped of the step's deductions by earlier decisions."""
    reply: Span
    """How long the payee may reply, by the profile of the need."""
    calendar: Calendar


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever is paid is told what is deducted, and until when to reply."""

    state: State
    amount: Money
    reply_ends_at: datetime
    announced_by: str


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One payee has replied."""

    organisation_id: str
    replied_by: str


class NoticeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of a notice is checked against."""

    state: State
    contract_id: str
    authority_number: int
    parts: tuple[DeductedPart, ...]
    amount: Money
    announced_by: str
    reply_ends_at: datetime
    heard: tuple[Heard, ...]
    """Who has replied."""


class SupersedeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the end of a notice rests on."""

    notice: NoticeFacts
    calculation_id: str
    """Which deducts something else."""


class Superseded(msgspec.Struct, frozen=True, kw_only=True):
    """A notice speaks of nothing any more."""

    state: State
    calculation_id: str


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a payee says to a deduction."""

    reply: Text


class ReplyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply is checked against."""

    notice: NoticeFacts
    asked: Reply


class Replied(msgspec.Struct, frozen=True, kw_only=True):
    """A payee has replied."""

    state: State
    organisation_id: str
    replied_by: str


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one who has replied is told."""

    organisation_id: OrganisationId
    reasons: Text


class DecisionDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What of a deduction is kept after the reply, and why."""

    kept: Money
    """From nothing to all of it; the rest is paid."""
    reasons: Text
    answers: Annotated[tuple[Answer, ...], Meta(max_length=20)] = ()
    """One for each that has replied, of those who supply together; who supplies alone is answered
    by `reasons`."""


class DecideFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision is checked against."""

    notice: NoticeFacts
    asked: DecisionDraft


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The deduction is final, as far as it is kept."""

    state: State
    kept: Money
    dropped: Money
    decided_by: str


class GivenReply(msgspec.Struct, frozen=True, kw_only=True):
    """What one payee has said."""

    organisation_id: OrganisationId
    reply: Text
    replied_by: str
    replied_at: datetime


class Deduction(msgspec.Struct, frozen=True, kw_only=True):
    """The notice of a deduction."""

    id: DeductionId
    version: int
    state: State
    contract_id: ContractId
    parts: Annotated[tuple[DeductedPart, ...], Meta(max_length=100)]
    """On whom it falls, and with how much: each of them may reply for itself."""
    calculation_id: str
    """The calculation that deducts it."""
    ordinal: int
    """Of the step of the contract."""
    amount: Money
    """What is deducted, less what earlier decisions have dropped of it."""
    lines: tuple[DeductedLine, ...]
    announced_by: str
    """Whose act brought the deduction: a person, or a program."""
    announced_at: datetime
    reply_ends_at: datetime
    """Without a reply the deduction is final from then on."""
    replies: Annotated[tuple[GivenReply, ...], Meta(max_length=100)]
    """The earliest first."""
    kept: Money | None
    """What is final; null until it is decided."""
    reasons: Text | None
    answers: Annotated[tuple[Answer, ...], Meta(max_length=20)] | None
    """To each of those who supply together that has replied; null until it is decided."""
    decided_by: str | None
    decided_at: datetime | None
