"""What financing costs a year, all in: by that offers of money are compared."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ecosystem.values.money import Amount
from ecosystem.values.patterns import whole
from ecosystem.values.refusal import Kind, Refusal

TENOR_MONTHS_MAX: Final = 600
PERCENT_ERROR_MAX: Final = Decimal("1e-10")

_CONTEXT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_MONTHS: Final = 12
_HUNDRED: Final = Decimal(100)

Percent = Annotated[
    str,
    Meta(
        pattern=whole(r"(0|[1-9][0-9]{0,3})(\.[0-9]{1,6})?"),
        max_length=11,
        description="Per cent a year, as a decimal string.",
        examples=["4.35"],
    ),
]
Months = Annotated[int, Meta(ge=0, le=TENOR_MONTHS_MAX)]


class Repayment(StrEnum):
    """How the principal comes back after the grace months."""

    EQUAL_PRINCIPAL = "equal_principal"
    """The same principal each month, and interest on what is left."""
    EQUAL_INSTALMENT = "equal_instalment"
    """The same sum of principal and interest each month."""


class Fee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the borrower pays beside interest."""

    month: Months
    """When, counted from the drawdown; 0 is with the drawdown."""
    amount: Amount


class FinancingTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A loan as it is compared: all drawn in month 0, paid monthly, nothing rounded."""

    amount: Amount
    annual_rate_percent: Percent
    """Nominal: a twelfth of it is charged each month on what is left."""
    tenor_months: Annotated[int, Meta(ge=1, le=TENOR_MONTHS_MAX)]
    """Months from the drawdown to the last payment, the grace months among them."""
    grace_months: Months = 0
    """Months at the start in which interest is paid and no principal."""
    repayment: Repayment
    fees: Annotated[tuple[Fee, ...], Meta(max_length=100)] = ()


class FinancingUnsound(Refusal):
    """The terms of the financing contradict themselves."""

    kind = Kind.UNMET
    remedy = "Keep the grace and every fee within the tenor, and the amount above 0."


class FinancingYieldsNothing(Refusal):
    """The fees at the drawdown leave nothing of the amount."""

    kind = Kind.UNMET
    remedy = "Charge less at the drawdown than the amount."


def effective_annual_cost(terms: FinancingTerms) -> Decimal:
    """Return what `terms` cost in per cent a year, with monthly compounding and all fees.

    That is 100 x ((1 + x)^12 - 1), where x is the monthly rate at which the payments are worth
    what is received in month 0: the internal rate of return. Bisected until the ends differ by
    no more than 1e-10 of a per cent; the middle is returned, not rounded.
    Refuses with FinancingUnsound, FinancingYieldsNothing.
    """
    with localcontext(_CONTEXT):
        payments = cash_flow(terms)
        received, due = -payments[0], payments[1:]
        if received <= 0:
            raise FinancingYieldsNothing(f"Of {terms.amount} the borrower receives {received}.")
        low, high = Decimal(0), Decimal(1)
        while _present_value(due, monthly=high) > received:
            low, high = high, high * 2
        while _percent(high) - _percent(low) > PERCENT_ERROR_MAX:
            middle = (low + high) / 2
            if _present_value(due, monthly=middle) > received:
                low = middle
            else:
                high = middle
        return _percent((low + high) / 2)


def cash_flow(terms: FinancingTerms) -> tuple[Decimal, ...]:
    """Return what the borrower pays in month 0, 1, ..., tenor; what it receives is negative.

    Refuses with FinancingUnsound.
    """
    _check(terms)
    with localcontext(_CONTEXT):
        amount = Decimal(terms.amount)
        monthly = Decimal(terms.annual_rate_percent) / _HUNDRED / _MONTHS
        instalments = terms.tenor_months - terms.grace_months
        repaid = _REPAYMENTS[terms.repayment](amount, monthly=monthly, instalments=instalments)
        flow = [-amount, *([amount * monthly] * terms.grace_months), *repaid]
        for fee in terms.fees:
            flow[fee.month] += Decimal(fee.amount)
        return tuple(flow)


def _check(terms: FinancingTerms) -> None:
    if Decimal(terms.amount) <= 0:
        raise FinancingUnsound("The amount is 0.", pointer="/amount")
    if terms.grace_months >= terms.tenor_months:
        raise FinancingUnsound("No month is left in which to repay.", pointer="/grace_months")
    for index, fee in enumerate(terms.fees):
        if fee.month > terms.tenor_months:
            detail = f"Month {fee.month} is after the tenor."
            raise FinancingUnsound(detail, pointer=f"/fees/{index}/month")


def _equal_principal(amount: Decimal, *, monthly: Decimal, instalments: int) -> list[Decimal]:
    principal = amount / instalments
    return [principal + (amount - principal * paid) * monthly for paid in range(instalments)]


def _equal_instalment(amount: Decimal, *, monthly: Decimal, instalments: int) -> list[Decimal]:
    if monthly == 0:
        return [amount / instalments] * instalments
    annuity = (1 - (1 + monthly) ** -instalments) / monthly
    return [amount / annuity] * instalments


_REPAYMENTS: Final = {
    Repayment.EQUAL_PRINCIPAL: _equal_principal,
    Repayment.EQUAL_INSTALMENT: _equal_instalment,
}


def _present_value(payments: Sequence[Decimal], *, monthly: Decimal) -> Decimal:
    discount = 1 / (1 + monthly)
    value = Decimal(0)
    for payment in reversed(payments):
        value = (value + payment) * discount
    return value


def _percent(monthly: Decimal) -> Decimal:
    return _HUNDRED * ((1 + monthly) ** _MONTHS - 1)
