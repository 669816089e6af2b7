"""Who asks to have a time excused, who decides, and what refuses it."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ecosystem.outcomes.excusals.model import (
    Asked,
    AskFacts,
    Decided,
    DecideFacts,
    ExcusalState,
)
from ecosystem.outcomes.rules import NotReporter
from ecosystem.values import control
from ecosystem.values.actor import Actor, Role
from ecosystem.values.refusal import Kind, Refusal

_ASKS: Final = {"supplier": Role.DELIVERY, "buyer": Role.OFFICER}
_DECIDES: Final = {**_ASKS, "verifier": Role.VERIFIER}
_LONGEST: Final = timedelta(days=366)


class ExcusalMissing(Refusal):
    """There is no such excusal, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier of GET /v1/metrics/{id}/excusals."


class TimeUnfit(Refusal):
    """The time cannot be excused."""

    kind = Kind.UNMET
    remedy = "Give a time of the contract's term, of a year at most, that ends after it begins."


class NotDecider(Refusal):
    """The caller does not decide under this contract."""

    kind = Kind.FORBIDDEN
    remedy = "The other side, or the verifier, must decide."


class OwnExcusal(Refusal):
    """Nobody decides what it has asked for itself, be it an organisation or a person."""

    kind = Kind.FORBIDDEN
    remedy = "The other side, or the verifier, must decide."


class ExcusalDecided(Refusal):
    """It has been decided already."""

    kind = Kind.CONFLICT
    remedy = "Ask again, with what is new."


def ask(facts: AskFacts, *, by: Actor, at: datetime) -> Asked:
    """Ask to have a time excused. Refuses with NotReporter or TimeUnfit, in that order."""
    del at
    role = _ASKS.get(facts.role or "")
    if role is None or not by.has(role):
        raise NotReporter("The caller neither supplies nor buys under this contract.")
    asked, zone = facts.asked, ZoneInfo(facts.time_zone)
    if asked.ends_at <= asked.starts_at or asked.ends_at - asked.starts_at > _LONGEST:
        raise TimeUnfit("It ends before it begins, or lasts too long.", pointer="/ends_at")
    first, last = (
        datetime.combine(day, time(), zone).astimezone(UTC)
        for day in (facts.starts_on, facts.ends_on)
    )
    if asked.starts_at < first or asked.ends_at > last:
        message = f"The contract holds from {facts.starts_on} until before {facts.ends_on}."
        raise TimeUnfit(message, pointer="/starts_at")
    return Asked(state=ExcusalState.ASKED, asked_by=by.organisation_id)


def decide(facts: DecideFacts, *, by: Actor, at: datetime) -> Decided:
    """Grant or refuse what another side has asked for.

    Refuses with NotDecider, OwnExcusal or ExcusalDecided, in that order.
    """
    del at
    role = _DECIDES.get(facts.role or "")
    if role is None or not by.has(role):
        raise NotDecider("The caller has no such place in this contract.")
    if control.is_of_own_house(by, facts.asked_by):
        raise OwnExcusal("The caller's organisation has asked for it.")
    if control.is_own(by, facts.asked_hand):
        raise OwnExcusal("The caller has asked for it, for another organisation.")
    if facts.state is not ExcusalState.ASKED:
        raise ExcusalDecided(f"It is {facts.state}.")
    state = ExcusalState.GRANTED if facts.decision.granted else ExcusalState.REFUSED
    return Decided(state=state, decided_by=by.organisation_id)
