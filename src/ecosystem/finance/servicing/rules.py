"""What is owed on a day, how money that comes in is applied, how a schedule is restated."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from ecosystem.finance.model import State as FacilityState
from ecosystem.finance.rules import lender, within
from ecosystem.finance.schedules import Instalment, Loan, Repaid, accrued, schedule
from ecosystem.finance.servicing.model import (
    BeginFacts,
    DrawnLoan,
    Position,
    Received,
    ReceiveFacts,
    Restated,
    RestateFacts,
    Scheduled,
    Source,
)
from ecosystem.finance.waterfall import (
    EARLY_PRINCIPAL,
    FEE,
    INTEREST,
    ORDER,
    PRINCIPAL,
    Claim,
    apply,
)
from ecosystem.values import control, money
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal

_NOTHING: Final = Decimal(0)
_DATE_LINE: Final = timedelta(days=1)
"""By how much a bank's day can differ from that of UTC."""
_PRINCIPAL: Final = frozenset({PRINCIPAL, EARLY_PRINCIPAL})


class RepaymentMissing(Refusal):
    """There is no such repayment, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/facilities/{id}/repayments answered."


class NothingReceived(Refusal):
    """Nothing came in, or it is in another currency."""

    kind = Kind.UNMET
    remedy = "Give an amount above zero in the currency of the facility."


class RepaymentMisdated(Refusal):
    """The money cannot have come in on that day."""

    kind = Kind.UNMET
    remedy = "Record repayments in the order of their days, and none that is to come."


class RepaymentDoubled(Refusal):
    """The bank reference is that of another repayment."""

    kind = Kind.CONFLICT
    remedy = "Give the reference of the transaction that brought this money."


class NotDisbursed(Refusal):
    """The drawdown was not disbursed: it has no schedule."""

    kind = Kind.CONFLICT
    remedy = "Disburse it first."


class NothingLeft(Refusal):
    """All principal of the drawdown is repaid."""

    kind = Kind.CONFLICT
    remedy = "Nothing has to be restated."


class GraceTooLong(Refusal):
    """No month is left in which to repay."""

    kind = Kind.UNMET
    remedy = "Let the grace end before the last instalment."


class RestatedSooner(Refusal):
    """Principal would be due sooner than it is."""

    kind = Kind.UNMET
    remedy = "Give the borrower no less time; who wants it sooner agrees on a new facility."


def begin(facts: BeginFacts) -> Scheduled:
    """Make the first schedule of a drawdown."""
    terms = facts.terms
    loan = Loan(
        principal=facts.amount.amount,
        currency=facts.amount.currency,
        annual_rate=terms.annual_rate,
        day_count=terms.day_count,
        starts_on=facts.disbursed_on,
        months=terms.tenor_months,
        grace_months=terms.grace_months,
        repayment=terms.repayment,
    )
    return Scheduled(loan=loan, instalments=schedule(loan))


def receive(facts: ReceiveFacts, *, by: Actor, at: datetime) -> Received:
    """Apply money that has come in.

    What the borrower paid, the lender records; what the authority paid is applied whatever the
    lender has done since: under a closed facility all of it is surplus, which is the borrower's.
    Refuses with NotLender, FacilityOutOfTurn, NothingReceived, AmountTooFine, RepaymentDoubled,
    RepaymentMisdated, in that order.
    """
    asked = facts.asked
    if facts.payment_id is None:
        lender(facts.facility, by)
        within(facts.facility, FacilityState.AGREED)
    is_same = asked.amount.currency == facts.facility.amount.currency
    if not is_same or not money.check(asked.amount, pointer="/amount"):
        message = f"The facility is in {facts.facility.amount.currency}."
        raise NothingReceived(message, pointer="/amount")
    if facts.recorded is not None:
        raise RepaymentDoubled(
            f"{asked.bank_reference} is that of {facts.recorded}.", pointer="/bank_reference"
        )
    if not (facts.last_on or date.min) <= asked.received_on <= (at + _DATE_LINE).date():
        raise RepaymentMisdated(
            f"The last came in on {facts.last_on}, and today is {at.date()}."
            if facts.last_on
            else f"None has come in before, and today is {at.date()}.",
            pointer="/received_on",
        )
    owed = claims(facts.loans, on=asked.received_on, early=facts.repays_early)
    return Received(
        source=Source.BORROWER if facts.payment_id is None else Source.AUTHORITY,
        received_on=asked.received_on,
        application=apply(money.of(asked.amount.decimal(), asked.amount.currency), owed),
    )


def restate(facts: RestateFacts, *, by: Actor, at: datetime) -> Restated:
    """Have what is still lent come back by another schedule, never sooner.

    Refuses with NotLender, FacilityOutOfTurn, NothingLeft, GraceTooLong, RestatedSooner, in that
    order.
    """
    lender(facts.facility, by)
    within(facts.facility, FacilityState.AGREED)
    before, asked = facts.loan, facts.asked
    repaid = _total(before, _PRINCIPAL)
    left = Decimal(before.loan.principal) - repaid
    if not left:
        raise NothingLeft("The principal is repaid.")
    if asked.grace_months >= asked.months:
        raise GraceTooLong("The grace lasts to the end.", pointer="/grace_months")
    loan = Loan(
        principal=money.written(left, before.loan.currency),
        currency=before.loan.currency,
        annual_rate=before.loan.annual_rate,
        day_count=before.loan.day_count,
        starts_on=at.date(),
        months=asked.months,
        grace_months=asked.grace_months,
        repayment=before.loan.repayment,
    )
    made = schedule(loan)
    _refuse_sooner(before, made, repaid=repaid)
    return Restated(
        ordinal=before.ordinal + 1,
        schedule=Scheduled(loan=loan, instalments=made),
        repaid_before=money.written(repaid, before.loan.currency),
        reason=asked.reason,
        restated_by=control.hand(by),
    )


def position(facility_id: str, loans: Iterable[DrawnLoan], *, currency: str, on: date) -> Position:
    """Return what is owed under a facility on a day."""
    owed = claims(loans, on=on, early=True)
    ordered = sorted(owed, key=lambda one: (ORDER.index(one.rank), one.due_on or date.max, one.of))
    not_due = sum((Decimal(one.amount) for one in owed if one.rank == EARLY_PRINCIPAL), _NOTHING)
    total = sum((Decimal(one.amount) for one in owed), _NOTHING)
    return Position(
        facility_id=facility_id,
        on=on,
        due=money.of(total - not_due, currency),
        not_due=money.of(not_due, currency),
        claims=tuple(ordered),
    )


def claims(loans: Iterable[DrawnLoan], *, on: date, early: bool) -> tuple[Claim, ...]:
    """Return what is owed on a day; with `early` also the principal that is not due yet."""
    return tuple(one for loan in loans for one in _claims(loan, on, early=early))


def _claims(one: DrawnLoan, on: date, *, early: bool) -> Iterator[Claim]:
    fees = ((fee.due_on, fee.amount.decimal()) for fee in one.fees)
    yield from _left(one, FEE, fees, paid=_total(one, {FEE}), on=on)
    interest = accrued(one.loan, _repaid(one), on=on) - _total(one, {INTEREST})
    if interest > 0:
        yield _claim(one, INTEREST, on, interest)
    repaid = _total(one, _PRINCIPAL)
    due = ((each.due_on, Decimal(each.principal)) for each in one.instalments)
    principal = tuple(_left(one, PRINCIPAL, due, paid=repaid - Decimal(one.repaid_before), on=on))
    yield from principal
    rest = Decimal(one.loan.principal) - repaid
    rest -= sum((Decimal(each.amount) for each in principal), _NOTHING)
    if early and rest > 0:
        yield _claim(one, EARLY_PRINCIPAL, None, rest)


def _left(
    one: DrawnLoan, rank: str, due: Iterable[tuple[date, Decimal]], *, paid: Decimal, on: date
) -> Iterator[Claim]:
    """Yield what is left of amounts that are due by a day; what was paid, paid the first."""
    for due_on, amount in due:
        left = max(amount - paid, _NOTHING)
        paid = max(paid - amount, _NOTHING)
        if left and due_on <= on:
            yield _claim(one, rank, due_on, left)


def _claim(one: DrawnLoan, rank: str, due_on: date | None, amount: Decimal) -> Claim:
    asked = money.written(amount, one.loan.currency)
    return Claim(rank=rank, of=one.drawdown_id, due_on=due_on, amount=asked)


def _total(one: DrawnLoan, ranks: Iterable[str]) -> Decimal:
    chosen = frozenset(ranks)
    return sum((Decimal(each.amount) for each in one.paid if each.rank in chosen), _NOTHING)


def _repaid(one: DrawnLoan) -> Iterator[Repaid]:
    for each in one.paid:
        if each.rank in _PRINCIPAL:
            yield Repaid(on=each.on, amount=each.amount)


def _refuse_sooner(before: DrawnLoan, made: Iterable[Instalment], *, repaid: Decimal) -> None:
    asked = repaid
    for one in made:
        asked += Decimal(one.principal)
        due = Decimal(before.repaid_before) + sum(
            (Decimal(each.principal) for each in before.instalments if each.due_on <= one.due_on),
            _NOTHING,
        )
        if asked > max(due, repaid):
            sooner, agreed = (money.said(each, before.loan.currency) for each in (asked, due))
            raise RestatedSooner(
                f"By {one.due_on} {sooner} would be due in all, and now it is {agreed}.",
                pointer="/months",
            )
