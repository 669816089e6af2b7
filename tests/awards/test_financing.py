"""Financing is compared by its effective annual cost, worked out by hand here."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.awards.financing import (
    Fee,
    FinancingTerms,
    FinancingUnsound,
    FinancingYieldsNothing,
    Repayment,
    cash_flow,
    effective_annual_cost,
)

CLOSE = Decimal("1e-9")


def loan(
    *,
    amount: str = "1000",
    rate: str = "12",
    tenor: int = 12,
    grace: int = 0,
    repayment: Repayment = Repayment.EQUAL_INSTALMENT,
    fees: tuple[Fee, ...] = (),
) -> FinancingTerms:
    return FinancingTerms(
        amount=amount,
        annual_rate_percent=rate,
        tenor_months=tenor,
        grace_months=grace,
        repayment=repayment,
        fees=fees,
    )


def yearly(monthly: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return 100 * ((1 + monthly) ** 12 - 1)


@given(
    rate=st.decimals(min_value=0, max_value=99, places=2),
    tenor=st.integers(1, 120),
    grace=st.integers(0, 119),
    repayment=st.sampled_from(Repayment),
)
@settings(max_examples=40, deadline=None)
def test_without_fees_the_cost_is_the_rate_compounded_however_it_is_repaid(
    rate: Decimal, tenor: int, grace: int, repayment: Repayment
) -> None:
    terms = loan(rate=str(rate), tenor=tenor, grace=min(grace, tenor - 1), repayment=repayment)

    with localcontext() as context:
        context.prec = 60
        assert abs(effective_annual_cost(terms) - yearly(rate / 1200)) <= CLOSE


def test_twelve_per_cent_costs_12_68_per_cent() -> None:
    assert round(effective_annual_cost(loan()), 4) == Decimal("12.6825")


def test_a_fee_of_a_hundredth_on_one_free_month_costs_a_ninety_ninth_a_month() -> None:
    terms = loan(rate="0", tenor=1, fees=(Fee(0, "10"),))

    assert abs(effective_annual_cost(terms) - yearly(Decimal(1) / 99)) <= CLOSE
    assert round(effective_annual_cost(terms), 4) == Decimal("12.8178")


def test_two_payments_solve_a_quadratic() -> None:
    # 1000 less 100 now, 500 after each of two months: 900 v^-2 - 500 v^-1 - 500 = 0, and so
    # 1 + x = (500 + sqrt(250000 + 1800000)) / 1800.
    terms = loan(rate="0", tenor=2, repayment=Repayment.EQUAL_PRINCIPAL, fees=(Fee(0, "100"),))

    with localcontext() as context:
        context.prec = 60
        growth = (500 + Decimal(2_050_000).sqrt()) / 1800
        assert abs(effective_annual_cost(terms) - yearly(growth - 1)) <= CLOSE


def test_a_fee_at_the_end_costs_less_than_the_same_fee_at_the_start() -> None:
    first = effective_annual_cost(loan(fees=(Fee(0, "20"),)))
    last = effective_annual_cost(loan(fees=(Fee(12, "20"),)))

    assert first > last > effective_annual_cost(loan())


def test_money_without_interest_or_fees_costs_nothing() -> None:
    assert 0 <= effective_annual_cost(loan(rate="0")) <= CLOSE


def test_a_usurious_fee_still_has_a_cost() -> None:
    terms = loan(rate="0", tenor=1, fees=(Fee(0, "999"),))

    assert abs(effective_annual_cost(terms) / yearly(Decimal(999)) - 1) < Decimal("1e-20")


def test_equal_principal_pays_interest_on_what_is_left() -> None:
    flow = cash_flow(loan(amount="1200", tenor=4, grace=1, repayment=Repayment.EQUAL_PRINCIPAL))

    assert [int(payment) for payment in flow] == [-1200, 12, 412, 408, 404]


def test_equal_instalments_are_equal_and_repay_all() -> None:
    flow = cash_flow(loan(tenor=3))
    left = Decimal(1000)
    for payment in flow[1:]:
        left = left * Decimal("1.01") - payment

    assert len(set(flow[1:])) == 1
    assert abs(left) < Decimal("1e-20")
    assert round(flow[1], 2) == Decimal("340.02")


@given(st.integers(1, 24), st.integers(0, 500), st.integers(1, 400))
@settings(max_examples=30, deadline=None)
def test_a_higher_fee_never_costs_less(tenor: int, fee: int, more: int) -> None:
    lower = effective_annual_cost(loan(tenor=tenor, fees=(Fee(0, str(fee)),)))
    higher = effective_annual_cost(loan(tenor=tenor, fees=(Fee(0, str(fee + more)),)))

    assert higher > lower


@pytest.mark.parametrize(
    "terms",
    [loan(amount="0"), loan(tenor=3, grace=3), loan(tenor=3, fees=(Fee(4, "1"),))],
)
def test_terms_that_contradict_themselves_are_refused(terms: FinancingTerms) -> None:
    with pytest.raises(FinancingUnsound):
        effective_annual_cost(terms)


def test_fees_that_eat_the_loan_are_refused() -> None:
    with pytest.raises(FinancingYieldsNothing):
        effective_annual_cost(loan(fees=(Fee(0, "1000"),)))
