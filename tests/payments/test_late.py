"""What is settled after it was due earns interest, which a stranger recomputes."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import msgspec
import pytest

from ecosystem.budgets import actions as budgets
from ecosystem.budgets.model import AppropriationDraft
from ecosystem.ledger.rules import FundsInsufficient
from ecosystem.payments import actions as paying
from ecosystem.payments.calculation import Facts, LatePayment, LateRate
from ecosystem.payments.disputing import actions as disputing
from ecosystem.payments.disputing.model import DisputeDraft
from ecosystem.payments.engine import recompute
from ecosystem.payments.late import actions, rules
from ecosystem.payments.model import Settlement
from ecosystem.runtime.database import Database, Record
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.money import Money
from tests.payments.agreement import (
    AT,
    WORDS,
    Agreement,
    accept,
    agree,
    calculations,
    payments,
    totals,
)
from tests.payments.builders import pay as calculated
from tests.payments.steps import approve, claim, instruct, instructed, settle, unsound

pytestmark = pytest.mark.anyio
DUE = date(2026, 6, 11)
LATE = datetime(2026, 7, 1, 9, 0, tzinfo=AT.tzinfo)
EARNED = Decimal("43.84")
"""8000.00 at 10 % for 20 days of 365."""
FORGE_INTEREST = (
    "INSERT INTO payment (authority_id, id, version, state, kind, contract_id, payee_id, amount, "
    "currency, calculation_id, earned, owed_before, computed_at) SELECT authority_id, "
    "'payment_' || right(id, 32), 1, 'computed', 'interest', contract_id, $1, total + 1, currency, "
    "id, total + 1, 0, now() FROM calculation WHERE kind = 'interest' AND contract_id = $2"
)
FORGE_LATENESS = (
    "INSERT INTO calculation (authority_id, id, kind, contract_id, ordinal, late_payment_id, "
    "document, digest, total, currency, recorded_at) SELECT authority_id, 'calculation_' || "
    "right(id, 31) || '0', 'interest', contract_id, 1, late_payment_id, "
    "jsonb_set(document::jsonb, '{facts,late,0,due_on}', '\"2020-01-01\"')::json, digest, total, "
    "currency, recorded_at FROM calculation WHERE kind = 'interest' AND contract_id = $1"
)
MOVE_THE_DUE_DATE = "UPDATE payment SET version = version + 1, due_on = due_on + 9 WHERE id = $1"


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path)
    await accept(database, made, "opening")
    return made


async def settle_late(database: Database, agreed: Agreement) -> str:
    """Have the newest payment settled twenty days after it was due; return it."""
    payment_id, by = await instructed(database, agreed), agreed.actor("city", "treasurer")
    asked = Settlement(bank_reference=f"ICBC {payment_id[-12:]}", settled_on=LATE.date())
    async with database.transaction(seen_by(by)) as tx:
        await paying.settle(tx, payment_id, asked, by=by, at=LATE, expected=None)
    return payment_id


async def pay_interest(database: Database, agreed: Agreement, payment_id: str) -> Standing:
    by = agreed.actor("city", "treasurer")
    async with database.transaction(seen_by(by)) as tx:
        return await actions.pay(tx, payment_id, by=by, at=LATE, expected=None)


async def appropriate(database: Database, agreed: Agreement, amount: str) -> None:
    by, given = agreed.actor("city", "treasurer"), Money(amount, "CNY")
    asked = AppropriationDraft(amount=given, reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        await budgets.appropriate(tx, agreed.programme_id, asked, by=by, at=AT, expected=None)


async def interest(database: Database, agreed: Agreement) -> list[Record]:
    return [one for one in await calculations(database, agreed) if one["kind"] == "interest"]


async def test_a_payment_settled_late_has_earned_what_a_stranger_recomputes(
    database: Database, agreed: Agreement
) -> None:
    payment_id = await settle_late(database, agreed)

    assert (await payments(database, agreed))[0]["due_on"] == DUE
    [made] = await interest(database, agreed)
    assert (made["total"], made["late_payment_id"]) == (EARNED, payment_id)
    again = recompute(made["document"])
    assert again.is_identical()
    [line] = again.calculation.lines
    assert line.formula.en == "20 days late: 8000.00 x 10 % x 20 / 365"
    said = await totals(database, agreed)
    assert (said["earned"], said["paid"], said["late_interest"]) == ("8000.00", "8000.00", "43.84")


async def test_interest_is_paid_once_from_what_the_programme_has_left(
    database: Database, agreed: Agreement
) -> None:
    payment_id = await settle_late(database, agreed)
    with pytest.raises(FundsInsufficient):
        await pay_interest(database, agreed, payment_id)
    await appropriate(database, agreed, "50.00")

    made = await pay_interest(database, agreed, payment_id)

    for step in (claim, approve, instruct, settle):
        await step(database, agreed, made.id)
    with pytest.raises(rules.NothingLate):
        await pay_interest(database, agreed, payment_id)
    newest = (await payments(database, agreed))[-1]
    assert (newest["kind"], newest["amount"], newest["state"]) == ("interest", EARNED, "settled")
    assert (await totals(database, agreed))["paid"] == "8000.00"
    assert len(await interest(database, agreed)) == 1
    assert await unsound(database) == []


async def test_what_is_settled_on_its_due_date_earns_nothing(
    database: Database, agreed: Agreement
) -> None:
    payment_id, by = await instructed(database, agreed), agreed.actor("city", "treasurer")
    async with database.transaction(seen_by(by)) as tx:
        asked = Settlement(bank_reference=f"ICBC {payment_id[-12:]}", settled_on=DUE)
        at = AT + timedelta(days=10)
        await paying.settle(tx, payment_id, asked, by=by, at=at, expected=None)

    assert await interest(database, agreed) == []
    with pytest.raises(rules.NothingLate):
        await pay_interest(database, agreed, payment_id)


async def test_what_is_disputed_is_not_due_and_the_rest_keeps_its_due_date(
    database: Database, agreed: Agreement
) -> None:
    payment_id, by = (await payments(database, agreed))[0]["id"], agreed.actor("city", "approver")
    await claim(database, agreed, payment_id)
    asked = DisputeDraft(amount=Money("3000.00", "CNY"), reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        await disputing.open_dispute(tx, payment_id, asked, by=by, at=LATE, expected=None)
    _, rest, held = await payments(database, agreed)
    supplier = agreed.actor("enterprise", "delivery")

    async with database.transaction(seen_by(supplier)) as tx:
        await paying.claim(tx, rest["id"], by=supplier, at=LATE, expected=None)

    assert (rest["due_on"], held["due_on"]) == (DUE, None)
    assert (await payments(database, agreed))[1]["due_on"] == DUE


async def test_the_database_holds_what_is_due_and_what_was_earned(
    database: Database, agreed: Agreement
) -> None:
    payment_id = await settle_late(database, agreed)
    payee = agreed.parties.party("enterprise").organisation_id
    verifier = agreed.parties.party("verifier").organisation_id
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")

    for change, given, constraint in (
        (FORGE_INTEREST, (payee, agreed.contract_id), "interest_is_what_was_earned"),
        (FORGE_INTEREST, (verifier, agreed.contract_id), "interest_goes_to_the_late_payee"),
        (FORGE_LATENESS, (agreed.contract_id,), "interest_is_of_a_settlement"),
        (MOVE_THE_DUE_DATE, (payment_id,), "payment_takes_its_turn"),
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
            await connection.execute(change, *given)
        assert caught.value.constraint_name == constraint

    await connection.close()


def _late(settled_on: date, *, day_count: str = "actual_365") -> LatePayment:
    said = {
        "id": "payment_a", "version": 5, "amount": "36500.00", "due_on": "2026-06-29",
        "settled_on": settled_on.isoformat(), "day_count": day_count, "rates": [],
    }  # fmt: skip
    rates = (
        LateRate(starts_on=date(2026, 1, 1), per_year="10"),
        LateRate(starts_on=date(2026, 7, 1), per_year="20"),
    )
    return msgspec.structs.replace(msgspec.convert(said, LatePayment), rates=rates)


@pytest.mark.parametrize(
    ("settled_on", "day_count", "amounts"),
    [
        (date(2026, 6, 29), "actual_365", []),
        (date(2026, 6, 30), "actual_365", ["10.00"]),
        (date(2026, 7, 2), "actual_365", ["10.00", "40.00"]),
        (date(2026, 7, 1), "actual_360", ["10.14", "20.28"]),
    ],
)
def test_each_day_earns_at_the_rate_that_held_on_it(
    settled_on: date, day_count: str, amounts: list[str]
) -> None:
    late = _late(settled_on, day_count=day_count)

    made = calculated(facts=Facts(late=(late,)), value="0")

    assert [line.amount for line in made.lines] == amounts
    assert Decimal(made.total) == sum(map(Decimal, amounts))
    assert recompute(msgspec.json.encode(made)).is_identical()
