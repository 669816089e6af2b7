"""Construction and operation over the lives of contracts: exact, and each contract by itself."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from ecosystem.assessments.ratios import queries
from ecosystem.assessments.ratios.model import OperationRatio, RatioContract
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.postgres import EmbeddedServer
from tests.payments.agreement import Agreement, agree

pytestmark = pytest.mark.anyio
COUNT = 40
YEARS = range(2024, 2034)
COPY = """
  INSERT INTO contract
  SELECT (jsonb_populate_record(contract, jsonb_build_object(
    'id', $2::text, 'programme_id', $3::text, 'award_id', $2::text, 'price', $4::text::numeric,
    'starts_on', $5::date, 'ends_on', $6::date))).*
  FROM contract WHERE id = $1"""
PROGRAMME = """
  INSERT INTO programme
  SELECT (jsonb_populate_record(programme, jsonb_build_object(
    'id', $2::text, 'sector', $3::text, 'phase', $4::text))).*
  FROM programme WHERE id = $1"""


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path)


async def _filled(superuser: str, agreed: Agreement) -> None:
    """Write contracts of every length and amount, as if they had been signed."""
    dice = random.Random(7)
    connection = await asyncpg.connect(superuser)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("ALTER TABLE contract DISABLE TRIGGER USER")
    programmes = []
    for sector in ("public_services", "urban_governance"):
        for phase in ("construction", "operation"):
            programmes.append(mint("programme", authority=agreed.authority))
            await connection.execute(PROGRAMME, agreed.programme_id, programmes[-1], sector, phase)
    for _ in range(COUNT):
        starts = date(2024, 1, 1) + timedelta(days=dice.randrange(1500))
        await connection.execute(
            COPY, agreed.contract_id, mint("contract", authority=agreed.authority),
            dice.choice(programmes), f"{dice.randrange(1, 10**9)}.{dice.randrange(100):02d}",
            starts, starts + timedelta(days=dice.randrange(1, 1900)),
        )  # fmt: skip
    await connection.close()


async def ratio_of(database: Database, agreed: Agreement, year: int | None) -> OperationRatio:
    """Return the ratio of the city."""
    city = agreed.parties.party("city").organisation_id
    return await queries.ratio(database.plain(), city, year)


async def contracts_of(
    database: Database, agreed: Agreement, year: int | None, **only: str
) -> list[RatioContract]:
    """Return the contracts that make the ratio of the city."""
    city = agreed.parties.party("city").organisation_id
    asked: dict[str, Any] = await queries.bounds(database.plain(), city, year)
    row = await database.plain().row(
        queries.CONTRACTS, page_from="~", page_limit=100,
        **({"sector": "", "phase": ""} | only), **asked,
    )  # fmt: skip
    assert row is not None
    return msgspec.json.decode(row["rows"] or b"[]", type=list[RatioContract])


def _accrued(one: RatioContract, day: date) -> Decimal:
    life = (one.ends_on - one.starts_on).days
    passed = min(max((day - one.starts_on).days, 0), life)
    return Decimal(floor(Fraction(one.value.amount) * 100 * passed / life)) / 100


def _sum(amounts: Iterable[str]) -> Decimal:
    return sum((Decimal(one) for one in amounts), Decimal(0))


async def test_the_years_of_each_contract_add_up_to_its_value_and_the_contracts_to_the_ratio(
    database: Database, agreed: Agreement, server: EmbeddedServer, database_name: str
) -> None:
    await _filled(server.dsn(database_name, role="postgres"), agreed)

    by_contract: dict[str, Decimal] = {}
    for year in YEARS:
        found = await contracts_of(database, agreed, year)
        for one in found:
            wanted = _accrued(one, date(year + 1, 1, 1)) - _accrued(one, date(year, 1, 1))
            assert Decimal(one.share.amount) == wanted
            by_contract[one.id] = by_contract.get(one.id, Decimal(0)) + wanted
        for line in (await ratio_of(database, agreed, year)).data:
            of_line = [one for one in found if line.sector in {None, one.sector}]
            for phase, amount in (
                ("construction", line.construction),
                ("operation", line.operation),
            ):
                shares = (one.share.amount for one in of_line if one.phase == phase)
                assert Decimal(amount.amount) == _sum(shares)

    whole = await contracts_of(database, agreed, None)
    assert len(whole) == COUNT + 1
    assert by_contract == {one.id: Decimal(one.value.amount) for one in whole}
    (total, *_) = (await ratio_of(database, agreed, None)).data
    built, run = Decimal(total.construction.amount), Decimal(total.operation.amount)
    assert Fraction(*map(int, (total.ratio or "").split(":"))) == Fraction(built) / Fraction(run)
