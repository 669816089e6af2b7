"""What the database itself refuses about payments, whatever the code that speaks to it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.minting import mint
from ecosystem.runtime.pool import Connection
from ecosystem.runtime.web import seen_by
from tests.payments.agreement import Agreement, accept, agree, calculations, payments

pytestmark = pytest.mark.anyio
COLUMNS = (
    "authority_id", "id", "version", "state", "contract_id", "payee_id", "amount", "currency",
    "calculation_id", "earned", "owed_before", "computed_at",
)  # fmt: skip
CLAIM = "state = 'claimed', claimed_by = 'person_c', claimed_at = now()"
APPROVE = "state = 'approved', approved_by = 'person_a', approved_at = now()"
INSTRUCT = (
    "state = 'instructed', instructed_by = 'person_i', instructed_at = now(), paid_to_id = payee_id"
)
SETTLE = (
    "state = 'settled', settled_by = 'person_s', settled_at = now(), settled_on = '2026-06-01', "
    "bank_reference = right(id, 12)"
)
REVERSE = "state = 'reversed', reversed_by = 'person_r', reversed_at = now()"
RECEIVE = "received_by = 'person_p', received_at = now()"


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path, with_lender=True)
    await accept(database, made, "opening")
    return made


@pytest.fixture
async def city(database: Database, agreed: Agreement) -> AsyncIterator[Connection]:
    """A connection of the serving role that acts for the contract's authority."""
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    yield connection
    await connection.close()


async def _goes(city: Connection, payment_id: str, change: str) -> None:
    done = await city.execute(
        f"UPDATE payment SET version = version + 1, {change} WHERE id = $1",  # noqa: S608
        payment_id,
    )
    assert done == "UPDATE 1"


async def _newest(database: Database, agreed: Agreement) -> dict[str, Any]:
    return dict((await payments(database, agreed))[-1])


async def _insert(city: Connection, row: dict[str, Any]) -> None:
    places = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 1))
    await city.execute(
        f"INSERT INTO payment ({', '.join(COLUMNS)}) VALUES ({places})",  # noqa: S608
        *(row[name] for name in COLUMNS),
    )


async def _another(database: Database, agreed: Agreement, **changed: Any) -> dict[str, Any]:
    """Return a row for one more payment of the same contract."""
    row = await _newest(database, agreed)
    new = {"id": mint("payment", authority=agreed.authority), "amount": 1, "earned": 8001}
    return {**row, **new, "owed_before": 8000, **changed}


async def test_a_sound_payment_is_taken(
    database: Database, agreed: Agreement, city: Connection
) -> None:
    await _insert(city, await _another(database, agreed))

    owed = await city.fetchval(
        "SELECT owed FROM payment_total WHERE contract_id = $1", agreed.contract_id
    )
    assert owed == 8001


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"calculation_id": None}, "payment_is_a_members"),
        ({"calculation_id": "calculation_" + "0" * 32}, "payment_is_a_members"),
        ({"amount": 0, "earned": 8000}, "payment_amount_is_positive"),
        ({"amount": 2}, "payment_amount_is_the_difference"),
        ({"currency": "USD"}, "payment_is_in_the_contracts_currency"),
        ({"state": "settled"}, "payment_begins_computed"),
        ({"version": 2}, "payment_begins_computed"),
        (
            {"amount": 92001, "earned": 100001},
            "payment_total_no_more_is_owed_than_the_contract_says",
        ),
    ],
)
async def test_an_unsound_payment_is_refused(
    database: Database,
    agreed: Agreement,
    city: Connection,
    changed: dict[str, Any],
    constraint: str,
) -> None:
    row = await _another(database, agreed, **changed)

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await _insert(city, row)

    assert caught.value.constraint_name == constraint


async def test_a_calculation_of_another_contract_explains_no_payment(
    database: Database, agreed: Agreement, city: Connection, tmp_path: Path
) -> None:
    other = await agree(database, tmp_path)
    await accept(database, other, "opening")
    [foreign] = await calculations(database, other)
    row = await _another(database, agreed, calculation_id=foreign["id"])

    with pytest.raises(asyncpg.ForeignKeyViolationError, match="payment_is_calculated"):
        await _insert(city, row)


async def test_a_claim_is_not_approved_by_who_made_it(
    database: Database, agreed: Agreement, city: Connection
) -> None:
    payment_id = (await _newest(database, agreed))["id"]
    await _goes(city, payment_id, CLAIM)

    with pytest.raises(asyncpg.CheckViolationError, match="nobody_approves_an_own_claim"):
        await _goes(city, payment_id, APPROVE.replace("person_a", "person_c"))


async def test_an_approval_is_not_carried_out_by_who_gave_it(
    database: Database, agreed: Agreement, city: Connection
) -> None:
    payment_id = (await _newest(database, agreed))["id"]
    await _goes(city, payment_id, CLAIM)
    await _goes(city, payment_id, APPROVE)

    with pytest.raises(asyncpg.CheckViolationError, match="nobody_instructs_an_own_approval"):
        await _goes(city, payment_id, INSTRUCT.replace("person_i", "person_a"))


@pytest.mark.parametrize(
    ("reached", "change"),
    [
        ((), APPROVE),
        ((), INSTRUCT),
        ((), SETTLE),
        ((), RECEIVE),
        ((CLAIM,), SETTLE),
        ((CLAIM, APPROVE), SETTLE),
        ((CLAIM, APPROVE), f"{CLAIM}, approved_by = NULL, approved_at = NULL"),
        ((CLAIM, APPROVE, INSTRUCT), REVERSE),
        ((CLAIM,), f"{APPROVE}, amount = 7999, earned = 7999"),
        ((CLAIM,), f"{APPROVE}, payee_id = payee_id || 'x'"),
        ((CLAIM,), f"{APPROVE}, claimed_by = 'person_x'"),
        ((CLAIM, APPROVE, INSTRUCT, SETTLE), "settled_on = '2026-06-02'"),
        ((CLAIM, APPROVE, INSTRUCT, SETTLE), "bank_reference = 'another'"),
        ((CLAIM, APPROVE, INSTRUCT, SETTLE), "state = 'instructed'"),
        ((CLAIM, APPROVE, INSTRUCT, SETTLE, RECEIVE), "received_by = 'person_x'"),
        ((CLAIM, APPROVE, INSTRUCT, SETTLE), REVERSE),
        ((CLAIM, APPROVE, REVERSE), "state = 'approved'"),
        ((REVERSE,), CLAIM),
    ],
)
async def test_a_payment_takes_no_step_out_of_turn_and_is_not_rewritten(
    database: Database, agreed: Agreement, city: Connection, reached: tuple[str, ...], change: str
) -> None:
    payment_id = (await _newest(database, agreed))["id"]
    for step in reached:
        await _goes(city, payment_id, step)

    with pytest.raises(asyncpg.RestrictViolationError, match="cannot go from"):
        await _goes(city, payment_id, change)


async def test_a_payment_skips_no_version(
    database: Database, agreed: Agreement, city: Connection
) -> None:
    payment_id = (await _newest(database, agreed))["id"]

    with pytest.raises(asyncpg.RestrictViolationError, match="cannot go from"):
        await city.execute(
            f"UPDATE payment SET version = version + 2, {CLAIM} WHERE id = $1",  # noqa: S608
            payment_id,
        )


async def test_what_is_approved_and_reversed_is_owed_no_more(
    database: Database, agreed: Agreement, city: Connection
) -> None:
    payment_id = (await _newest(database, agreed))["id"]
    for step in (CLAIM, APPROVE, REVERSE):
        await _goes(city, payment_id, step)

    assert (await city.fetchval("SELECT state FROM payment WHERE id = $1", payment_id)) == (
        "reversed"
    )
    owed = await city.fetchval(
        "SELECT owed FROM payment_total WHERE contract_id = $1", agreed.contract_id
    )
    assert owed == 0


async def test_a_rejection_has_a_reason(
    database: Database, agreed: Agreement, city: Connection
) -> None:
    payment_id = (await _newest(database, agreed))["id"]

    with pytest.raises(asyncpg.CheckViolationError, match="rejection_has_a_reason"):
        await _goes(
            city, payment_id, "state = 'rejected', rejected_by = 'person_x', rejected_at = now()"
        )


async def test_the_sum_of_a_contract_is_counted_by_nobody_but_the_trigger(
    agreed: Agreement, city: Connection
) -> None:
    for statement in (
        "UPDATE payment_total SET owed = 0 WHERE contract_id = $1",
        "DELETE FROM payment_total WHERE contract_id = $1",
        "DELETE FROM payment WHERE contract_id = $1",
        "DELETE FROM calculation WHERE contract_id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await city.execute(statement, agreed.contract_id)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("total + 1, document", "calculation_total_is_of_the_document"),
        (
            """total, replace(document::text, '"8000.00"', '"9000.00"')::json""",
            "calculation_digest_is_of_the_document",
        ),
    ],
)
async def test_a_calculation_is_what_its_document_says(
    agreed: Agreement, city: Connection, change: str, constraint: str
) -> None:
    copy = (
        "INSERT INTO calculation "  # noqa: S608
        "(authority_id, id, contract_id, ordinal, total, document, digest, "
        f"currency, recorded_at) SELECT authority_id, $1::text, contract_id, 9, {change}, digest, "
        "currency, recorded_at FROM calculation WHERE contract_id = $2"
    )

    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await city.execute(
            copy,
            mint("calculation", authority=agreed.authority),
            agreed.contract_id,
        )

    assert caught.value.constraint_name == constraint


async def test_a_calculation_is_superseded_once_and_within_its_step(
    agreed: Agreement, city: Connection
) -> None:
    copy = (
        "INSERT INTO calculation (authority_id, id, contract_id, ordinal, supersedes, total, "
        "document, digest, currency, recorded_at) SELECT authority_id, $1::text, contract_id, "
        "$2::integer, id, total, document, digest, currency, recorded_at FROM calculation "
        "WHERE contract_id = $3 AND ordinal = 1"
    )

    async def supersede(ordinal: int) -> None:
        calculation_id = mint("calculation", authority=agreed.authority)
        await city.execute(copy, calculation_id, ordinal, agreed.contract_id)

    with pytest.raises(asyncpg.ForeignKeyViolationError, match="one_of_its_step"):
        await supersede(2)
    await supersede(1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await city.execute(
            copy + " AND supersedes IS NULL",
            mint("calculation", authority=agreed.authority), 1, agreed.contract_id,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "payments_seen", "calculations_seen"),
    [
        (("city", "treasurer"), 1, 1),
        (("enterprise", "delivery"), 1, 1),
        (("bank", "lender"), 0, 0),
        (("auditor", "auditor"), 1, 1),
        (("verifier", "verifier"), 0, 1),
        (("second_enterprise", "delivery"), 0, 0),
        (("think_tank", "verifier"), 0, 0),
        (("oversight", "reviewer"), 0, 0),
    ],
)
async def test_row_level_security_shows_payments_to_those_concerned(
    database: Database,
    agreed: Agreement,
    who: tuple[str, str],
    payments_seen: int,
    calculations_seen: int,
) -> None:
    by = agreed.actor(*who)
    async with database.reading(seen_by(by)) as tx:
        seen = [
            len(
                await tx.rows(
                    Statement(select(table).where(table.c.contract_id == agreed.contract_id))
                )
            )
            for table in (payment, calculation)
        ]

    assert seen == [payments_seen, calculations_seen]
