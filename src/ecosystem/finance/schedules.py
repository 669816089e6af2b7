"""When a loan comes back: instalments, and what interest has grown by a day.

Sources: ISDA 2006 Definitions, section 4.16 (d) for `actual_365`, (e) for `actual_360` and (g) for
`thirty_360`, where the 31st counts as the 30th.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Context, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from typing import Final

import msgspec

from ecosystem.offers.model import Rate, Repayment
from ecosystem.values import money
from ecosystem.values.money import Amount, Currency

_CONTEXT: Final = Context(prec=60)
_MONTHS: Final = 12
_HUNDRED: Final = 100
_NOTHING: Final = Decimal(0)


class DayCount(StrEnum):
    """How a time between two days becomes a part of a year."""

    ACTUAL_365 = "actual_365"
    ACTUAL_360 = "actual_360"
    THIRTY_360 = "thirty_360"
    """Each month has 30 days: between the same days of two months lies a twelfth of a year."""


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """What a schedule is made from."""

    principal: Amount
    currency: Currency
    annual_rate: Rate
    day_count: DayCount
    starts_on: date
    months: int
    """From `starts_on` to the last instalment; the grace months among them."""
    grace_months: int
    """In these only interest is due. Fewer than `months`."""
    repayment: Repayment


class Instalment(msgspec.Struct, frozen=True, kw_only=True):
    """What is due on a day, as long as every instalment before it is paid on its day."""

    number: int
    due_on: date
    principal: Amount
    interest: Amount
    left: Amount
    """The principal that is then still lent."""


class Repaid(msgspec.Struct, frozen=True, kw_only=True):
    """Principal that came back."""

    on: date
    amount: Amount


def schedule(loan: Loan) -> tuple[Instalment, ...]:
    """Return the instalments of a loan, one a month; their principal adds up to what was lent."""
    left, since = Decimal(loan.principal), loan.starts_on
    repay = _REPAYMENTS[loan.repayment](loan)
    made = list[Instalment]()
    for number in range(1, loan.months + 1):
        due_on = months_later(loan.starts_on, number)
        grown = Fraction(left) * _yearly(loan.annual_rate)
        interest = rounded(grown * year_part(loan.day_count, since, due_on), loan.currency)
        principal = repay(number, left, interest)
        left -= principal
        made.append(
            Instalment(
                number=number,
                due_on=due_on,
                principal=money.written(principal, loan.currency),
                interest=money.written(interest, loan.currency),
                left=money.written(left, loan.currency),
            )
        )
        since = due_on
    return tuple(made)


def accrued(loan: Loan, repaid: Iterable[Repaid], *, on: date) -> Decimal:
    """Return all interest that a loan has borne from its start to a day, paid or not.

    Rounded once, at the end: what grows from day to day never comes to less than it was.
    Requires `repaid` in the order of its days.
    """
    left, since, grown = Fraction(Decimal(loan.principal)), loan.starts_on, Fraction(0)
    for one in repaid:
        if one.on >= on:
            break
        grown += left * year_part(loan.day_count, since, one.on)
        left, since = left - Fraction(Decimal(one.amount)), max(since, one.on)
    grown += left * year_part(loan.day_count, since, on)
    return rounded(grown * _yearly(loan.annual_rate), loan.currency)


def year_part(count: DayCount, since: date, until: date) -> Fraction:
    """Return which part of a year lies between two days; nothing where they are reversed."""
    if until <= since:
        return Fraction(0)
    match count:
        case DayCount.ACTUAL_365:
            return Fraction((until - since).days, 365)
        case DayCount.ACTUAL_360:
            return Fraction((until - since).days, 360)
        case DayCount.THIRTY_360:
            return Fraction(_thirty(until) - _thirty(since), 360)


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last of that month where it has none."""
    year, month = divmod(day.month - 1 + months, _MONTHS)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def rounded(amount: Fraction, currency: str) -> Decimal:
    """Return an amount, not below zero, rounded half up to the coins of its currency."""
    places = money.places(currency)
    doubled = amount * 10**places * 2 + 1
    return Decimal(doubled.numerator // (doubled.denominator * 2)).scaleb(-places)


def _thirty(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def _yearly(rate: Rate) -> Fraction:
    return Fraction(Decimal(rate)) / _HUNDRED


Repay = Callable[[int, Decimal, Decimal], Decimal]
"""From the number of an instalment, what is left and the interest due, the principal due."""


def _equal_principal(loan: Loan) -> Repay:
    count = loan.months - loan.grace_months
    parts = money.split(Decimal(loan.principal), (Decimal(1),) * count, currency=loan.currency)

    def repay(number: int, left: Decimal, interest: Decimal) -> Decimal:
        del left, interest
        return parts[number - loan.grace_months - 1] if number > loan.grace_months else _NOTHING

    return repay


def _equal_instalment(loan: Loan) -> Repay:
    level = _level(loan)

    def repay(number: int, left: Decimal, interest: Decimal) -> Decimal:
        if number <= loan.grace_months:
            return _NOTHING
        if number == loan.months:
            return left
        return min(max(level - interest, _NOTHING), left)

    return repay


def _level(loan: Loan) -> Decimal:
    """Return the sum that repays a loan in equal instalments, at a twelfth of the rate a month."""
    with localcontext(_CONTEXT):
        principal, count = Decimal(loan.principal), loan.months - loan.grace_months
        monthly = Decimal(loan.annual_rate) / _HUNDRED / _MONTHS
        if monthly == 0:
            return money.of(principal / count, loan.currency).decimal()
        annuity = (1 - (1 + monthly) ** -count) / monthly
        return money.of(principal / annuity, loan.currency).decimal()


_REPAYMENTS: Final = {
    Repayment.EQUAL_PRINCIPAL: _equal_principal,
    Repayment.EQUAL_INSTALMENT: _equal_instalment,
}
