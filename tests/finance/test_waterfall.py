"""Money that comes in is applied in order, all of it, and can be applied again."""

import random
from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.finance import waterfall
from ecosystem.finance.schedules import (
    DayCount,
    Loan,
    Repaid,
    accrued,
    months_later,
    schedule,
    year_part,
)
from ecosystem.finance.waterfall import ORDER, Application, Claim, apply, recompute
from ecosystem.offers.model import Repayment
from ecosystem.values.money import Money
from tests.shared import shared_file

CENTS = st.integers(0, 10**9).map(lambda cents: f"{Decimal(cents) / 100:.2f}")
DAYS = st.dates(date(2026, 1, 1), date(2029, 12, 31))
CLAIMS = st.lists(
    st.builds(
        Claim,
        rank=st.sampled_from(ORDER),
        of=st.sampled_from(["drawdown-a", "drawdown-b"]),
        due_on=st.none() | DAYS,
        amount=CENTS,
    ),
    max_size=12,
)
LOANS = st.builds(
    Loan,
    principal=st.integers(1, 10**9).map(lambda cents: f"{Decimal(cents) / 100:.2f}"),
    currency=st.just("CNY"),
    annual_rate=st.integers(0, 36_000_000).map(lambda rate: f"{Decimal(rate) / 10**6:.6f}"),
    day_count=st.sampled_from(DayCount),
    starts_on=DAYS,
    months=st.integers(1, 60),
    grace_months=st.just(0),
    repayment=st.sampled_from(Repayment),
)


@given(CENTS, CLAIMS)
def test_all_money_goes_somewhere_and_no_claim_gets_more_than_it_asks(
    cash: str, claims: list[Claim]
) -> None:
    applied = apply(Money(cash, "CNY"), claims)

    paid = [Decimal(one.paid) for one in applied.lines]
    assert sum(paid, Decimal(applied.surplus)) == Decimal(cash)
    assert all(0 <= Decimal(one.paid) <= Decimal(one.asked) for one in applied.lines)
    assert sorted(one.asked for one in applied.lines) == sorted(one.amount for one in claims)


@given(CENTS, CLAIMS)
def test_nothing_is_paid_while_something_before_it_is_open(cash: str, claims: list[Claim]) -> None:
    applied = apply(Money(cash, "CNY"), claims)

    ranks = [ORDER.index(one.rank) for one in applied.lines]
    assert ranks == sorted(ranks)
    is_open = False
    for one in applied.lines:
        assert not (is_open and Decimal(one.paid))
        is_open = is_open or (one.paid != one.asked and Decimal(one.paid) < Decimal(one.asked))
    assert not (is_open and Decimal(applied.surplus))


@given(CENTS, CLAIMS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_of_claims_changes_no_payment(
    cash: str, claims: list[Claim], dice: random.Random
) -> None:
    shuffled = list(claims)
    dice.shuffle(shuffled)

    first, second = (apply(Money(cash, "CNY"), one) for one in (claims, shuffled))

    keys = [(one.rank, one.of, one.due_on) for one in claims]
    if len(set(keys)) == len(keys):
        assert first.lines == second.lines
    assert first.surplus == second.surplus


def test_an_application_is_computed_again_from_itself_and_a_changed_cent_is_found() -> None:
    made = apply(Money("10.00", "CNY"), [Claim(rank="fee", of="d", due_on=None, amount="4.00")])
    sent = msgspec.json.decode(msgspec.json.encode(made), type=Application)

    assert recompute(sent) == made
    forged = msgspec.structs.replace(sent, surplus="5.00")
    assert recompute(forged).digest == made.digest != ""
    assert recompute(forged) != forged


def test_an_unknown_version_and_an_unknown_rank_are_refused() -> None:
    with pytest.raises(waterfall.WaterfallUnknown):
        apply(Money("1.00", "CNY"), [], version="0")
    with pytest.raises(waterfall.RankUnknown):
        apply(Money("1.00", "CNY"), [Claim(rank="gift", of="d", due_on=None, amount="1.00")])


def test_the_published_example_gives_its_numbers() -> None:
    file = shared_file("data/payments/examples.json")
    [example] = [
        one for one in msgspec.json.decode(file.read_bytes())["examples"]
        if one["id"] == "waterfall"
    ]  # fmt: skip
    claims = [
        Claim(rank=rank, of="d", due_on=None, amount=amount)
        for rank, amount in example["parameters"]["claims"]
    ]

    applied = apply(
        Money(example["facts"]["cash"], "CNY"), claims, order=tuple(one.rank for one in claims)
    )

    assert [[one.rank, one.paid] for one in applied.lines] == example["pays"]
    assert applied.surplus == "0"


@given(LOANS, st.integers(0, 59))
def test_the_principal_of_all_instalments_is_what_was_lent(loan: Loan, grace: int) -> None:
    chosen = msgspec.structs.replace(loan, grace_months=min(grace, loan.months - 1))

    made = schedule(chosen)

    principal = [Decimal(one.principal) for one in made]
    assert sum(principal) == Decimal(chosen.principal)
    assert min(principal) >= 0
    assert not any(principal[: chosen.grace_months])
    texts = [text for one in made for text in (one.principal, one.interest, one.left)]
    assert {len(text.partition(".")[2]) for text in texts} == {2}
    assert Decimal(made[-1].left) == 0
    assert [one.due_on for one in made] == sorted({one.due_on for one in made})


@given(LOANS, DAYS, DAYS)
def test_interest_never_comes_to_less_than_it_was(loan: Loan, first: date, second: date) -> None:
    early, late = sorted((first, second))
    half = Repaid(on=early, amount=f"{Decimal(loan.principal) / 2:.2f}")

    grown = [accrued(loan, repaid, on=late) for repaid in ([], [half])]

    assert accrued(loan, [], on=early) <= grown[1] <= grown[0]


@given(st.sampled_from(DayCount), DAYS, DAYS, DAYS)
def test_parts_of_a_time_add_up_to_the_whole(
    count: DayCount, first: date, second: date, third: date
) -> None:
    days = sorted((first, second, third))

    parts = year_part(count, days[0], days[1]) + year_part(count, days[1], days[2])

    assert parts == year_part(count, days[0], days[2])


def test_day_counts_are_those_of_the_definitions() -> None:
    spans = (date(2026, 1, 31), date(2026, 3, 31))

    assert year_part(DayCount.ACTUAL_365, *spans) == Fraction(59, 365)
    assert year_part(DayCount.ACTUAL_360, *spans) == Fraction(59, 360)
    assert year_part(DayCount.THIRTY_360, *spans) == Fraction(60, 360)
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
