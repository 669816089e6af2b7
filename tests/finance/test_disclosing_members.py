"""What is of all is disclosed by those who supply now; what was paid, by who got it."""

from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from sqlalchemy import select

from ecosystem.finance.disclosing import actions, queries, rules
from ecosystem.finance.disclosing.model import DisclosureDraft, GiveFacts, Scope
from ecosystem.finance.disclosing.tables import disclosure
from ecosystem.payments.calculation import Calculation
from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.period import Period
from tests.contracts.changing import code
from tests.contracts.partnership import Partnership, awarded
from tests.finance.lending import LENDER, act_as
from tests.finance.parting import JOINS, LEAD, MEMBER, agreement, excluded, excluding
from tests.payments.agreement import AT, Agreement, verify
from tests.replay import replayed

pytestmark = pytest.mark.anyio
SOON = AT + timedelta(days=30)
BEFORE = Period(date(2025, 4, 1), date(2025, 7, 1))
AFTER = Period(date(2025, 7, 1), date(2025, 10, 1))
OF_ALL = (Scope.MILESTONES, Scope.OBSERVATIONS)
OWN = (Scope.PAYMENTS, Scope.CALCULATIONS)


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    superuser = server.dsn(database_name, role="postgres")
    return await (await awarded(client, database, superuser)).active()


@pytest.fixture
async def agreed(active: Partnership, database: Database) -> Agreement:
    """A member has left after a quarter that was paid, and another has supplied one since."""
    made = await agreement(active, database)
    change = await excluding(active)
    await verify(database, made, "data-quality", "90", period=BEFORE)
    for party in (LEAD, MEMBER):
        await _given(database, made, party, *OF_ALL)
    assert await _of_all(database, made) == {"milestones", "observations"}
    await excluded(database, made, change)
    await verify(database, made, "data-quality", "91", period=AFTER)
    return made


async def test_who_joins_is_asked_for_its_consent_and_who_has_left_is_not(
    database: Database, agreed: Agreement
) -> None:
    assert await _of_all(database, agreed) == set()

    await _given(database, agreed, JOINS, Scope.OBSERVATIONS)

    assert await _of_all(database, agreed) == {"observations"}


async def test_who_has_left_keeps_nobody_from_showing_what_is_of_all(
    database: Database, agreed: Agreement
) -> None:
    await _given(database, agreed, JOINS, *OF_ALL)

    await _revoked_all(database, agreed, MEMBER)

    assert await _of_all(database, agreed) == {"milestones", "observations"}


async def test_who_has_left_discloses_what_it_was_paid_itself(
    database: Database, agreed: Agreement
) -> None:
    await _given(database, agreed, MEMBER, Scope.PAYMENTS)

    assert await _seen(database, agreed) == ({_id(agreed, MEMBER)}, 0)
    await _revoked_all(database, agreed, MEMBER)
    assert await _seen(database, agreed) == (set(), 0)
    counted = await replayed(database, {"disclosure.given": (rules.give, GiveFacts)})
    assert min(counted.values()) > 0


async def test_a_calculation_is_shown_by_those_among_whom_it_is_divided_and_by_no_others(
    database: Database, agreed: Agreement
) -> None:
    for party in (LEAD, JOINS):
        await _given(database, agreed, party, Scope.CALCULATIONS)
    assert await _divided(database, agreed) == [{LEAD, JOINS}]

    await _given(database, agreed, MEMBER, Scope.CALCULATIONS)

    assert await _divided(database, agreed) == [{LEAD, MEMBER}, {LEAD, JOINS}]


async def test_who_has_left_shows_nothing_of_what_is_of_all(
    database: Database, agreed: Agreement
) -> None:
    for scope in OF_ALL:
        with pytest.raises(rules.DiscloserLeft):
            await _given(database, agreed, MEMBER, Scope.PAYMENTS, scope)
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        async with database.transaction(seen_by(agreed.actor(MEMBER, "signatory"))) as tx:
            await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
                "INSERT INTO disclosure (authority_id, id, version, state, contract_id, "
                "supplier_id, lender_id, scopes, until_at, given_by, given_at) SELECT "
                "authority_id, 'disclosure_' || reverse(substr(id, 12)), 1, 'given', contract_id, "
                "supplier_id, lender_id, scopes, until_at, given_by, given_at "
                "FROM disclosure WHERE supplier_id = $1",
                _id(agreed, MEMBER),
            )  # fmt: skip
    assert refused.value.constraint_name == "a_supplier_discloses"


async def test_nobody_else_discloses_and_who_has_left_is_told_what_it_may(
    active: Partnership, agreed: Agreement
) -> None:
    path = f"/v1/contracts/{agreed.contract_id}/disclosures"
    asked: dict[str, Any] = {
        "lender_id": active.id_of("bank"), "until_at": "2030-01-01T00:00:00Z",
        "scopes": ["payments", "milestones"],
    }  # fmt: skip

    stranger = await active.post(path, asked, by=("verifier", "signatory"))
    left = await active.post(path, asked, by=(MEMBER, "signatory"))
    own = await active.post(path, {**asked, "scopes": ["payments"]}, by=(MEMBER, "signatory"))

    assert code(stranger) == (403, "not_discloser")
    assert code(left) == (409, "discloser_left")
    assert left.json()["errors"][0]["pointer"] == "/scopes"
    assert own.status_code == 201, own.text
    listed = await active.get(path, by=(MEMBER, "signatory"))
    assert {one["supplier_id"] for one in listed.json()["data"]} == {active.id_of(MEMBER)}


def _id(agreed: Agreement, party: str) -> str:
    return agreed.parties.party(party).organisation_id


async def _given(database: Database, agreed: Agreement, who: str, *scopes: Scope) -> str:
    asked = DisclosureDraft(lender_id=_id(agreed, "bank"), scopes=scopes, until_at=SOON)
    made: Standing = await act_as(
        database, agreed, (who, "signatory"),
        lambda tx, by: actions.give(tx, agreed.contract_id, asked, by=by, at=AT),
    )  # fmt: skip
    return made.id


async def _revoked_all(database: Database, agreed: Agreement, who: str) -> None:
    """Take back every consent of a supplier that stands."""
    by = agreed.actor(who, "signatory")
    own = (disclosure.c.supplier_id == by.organisation_id, disclosure.c.state == "given")
    async with database.transaction(seen_by(by)) as tx:
        for row in await tx.rows(Statement(select(disclosure.c.id).where(*own))):
            await actions.revoke(tx, row["id"], by=by, at=AT, expected=None)


def _as_bank(agreed: Agreement, at: datetime = AT) -> dict[str, str]:
    return {**seen_by(agreed.actor(*LENDER)), "now": str(int(at.timestamp()))}


async def _of_all(database: Database, agreed: Agreement) -> set[str]:
    """Return which of what is of all the bank sees."""
    by = agreed.actor(*LENDER)
    async with database.reading(_as_bank(agreed)) as tx:
        seen = await queries.scopes(tx, agreed.contract_id, by=by, at=AT)
    return {str(one) for one in seen}


async def _seen(database: Database, agreed: Agreement) -> tuple[set[str], int]:
    """Return whose payments, and how many calculations, the bank sees."""
    whose = select(payment.c.payee_id).where(payment.c.contract_id == agreed.contract_id)
    async with database.reading(_as_bank(agreed)) as tx:
        payees = {row["payee_id"] for row in await tx.rows(Statement(whose))}
        return payees, len(await tx.rows(Statement(select(calculation.c.id))))


async def _divided(database: Database, agreed: Agreement) -> list[set[str]]:
    """Return among whom the calculations are divided that the bank sees, the oldest first."""
    names = {_id(agreed, party): party for party in (LEAD, MEMBER, JOINS)}
    documents = select(calculation.c.document).order_by(calculation.c.id)
    async with database.reading(_as_bank(agreed)) as tx:
        rows = await tx.rows(Statement(documents))
    made = [msgspec.json.decode(row["document"], type=Calculation) for row in rows]
    return [{names[part.organisation_id] for part in one.members()} for one in made]
