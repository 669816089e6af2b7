"""Whatever needs are searched by, its own index finds them: no plan reads the whole table."""

import re
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.needs.searches import queries
from ecosystem.needs.searches.model import Filters
from ecosystem.runtime.database import Database
from tests.conventions import market

MANY = 20_000
SEARCHED, VALUE, CLOSING = "need_searched", "need_by_value", "need_by_closing"
FILTERS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "need_newest_first"),
    "text": ({"text": "数据"}, SEARCHED),
    "sector": ({"sector": "public_services"}, SEARCHED),
    "operation": ({"operation": "data"}, SEARCHED),
    "within": ({"within": "440300"}, SEARCHED),
    "invited_kind": ({"invited_kind": "think_tank"}, SEARCHED),
    "invited_offer": ({"invited_offer": "delivery"}, SEARCHED),
    "value": ({"value_min": "1", "value_max": "2"}, VALUE),
    "value_min": ({"value_min": "1"}, VALUE),
    "closing": ({"closing_from": "2027-01-01", "closing_before": "2027-02-01"}, CLOSING),
    "closing_from": ({"closing_from": "2027-01-01"}, CLOSING),
    "open": ({"in_state": "published"}, CLOSING),
    "closed": ({"in_state": "closed"}, CLOSING),
    "evaluated": ({"in_state": "evaluated"}, "need_by_later_state"),
    "text and filters": ({"text": "data", "sector": "public_services", "within": "CN"}, SEARCHED),
    "sector and state": (
        {"sector": "public_services", "in_state": "evaluated"},
        "need_by_later_state",
    ),
    "sector and ranges": ({"operation": "data", "value_min": "1"}, SEARCHED),
}
"""What is asked for, and the index that finds it."""


@pytest.fixture(scope="module")
def filled() -> list[str]:
    return []


@pytest.fixture
async def many(
    client: httpx.AsyncClient, server: Any, database_name: str, filled: list[str]
) -> None:
    """Have so many needs that to read them all would be worth avoiding."""
    if filled:
        return
    made = await market.make(client)
    connection = await asyncpg.connect(server.dsn(database_name, role="postgres"))
    try:
        real = await connection.fetchval("SELECT pg_get_functiondef('bigrams'::regproc)")
        await connection.execute(
            "CREATE OR REPLACE FUNCTION bigrams(content text) RETURNS tsvector LANGUAGE sql"
            " IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT '''so'' ''on'''::tsvector $$"
        )
        names = await connection.fetchval(
            "SELECT string_agg(attname, ', ') FROM pg_attribute WHERE attrelid = 'need'::regclass"
            " AND attnum > 0 AND attgenerated = '' AND attname <> 'id'"
        )
        await connection.execute(
            f"INSERT INTO need (id, {names}) SELECT "  # noqa: S608 - names of columns.
            f"overlay(id placing lpad(to_hex(n), 8, '0') from length(id) - 7), {names}"
            " FROM need, generate_series(1, $1::int) AS n"
            " WHERE id = $2",
            MANY, made.published_id,
        )  # fmt: skip
        await connection.execute(real)
        await connection.execute("ANALYZE need")
    finally:
        await connection.close()
    filled.append(made.published_id)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("name", FILTERS)
async def test_no_search_reads_the_whole_table(database: Database, name: str) -> None:
    given, index = FILTERS[name]
    asked = queries.asked(msgspec.convert(given, Filters))
    sql = queries.listing(frozenset(asked)).sql
    count = len(set(re.findall(r"\$\d+", sql)))
    connection = await database.connect()

    try:
        await connection.execute(f"PREPARE sought AS {sql}")
        rows = await connection.fetch(f"EXPLAIN EXECUTE sought ({', '.join(['NULL'] * count)})")
    finally:
        await connection.close()

    plan = [row[0] for row in rows]
    assert [line for line in plan if "Seq Scan on need" in line] == [], "\n".join(plan)
    assert any(f" {index} " in line or line.endswith(f" {index}") for line in plan), "\n".join(plan)
