"""Who asks and who answers, until when, and what refuses it."""

from datetime import datetime

from ecosystem.catalogue.profiles import days
from ecosystem.needs.model import State
from ecosystem.needs.questions.model import (
    Answered,
    AnswerFacts,
    Asked,
    AskFacts,
    Extended,
    ExtendFacts,
)
from ecosystem.needs.rules import NotPublished, check_own
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal


class EnquiryOver(Refusal):
    """The time for questions has passed."""

    kind = Kind.GONE
    remedy = "Questions are taken until `enquiry_ends_at`."


class OwnNeed(Refusal):
    """An authority cannot ask itself."""

    kind = Kind.FORBIDDEN
    remedy = "Another organisation must ask."


class QuestionMissing(Refusal):
    """There is no such question on this need."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class AnsweredBefore(Refusal):
    """The question has an answer, and answers are not rewritten."""

    kind = Kind.CONFLICT
    remedy = "Ask and answer a new question."


def ask(facts: AskFacts, *, by: Actor, at: datetime) -> Asked:
    """Put a question. Refuses with OwnNeed, NotPublished or EnquiryOver, in that order."""
    if by.organisation_number == facts.authority_number:
        message = "The asker belongs to the authority."
        raise OwnNeed(message)
    if facts.state is not State.PUBLISHED:
        message = f"The need is {facts.state}."
        raise NotPublished(message)
    if at >= facts.enquiry_ends_at:
        message = f"Questions were taken until {shown(facts.enquiry_ends_at)}."
        raise EnquiryOver(message)
    return Asked(text=facts.text, asked_by=by.organisation_id)


def answer(facts: AnswerFacts, *, by: Actor, at: datetime) -> Answered:
    """Answer a question in public. Refuses with NeedNotOwned or AnsweredBefore, in that order."""
    del at
    check_own(facts.authority_number, by=by)
    if facts.is_answered:
        message = "The question was answered."
        raise AnsweredBefore(message)
    return Answered(answer=facts.answer, answered_by=by.person_id or by.client_id)


def must_extend(facts: ExtendFacts, *, at: datetime) -> bool:
    """Tell whether a question is answered so late that offers are taken for longer."""
    return _answered_until(facts, at=at) > facts.submission_ends_at


def extend(facts: ExtendFacts, *, by: Actor, at: datetime) -> Extended:
    """Take offers for as long after a late answer as the rules of the place ask.

    Also when the deadline has passed: offers are sealed still. Requires that it must be so.
    Source: Directive 2014/24/EU, article 47(3)(a).
    """
    del by
    ends_at = _answered_until(facts, at=at)
    return Extended(submission_ends_at=ends_at, opening_at=max(ends_at, facts.opening_at))


def _answered_until(facts: ExtendFacts, *, at: datetime) -> datetime:
    span = facts.in_force.rules.answering
    return days.end_of(span, after=at, calendar=facts.in_force.calendar)
