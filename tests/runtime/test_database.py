"""Statements know their parameters; transactions end as they say, or say so."""

import asyncpg
import pytest
from sqlalchemy import bindparam, insert, literal, select, text, update

from ecosystem.runtime.database import Ahead, Database, Statement, inserting, is_away
from ecosystem.runtime.idempotency import stored_answer

KEYS_OF = select(stored_answer.c.key).where(stored_answer.c.principal == bindparam("who"))
KEYS = Statement(KEYS_OF)
ADD = inserting(stored_answer, "principal", "key", "fingerprint", "status", "headers", "body")
BROKEN = Statement(text("SELECT 1 / 0"))
PURPOSE = Statement(text("SELECT current_setting('app.purpose', true)"))
LONG = Statement(text(f"SELECT length('{'x' * 20_000}')"))
PREPARED = Statement(text("SELECT count(*) FROM pg_prepared_statements WHERE statement = :sql"))
ORGANISATION = Statement(text("SELECT current_setting('app.organisation', true)"))


def _row(who: str, key: str = "k") -> dict[str, object]:
    row: dict[str, object] = {
        "principal": who, "key": key, "fingerprint": b"", "status": 200, "headers": b"[]",
        "body": b"",
    }  # fmt: skip
    return row


def test_a_statement_takes_its_parameters_by_name_in_the_order_of_its_text() -> None:
    pair = Statement(select(bindparam("b", type_=stored_answer.c.key.type), bindparam("a")))

    assert pair.arguments({"a": 1, "b": "x", "more": 3}) == ["x", 1]


def test_a_parameter_that_is_missing_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="who"):
        KEYS.arguments({"key": "x"})


async def test_constants_need_not_be_given_and_may_be_overridden(database: Database) -> None:
    answer = Statement(select(literal("is", type_=stored_answer.c.key.type)))
    defaulted = Statement(select(bindparam("word", value="other", type_=stored_answer.c.key.type)))

    assert await database.plain().value(answer) == "is"
    assert await database.plain().value(defaulted) == "other"
    assert await database.plain().value(defaulted, word="given") == "given"


def test_a_constant_of_an_update_stays_beside_what_is_given() -> None:
    done = Statement(
        update(stored_answer).where(stored_answer.c.key == bindparam("of")).values(status=204)
    )

    assert sorted(map(str, done.arguments({"of": "k"}))) == ["204", "k"]


async def test_a_statement_is_made_ready_once_however_long_it_is(database: Database) -> None:
    async with database.transaction() as tx:
        lengths = [await tx.value(LONG) for _ in range(3)]
        ready = await tx.value(PREPARED, sql=LONG.sql)

    assert (lengths, ready) == ([20_000] * 3, 1)


async def test_a_small_table_is_read_by_its_index_too_for_it_may_grow(
    database: Database, owner_url: str
) -> None:
    async with database.transaction() as tx:
        await tx.run(ADD, **_row("few"))
    owner = await asyncpg.connect(owner_url)
    await owner.execute("ANALYZE stored_answer")
    await owner.close()
    connection = await database.connect()

    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {KEYS.sql}", "w"))

    await connection.close()
    assert "Seq Scan" not in plan


async def test_what_is_allowed_for_a_while_is_then_as_it_was_before(database: Database) -> None:
    async with database.transaction() as tx:
        async with tx.allowing("purpose", "opening"):
            async with tx.allowing("purpose", "calculation"):
                inner = await tx.value(PURPOSE)
            outer = await tx.value(PURPOSE)
        after = await tx.value(PURPOSE)

    assert (inner, outer, after) == ("calculation", "opening", "")


async def test_what_is_read_ahead_is_what_each_would_have_been_told(database: Database) -> None:
    of_one = Ahead(KEYS_OF.order_by(stored_answer.c.key.desc()), by="who")
    others = Ahead(KEYS_OF, by="who")
    async with database.transaction() as tx:
        await tx.many(ADD, [_row("ann", "1"), _row("ann", "2"), _row("bob", "3")])

    async with database.transaction() as tx:
        every = await tx.ahead(of_one, ["bob", "ann", "eve"])
        await tx.run(ADD, **_row("ann", "4"))
        known = {who: await tx.rows(of_one, who=who) for who in ("ann", "bob", "eve")}
        first, none = await tx.row(of_one, who="ann"), await tx.row(of_one, who="eve")
        asked = await tx.rows(others, who="ann")

    told = {who: [row["key"] for row in rows] for who, rows in known.items()}
    assert told == {"ann": ["2", "1"], "bob": ["3"], "eve": []}
    assert len(every) == 3
    assert (first, none) == (known["ann"][0], None)
    assert len(asked) == 3
    async with database.transaction() as tx:
        assert len(await tx.rows(of_one, who="ann")) == 3


async def test_what_is_plain_writes_nothing(database: Database) -> None:
    plain = database.plain()

    with pytest.raises(TypeError):
        await plain.run(ADD, **_row("plain"))
    with pytest.raises(TypeError):
        await plain.many(ADD, [_row("plain")])
    with pytest.raises(TypeError):
        await plain.allow("purpose", "any")
    with pytest.raises(TypeError):
        async with plain.allowing("purpose", "any"):
            pass
    assert await plain.rows(KEYS, who="plain") == []


async def test_what_only_reads_is_held_to_it_by_the_database(database: Database) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with database.reading() as tx:
            await tx.run(ADD, **_row("reading"))


async def test_what_reads_sees_one_moment(database: Database) -> None:
    async with database.reading() as tx:
        before = await tx.rows(KEYS, who="moment")
        async with database.transaction() as other:
            await other.run(ADD, **_row("moment"))
        after = await tx.rows(KEYS, who="moment")

    assert before == after == []
    assert len(await database.plain().rows(KEYS, who="moment")) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("purpose", "a'b"), ("purpose", "a;b"), ("purpose", ""), ("purpose", "a b"),
        ("purpose", "a-b"), ("purpose", "é"), ("purpose", "１２"), ("purpose", "a\n"),
        ("purpose = 'x'; --", "a"), ("app.purpose", "a"),
    ],
)  # fmt: skip
async def test_a_setting_that_is_no_identifier_or_number_is_never_sent(
    database: Database, name: str, value: str
) -> None:
    with pytest.raises(ValueError, match="cannot be set"):
        database.transaction({name: value})
    with pytest.raises(ValueError, match="cannot be set"):
        database.reading({name: value})
    async with database.transaction() as tx:
        with pytest.raises(ValueError, match="cannot be set"):
            await tx.allow(name, value)


async def test_settings_end_with_their_transaction(database: Database) -> None:
    async with database.transaction({"organisation": "org_1"}) as tx:
        await tx.allow("purpose", "opening")
        assert await tx.value(ORGANISATION) == "org_1"
        assert await tx.value(PURPOSE) == "opening"

    for _ in range(2):
        async with database.transaction() as tx:
            assert not await tx.value(ORGANISATION)
            assert not await tx.value(PURPOSE)


async def test_a_transaction_that_failed_is_not_said_to_have_committed(database: Database) -> None:
    said: list[str] = []
    transaction = database.transaction()
    tx = await transaction.open()
    tx.afterwards(lambda: said.append("committed"))
    await tx.run(ADD, **_row("failed"))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await tx.run(BROKEN)

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await transaction.end("COMMIT")

    assert said == []
    assert await database.plain().rows(KEYS, who="failed") == []
    assert database.pool.in_use == 0


async def test_what_waits_for_the_commit_is_called_after_it_alone(database: Database) -> None:
    said: list[str] = []
    for who, error in (("kept", None), ("undone", LookupError())):
        try:
            async with database.transaction() as tx:
                await tx.run(ADD, **_row(who))
                tx.afterwards(lambda who=who: said.append(who))  # type: ignore[misc]
                assert who not in said
                if error is not None:
                    raise error
        except LookupError:
            pass

    assert said == ["kept"]
    assert await database.plain().rows(KEYS, who="undone") == []


async def test_a_transaction_ends_once(database: Database) -> None:
    transaction = database.transaction()
    tx = await transaction.open()
    await tx.run(ADD, **_row("once"))

    await transaction.end("COMMIT")
    await transaction.end("ROLLBACK")

    assert len(await database.plain().rows(KEYS, who="once")) == 1
    assert database.pool.in_use == 0


async def test_a_connection_that_breaks_inside_a_transaction_is_given_back(
    database: Database, owner_url: str
) -> None:
    transaction = database.transaction()
    tx = await transaction.open()
    number = await tx.value(Statement(text("SELECT pg_backend_pid()")))
    other = await asyncpg.connect(owner_url.replace("ecosystem_owner", "postgres"))
    await other.execute("SELECT pg_terminate_backend($1)", number)
    await other.close()

    broken = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
    with pytest.raises(broken) as raised:
        await transaction.end("COMMIT")

    assert is_away(raised.value)
    assert database.pool.in_use == 0
    assert await database.plain().value(Statement(text("SELECT 1"))) == 1


async def test_json_comes_as_the_bytes_that_postgresql_made(database: Database) -> None:
    both = Statement(text("SELECT json '{\"b\" \\: 1}' AS a, jsonb '{\"b\" \\: 1}' AS b"))
    row = await database.plain().row(both)

    assert row is not None
    assert (row["a"], row["b"]) == (b'{"b" : 1}', b'{"b": 1}')


async def test_many_rows_or_none_are_written_at_once(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.many(ADD, [])
        await tx.many(ADD, [_row("many", f"k{number}") for number in range(3)])

    assert len(await database.plain().rows(KEYS, who="many")) == 3


def test_an_insert_without_columns_takes_all_of_them() -> None:
    whole = inserting(stored_answer)

    assert whole.sql == Statement(insert(stored_answer)).sql
