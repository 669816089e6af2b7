"""Amounts are written with all digits of their currency."""

from decimal import Decimal

import pytest

from ecosystem.values import money


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [("0", "CNY", "0.00"), ("200000", "CNY", "200000.00"), ("5.005", "CNY", "5.01"),
     ("12.00", "JPY", "12"), ("1E+3", "KWD", "1000.000"), ("-7", "CNY", "-7.00")],
)  # fmt: skip
def test_an_amount_is_written_with_the_digits_of_its_currency(
    amount: str, currency: str, written: str
) -> None:
    assert money.written(Decimal(amount), currency) == written
    assert money.said(Decimal(amount), currency) == f"{written} {currency}"
