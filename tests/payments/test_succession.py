"""A member of a consortium is substituted, and each is paid for its time."""

from datetime import UTC, date, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest
from sqlalchemy import select

from ecosystem.identity.tables import organisation
from ecosystem.payments.calculation import Calculation, Divided
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.period import Period
from tests.contracts.changing import PARTIES, proposed, sign
from tests.contracts.partnership import Partnership, awarded
from tests.payments.agreement import Agreement, calculations, payments, verify
from tests.payments.steps import unsound

pytestmark = pytest.mark.anyio

BEFORE = Period(date(2025, 4, 1), date(2025, 7, 1))
AFTER = Period(date(2025, 7, 1), date(2025, 10, 1))
LEAVES, JOINS = "second_enterprise", "think_tank"


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    superuser = server.dsn(database_name, role="postgres")
    return await (await awarded(client, database, superuser)).active()


@pytest.fixture
async def agreed(active: Partnership, database: Database) -> Agreement:
    chosen = select(organisation.c.id, organisation.c.number)
    rows = await database.plain().rows(Statement(chosen))
    numbers = {row["id"]: row["number"] for row in rows}
    return Agreement(active.contract_id, active.programme_id, active.parties, numbers)


async def _verify(
    database: Database, agreed: Agreement, code: str, value: str, period: Period, *,
    instead_of: str | None = None,
) -> str:  # fmt: skip
    return await verify(
        database, agreed, code, value, period=period, supersedes=instead_of, at=datetime.now(UTC)
    )


async def _substitute(active: Partnership) -> None:
    who = {"leaving_id": active.id_of(LEAVES), "joining_id": active.id_of(JOINS)}
    change = await proposed(active, {"substitution": who})
    path = f"/v1/contract-changes/{change['id']}/approval"
    approved = await active.post(path, None, by=("city", "approver"), If_Match="*")
    assert approved.status_code == 201, approved.text
    for party in (*PARTIES, JOINS):
        signed = await sign(active, change, party)
        assert signed.status_code == 201, signed.text


async def _steps(database: Database, agreed: Agreement) -> list[dict[str, Divided]]:
    """Return what of each step, as it stands, is whose."""
    rows = await calculations(database, agreed)
    gone = {row["supersedes"] for row in rows}
    standing = sorted(
        (row for row in rows if row["id"] not in gone), key=lambda row: row["ordinal"]
    )
    made = [msgspec.json.decode(row["document"], type=Calculation) for row in standing]
    return [{part.organisation_id: part for part in one.members()} for one in made]


async def _paid(database: Database, agreed: Agreement) -> dict[str, list[Decimal]]:
    """Return the payments of each payee, the oldest first, that nobody took back."""
    found = dict[str, list[Decimal]]()
    for one in await payments(database, agreed):
        if one["state"] != "reversed":
            found.setdefault(one["payee_id"], []).append(one["amount"])
    return found


async def test_who_leaves_is_paid_for_what_was_before_and_who_joins_for_what_comes_after(
    active: Partnership, agreed: Agreement, database: Database
) -> None:
    lead, leaver, joiner = (active.id_of(one) for one in ("enterprise", LEAVES, JOINS))
    first = await _verify(database, agreed, "data-quality", "90", BEFORE)
    [before] = await _steps(database, agreed)

    await _substitute(active)
    await _verify(database, agreed, "data-quality", "91", AFTER)
    await _verify(database, agreed, "sharing-met", "88", BEFORE)
    await _verify(database, agreed, "data-quality", "93", BEFORE, instead_of=first)

    old, new = await _steps(database, agreed)
    assert {who: part.share for who, part in old.items()} == {lead: "70", leaver: "30"}
    assert {who: part.share for who, part in new.items()} == {lead: "70", joiner: "30"}
    assert Decimal(old[leaver].amount) > Decimal(before[leaver].amount) > 0
    paid = await _paid(database, agreed)
    assert sum(paid[leaver]) == Decimal(old[leaver].amount)
    assert paid[leaver][0] == Decimal(before[leaver].amount)
    assert sum(paid[joiner]) == Decimal(new[joiner].amount)
    assert sum(paid[lead]) == Decimal(old[lead].amount) + Decimal(new[lead].amount)
    assert await unsound(database) == []


async def test_a_correction_of_what_was_before_is_set_off_against_who_has_left_alone(
    active: Partnership, agreed: Agreement, database: Database
) -> None:
    leaver, joiner = active.id_of(LEAVES), active.id_of(JOINS)
    first = await _verify(database, agreed, "data-quality", "93", BEFORE)
    await _substitute(active)
    await _verify(database, agreed, "data-quality", "91", AFTER)
    before = await _paid(database, agreed)

    await _verify(database, agreed, "data-quality", "90", BEFORE, instead_of=first)

    after, (old, _) = await _paid(database, agreed), await _steps(database, agreed)
    assert after[leaver] == [Decimal(old[leaver].amount)] < before[leaver]
    assert after[joiner] == before[joiner]
    assert await unsound(database) == []


async def test_each_claims_its_own_and_nobody_the_others(
    active: Partnership, agreed: Agreement, database: Database
) -> None:
    await _verify(database, agreed, "data-quality", "90", BEFORE)
    await _substitute(active)
    await _verify(database, agreed, "data-quality", "91", AFTER)
    by_payee = {one["payee_id"]: one["id"] for one in await payments(database, agreed)}

    answers = [
        await active.post(
            f"/v1/payments/{by_payee[active.id_of(whose)]}/claim", None, by=(who, "delivery"),
            If_Match="*",
        )
        for whose, who in ((LEAVES, JOINS), (JOINS, LEAVES), (LEAVES, LEAVES), (JOINS, JOINS))
    ]  # fmt: skip

    assert [one.status_code for one in answers] == [404, 404, 201, 201]
