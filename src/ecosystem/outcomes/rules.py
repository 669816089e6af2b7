"""What may become of an observation, and what refuses it."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from ecosystem.contracts.form_shapes import Observed
from ecosystem.contracts.rules import NotParty
from ecosystem.outcomes import sampling
from ecosystem.outcomes.model import (
    Annulled,
    Channel,
    Disputed,
    JudgeFacts,
    Measured,
    Registered,
    RegisterFacts,
    Report,
    Reported,
    ReportFacts,
    State,
    Verified,
    VoidFacts,
)
from ecosystem.outcomes.windows import Frequency, misfit
from ecosystem.values import control
from ecosystem.values.actor import Actor, Role
from ecosystem.values.period import Period
from ecosystem.values.refusal import Kind, Refusal

_EASTERNMOST: Final = timedelta(hours=14)
"""How far the date in some time zone is ahead of UTC."""
_NOTHING: Final = Decimal(0)
_REPORTS: Final = {"supplier": Role.DELIVERY, "buyer": Role.OFFICER}
"""Which role reports for an organisation in each place."""


class MetricMissing(Refusal):
    """There is no such metric, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier of GET /v1/contracts/{id}/metrics."


class ObservationMissing(Refusal):
    """There is no such observation, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier of GET /v1/metrics/{id}/observations."


class NotReporter(Refusal):
    """The caller does not report under this contract."""

    kind = Kind.FORBIDDEN
    remedy = "The supplier's delivery or the authority's officer must report."


class ProgramUnfit(Refusal):
    """A program that reports by itself must be of the profile `high`."""

    kind = Kind.FORBIDDEN
    remedy = "Report with a client of the profile `high`, or have a person report."


class PeriodUnfit(Refusal):
    """The period cannot be observed."""

    kind = Kind.UNMET
    remedy = "Give days of the contract's term that are over; `ends_on` is the day after the last."


class PartsUnfit(Refusal):
    """The value is not the ratio of its numerator and its denominator."""

    kind = Kind.UNMET
    remedy = (
        "For a metric that is a ratio of sums give both, and the value that they make, half up to "
        "as many places as you give; the value is 0 where there is nothing to divide by. For "
        "another metric give neither."
    )


class ObservationDiffers(Refusal):
    """Another value was reported for the same period from the same source."""

    kind = Kind.CONFLICT
    remedy = "Name the observation in `supersedes` to correct it."


class NothingToCorrect(Refusal):
    """What is named in `supersedes` is not what stands for this metric, period and source."""

    kind = Kind.CONFLICT
    remedy = "Name the newest observation of the same metric, period and source."


class NotOwnReport(Refusal):
    """Somebody else has reported what is to be corrected."""

    kind = Kind.FORBIDDEN
    remedy = "Dispute it, and have whoever reported it correct it."


class NotVerifier(Refusal):
    """The caller's organisation does not verify under this contract."""

    kind = Kind.FORBIDDEN
    remedy = "The verifier that the contract names must do this."


class OwnReport(Refusal):
    """Nobody judges what it has reported itself, be it an organisation or a person."""

    kind = Kind.FORBIDDEN
    remedy = "Another party must do this, by another person."


class OwnDispute(Refusal):
    """Nobody resolves what it has disputed itself, be it an organisation or a person."""

    kind = Kind.FORBIDDEN
    remedy = "A verifier that has neither reported nor disputed it must do this."


class VerifierJudges(Refusal):
    """A verifier judges, and does not dispute."""

    kind = Kind.FORBIDDEN
    remedy = "Verify the observation, or annul it as untrue."


class ObservationNotOpen(Refusal):
    """The observation is not in a state in which this can be done."""

    kind = Kind.CONFLICT
    remedy = "Read the observation: `state` and `superseded_by` say what became of it."


class PeriodVerified(Refusal):
    """Another observation of the metric is verified for days of the same period."""

    kind = Kind.CONFLICT
    remedy = "A day counts once: have that one corrected, or this one annulled."


def register(facts: RegisterFacts, *, by: Actor, at: datetime) -> Registered:
    """Register a metric of the terms."""
    del by, at
    return Registered(code=facts.terms.code)


def is_repeated(facts: ReportFacts) -> bool:
    """Tell whether the same value was reported before: then the first report answers.

    Of a survey it is the same only where as many have answered.
    """
    before, asked = facts.standing, facts.asked
    return (
        before is not None
        and asked.supersedes is None
        and Decimal(before.value) == Decimal(asked.value)
        and sampling.is_same(facts.observed, before.sample_size, asked.sample_size)
    )


def report(facts: ReportFacts, *, by: Actor, at: datetime) -> Reported:
    """Report what was observed of a metric in a period.

    Refuses with NotReporter, ProgramUnfit, PeriodUnfit, PartsUnfit, SampleUnfit,
    ObservationDiffers, NothingToCorrect or NotOwnReport, in that order.
    """
    asked, before = facts.asked, facts.standing
    channel = reports_by(by, role=facts.role, client_profile=facts.client_profile)
    term = Period(facts.starts_on, facts.ends_on)
    measured = Measured(**{name: getattr(asked, name) for name in Measured._fields})
    fit(measured, facts.observed, term=term, at=at, pointer="/period")
    if asked.supersedes is None and before is not None:
        if not is_repeated(facts):
            said = sampling.told(before.value, before.sample_size)
            raise ObservationDiffers(f"{before.id} says {said}.", pointer="/value")
    elif asked.supersedes is not None:
        _correct(asked, facts, by)
    return Reported(
        state=State.REPORTED,
        period=asked.period,
        value=asked.value,
        channel=channel,
        supersedes=asked.supersedes,
        interval=sampling.interval_of(measured, facts.observed),
    )


def reports_by(by: Actor, *, role: str | None, client_profile: str | None) -> Channel:
    """Return how the caller reports. Refuses with NotReporter or ProgramUnfit."""
    needed = _REPORTS.get(role or "")
    if needed is None or not by.has(needed):
        raise NotReporter("The caller neither supplies nor buys under this contract.")
    if by.person_id is not None:
        return Channel.PERSON
    if client_profile != "high":
        raise ProgramUnfit("The client is of the profile `basic`.")
    return Channel.MACHINE


def fit(
    measured: Measured, observed: Observed | None, *, term: Period, at: datetime, pointer: str
) -> None:
    """Refuse with PeriodUnfit, PartsUnfit or SampleUnfit what is no observation of the metric.

    The period holds days, lies in the term and is over; it is one of the metric's windows, and
    the value is the ratio of its parts, where the terms say so; of a survey these are what a
    sample of it can come to. `pointer` names the period.
    """
    period = measured.period
    if period.starts_on >= period.ends_on:
        raise PeriodUnfit("The period holds no day.", pointer=pointer)
    if period.starts_on < term.starts_on or period.ends_on > term.ends_on:
        message = f"The contract holds from {term.starts_on} until before {term.ends_on}."
        raise PeriodUnfit(message, pointer=pointer)
    if period.ends_on > (at + _EASTERNMOST).date():
        raise PeriodUnfit(f"The period is not over on {at.date()}.", pointer=pointer)
    if observed is not None:
        wrong = misfit(observed, period, measured.hour, term=term)
    else:
        wrong = None if measured.hour is None else "The metric is not observed by hour."
    if wrong is not None:
        raise PeriodUnfit(wrong, pointer=pointer)
    _fit_parts(measured, observed)
    sampling.fit(measured, observed)


def observed_by(given: Observed | None, *, frequency: Frequency) -> Observed:
    """Return how a metric is observed; where the terms do not say, once for each period."""
    return given or Observed(window=frequency, aggregation="last")


def _fit_parts(measured: Measured, observed: Observed | None) -> None:
    is_ratio = observed is not None and observed.aggregation == "ratio_of_sums"
    parts = (measured.numerator, measured.denominator)
    if not is_ratio:
        if parts != (None, None):
            raise PartsUnfit("The metric is no ratio of sums.", pointer="/numerator")
        return
    if measured.numerator is None or measured.denominator is None:
        raise PartsUnfit("The metric is a ratio of sums.", pointer="/numerator")
    above, below = Decimal(measured.numerator), Decimal(measured.denominator)
    if below < 0:
        raise PartsUnfit("The denominator is negative.", pointer="/denominator")
    value = Decimal(measured.value)
    with localcontext(prec=100):
        ratio = above * Decimal(observed.factor if observed else "1") / below if below else _NOTHING
        if ratio.quantize(value, ROUND_HALF_UP) != value:
            message = f"{measured.numerator} to {measured.denominator} is {ratio:.9f}."
            raise PartsUnfit(message, pointer="/value")


def verify(facts: JudgeFacts, *, by: Actor, at: datetime) -> Verified:
    """Verify an observation; a verified one that it corrects is void from now on.

    Refuses with NotVerifier, OwnReport, OwnDispute, ObservationNotOpen or PeriodVerified, in
    that order.
    """
    del at
    _judges(facts, by, open_in=(State.REPORTED, State.DISPUTED))
    rivals = [other.id for other in facts.others if not other.is_corrected]
    if rivals:
        raise PeriodVerified(f"{', '.join(rivals)} is verified.")
    return Verified(
        state=State.VERIFIED,
        verified_by=by.organisation_id,
        reason=facts.reason,
        replaces=tuple(other.id for other in facts.others),
    )


def dispute(facts: JudgeFacts, *, by: Actor, at: datetime) -> Disputed:
    """Say that a reported value is wrong.

    Refuses with NotParty, VerifierJudges, OwnReport or ObservationNotOpen, in that order.
    """
    del at
    if facts.role is None:
        raise NotParty("The caller's organisation has no place in this contract.")
    if facts.role == "verifier":
        raise VerifierJudges("The caller's organisation verifies under this contract.")
    _refuse_own(facts, by)
    if facts.state is not State.REPORTED or facts.is_superseded:
        raise _closed(facts)
    return Disputed(state=State.DISPUTED, disputed_by=by.organisation_id, reason=facts.reason)


def annul(facts: JudgeFacts, *, by: Actor, at: datetime) -> Annulled:
    """Find a reported or disputed value untrue.

    Refuses with NotVerifier, OwnReport, OwnDispute or ObservationNotOpen, in that order.
    """
    del at
    _judges(facts, by, open_in=(State.REPORTED, State.DISPUTED))
    return Annulled(state=State.VOID, annulled_by=by.organisation_id, reason=facts.reason)


def replace(facts: VoidFacts, *, by: Actor, at: datetime) -> Annulled:
    """Void what a verified correction has taken over from."""
    del facts, by, at
    return Annulled(state=State.VOID, annulled_by=None, reason=None)


def _correct(asked: Report, facts: ReportFacts, by: Actor) -> None:
    before = facts.standing
    if before is None or before.id != asked.supersedes:
        stands = "nothing" if before is None else before.id
        message = f"For this metric, period and source {stands} stands."
        raise NothingToCorrect(message, pointer="/supersedes")
    if not control.is_of_own_house(by, before.reported_by):
        raise NotOwnReport("Another organisation has reported it.", pointer="/supersedes")


def _judges(facts: JudgeFacts, by: Actor, *, open_in: tuple[State, ...]) -> None:
    if facts.role != "verifier":
        raise NotVerifier("The caller's organisation is not the verifier of this contract.")
    _refuse_own(facts, by)
    if control.is_of_own_house(by, facts.disputed_by):
        raise OwnDispute("The caller's organisation has disputed it.")
    if control.is_own(by, facts.disputed_hand):
        raise OwnDispute("The caller has disputed it, for another organisation.")
    if facts.state not in open_in or facts.is_superseded:
        raise _closed(facts)


def _refuse_own(facts: JudgeFacts, by: Actor) -> None:
    if control.is_of_own_house(by, facts.reported_by):
        raise OwnReport("The caller's organisation has reported it.")
    if control.is_own(by, facts.reported_hand):
        raise OwnReport("The caller has reported it, for another organisation.")


def _closed(facts: JudgeFacts) -> ObservationNotOpen:
    return ObservationNotOpen(
        f"It is {facts.state} and superseded." if facts.is_superseded else f"It is {facts.state}."
    )
