"""What a question is: what is asked, the facts that rules decide on, what they decide."""

from datetime import datetime

import msgspec

from ecosystem.catalogue.profiles.model import InForce
from ecosystem.needs.model import State
from ecosystem.values.identifiers import NeedId, QuestionId
from ecosystem.values.text import Text


class AskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a question is checked against."""

    authority_number: int
    state: State
    enquiry_ends_at: datetime
    text: Text


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question was put; the public never learns by whom."""

    text: Text
    asked_by: str


class AnswerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is checked against."""

    authority_number: int
    is_answered: bool
    answer: Text


class ExtendFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a need one of whose questions is answered late."""

    question_id: QuestionId
    submission_ends_at: datetime
    opening_at: datetime
    in_force: InForce


class Extended(msgspec.Struct, frozen=True, kw_only=True):
    """Offers are taken for as long after a late answer as the rules of the place ask."""

    submission_ends_at: datetime
    opening_at: datetime


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A question was answered, in public."""

    answer: Text
    answered_by: str


class QuestionText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bidder asks, or the authority answers."""

    text: Text


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question on a need, and its answer."""

    id: QuestionId
    need_id: NeedId
    text: Text
    asked_at: datetime
    answer: Text | None
    answered_at: datetime | None
