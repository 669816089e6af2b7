"""What the turns of a table let be written, on a table that was made for it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from ecosystem.runtime.turns import stepping

LOAN = (
    """CREATE TABLE loan (id text, state text, version integer,
    asked_by text, approved_by text, note text)""",
    *stepping(
        "loan",
        {"asked asked": "note", "asked approved": "approved_by"},
        begins=("asked",),
        never="NEW.approved_by = OLD.asked_by",
        named="the loan",
    ),
)
UNSAID = """
SELECT turn.tgrelid::regclass::text FROM pg_trigger AS turn
WHERE turn.tgname LIKE '%\\_turns' AND NOT EXISTS (
  SELECT FROM pg_trigger AS born JOIN pg_proc ON pg_proc.oid = born.tgfoid
  WHERE born.tgrelid = turn.tgrelid AND born.tgenabled = 'A' AND born.tgtype & 4 = 4
    AND (born.tgtype & 16 = 0 OR proname LIKE '%\\_takes\\_its\\_turn')
    AND pg_get_triggerdef(born.oid) || prosrc ~* 'NEW.(state|version)')"""
"""Tables with turns on which nothing asks in which state, or at which version, a new row begins."""


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_url)
    async with connection.transaction():
        for statement in LOAN:
            await connection.execute(statement)
        await connection.execute("INSERT INTO loan VALUES ('1', 'asked', 1, 'An')")
        yield connection
        await connection.execute("DROP TABLE loan")
        await connection.execute("DROP FUNCTION loan_takes_its_turn")
    await connection.close()


async def _refused(owner: asyncpg.Connection, statement: str) -> str:
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        async with owner.transaction():
            await owner.execute(statement)
    assert refused.value.constraint_name == "loan_takes_its_turn"
    return str(refused.value)


async def test_a_turn_sets_its_own_columns_and_counts_the_version(
    owner: asyncpg.Connection,
) -> None:
    await owner.execute("UPDATE loan SET note = 'soon', version = 2")
    await owner.execute("UPDATE loan SET state = 'approved', approved_by = 'Bo', version = 3")

    assert await owner.fetchval("SELECT (state, note, approved_by)::text FROM loan") == (
        "(approved,soon,Bo)"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE loan SET note = 'soon'",
        "UPDATE loan SET note = 'soon', version = 3",
        "UPDATE loan SET note = 'soon', approved_by = 'Bo', version = 2",
        "UPDATE loan SET state = 'approved', approved_by = 'Bo', asked_by = 'Cy', version = 2",
        "UPDATE loan SET state = 'approved', approved_by = 'An', version = 2",
        "UPDATE loan SET state = 'repaid', version = 2",
        "UPDATE loan SET state = NULL, version = 2",
    ],
)
async def test_whatever_is_no_turn_is_refused(owner: asyncpg.Connection, statement: str) -> None:
    said = await _refused(owner, statement)

    assert said.startswith("the loan 1 cannot go from asked to ")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO loan VALUES ('2', 'approved', 1, 'An')",
        "INSERT INTO loan VALUES ('2', 'asked', 2, 'An')",
        "INSERT INTO loan VALUES ('2', NULL, 1, 'An')",
        "INSERT INTO loan VALUES ('2', 'asked', NULL, 'An')",
    ],
)
async def test_a_row_begins_where_it_is_said_at_its_first_version(
    owner: asyncpg.Connection, statement: str
) -> None:
    said = await _refused(owner, statement)

    assert said.startswith("the loan 2 begins as ")


async def test_wherever_rows_take_turns_it_is_said_where_they_begin(
    owner: asyncpg.Connection,
) -> None:
    assert [row[0] for row in await owner.fetch(UNSAID)] == []

    trying = owner.transaction()
    await trying.start()
    await owner.execute("DROP TRIGGER offer_begins ON offer")
    found = [row[0] for row in await owner.fetch(UNSAID)]
    await trying.rollback()

    assert found == ["offer"]
