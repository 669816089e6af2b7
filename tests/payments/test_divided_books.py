"""What is divided adds up: the database refuses what does not, and the books find it."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from msgspec import UNSET

from ecosystem.contracts.canonical import canonical
from ecosystem.payments import engine
from ecosystem.payments.books.division import DIVIDED
from ecosystem.payments.calculation import Calculation
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.pool import Connection
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from tests.payments.agreement import Agreement, accept, agree, calculations
from tests.payments.steps import unsound
from tests.payments.together import Together

pytestmark = pytest.mark.anyio
THREE = Together((("enterprise", "33.34"), ("second_enterprise", "33.33"), ("think_tank", "33.33")))


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path, together=THREE)
    await accept(database, made, "opening")
    return made


@pytest.fixture
async def city(database: Database, agreed: Agreement) -> AsyncIterator[Connection]:
    """A connection of the serving role that acts for the contract's authority."""
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    yield connection
    await connection.close()


async def _superuser(server: EmbeddedServer, name: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(server.dsn(name, role="postgres"))


ANEW = """
INSERT INTO calculation (authority_id, id, contract_id, ordinal, supersedes, kind, late_payment_id,
  document, digest, total, currency, recorded_at)
SELECT authority_id, $2, contract_id, ordinal, id, kind, late_payment_id,
  $3, $4, total, currency, recorded_at FROM calculation WHERE id = $1"""
PLACES = ("/lines/0", "/amount", "/withheld", "/taxes/0/amount", "/taxes/0/basis")


def _broken(document: bytes, place: str) -> tuple[bytes, bytes]:
    """Return a calculation in which the first member has a cent more somewhere, and its digest."""
    made: Any = msgspec.json.decode(document)
    *way, last = [int(one) if one.isdigit() else one for one in place.split("/")[1:]]
    at: Any = made["division"][0]
    for one in way:
        at = at[one]
    at[last] = f"{Decimal(at[last]) + Decimal('0.01'):f}"
    stated = msgspec.convert(made, Calculation)
    return canonical(engine.sealed(stated)), bytes.fromhex(engine.sealed(stated).digest)


async def test_the_database_refuses_what_is_divided_and_does_not_add_up(
    database: Database, agreed: Agreement, city: Connection
) -> None:
    [made] = await calculations(database, agreed)
    document, digest = _broken(made["document"], "/amount")
    row = made["id"], mint("calculation", authority=agreed.authority)

    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await city.execute(ANEW, *row, document, digest)
    sound = canonical(msgspec.json.decode(made["document"], type=Calculation))
    taken = await city.execute(ANEW, *row, sound, made["digest"])

    assert refused.value.constraint_name == "what_is_divided_adds_up"
    assert taken == "INSERT 0 1"


@pytest.mark.parametrize("shares", ["others", "order", "nobody"])
async def test_the_database_refuses_what_is_divided_by_other_shares(
    database: Database, agreed: Agreement, city: Connection, shares: str
) -> None:
    [made] = await calculations(database, agreed)
    stated = msgspec.json.decode(made["document"], type=Calculation)
    first, *rest = stated.members()
    changed = {
        "others": (msgspec.structs.replace(first, share="33.35"), *rest),
        "order": (*rest, first),
        "nobody": UNSET,
    }[shares]
    document = engine.sealed(msgspec.structs.replace(stated, division=changed))

    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await city.execute(
            ANEW, made["id"], mint("calculation", authority=agreed.authority),
            canonical(document), bytes.fromhex(document.digest),
        )  # fmt: skip

    assert refused.value.constraint_name == "what_is_divided_adds_up"


@pytest.mark.parametrize("place", PLACES)
async def test_a_division_that_does_not_add_up_is_found(
    database: Database, agreed: Agreement, server: EmbeddedServer, database_name: str, place: str
) -> None:
    [made] = await calculations(database, agreed)
    document, digest = _broken(made["document"], place)
    superuser = await _superuser(server, database_name)
    change = "UPDATE calculation SET document = $2, digest = $3 WHERE id = $1"
    before = await unsound(database)

    await superuser.execute("ALTER TABLE calculation DISABLE TRIGGER ALL")
    await superuser.execute(change, made["id"], document.decode(), digest)
    found = await unsound(database)
    sound = canonical(msgspec.json.decode(made["document"], type=Calculation))
    await superuser.execute(change, made["id"], sound.decode(), made["digest"])
    await superuser.execute("ALTER TABLE calculation ENABLE TRIGGER ALL")

    await superuser.close()
    assert before == []
    assert next(iter(DIVIDED)) in found
    assert await unsound(database) == []


@pytest.mark.parametrize("column", ["earned", "owed"])
async def test_what_a_member_has_earned_or_is_owed_otherwise_than_counted_is_found(
    database: Database, agreed: Agreement, owner_url: str, column: str
) -> None:
    owner = await Database(owner_url, Settings()).connect()
    change = f"UPDATE payee_total SET {column} = {column} + $2 WHERE contract_id = $1"  # noqa: S608

    await owner.execute(change, agreed.contract_id, Decimal("0.01"))
    found = await unsound(database)
    await owner.execute(change, agreed.contract_id, Decimal("-0.01"))

    await owner.close()
    assert found == [list(DIVIDED)[1]] * len(THREE.shares)
    assert await unsound(database) == []
