"""When a price is to be explained, by whom, and what is decided."""

from datetime import datetime
from typing import Final

from ecosystem.awards.explanations.model import (
    Answered,
    AnswerFacts,
    Asked,
    AskFacts,
    Decided,
    DecideFacts,
    State,
)
from ecosystem.awards.rules import AwardedBefore, NotEvaluated, own
from ecosystem.needs.model import State as NeedState
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal

_RANKED: Final = frozenset({NeedState.EVALUATED, NeedState.AWARDED, NeedState.CONTRACTED})
_GOING_ON: Final = _RANKED | {NeedState.OPENED}
"""While another lot is evaluated again, what was ranked of this one is decided."""


class PriceNotFlagged(Refusal):
    """The ranking does not call this price abnormally low."""

    kind = Kind.UNMET
    remedy = "Ask about offers whose `abnormally_low` in the ranking says why."


class ExplanationAsked(Refusal):
    """The bidder has been asked already."""

    kind = Kind.CONFLICT
    remedy = "Read the explanation that exists."


class ExplanationMissing(Refusal):
    """There is no such explanation, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class NotExplainer(Refusal):
    """The caller's organisation is no member of this offer."""

    kind = Kind.FORBIDDEN
    remedy = "Only a member of the offer explains its price."


class ExplanationAnswered(Refusal):
    """The explanation has been given already."""

    kind = Kind.CONFLICT
    remedy = "Read what was answered."


class ExplanationAwaited(Refusal):
    """The bidder still has time to answer."""

    kind = Kind.CONFLICT
    remedy = "Decide when there is an answer, or when `answer_by` has passed."


class ExplanationDecided(Refusal):
    """The explanation has been accepted or rejected already."""

    kind = Kind.CONFLICT
    remedy = "Read what was decided."


class ExplanationOutdated(Refusal):
    """The offers are evaluated again since the bidder was asked."""

    kind = Kind.CONFLICT
    remedy = "Ask again where the new ranking flags the price."


def ask(facts: AskFacts, *, by: Actor, at: datetime) -> Asked:
    """Ask a bidder how its price is possible.

    Refuses with NotAuthority, NotEvaluated, PriceNotFlagged, ExplanationAsked, AwardedBefore.
    """
    del at
    own(facts.authority_number, by)
    if facts.need_state not in _RANKED:
        raise NotEvaluated(f"The need is {facts.need_state}.")
    if not facts.flags:
        raise PriceNotFlagged("The price of this offer is not flagged.")
    if facts.is_asked:
        raise ExplanationAsked("The bidder has been asked in this round.")
    if facts.is_awarded:
        raise AwardedBefore("There is an award of this lot and kind.")
    return Asked(state=State.ASKED, asked_by=control.hand(by), answer_by=facts.answer_by)


def answer(facts: AnswerFacts, *, by: Actor, at: datetime) -> Answered:
    """Explain a price. Refuses with NotExplainer, ExplanationAnswered."""
    del at
    if by.organisation_id not in facts.member_ids:
        raise NotExplainer("The caller's organisation is no member of the offer.")
    if facts.state is not State.ASKED:
        raise ExplanationAnswered(f"The explanation is {facts.state}.")
    return Answered(state=State.ANSWERED, answered_by=control.hand(by), answer=facts.asked.answer)


def decide(facts: DecideFacts, *, by: Actor, at: datetime) -> Decided:
    """Accept an explanation, or reject it, after which its offer is passed over.

    Refuses with NotAuthority, ExplanationDecided, NotEvaluated where the need has come to its
    end, ExplanationOutdated, ExplanationAwaited.
    """
    own(facts.authority_number, by)
    if facts.state in {State.ACCEPTED, State.REJECTED}:
        raise ExplanationDecided(f"The explanation is {facts.state}.")
    if facts.need_state not in _GOING_ON:
        raise NotEvaluated(f"The need is {facts.need_state}.")
    if facts.is_outdated:
        raise ExplanationOutdated("A reviewer had the offers evaluated again.")
    if facts.state is State.ASKED and at < facts.answer_by:
        raise ExplanationAwaited(f"The bidder may answer until {shown(facts.answer_by)}.")
    return Decided(
        state=State(facts.asked.outcome.value),
        decided_by=control.hand(by),
        reasons=facts.asked.reasons,
    )
