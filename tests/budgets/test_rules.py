"""What may become of a programme's money."""

import msgspec
import pytest

from ecosystem.budgets import rules
from ecosystem.budgets.model import AppropriationDraft, AppropriationFacts, CommitmentFacts
from ecosystem.budgets.rules import CurrencyDiffers, ProgrammeNotOwned
from ecosystem.ledger.rules import FundsInsufficient, NothingToMove
from ecosystem.values.money import AmountTooFine, CurrencyUnknown, Money
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text
from tests.budgets.builders import AT, TREASURER, draft

FACTS = CommitmentFacts(
    currency="CNY",
    available="100.00",
    committed="40.00",
    award_id="award_one",
    contract_id="contract_one",
    amount=Money("40", "CNY"),
)
UNSOUND = [
    pytest.param(Money("1", "ZZZ"), CurrencyUnknown, "/amount/currency", id="no currency"),
    pytest.param(Money("0.001", "CNY"), AmountTooFine, "/amount/amount", id="too fine"),
    pytest.param(Money("0.00", "CNY"), NothingToMove, "/amount/amount", id="nothing"),
    pytest.param(Money("1", "USD"), CurrencyDiffers, "/amount/currency", id="other currency"),
]


def _appropriation(amount: Money, *, authority: int = TREASURER.organisation_number) -> Money:
    asked = AppropriationDraft(amount=amount, reason=Text(en="Council decision 12"))
    facts = AppropriationFacts(
        appropriation_id="appropriation_one", authority_number=authority, fiscal_year=2026,
        currency="CNY", is_followed=False, asked=asked,
    )  # fmt: skip
    return rules.appropriate(facts, by=TREASURER, at=AT).amount


def test_a_programme_is_opened_in_a_currency_of_the_world() -> None:
    opened = rules.open_programme(draft(), by=TREASURER, at=AT)

    assert opened.programme == draft()
    with pytest.raises(CurrencyUnknown) as refused:
        rules.open_programme(msgspec.structs.replace(draft(), currency="ZZZ"), by=TREASURER, at=AT)
    assert [fault.pointer for fault in refused.value.faults] == ["/currency"]


def test_an_authority_appropriates_to_its_own_programmes_alone() -> None:
    assert _appropriation(Money("5", "CNY")) == Money("5", "CNY")

    with pytest.raises(ProgrammeNotOwned):
        _appropriation(Money("5", "CNY"), authority=TREASURER.organisation_number + 1)


@pytest.mark.parametrize(("amount", "refusal", "pointer"), UNSOUND)
def test_an_unsound_amount_is_refused_where_it_stands(
    amount: Money, refusal: type[Refusal], pointer: str
) -> None:
    facts = msgspec.structs.replace(FACTS, amount=amount)

    with pytest.raises(refusal) as refused:
        _appropriation(amount)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]
    for rule in (rules.commit, rules.release, rules.obligate):
        with pytest.raises(refusal):
            rule(facts, by=TREASURER, at=AT)


def test_no_more_is_committed_than_is_available() -> None:
    whole = msgspec.structs.replace(FACTS, amount=Money("100", "CNY"))
    more = msgspec.structs.replace(FACTS, amount=Money("100.01", "CNY"))

    assert rules.commit(whole, by=TREASURER, at=AT).amount == whole.amount
    with pytest.raises(FundsInsufficient, match=r"holds 100\.00 CNY; 100\.01 is asked for"):
        rules.commit(more, by=TREASURER, at=AT)


def test_an_award_gives_back_or_binds_no_more_than_it_was_promised() -> None:
    more = msgspec.structs.replace(FACTS, amount=Money("40.01", "CNY"))

    assert rules.release(FACTS, by=TREASURER, at=AT).award_id == "award_one"
    assert rules.obligate(FACTS, by=TREASURER, at=AT).contract_id == "contract_one"
    with pytest.raises(FundsInsufficient):
        rules.release(more, by=TREASURER, at=AT)
    with pytest.raises(FundsInsufficient):
        rules.obligate(more, by=TREASURER, at=AT)
