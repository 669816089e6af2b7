"""Which shifts can be made, by whom and when."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ecosystem.budgets import rules as budgets
from ecosystem.budgets.shifting.model import (
    DecideFacts,
    ProgrammeNow,
    ShiftApproved,
    Shifted,
    ShiftedFacts,
    ShiftFacts,
    ShiftKind,
    ShiftProposed,
    ShiftRejected,
    ShiftState,
)
from ecosystem.catalogue.profiles.model import FiscalYear
from ecosystem.ledger import rules as ledger
from ecosystem.values import control, money
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money
from ecosystem.values.period import Period
from ecosystem.values.refusal import Kind, Refusal

_ONWARD = frozenset({ShiftKind.TRANSFER, ShiftKind.CARRY_FORWARD})


class ShiftMissing(Refusal):
    """There is no such shift, or it is not for the caller to know of."""

    kind = Kind.MISSING
    remedy = "Check the identifier; until it is approved, only its authority reads a shift."


class ShiftUnfit(Refusal):
    """What is asked for does not fit this kind of shift."""

    kind = Kind.UNMET
    remedy = (
        "Give `to_id` and `amount` for a transfer (same year) or a carry-forward (the same "
        "programme of the next year), `appropriation_id` for a correction, and none for a lapse."
    )


class YearRunning(Refusal):
    """The fiscal year is not over."""

    kind = Kind.CONFLICT
    remedy = "Wait for the year's end, or transfer to another programme of the same year."


class CarryTooLate(Refusal):
    """The time in which it can be carried forward has passed."""

    kind = Kind.GONE
    remedy = "Let it lapse, and appropriate to the next year anew."


class CarryTooMuch(Refusal):
    """More would be carried forward than the profile allows."""

    kind = Kind.UNMET
    remedy = "Carry forward less; let the rest lapse."


class AppropriationCorrected(Refusal):
    """The appropriation was taken back already."""

    kind = Kind.CONFLICT
    remedy = "An appropriation is taken back once; make a new one if it was right after all."


class ShiftDecided(Refusal):
    """The shift was decided on already."""

    kind = Kind.CONFLICT
    remedy = "Propose another one."


class OwnShift(Refusal):
    """Nobody decides on a shift of their own."""

    kind = Kind.FORBIDDEN
    remedy = "Another person of the authority must approve it."


def propose(facts: ShiftFacts, *, by: Actor, at: datetime) -> ShiftProposed:
    """Propose a shift. Refuses with ProgrammeNotOwned, then as `_moving` does."""
    budgets.owned(facts.source.authority_number, by=by)
    return ShiftProposed(proposed_by=control.hand(by), amount=_moving(facts, at=at))


def approve(facts: DecideFacts, *, by: Actor, at: datetime) -> ShiftApproved:
    """Approve a shift, whose amount is found anew.

    Refuses with ProgrammeNotOwned, ShiftDecided or OwnShift, then as `_moving` does.
    """
    _decidable(facts, by=by)
    return ShiftApproved(decided_by=control.hand(by), amount=_moving(facts.shift, at=at))


def reject(facts: DecideFacts, *, by: Actor, at: datetime) -> ShiftRejected:
    """Reject a shift. Refuses with ProgrammeNotOwned, ShiftDecided or OwnShift.

    Requires that the facts have a reason.
    """
    del at
    _decidable(facts, by=by)
    reason = facts.rejection
    if reason is None:
        raise ValueError(facts)
    return ShiftRejected(decided_by=control.hand(by), reason=reason)


def shifted(facts: ShiftedFacts, *, by: Actor, at: datetime) -> Shifted:
    """Say what a shift has done to one programme."""
    del by, at
    return Shifted(
        shift_id=facts.shift_id,
        added=None if facts.is_source else facts.amount,
        taken=facts.amount if facts.is_source else None,
    )


def period_of(fiscal_year: int, year: FiscalYear) -> Period:
    """Return the days of a fiscal year."""
    month, day = (int(part) for part in year.starts.split("-"))
    return Period(date(fiscal_year, month, day), date(fiscal_year + 1, month, day))


def _decidable(facts: DecideFacts, *, by: Actor) -> None:
    budgets.owned(facts.shift.source.authority_number, by=by)
    if facts.state is not ShiftState.PROPOSED:
        raise ShiftDecided(f"It is {facts.state}.")
    if control.is_own(by, facts.proposed_by):
        raise OwnShift("The caller has proposed it.")


def _moving(facts: ShiftFacts, *, at: datetime) -> Money:
    """Return what a shift moves now.

    Refuses with ShiftUnfit; then of a transfer or a carry-forward an amount as `budgets.sound`
    does; of a carry-forward or a lapse with YearRunning, CarryTooLate or CarryTooMuch; of a
    correction with AppropriationCorrected; last with FundsInsufficient or NothingToMove.
    """
    _fitting(facts)
    amount = _amount(facts)
    budgets.sound(amount, currency=facts.source.currency)
    if facts.asked.kind in {ShiftKind.CARRY_FORWARD, ShiftKind.LAPSE}:
        _over(facts, amount, at=at)
    if facts.given is not None and facts.given.is_corrected:
        raise AppropriationCorrected(f"{facts.given.id} was taken back.")
    ledger.covered(amount, held=facts.source.available, what="The programme")
    return amount


def _amount(facts: ShiftFacts) -> Money:
    if facts.given is not None:
        return facts.given.amount
    return facts.asked.amount or money.of(Decimal(facts.source.available), facts.source.currency)


def _fitting(facts: ShiftFacts) -> None:
    asked, source, target = facts.asked, facts.source, facts.target
    onward, corrects = asked.kind in _ONWARD, asked.kind is ShiftKind.CORRECTION
    for field, said, wanted in (
        ("to_id", asked.to_id, onward),
        ("amount", asked.amount, onward),
        ("appropriation_id", asked.appropriation_id, corrects),
    ):
        if (said is not None) is not wanted:
            needs, has = f"A {asked.kind} needs {field}.", f"A {asked.kind} has no {field}."
            raise ShiftUnfit(needs if wanted else has, pointer=f"/{field}")
    if corrects and facts.given is None:
        raise ShiftUnfit("It was not given to this programme.", pointer="/appropriation_id")
    if target is not None and (unfit := _misfit(asked.kind, source, target)):
        raise ShiftUnfit(unfit, pointer="/to_id")


def _misfit(kind: ShiftKind, source: ProgrammeNow, target: ProgrammeNow) -> str | None:
    if target.authority_number != source.authority_number:
        return "That programme is of another authority."
    if target.currency != source.currency:
        return f"That programme is in {target.currency}, this one in {source.currency}."
    if target.id == source.id:
        return "That is the same programme."
    year = source.fiscal_year + (kind is ShiftKind.CARRY_FORWARD)
    if target.fiscal_year != year:
        return f"That programme is of {target.fiscal_year}, not of {year}."
    aims = [(one.sector, one.operation, one.phase) for one in (source, target)]
    if kind is ShiftKind.CARRY_FORWARD and aims[0] != aims[1]:
        return "That programme is for something else."
    return None


def _over(facts: ShiftFacts, amount: Money, *, at: datetime) -> None:
    ends_on = period_of(facts.source.fiscal_year, facts.year).ends_on
    today = at.astimezone(ZoneInfo(facts.time_zone)).date()
    if today < ends_on:
        raise YearRunning(f"It ends with the day before {ends_on}.")
    if facts.asked.kind is ShiftKind.LAPSE:
        return
    days, share = facts.year.carry_days, facts.year.carry_share_max
    if days is not None and today >= ends_on + timedelta(days=days):
        raise CarryTooLate(f"It could be until {days} days after the year's end.")
    carried, given = Decimal(facts.source.carried), Decimal(facts.source.appropriated)
    most = None if share is None else Decimal(share) * (given + carried)
    if most is not None and carried + amount.decimal() > most:
        raise CarryTooMuch(
            f"{share} of what was appropriated may be carried forward, "
            f"{money.said(most, amount.currency)} in all; "
            f"{money.said(carried, amount.currency)} was.", pointer="/amount",
        )  # fmt: skip
