"""What is tax is said in lines whose sums are exact, and what is withheld is kept apart."""

from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ecosystem.catalogue.model import FileFlawed
from ecosystem.catalogue.profiles import actions as profiles
from ecosystem.catalogue.profiles.model import TaxKind, TaxRate, TaxRule
from ecosystem.catalogue.profiles.reading import read_profile
from ecosystem.contracts.canonical import canonical
from ecosystem.ledger.model import AccountKind
from ecosystem.payments.calculation import Calculation, Facts, Tax
from ecosystem.payments.closing import queries as closing
from ecosystem.payments.engine import calculate, recompute
from ecosystem.payments.simulating import queries as simulating
from ecosystem.payments.simulating.model import Suppositions
from ecosystem.payments.simulating.rules import simulate
from ecosystem.payments.taxing.rules import in_force
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.web import seen_by
from tests.parties import bearer
from tests.payments.agreement import AT, JANUARY, WORDS, accept, agree, totals, verify
from tests.payments.builders import milestone, rule
from tests.payments.steps import held, unsound

VAT_INCLUDED = Tax(code="vat", kind=TaxKind.INCLUDED, rate="0.06")
VAT_ADDED = Tax(code="vat", kind=TaxKind.ADDED, rate="0.21")
KEPT = Tax(code="income", kind=TaxKind.WITHHELD, rate="0.1")
INCLUDED = (
    "      - code: vat\n        title: {zh: 增值税, en: Value added tax}\n        kind: included\n"
    '        rates: [{starts_on: 2020-01-01, rate: "0.06"}]\n        law: platform\n'
)
MADE = Statement(
    text(
        "SELECT document FROM calculation AS made WHERE contract_id = :contract_id AND NOT EXISTS"
        " (SELECT FROM calculation AS later WHERE later.supersedes = made.id)"
    )
)
SUPPOSED: dict[str, Any] = {
    "milestones": [
        {
            "milestone": "opening",
            "due_at": "2026-07-01T00:00:00Z",
            "delivered_at": "2026-06-01T09:00:00Z",
        }
    ],
    "values": [
        {
            "metric": metric,
            "periods": [msgspec.to_builtins(JANUARY)],
            "value": {"kind": "single", "value": value},
        }
        for metric, value in (("matters", "100"), ("late-days", "3"))
    ],
}
WITHHELD = INCLUDED.replace("vat", "income").replace("included", "withheld").replace("0.06", "0.1")


def taxed(*taxes: Tax, amount: str = "1000.00", value: str = "100000.00") -> Calculation:
    work = rule("fixed", milestone="work", amount=amount)
    facts = Facts(milestones=(milestone("work"),))
    return calculate(
        [work], facts, currency="CNY", contract_value=Decimal(value), paid_before=Decimal(0),
        taxes=taxes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("taxes", "lines", "total", "withheld"),
    [
        ((VAT_INCLUDED,), [("943.40", "56.60")], "1000.00", "0.00"),
        ((VAT_ADDED,), [("1000.00", "210.00")], "1210.00", "0.00"),
        ((KEPT,), [("1000.00", "100.00")], "900.00", "100.00"),
        ((VAT_INCLUDED, KEPT), [("943.40", "94.34"), ("943.40", "56.60")], "905.66", "94.34"),
        ((VAT_ADDED, KEPT), [("1000.00", "100.00"), ("1000.00", "210.00")], "1110.00", "100.00"),
    ],
)
def test_each_tax_has_its_basis_its_rate_and_its_amount(
    taxes: tuple[Tax, ...], lines: list[tuple[str, str]], total: str, withheld: str
) -> None:
    made = taxed(*taxes)

    assert [(one.basis, one.amount) for one in made.taxes] == lines
    assert (made.total, made.withheld) == (total, withheld)
    assert recompute(canonical(made)).is_identical()


def test_what_is_added_is_within_the_value_of_the_contract() -> None:
    made = taxed(VAT_ADDED, value="1000.00")

    assert made.total == "999.99"
    assert [(one.basis, one.amount) for one in made.taxes] == [("826.44", "173.55")]


@given(
    cents=st.integers(1, 10_000_000),
    rates=st.lists(st.sampled_from(["0.03", "0.06", "0.13", "0.0007"]), max_size=3),
    kept=st.sampled_from([(), (KEPT,)]),
)
def test_basis_and_included_taxes_add_up_to_the_cent(
    cents: int, rates: list[str], kept: tuple[Tax, ...]
) -> None:
    taxes = [
        Tax(code=f"tax-{number}", kind=TaxKind.INCLUDED, rate=rate)
        for number, rate in enumerate(rates)
    ]
    made = taxed(*taxes, *kept, amount=f"{Decimal(cents) / 100}")

    price = Decimal(made.total) + Decimal(made.withheld)
    assert price == Decimal(cents) / 100
    parts = [one for one in made.taxes if one.kind is TaxKind.INCLUDED]
    if parts:
        assert Decimal(parts[0].basis) + sum(Decimal(one.amount) for one in parts) == price
    assert sum(Decimal(line.amount) for line in made.lines) == Decimal(made.total)


def test_the_rate_is_that_of_the_day() -> None:
    rates = (
        TaxRate(starts_on=date(2020, 1, 1), rate="0.06"),
        TaxRate(starts_on=date(2026, 1, 1), rate="0.09"),
    )
    vat = TaxRule(code="vat", title=WORDS, kind=TaxKind.INCLUDED, rates=rates, law="platform")

    days = (date(2019, 12, 31), date(2025, 12, 31), date(2026, 1, 1))
    assert [[one.rate for one in in_force((vat,), on=day)] for day in days] == [
        [], ["0.06"], ["0.09"],
    ]  # fmt: skip


def _shipped() -> str:
    return (files("ecosystem.catalogue") / "files/profiles/sandbox.yaml").read_text("utf-8")


def test_a_profile_whose_prices_include_taxes_and_have_them_added_is_refused() -> None:
    added = INCLUDED.replace("vat", "levy").replace("included", "added")

    with pytest.raises(FileFlawed, match="not both"):
        read_profile(_shipped().replace(INCLUDED, INCLUDED + added).encode())


@pytest.mark.anyio
async def test_what_is_withheld_is_in_an_account_of_its_own_and_follows_corrections(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path)
    async with database.transaction() as tx:
        await profiles.load_profile(tx, _shipped().replace(INCLUDED, WITHHELD).encode())
    first = await verify(database, agreed, "matters", "100")
    before = await held(database, agreed)
    await verify(database, agreed, "matters", "40", supersedes=first)

    assert before == {
        AccountKind.ENCUMBERED: 99000, AccountKind.PAYABLE: 900, AccountKind.WITHHELD: 100,
    }  # fmt: skip
    assert await held(database, agreed) == {
        AccountKind.ENCUMBERED: 99600, AccountKind.PAYABLE: 360, AccountKind.WITHHELD: 40,
    }  # fmt: skip
    said = await totals(database, agreed)
    assert (said["earned"], said["withheld"]) == ("360.00", "40.00")
    assert await unsound(database) == []
    async with database.reading(seen_by(agreed.actor("city", "approver"))) as tx:
        account = await closing.account(tx, agreed.contract_id)
    assert (account.withheld.amount, account.is_balanced) == ("40.00", True)


@pytest.mark.anyio
async def test_a_simulation_of_what_is_known_is_the_calculation_that_was_made(
    client: httpx.AsyncClient, database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path)
    added = INCLUDED.replace("included", "added").replace("0.06", "0.21")
    async with database.transaction() as tx:
        await profiles.load_profile(tx, _shipped().replace(INCLUDED, added + WITHHELD).encode())
    seen = seen_by(agreed.actor("city", "approver"))
    async with database.reading(seen) as tx:
        before = await simulating.known(tx, agreed.contract_id, at=AT)
    await accept(database, agreed, "opening")
    await verify(database, agreed, "matters", "100")
    await verify(database, agreed, "late-days", "3")
    async with database.reading(seen) as tx:
        after = await simulating.known(tx, agreed.contract_id, at=AT)
        rows = await tx.rows(MADE, contract_id=agreed.contract_id)
    supposed = msgspec.convert(SUPPOSED, Suppositions)

    known = simulate(after, Suppositions(), watched=lambda: None)
    would = simulate(before, supposed, watched=lambda: None)
    draft = {
        "rules": msgspec.to_builtins(after.rules),
        "contract_value": {"amount": after.contract_value, "currency": "CNY"},
        **SUPPOSED,
    }
    headers = await bearer(client, "city", "officer")
    signed = await client.post("/v1/payment-simulations", json=draft, headers=headers)
    elsewhere = {**draft, "jurisdiction": "440304"}
    untaxed = await client.post("/v1/payment-simulations", json=elsewhere, headers=headers)

    assert {canonical(one) for one in known.calculations} == {row["document"] for row in rows}
    # 8,000 for the opening, 1,000 for matters less 300 for late answers: with 21 % added and 10 %
    # withheld.
    assert (await totals(database, agreed))["earned"] == known.earned.mean == "9657.00"
    assert would.earned.mean == signed.json()["earned"]["mean"] == "9657.00"
    assert untaxed.json()["earned"]["mean"] == "8700.00"
