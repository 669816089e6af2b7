"""What a contract pays goes to the lender from the acknowledgement on, and pays its loan."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from ecosystem.finance.assigning import actions as assigning
from ecosystem.finance.assigning import rules as assigning_rules
from ecosystem.finance.servicing import actions as servicing
from ecosystem.payments import actions as payments_actions
from ecosystem.payments import rules as payments_rules
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import seen_by
from tests.finance.lending import (
    LENDER,
    SIGNATORY,
    act_as,
    assigned,
    book,
    disbursed,
    lent,
    position,
    repaid,
    unsound,
)
from tests.payments import steps
from tests.payments.agreement import AT, WORDS, Agreement, accept, agree, payments

pytestmark = pytest.mark.anyio


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path, with_lender=True)


async def test_a_payment_that_was_computed_before_goes_to_the_lender_once_it_is_acknowledged(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)
    await disbursed(database, agreed, facility_id)
    await accept(database, agreed, "opening")
    bank = agreed.parties.party("bank").organisation_id

    assignment_id = await assigned(database, agreed, facility_id)
    payment_id = await steps.instructed(database, agreed)
    [told] = await payments(database, agreed)
    await steps.settle(database, agreed, payment_id)

    assert (told["paid_to_id"], told["assignment_id"]) == (bank, assignment_id)
    # A day of 6 % on 24,000 in a year of 360 days is 4.00; nothing else is due.
    owed = await position(database, agreed, facility_id, on=AT.date() + timedelta(days=1))
    assert owed.due.amount == "4.00"
    held = await book(database, facility_id)
    assert held["surplus"] == Decimal("8000.00")
    assert await unsound(database) == []


async def test_no_act_of_the_lender_stops_what_the_bank_was_told_to_pay(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)
    assignment_id = await assigned(database, agreed, facility_id)
    await accept(database, agreed, "opening")
    payment_id = await steps.instructed(database, agreed)
    taken = payment_id.rpartition("_")[2]

    await repaid(database, agreed, facility_id, "1.00", at=AT, reference=taken)
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: assigning.release(
            tx, assignment_id, reason=WORDS, by=by, at=AT, expected=None
        ),
    )  # fmt: skip
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: servicing.close(tx, facility_id, by=by, at=AT, expected=None),
    )  # fmt: skip
    await steps.settle(database, agreed, payment_id)

    [paid] = await payments(database, agreed)
    held = await book(database, facility_id)
    assert paid["state"] == "settled"
    assert held["surplus"] == paid["amount"] + 1
    assert await unsound(database) == []


async def test_only_who_was_paid_confirms_the_receipt(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)
    await assigned(database, agreed, facility_id)
    await accept(database, agreed, "opening")
    payment_id = await steps.instructed(database, agreed)
    await steps.settle(database, agreed, payment_id)

    with pytest.raises(payments_rules.NotPayee):
        await steps.receive(database, agreed, payment_id)
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: payments_actions.receive(tx, payment_id, by=by, at=AT, expected=5),
    )  # fmt: skip


async def test_a_payment_is_applied_early_where_the_terms_say_so(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed, repays_early=True)
    await disbursed(database, agreed, facility_id)
    await assigned(database, agreed, facility_id)
    await accept(database, agreed, "opening")

    await steps.settle(database, agreed, await steps.instructed(database, agreed))

    held = await book(database, facility_id)
    assert (held["repaid"], held["outstanding"]) == (Decimal("8000.00"), Decimal("16000.00"))
    assert await unsound(database) == []


async def test_before_the_acknowledgement_and_after_the_release_the_supplier_is_paid(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)
    assignment_id = await assigned(database, agreed, facility_id)
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: assigning.release(
            tx, assignment_id, reason=WORDS, by=by, at=AT, expected=2
        ),
    )  # fmt: skip
    await accept(database, agreed, "opening")
    await act_as(
        database, agreed, SIGNATORY,
        lambda tx, by: assigning.assign(tx, facility_id, by=by, at=AT),
    )  # fmt: skip

    await steps.instructed(database, agreed)

    [told] = await payments(database, agreed)
    assert (told["paid_to_id"], told["assignment_id"]) == (told["payee_id"], None)


async def test_claims_are_assigned_once(database: Database, agreed: Agreement) -> None:
    first = await lent(database, agreed)
    second = await lent(database, agreed)
    await assigned(database, agreed, first)

    with pytest.raises(assigning_rules.AssignedBefore):
        await assigned(database, agreed, second)
    with pytest.raises(asyncpg.UniqueViolationError, match="claims_are_assigned_once"):
        await _copied(database, agreed, second)


async def test_the_database_lets_the_bank_be_told_to_pay_nobody_but_the_assignee(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed)
    await assigned(database, agreed, facility_id)
    await accept(database, agreed, "opening")
    payment_id = (await payments(database, agreed))[-1]["id"]
    for step in (steps.claim, steps.approve):
        await step(database, agreed, payment_id)

    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await connection.execute(
            "UPDATE payment SET state = 'instructed', version = version + 1, instructed_at = now(),"
            " instructed_by = 'person_x', paid_to_id = payee_id WHERE id = $1", payment_id,
        )  # fmt: skip
    await connection.close()

    assert refused.value.constraint_name == "payment_goes_to_who_holds_the_claim"


async def _copied(database: Database, agreed: Agreement, facility_id: str) -> None:
    """Write a second notice beside the first, as no code of this house would."""
    async with database.transaction(seen_by(agreed.actor(*SIGNATORY))) as tx:
        await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
            "INSERT INTO assignment (authority_id, id, version, state, contract_id, facility_id, "
            "assignor_id, assignee_id, notified_by, notified_at) SELECT authority_id, "
            "'assignment' || substr(id, 9), 1, 'notified', contract_id, id, borrower_id, "
            "lender_id, 'person_x', now() FROM facility WHERE id = $1",
            facility_id,
        )
