"""Whether an offer can be confirmed, and what refuses it."""

from datetime import datetime

from ecosystem.offers.confirming.model import ConfirmationAsked, Confirmed, Outdated
from ecosystem.offers.model import OfferFacts, State
from ecosystem.offers.rules import check_changeable, check_led
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class NothingSubmitted(Refusal):
    """The offer has not been submitted, so there is nothing to confirm."""

    kind = Kind.CONFLICT
    remedy = "Submit the offer; it is then for the need as it is."


class ConfirmedBefore(Refusal):
    """The offer is for the need as it is."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed until the need is amended."


def ask(facts: Outdated, *, by: Actor, at: datetime) -> ConfirmationAsked:
    """Ask for the confirmation of an offer whose need was amended."""
    del by, at
    return ConfirmationAsked(content_version=facts.content_version)


def confirm(facts: OfferFacts, *, by: Actor, at: datetime) -> Confirmed:
    """Confirm an offer for its need as it is.

    Refuses with NotLead, OfferOver, NeedNotOpen, SubmissionOver, NothingSubmitted,
    ConfirmedBefore, in that order.
    """
    check_led(facts, by=by)
    check_changeable(facts, at=at)
    if facts.state is not State.SUBMITTED:
        raise NothingSubmitted(f"The offer is {facts.state}.")
    if facts.confirmed_version == facts.content_version:
        raise ConfirmedBefore(f"It is for version {facts.content_version} of the need.")
    return Confirmed(content_version=facts.content_version)
