"""What is held back until a day is paid when that day has come, in its place, by nobody's hand."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from sqlalchemy import select

from ecosystem.payments.calculating import actions as calculating
from ecosystem.payments.calculation import Calculation
from ecosystem.payments.engine import recompute
from ecosystem.payments.releasing import actions as releasing
from ecosystem.payments.releasing.tables import release_day
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.minting import mint
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.values.period import Period
from tests.contracts.changing import proposed, read, signed
from tests.contracts.partnership import Partnership, awarded
from tests.parties import comes_true
from tests.payments.agreement import (
    AT,
    FEBRUARY,
    Agreement,
    accept,
    agree,
    calculations,
    payments,
    verify,
)
from tests.payments.steps import events, unsound
from tests.payments.together import Together

pytestmark = pytest.mark.anyio

FIRST, LAST = "2026-07-01", "2027-07-01"
BEFORE = Clock(stands_at=datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC))
ONCE = Clock(stands_at=datetime(2026, 7, 1, tzinfo=UTC))
LATER = Clock(stands_at=datetime(2027, 7, 1, tzinfo=UTC))
YEARS = Period(AT.date().replace(month=1), AT.date().replace(year=2028))
THREE = Together((("enterprise", "33.34"), ("second_enterprise", "33.33"), ("think_tank", "33.33")))


def _held(*releases: tuple[str, str]) -> dict[str, Any]:
    """Return a rule that holds back a tenth, and what of it is released on which days."""
    return {
        "code": "held", "shape": "retention", "rate": "0.1", "limit": "5000.00",
        "releases": [{"on": on, "share": share} for on, share in releases],
    }  # fmt: skip


_FAIL = """CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.contract_id = '{contract_id}' THEN RAISE EXCEPTION 'planted'; END IF;
    RETURN NEW; END $$;
  CREATE TRIGGER planted BEFORE INSERT ON calculation FOR EACH ROW EXECUTE FUNCTION planted()"""
HELD = _held((FIRST, "0.5"), (LAST, "1"))


async def _due(database: Database, clock: Clock) -> list[Any]:
    pages = calculating.pages(database, clock, period=YEARS)
    return [one async for page in pages for one in page if one["is_due"]]


async def _states(database: Database, agreed: Agreement | Partnership) -> dict[str, str]:
    chosen = select(release_day).where(release_day.c.contract_id == agreed.contract_id)
    rows = await database.plain().rows(Statement(chosen))
    return {row["released_on"].isoformat(): row["state"] for row in rows}


async def _totals(database: Database, agreed: Agreement) -> list[Decimal]:
    return [one["total"] for one in await calculations(database, agreed)]


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    superuser = server.dsn(database_name, role="postgres")
    return await (await awarded(client, database, superuser)).active()


async def test_days_follow_the_terms_with_each_change(
    active: Partnership, database: Database
) -> None:
    terms = (await read(active, f"/v1/contracts/{active.contract_id}"))["terms"]
    [rule] = [one for one in terms["payment_rules"] if one["code"] == "retention"]
    assert await _states(database, active) == {}

    for days in (("2027-03-01", "2028-03-01"), ("2028-03-01",)):
        releases = [{"on": day, "share": "1"} for day in days]
        await signed(
            active, await proposed(active, {"payment_rules": [{**rule, "releases": releases}]})
        )

    assert await _states(database, active) == {"2027-03-01": "dropped", "2028-03-01": "ahead"}


async def test_the_job_pays_what_is_released_once_its_day_has_begun(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, more=(HELD,))
    await accept(database, agreed, "opening")

    early = await _due(database, BEFORE)
    for clock in (ONCE, LATER):
        [one] = await _due(database, clock)
        assert await calculating.calculate(database, clock, one) == 1
        assert await _due(database, clock) == []

    assert early == []
    assert await _totals(database, agreed) == [7200, 400, 400]
    *_, made = await calculations(database, agreed)
    document = msgspec.json.decode(made["document"], type=Calculation)
    assert [day.isoformat() for day in document.facts.days] == [LAST]
    assert [(one.kind, one.value) for line in document.lines for one in line.inputs] == [
        ("day", LAST)
    ]
    assert recompute(made["document"]).is_identical()
    assert set((await _states(database, agreed)).values()) == {"calculated"}
    assert [one["amount"] for one in await payments(database, agreed)] == [7200, 400, 400]
    assert await unsound(database) == []


async def test_the_log_says_that_nobody_acted_and_decides_the_same_again(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, more=(HELD,))
    await accept(database, agreed, "opening")
    assert await releasing.release(database, ONCE) == 1

    *_, made = await calculations(database, agreed)
    [(kind, _, written)] = await events(database, made["id"])

    body = msgspec.json.decode(written)
    assert kind == "calculation.made"
    assert (body["by"]["client_id"], body["by"]["person_id"]) == (calculating.RULE, None)
    assert recompute(msgspec.json.encode(body["decision"])).is_identical()
    assert body["decision"]["digest"] == made["digest"].hex()


async def test_a_late_fact_of_before_the_day_releases_the_difference(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, more=(HELD,))
    await accept(database, agreed, "opening")
    assert await releasing.release(database, ONCE) == 1

    await verify(database, agreed, "matters", "100", period=FEBRUARY)

    *_, late, opening, day = await calculations(database, agreed)
    assert (late["total"], late["ordinal"]) == (900, 3)
    assert (opening["supersedes"], opening["total"], opening["ordinal"]) != (None, 7200, 2)
    assert (day["ordinal"], day["total"]) == (2, 450)
    assert sum(one["amount"] for one in await payments(database, agreed)) == 9000 - 450
    assert await unsound(database) == []


async def test_whatever_calculates_finds_a_day_that_has_come(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, more=(_held(("2026-05-01", "0.5"), (LAST, "1")),))

    await verify(database, agreed, "matters", "100")

    assert await _totals(database, agreed) == [900, 50]
    assert await _states(database, agreed) == {"2026-05-01": "calculated", LAST: "ahead"}
    assert await _due(database, ONCE) == []


async def test_two_that_release_at_once_release_once(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, more=(HELD,))
    await accept(database, agreed, "opening")
    other = Database(database_url, Settings(), reactions=database.reactions)

    both = await asyncio.gather(releasing.release(database, ONCE), releasing.release(other, ONCE))

    await other.close()
    assert sum(both) >= 1
    assert await _totals(database, agreed) == [7200, 400]
    assert await releasing.release(database, ONCE) == 0
    assert await unsound(database) == []


async def test_a_contract_whose_release_fails_holds_up_none_behind_it(
    database: Database, owner_url: str, tmp_path: Path
) -> None:
    broken, sound = [await agree(database, tmp_path, more=(HELD,)) for _ in range(2)]
    for one in (broken, sound):
        await accept(database, one, "opening")
    assert broken.contract_id < sound.contract_id
    owner = await asyncpg.connect(owner_url)
    await owner.execute(_FAIL.format(contract_id=broken.contract_id))

    done = await releasing.release(database, ONCE)
    await owner.execute("DROP FUNCTION planted CASCADE")
    await owner.close()
    totals = [await _totals(database, one) for one in (broken, sound)]
    again = await releasing.release(database, ONCE)

    assert (done, totals) == (1, [[Decimal(7200)], [Decimal(7200), Decimal(400)]])
    assert (again, await _totals(database, broken)) == (1, [Decimal(7200), Decimal(400)])
    assert await releasing.release(database, ONCE) == 0
    assert await unsound(database) == []


async def test_what_is_released_to_a_consortium_is_divided_by_its_shares(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, more=(HELD,), together=THREE)
    await accept(database, agreed, "opening")
    assert await releasing.release(database, ONCE) == 1

    *_, made = await calculations(database, agreed)
    document = msgspec.json.decode(made["document"], type=Calculation)

    parts = [one.amount for one in document.members()]
    assert sum(map(Decimal, parts)) == 400
    assert parts[0] == "133.36"
    assert sorted(str(one["amount"]) for one in (await payments(database, agreed))[-3:]) == sorted(
        parts
    )
    assert await unsound(database) == []


async def test_the_database_refuses_a_day_that_has_not_begun(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, more=(HELD,))
    await accept(database, agreed, "opening")
    assert await releasing.release(database, ONCE) == 1
    *_, made = await calculations(database, agreed)
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    day_before = made["recorded_at"] - timedelta(seconds=1)

    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await connection.execute(
            "INSERT INTO calculation (authority_id, id, contract_id, ordinal, kind, document, "
            "digest, total, currency, recorded_at) SELECT authority_id, $2, contract_id, "
            "ordinal + 1, kind, document, digest, total, currency, $3 FROM calculation "
            "WHERE id = $1",
            made["id"], mint("calculation", authority=agreed.authority), day_before,
        )  # fmt: skip

    await connection.close()
    assert refused.value.constraint_name == "a_day_of_release_has_come"


async def test_the_service_pays_by_itself_when_the_clock_reaches_the_day(
    client: httpx.AsyncClient, database: Database, chosen: Settings
) -> None:
    assert (await client.get("/v1/sandbox/parties")).status_code == 200
    day = datetime.now(UTC).date() + timedelta(days=40)
    rule = _held((day.isoformat(), "1"))
    agreed = await agree(database, Path(chosen.data_folder or "."), more=(rule,))
    await accept(database, agreed, "opening")
    before = await _totals(database, agreed)

    moved = await client.post("/v1/sandbox/clock", json={"now": f"{day}T00:00:01Z", "runs": True})

    async def is_paid() -> bool:
        return await _totals(database, agreed) == [7200, 800]

    assert moved.status_code == 200, moved.text
    assert before == [7200]
    assert await comes_true(is_paid, within_s=30)
