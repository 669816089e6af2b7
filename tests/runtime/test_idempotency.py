"""An answer is kept under its key for as long as was promised, and then is no more."""

from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from ecosystem.runtime import idempotency
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.idempotency import SHAPE, Answer, KeyInUse, KeyReused
from ecosystem.runtime.visit import StoredUnder
from tests.parties import bearer

DAY = timedelta(hours=24)
ANSWER = Answer(201, [("etag", '"v1"')], b"{}")


def _under(key: str, fingerprint: bytes = b"same") -> StoredUnder:
    return StoredUnder("client_1/", key, fingerprint)


def _since(ago: timedelta = DAY) -> datetime:
    return datetime.now(UTC) - ago


async def _keep(database: Database, key: str) -> None:
    async with database.transaction() as tx:
        await idempotency.store(tx, _under(key), ANSWER, since=_since())


async def _age(owner_url: str, key: str, by: timedelta) -> None:
    connection = await asyncpg.connect(owner_url)
    await connection.execute(
        "UPDATE stored_answer SET stored_at = stored_at - $2::interval WHERE key = $1", key, by
    )
    await connection.close()


async def test_what_was_stored_is_found_again(database: Database) -> None:
    await _keep(database, "found")

    async with database.transaction() as tx:
        _, found = await idempotency.look_up(tx, _under("found"), since=_since())
        _, other = await idempotency.look_up(tx, _under("other"), since=_since())

    assert (found, other) == (ANSWER, None)


async def test_a_key_with_another_request_is_refused(database: Database) -> None:
    await _keep(database, "reused")

    async with database.transaction() as tx:
        with pytest.raises(KeyReused):
            await idempotency.look_up(tx, _under("reused", b"other"), since=_since())


async def test_while_one_works_under_a_key_another_is_refused(database: Database) -> None:
    async with database.transaction() as one:
        await idempotency.look_up(one, _under("busy"), since=_since())
        async with database.transaction() as other:
            with pytest.raises(KeyInUse):
                await idempotency.look_up(other, _under("busy"), since=_since())
    async with database.transaction() as later:
        _, found = await idempotency.look_up(later, _under("busy"), since=_since())

    assert found is None


async def test_who_stores_second_is_refused(database: Database) -> None:
    await _keep(database, "twice")

    with pytest.raises(KeyInUse):
        await _keep(database, "twice")


async def test_after_its_hours_a_key_is_free_for_another_request(
    database: Database, owner_url: str
) -> None:
    await _keep(database, "old")
    await _age(owner_url, "old", DAY - timedelta(minutes=1))
    async with database.transaction() as tx:
        _, found = await idempotency.look_up(tx, _under("old"), since=_since())
    assert found == ANSWER

    await _age(owner_url, "old", timedelta(minutes=2))
    async with database.transaction() as tx:
        _, found = await idempotency.look_up(tx, _under("old", b"new"), since=_since())
        assert found is None
        await idempotency.store(tx, _under("old", b"new"), ANSWER, since=_since())
    async with database.transaction() as tx:
        _, found = await idempotency.look_up(tx, _under("old", b"new"), since=_since())
    assert found == ANSWER


async def test_forgetting_deletes_what_is_too_old_and_nothing_else(
    database: Database, owner_url: str
) -> None:
    for key in ("aged", "young"):
        await _keep(database, key)
    await _age(owner_url, "aged", timedelta(hours=25))

    async with database.transaction() as tx:
        await idempotency.forget(tx, since=_since())

    connection = await asyncpg.connect(owner_url)
    rows = await connection.fetch(
        "SELECT key FROM stored_answer WHERE key = ANY($1)", ["aged", "young"]
    )
    await connection.close()
    assert [row["key"] for row in rows] == ["young"]


async def test_over_http_a_key_is_replayed_for_its_hours_and_then_makes_another(
    client: httpx.AsyncClient, edge: Edge, owner_url: str
) -> None:
    hours = edge.application.state.house.settings.idempotency_hours
    who = await bearer(client, "city", "treasurer") | {"Idempotency-Key": "over-http"}
    body = {
        "name": {"en": "Roads"}, "fiscal_year": 2027, "sector": "urban_governance",
        "operation": "data", "phase": "operation", "currency": "CNY",
    }  # fmt: skip
    first = await client.post("/v1/programmes", json=body, headers=who)
    await _age(owner_url, "over-http", timedelta(hours=hours, minutes=-1))
    again = await client.post("/v1/programmes", json=body, headers=who)
    await _age(owner_url, "over-http", timedelta(minutes=2))
    later = await client.post("/v1/programmes", json=body, headers=who)

    assert (first.status_code, again.status_code, later.status_code) == (201, 201, 201), first.text
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert later.json()["id"] != first.json()["id"]
    assert "idempotency-replayed" not in later.headers


@pytest.mark.parametrize("key", ["k", '"quoted"', "k" * 255, "~!#$%&'()*+,-./:;<=>?@[]^_`{|}"])
def test_keys_of_visible_characters_are_keys(key: str) -> None:
    assert SHAPE.fullmatch(key)


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "tab\t", "é", 'in"side', "line\n"])
def test_anything_else_is_no_key(key: str) -> None:
    assert not SHAPE.fullmatch(key)
