"""What the database refuses about money by itself: each statement tried as the serving role."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.pool import Connection
from tests.payments.agreement import Agreement, accept, agree, payments
from tests.payments.steps import instructed, settle, unsound

pytestmark = pytest.mark.anyio

_PAY = """
INSERT INTO payment (authority_id, id, version, state, contract_id, payee_id, amount, currency,
  calculation_id, earned, owed_before, computed_at)
SELECT authority_id, $2, 1, 'computed', contract_id, payee_id, {amount}, currency,
  {calculation}, owed_before + amount + {amount}, owed_before + amount, now()
FROM payment WHERE id = $1"""
_TAKE_BACK = """
INSERT INTO transfer (authority_id, id, act, debit_id, credit_id, amount, programme_id, currency,
  reverses_id, reference, moved_by, valid_at, recorded_at)
SELECT authority_id, 'transfer_' || right($2, 32), 'undo', credit_id, debit_id, {amount},
  programme_id, currency, id, reference, moved_by, now(), now()
FROM transfer WHERE reference = $1 AND act = 'settle'"""
_SETTLE = """
UPDATE payment SET version = version + 1, state = 'settled', settled_by = 'person_x',
  settled_at = now(), settled_on = current_date, bank_reference = $2
WHERE id = $1 AND state = 'settled'"""
_CLAIM = """
UPDATE payment SET version = version + 1, state = 'claimed', claimed_by = $2, claimed_at = now()
WHERE id <> $1 AND state = 'computed'
  AND contract_id = (SELECT contract_id FROM payment WHERE id = $1)"""
_APPROVE = """
UPDATE payment SET version = version + 1, state = 'approved', approved_by = $2, approved_at = now()
WHERE id <> $1 AND state = 'claimed'
  AND contract_id = (SELECT contract_id FROM payment WHERE id = $1)"""
_PROGRAM = "'client_' || right($2, 32)"
_KEEP = f"INSERT INTO client_keeper (person_id, client_id) SELECT $2, {_PROGRAM} WHERE $1 <> ''"
_CLAIM_BY_PROGRAM = _CLAIM.replace("claimed_by = $2", f"claimed_by = {_PROGRAM}")

REFUSED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "an overpayment": (
        (), _PAY.format(amount="92000.01", calculation="calculation_id"),
        "payment_total_no_more_is_owed_than_the_contract_says",
    ),
    "a payment without a calculation": (
        (), _PAY.format(amount="1", calculation="$2"), "payment_is_a_members",
    ),
    "a second settlement": ((), _SETTLE, "payment_takes_its_turn"),
    "a reversal that is not exact": (
        (), _TAKE_BACK.format(amount="amount - 1"), "transfer_reversal_is_exact",
    ),
    "a second reversal": (
        (_TAKE_BACK.format(amount="amount"),),
        _TAKE_BACK.format(amount="amount").replace(
            "right($2, 32)", "overlay(right($2, 32) PLACING 'ffff' FROM 29)"
        ),
        "transfer_authority_id_reverses_id_is_unique",
    ),
    "an approval by who claims": ((_CLAIM,), _APPROVE, "payment_nobody_approves_an_own_claim"),
    "an approval by who keeps the program that claims": (
        (_CLAIM_BY_PROGRAM, _KEEP), _APPROVE, "payment_nobody_approves_an_own_claim"
    ),
}  # fmt: skip
DENIED = {
    "a changed transfer": "UPDATE transfer SET amount = amount - 1 WHERE reference = $1",
    "a transfer that is gone": "DELETE FROM transfer WHERE reference = $1",
    "a balance without a transfer": "UPDATE ledger_account SET credits = credits + 1 WHERE id = $1",
    "a payment that is gone": "DELETE FROM payment WHERE id = $1",
    "a sum that is rewritten": "UPDATE payment_total SET owed = 0 WHERE contract_id = $1",
    "a calculation that is rewritten": "UPDATE calculation SET total = 0 WHERE id = $1",
}


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path)
    await accept(database, made, "opening")
    return made


@pytest.fixture
async def settled(database: Database, agreed: Agreement) -> str:
    """A payment that is settled, and another one after it that is computed."""
    payment_id = await instructed(database, agreed)
    await settle(database, agreed, payment_id)
    await accept(database, agreed, "handover")
    return payment_id


@pytest.fixture
async def serving(database: Database, agreed: Agreement) -> AsyncIterator[Connection]:
    """A session of the serving role that acts for the contract's authority, undone at the end."""
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    await connection.execute("BEGIN")
    yield connection
    await connection.execute("ROLLBACK")
    await connection.close()


@pytest.mark.parametrize("case", REFUSED)
async def test_the_database_refuses_by_itself(
    database: Database, agreed: Agreement, settled: str, serving: Connection, case: str
) -> None:
    before, statement, constraint = REFUSED[case]
    mine = mint("payment", authority=agreed.authority)
    for step in before:
        assert (await serving.execute(step, settled, mine)).endswith(" 1")

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await serving.execute(statement, settled, mine)

    assert refused.value.constraint_name == constraint
    await serving.execute("ROLLBACK")
    assert await unsound(database) == []
    assert len(await payments(database, agreed)) == 2


@pytest.mark.parametrize("case", DENIED)
async def test_the_serving_role_rewrites_nothing(
    settled: str, serving: Connection, case: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await serving.execute(DENIED[case], settled)
