"""A move is carried out leg by leg, and refused where an account would hold too little."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.ledger import rules
from ecosystem.ledger.model import (
    AccountKind,
    Balance,
    Leg,
    Moved,
    MoveFacts,
    ReversalFacts,
    Transfer,
)
from ecosystem.values.money import AmountTooFine, CurrencyUnknown, Money
from tests.ledger.purses import AT, TREASURER, account, appropriation, leg

PROGRAMME = "programme_one"
SOURCE = account(AccountKind.APPROPRIATION, of=PROGRAMME)
AVAILABLE = account(AccountKind.AVAILABLE, of=PROGRAMME)
COMMITTED = account(AccountKind.COMMITTED, of=PROGRAMME, owner="award_one")
ENCUMBERED = account(AccountKind.ENCUMBERED, of=PROGRAMME, owner="contract_one")


def _move(*legs: Leg, source: str = "-100", available: str = "100") -> Moved:
    held = {SOURCE: source, AVAILABLE: available, COMMITTED: "0", ENCUMBERED: "0"}
    balances = tuple(Balance(name, "CNY", amount) for name, amount in held.items())
    return rules.move(MoveFacts(legs=legs, balances=balances), by=TREASURER, at=AT)


def _after(moved: Moved) -> dict[AccountKind, Decimal]:
    return {one.account.kind: Decimal(one.amount) for one in moved.balances}


def test_money_goes_from_the_debited_to_the_credited_account() -> None:
    after = _after(_move(leg(AVAILABLE, COMMITTED, "30.25")))

    assert after[AccountKind.AVAILABLE] == Decimal("69.75")
    assert after[AccountKind.COMMITTED] == Decimal("30.25")


def test_a_leg_may_spend_what_the_leg_before_brought() -> None:
    after = _after(_move(leg(AVAILABLE, COMMITTED, "30"), leg(COMMITTED, ENCUMBERED, "30")))

    assert after[AccountKind.COMMITTED] == 0
    assert after[AccountKind.ENCUMBERED] == 30


def test_no_leg_may_spend_what_only_a_later_leg_brings() -> None:
    with pytest.raises(rules.FundsInsufficient):
        _move(leg(COMMITTED, ENCUMBERED, "30"), leg(AVAILABLE, COMMITTED, "30"))


def test_an_account_gives_all_that_it_holds_and_not_a_cent_more() -> None:
    assert _after(_move(leg(AVAILABLE, COMMITTED, "100")))[AccountKind.AVAILABLE] == 0

    with pytest.raises(rules.FundsInsufficient, match=r"holds 100 CNY; 100\.01 is asked for"):
        _move(leg(AVAILABLE, COMMITTED, "100.01"))


def test_the_source_of_money_takes_back_no_more_than_it_gave() -> None:
    assert _after(_move(leg(AVAILABLE, SOURCE, "100")))[AccountKind.APPROPRIATION] == 0

    with pytest.raises(rules.FundsInsufficient):
        _move(leg(AVAILABLE, SOURCE, "51"), source="-50")


@pytest.mark.parametrize(
    ("amount", "currency", "refusal"),
    [
        ("0", "CNY", rules.NothingToMove),
        ("0.001", "CNY", AmountTooFine),
        ("0.5", "JPY", AmountTooFine),
        ("1", "ZZZ", CurrencyUnknown),
    ],
)
def test_an_amount_that_cannot_be_paid_is_not_moved(
    amount: str, currency: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        _move(leg(AVAILABLE, COMMITTED, amount, currency=currency))


@given(amounts=st.lists(st.decimals(min_value="0.01", max_value=60, places=2), max_size=5))
def test_whatever_is_moved_nothing_is_made_or_lost(amounts: list[Decimal]) -> None:
    legs = [leg(AVAILABLE, COMMITTED, f"{amount:f}") for amount in amounts]

    if sum(amounts) > 100:
        with pytest.raises(rules.FundsInsufficient):
            _move(*legs)
    else:
        after = _after(_move(*legs))
        assert sum(after.values()) == 0
        assert after[AccountKind.COMMITTED] == sum(amounts)


def _made(id_: str, one: Leg, *, is_reversed: bool = False) -> Transfer:
    return Transfer(id=id_, leg=one, act="commit", reference="award", is_reversed=is_reversed)


def test_a_reversal_takes_the_same_amounts_back_the_last_first() -> None:
    first = _made("transfer_1", appropriation(PROGRAMME, "100"))
    second = _made("transfer_2", leg(AVAILABLE, COMMITTED, "30"))

    back = rules.reverse(ReversalFacts(transfers=(first, second)), by=TREASURER, at=AT)

    assert [one.reverses_id for one in back] == ["transfer_2", "transfer_1"]
    assert (back[0].debit, back[0].credit) == (COMMITTED, AVAILABLE)
    assert back[1].amount == Money("100", "CNY")


def test_what_was_taken_back_is_not_taken_back_again() -> None:
    facts = ReversalFacts(
        transfers=(_made("transfer_1", appropriation(PROGRAMME, "1"), is_reversed=True),)
    )

    with pytest.raises(rules.ReversedBefore):
        rules.reverse(facts, by=TREASURER, at=AT)
