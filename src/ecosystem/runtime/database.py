"""The one way to the database: statements compiled once from SQLAlchemy Core, run on asyncpg.

A statement is written with Core, compiled at import, and run on the connection of the
current transaction, where PostgreSQL makes the JSON that readers get.
"""

from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Hashable,
    Iterable,
    Mapping,
)
from contextlib import asynccontextmanager
from typing import Any, Final, Literal

import asyncpg
from sqlalchemy import (
    MetaData,
    Table,
    Update,
    bindparam,
    insert,
    text,
    update,
)

from ecosystem.runtime.pool import Connection, DatabaseAway, Pool
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.statement import Ahead, Statement

__all__ = ["Ahead", "Statement"]

Record = asyncpg.Record

metadata: Final = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_is_unique",
        "fk": "%(table_name)s_%(column_0_N_name)s_refers",
        "ck": "%(table_name)s_%(constraint_name)s",
        "ix": "%(table_name)s_by_%(column_0_N_name)s",
    }
)
"""Every room's tables; the one description of the schema."""

_SERVER_GONE: Final = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # Said last words were not asked for: it is closing.
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)


_BEFORE: Final = Statement(text("SELECT current_setting(:name, true)"))
_RESTORE: Final = Statement(text("SELECT set_config(:name, :value, true)"))


def inserting(table: Table, *columns: str) -> Statement:
    """Return the statement that inserts one row with these columns, by default all of them."""
    return Statement(insert(table), columns=columns or [column.key for column in table.columns])


def updating(table: Table) -> Update:
    """Return an update of one row, by its authority and identifier: `of_authority` and `of`."""
    return update(table).where(
        table.c.authority_id == bindparam("of_authority"), table.c.id == bindparam("of")
    )


def marking(table: Table, step: str, *more: str) -> Statement:
    """Return the statement that brings one row to a state by a step: who, when, and what more.

    It takes `of_authority`, `of`, `new_state`, `who`, `when`, and each of `more` as `new_...`.
    """
    marks: dict[str, Any] = {f"{step}_by": bindparam("who"), f"{step}_at": bindparam("when")}
    marks |= {name: bindparam(f"new_{name}") for name in more}
    return Statement(
        updating(table).values(state=bindparam("new_state"), version=table.c.version + 1, **marks)
    )


class Tx:
    """One transaction, or for plain reads one connection, of one request."""

    __slots__ = ("_after", "_ahead", "_connection", "held", "reactions", "request_id")

    def __init__(self, connection: Connection, *, reactions: "Reactions | None" = None) -> None:
        """Run on `connection`; events recorded here are followed by `reactions`."""
        self._connection = connection
        self._after: list[Callable[[], None]] = []
        self._ahead: dict[Statement, Mapping[str, list[Record]]] = {}
        self.held: set[Hashable] = set()
        """What was locked in one go until the end, and need not be again."""
        self.reactions: Reactions = reactions or {}
        self.request_id: str | None = None

    async def run(self, statement: Statement, /, **values: Any) -> None:
        """Run a statement whose rows nobody reads."""
        await self._connection.fetch(statement.sql, *statement.arguments(values))

    async def rows(self, statement: Statement, /, **values: Any) -> list[Record]:
        """Return all rows."""
        if (known := self._known(statement, values)) is not None:
            return known
        return await self._connection.fetch(statement.sql, *statement.arguments(values))

    async def row(self, statement: Statement, /, **values: Any) -> Record | None:
        """Return the first row, or None."""
        if (known := self._known(statement, values)) is not None:
            return known[0] if known else None
        return await self._connection.fetchrow(statement.sql, *statement.arguments(values))

    async def value(self, statement: Statement, /, **values: Any) -> Any:
        """Return the first column of the first row, or None."""
        return await self._connection.fetchval(statement.sql, *statement.arguments(values))

    async def ahead(
        self, statement: Ahead, things: Collection[str], /, **values: Any
    ) -> list[Record]:
        """Read in one go what `statement` says of each of `things`, and return all of it.

        Whoever asks of one of them later in this transaction, with the same `values`, has these
        rows: so the things are held, and what is read of them is changed only after it was asked.
        """
        named = sorted(set(things))
        found: dict[str, list[Record]] = {one: [] for one in named}
        rows = await self.rows(statement.of_many, **values, ahead=named)
        for row in rows:
            found[row["ahead"]].append(row)
        self._ahead[statement] = found
        return rows

    def _known(self, statement: Statement, values: Mapping[str, Any]) -> list[Record] | None:
        if not self._ahead or not isinstance(statement, Ahead) or statement not in self._ahead:
            return None
        return self._ahead[statement].get(values[statement.by])

    async def many(self, statement: Statement, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each of `rows`."""
        arguments = [statement.arguments(row) for row in rows]
        if arguments:
            await self._connection.executemany(statement.sql, arguments)

    async def allow(self, name: str, value: str) -> None:
        """Let row-level security know one thing more, `app.name`, until the transaction ends.

        `value` is an identifier or a number; anything else is a ValueError.
        """
        await self._connection.execute(_local({name: value}))

    @asynccontextmanager
    async def allowing(self, name: str, value: str) -> AsyncGenerator[None]:
        """Let row-level security know `app.name` as `allow` does, and then what it was before.

        Where an exception passes it stays, for the transaction is undone.
        """
        before: str | None = await self.value(_BEFORE, name=f"app.{name}")
        if before != value:
            await self.allow(name, value)
        yield
        if before != value:
            await self.run(_RESTORE, name=f"app.{name}", value=before or "")

    def afterwards(self, call: Callable[[], None]) -> None:
        """Have `call` made once the transaction has committed."""
        self._after.append(call)

    def committed(self) -> None:
        """Make the calls that waited for the commit."""
        for call in self._after:
            call()


Reaction = Callable[..., Awaitable[None]]
Reactions = Mapping[str, tuple[Reaction, ...]]


class Transaction:
    """Holds a connection and a transaction open until it is ended, or left with a `with`."""

    def __init__(self, database: "Database", begin: str) -> None:
        """Prepare; `begin` is the text that opens it."""
        self._database = database
        self._begin = begin
        self._connection: Connection | None = None

    async def open(self) -> Tx:
        """Take a connection and begin."""
        connection = await self._database.pool.acquire()
        self._connection = connection
        try:
            await connection.execute(self._begin)
        except BaseException:
            self._give_back()
            raise
        self.tx = Tx(connection, reactions=self._database.reactions)
        return self.tx

    async def end(self, how: Literal["COMMIT", "ROLLBACK"]) -> None:
        """Commit or roll back, and give the connection back."""
        if self._connection is None:
            return
        status = ""
        try:
            status = await self._connection.execute(how)
        except Exception as error:
            # Where the connection is lost, PostgreSQL has rolled back by itself.
            if how == "COMMIT" or not is_away(error):
                raise
        finally:
            self._give_back()
        if how == "COMMIT":
            if status != "COMMIT":
                message = "the transaction had failed before and was rolled back"
                raise asyncpg.InFailedSQLTransactionError(message)
            self.tx.committed()

    def _give_back(self) -> None:
        if self._connection is not None:
            self._database.pool.release(self._connection)
            self._connection = None

    async def __aenter__(self) -> Tx:
        """Open the transaction."""
        return await self.open()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Commit, or roll back where an exception passes."""
        await self.end("COMMIT" if kind is None else "ROLLBACK")


class Database:
    """The connections of this process, and the transactions on them."""

    def __init__(self, url: str, settings: Settings, *, reactions: Reactions | None = None) -> None:
        """Connect to nothing yet."""
        self.url = url
        self.reactions: Reactions = reactions or {}
        self._settings = settings
        self.pool = Pool(
            self.connect,
            size=settings.pool_size,
            waiters_max=settings.pool_waiters_max,
            wait_s_max=settings.pool_wait_s_max,
        )

    async def connect(self) -> Connection:
        """Open one connection with the codecs and limits that every statement counts on."""
        connection = await asyncpg.connect(
            self.url,
            # All statements were compiled at import; to make a long one ready again costs most.
            statement_cache_size=1000,
            max_cacheable_statement_size=0,
            command_timeout=self._settings.statement_ms_max / 1000 + 5,
            timeout=10,
            server_settings={
                "application_name": "ecosystem",
                "timezone": "UTC",
                "statement_timeout": str(self._settings.statement_ms_max),
                "idle_in_transaction_session_timeout": "60000",
                "jit": "off",
                # One plan for each statement: to plan again costs more than most of them take.
                "plan_cache_mode": "force_generic_plan",
                # And one that serves when a table has grown that was small when it was made.
                "enable_seqscan": "off",
            },
        )
        await pass_json_through(connection)
        return connection

    def transaction(self, local: Mapping[str, str] | None = None) -> Transaction:
        """Return a transaction that writes; `local` settings hold inside it alone."""
        return Transaction(self, f"BEGIN;{_local(local or {})}")

    def reading(self, local: Mapping[str, str] | None = None) -> Transaction:
        """Return a transaction that only reads, from one snapshot."""
        return Transaction(
            self, f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;{_local(local or {})}"
        )

    def plain(self) -> "Plain":
        """Return single reads that need no transaction: each statement its own snapshot."""
        return Plain(self)

    async def close(self) -> None:
        """Close all connections that rest."""
        await self.pool.close()


class Plain(Tx):
    """Single reads without a transaction, each on a connection of its own moment."""

    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        """Take no connection yet."""
        self._database = database
        self._after = []
        self._ahead = {}
        self.held = set()
        self.reactions = {}
        self.request_id = None

    async def rows(self, statement: Statement, /, **values: Any) -> list[Record]:
        """Return all rows."""
        pool = self._database.pool
        connection = await pool.acquire()
        try:
            return await connection.fetch(statement.sql, *statement.arguments(values))
        finally:
            pool.release(connection)

    async def row(self, statement: Statement, /, **values: Any) -> Record | None:
        """Return the first row, or None."""
        pool = self._database.pool
        connection = await pool.acquire()
        try:
            return await connection.fetchrow(statement.sql, *statement.arguments(values))
        finally:
            pool.release(connection)

    async def value(self, statement: Statement, /, **values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = await self.row(statement, **values)
        return None if row is None else row[0]

    async def run(self, statement: Statement, /, **values: Any) -> None:
        """Refuse: what writes needs a transaction."""
        raise TypeError(statement.sql, values)

    async def many(self, statement: Statement, rows: Iterable[Mapping[str, Any]]) -> None:
        """Refuse: what writes needs a transaction."""
        raise TypeError(statement.sql, rows)

    async def allow(self, name: str, value: str) -> None:
        """Refuse: a setting holds in a transaction alone."""
        raise TypeError(name, value)


async def pass_json_through(connection: Connection) -> None:
    """Hand JSON and JSONB over as the bytes that PostgreSQL made, and take them so."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=_same, decoder=_same, format="binary"
    )
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda document: b"\x01" + document,
        decoder=lambda document: document[1:],
        format="binary",
    )


def is_away(error: BaseException) -> bool:
    """Tell whether `error` says that the database has gone, rather than that it refused."""
    return isinstance(error, (DatabaseAway, *_SERVER_GONE))


def _same(document: bytes) -> bytes:
    return document


def _local(settings: Mapping[str, str]) -> str:
    """Return `SET LOCAL` for settings whose values are identifiers or numbers, and nothing else."""
    for name, value in settings.items():
        if not (name.isidentifier() and value.replace("_", "").isalnum() and value.isascii()):
            message = f"app.{name} cannot be set to {value!r}"
            raise ValueError(message)
    return "".join(f"SET LOCAL app.{name} = '{value}';" for name, value in settings.items())
