"""What is asked about a price, what rules decide on, and what they decide."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.values.identifiers import ExplanationId, LotId, NeedId, OfferId, PersonId
from ecosystem.values.text import Text


class State(StrEnum):
    """Where an explanation stands."""

    ASKED = "asked"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Outcome(StrEnum):
    """What an officer decides."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class PriceQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer asks about a price."""

    question: Text


class PriceAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a bidder explains its price."""

    answer: Text


class PriceDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an officer accepts an explanation, and why."""

    outcome: Outcome
    reasons: Text


class AskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a question about a price is checked against."""

    need_id: str
    lot_id: str
    kind: OfferKind
    offer_id: str
    round: int
    authority_number: int
    need_state: NeedState
    flags: tuple[str, ...]
    """Why the ranking calls the price abnormally low; empty where it does not."""
    is_asked: bool
    is_awarded: bool
    """Whether an award of the contest stands or is proposed."""
    answer_by: datetime
    asked: PriceQuestion


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question that waits for the bidder's answer."""

    state: State
    asked_by: str
    answer_by: datetime


class AnswerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is checked against."""

    explanation_id: str
    state: State
    member_ids: tuple[str, ...]
    asked: PriceAnswer


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that waits to be judged."""

    state: State
    answered_by: str
    answer: Text


class DecideFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision on an explanation is checked against."""

    explanation_id: str
    authority_number: int
    need_state: NeedState
    state: State
    is_outdated: bool
    """Whether the offers are evaluated again since the bidder was asked."""
    answer_by: datetime
    asked: PriceDecision


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The price is accepted, or its offer is passed over."""

    state: State
    decided_by: str
    reasons: Text


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A question about a price, its answer, and what was decided."""

    id: ExplanationId
    version: int
    state: State
    need_id: NeedId
    lot_id: LotId
    offer_id: OfferId
    round: int
    question: Text
    asked_by: PersonId
    asked_at: datetime
    answer_by: datetime
    answer: Text | None
    answered_at: datetime | None
    reasons: Text | None
    decided_by: PersonId | None
    decided_at: datetime | None
