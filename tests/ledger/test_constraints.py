"""What the database refuses the serving role, whatever the code above it does."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import pytest

from ecosystem.ledger import actions
from ecosystem.ledger.model import AccountKind
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.pool import Connection
from tests.ledger.purses import (
    AT,
    AUTHORITY,
    TREASURER,
    account,
    appropriation,
    leg,
    programme,
)

INSERT = """
INSERT INTO transfer (authority_id, id, act, debit_id, credit_id, amount, programme_id, currency,
  reverses_id, reference, moved_by, valid_at, recorded_at)
VALUES ($1, $2, 'try', $3, $4, $5::text::numeric, $6, $7, $8, 'test', 'nobody', now(), now())"""
FORGED_TRIGGER = """
CREATE TEMP TABLE mine (LIKE transfer);
CREATE TRIGGER forged AFTER INSERT ON mine
FOR EACH ROW EXECUTE FUNCTION transfer_moves_money()"""
RICH_ACCOUNT = """
INSERT INTO ledger_account (authority_id, id, kind, owner_ref, programme_id, currency, credits)
VALUES (7, 'account_1', 'available', 'me', 'me', 'CNY', 1000)"""
ACCOUNTS = "SELECT kind, id FROM ledger_account WHERE programme_id = $1 AND currency = $2"


@pytest.fixture
async def serving(database_url: str) -> AsyncIterator[Connection]:
    """A session of the serving role that speaks SQL as it likes."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def of(database: Database) -> str:
    """A programme of which 100 CNY are available, 10 committed; and 100 JPY available."""
    made = programme()
    committed = leg(
        account(AccountKind.AVAILABLE, of=made), account(AccountKind.COMMITTED, of=made), "10"
    )
    legs = (
        appropriation(made, "110"), committed, appropriation(made, "100", currency="JPY"),
    )  # fmt: skip
    async with database.transaction() as tx:
        await actions.move(tx, legs, by=TREASURER, at=AT, act="try", reference="test")
    return made


async def _accounts(serving: Connection, of: str, currency: str = "CNY") -> Mapping[str, str]:
    return {row["kind"]: row["id"] for row in await serving.fetch(ACCOUNTS, of, currency)}


async def _insert(
    serving: Connection,
    of: str,
    *,
    debit: str = "available",
    credit: str = "committed",
    amount: str = "1",
    suffix: str = "",
    **other: Any,
) -> None:
    ids = await _accounts(serving, of)
    given = {"id": mint("transfer", authority=AUTHORITY), "currency": "CNY", "reverses": None}
    given |= {"debit_id": ids[debit], "credit_id": ids[credit], "programme": of} | other
    await serving.execute(
        INSERT + suffix, AUTHORITY, given["id"], given["debit_id"], given["credit_id"], amount,
        given["programme"], given["currency"], given["reverses"],
    )  # fmt: skip


async def _balances(serving: Connection, of: str) -> list[tuple[str, str]]:
    rows = await serving.fetch(
        "SELECT kind, currency, credits - debits AS held FROM ledger_account "
        "WHERE programme_id = $1 ORDER BY 1, 2",
        of,
    )
    return [(f"{row['kind']} {row['currency']}", f"{row['held']:f}") for row in rows]


AS_MADE = [
    ("appropriation CNY", "-110"), ("appropriation JPY", "-100"), ("available CNY", "100"),
    ("available JPY", "100"), ("committed CNY", "10"),
]  # fmt: skip


async def test_a_sound_transfer_moves_the_balances(serving: Connection, of: str) -> None:
    await _insert(serving, of, amount="99.99")

    balances = dict(await _balances(serving, of))
    assert balances["available CNY"] == "0.01"
    assert balances["committed CNY"] == "109.99"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_account SET credits = credits + 1",
        "UPDATE ledger_account SET owner_ref = 'me'",
        "DELETE FROM ledger_account",
        "TRUNCATE ledger_account CASCADE",
        "UPDATE transfer SET amount = 1",
        "DELETE FROM transfer",
        "TRUNCATE transfer",
        "ALTER TABLE transfer DISABLE TRIGGER ALL",
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_is_not_overdrawn",
        "SET session_replication_role = replica",
        FORGED_TRIGGER,
        RICH_ACCOUNT,
    ],
)
async def test_the_serving_role_lacks_the_privilege(
    serving: Connection, of: str, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await serving.execute(statement)

    assert await _balances(serving, of) == AS_MADE


@pytest.mark.parametrize(
    ("constraint", "asked"),
    [
        pytest.param(
            "ledger_account_is_not_overdrawn", {"amount": "100.01"}, id="more than is there"
        ),
        pytest.param(
            "ledger_account_is_not_overdrawn",
            {"debit": "available", "credit": "appropriation", "amount": "110.01"},
            id="more back than was given",
        ),
        pytest.param("transfer_amount_is_positive", {"amount": "-1"}, id="less than nothing"),
        pytest.param("transfer_amount_is_positive", {"amount": "0"}, id="nothing"),
        pytest.param("transfer_amount_is_positive", {"amount": "NaN"}, id="no number"),
        pytest.param("transfer_amount_is_positive", {"amount": "Infinity"}, id="infinity"),
        pytest.param(
            "transfer_amount_is_no_finer_than_coins", {"amount": "0.001"}, id="finer than a cent"
        ),
        pytest.param("transfer_has_two_accounts", {"credit": "available"}, id="to itself"),
        pytest.param(
            "transfer_debit_is_of_its_programme", {"currency": "JPY"}, id="another currency"
        ),
        pytest.param(
            "transfer_debit_is_of_its_programme", {"programme": "other"}, id="another programme"
        ),
    ],
)
async def test_the_database_refuses_what_is_unsound(
    serving: Connection, of: str, constraint: str, asked: dict[str, str]
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await _insert(serving, of, **asked)

    assert refused.value.constraint_name == constraint
    assert await _balances(serving, of) == AS_MADE


async def test_no_transfer_joins_two_currencies(serving: Connection, of: str) -> None:
    yen = await _accounts(serving, of, "JPY")

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await _insert(serving, of, credit_id=yen["available"])

    assert await _balances(serving, of) == AS_MADE


async def test_yen_have_no_sen(serving: Connection, of: str) -> None:
    yen = await _accounts(serving, of, "JPY")

    with pytest.raises(asyncpg.CheckViolationError):
        await _insert(
            serving, of, debit_id=yen["appropriation"], credit_id=yen["available"],
            currency="JPY", amount="0.5",
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["retention", "advance", "deduction", "receivable", "lender"])
async def test_no_account_is_for_why_money_is_where_it_is(
    serving: Connection, of: str, kind: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await serving.execute(
            "INSERT INTO ledger_account (authority_id, id, kind, owner_ref, programme_id, currency)"
            " VALUES ($1, $2, $3, 'contract_1', $4, 'CNY')",
            AUTHORITY, mint("account", authority=AUTHORITY), kind, of,
        )  # fmt: skip

    assert caught.value.constraint_name == "ledger_account_kind_is_known"


async def test_a_transfer_that_is_not_kept_moves_nothing(serving: Connection, of: str) -> None:
    kept = await serving.fetchval("SELECT id FROM transfer WHERE programme_id = $1", of)

    await _insert(serving, of, id=kept, suffix=" ON CONFLICT DO NOTHING")

    assert await _balances(serving, of) == AS_MADE


async def test_a_reversal_is_exact_and_happens_once(serving: Connection, of: str) -> None:
    made = mint("transfer", authority=AUTHORITY)
    await _insert(serving, of, id=made, amount="5")
    back = {"debit": "committed", "credit": "available", "reverses": made}

    with pytest.raises(asyncpg.CheckViolationError, match="exactly"):
        await _insert(serving, of, **back, amount="4")
    with pytest.raises(asyncpg.CheckViolationError, match="exactly"):
        await _insert(serving, of, reverses=made, amount="5")
    await _insert(serving, of, **back, amount="5")
    with pytest.raises(asyncpg.UniqueViolationError):
        await _insert(serving, of, **back, amount="5")

    assert await _balances(serving, of) == AS_MADE
