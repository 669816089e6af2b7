"""The lead of a consortium is excluded that borrows on its contract: who owes and gets what."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from sqlalchemy import select

from ecosystem.finance import actions as facilities
from ecosystem.finance import rules as facility_rules
from ecosystem.finance.assigning import actions as assigning
from ecosystem.finance.drawing import actions as drawing
from ecosystem.finance.model import FacilityDraft, OfferFacts
from ecosystem.finance.servicing import actions as servicing
from ecosystem.finance.tables import facility
from ecosystem.offers.model import Financing
from ecosystem.outcomes import actions as outcomes
from ecosystem.outcomes.model import Report
from ecosystem.outcomes.tables import metric
from ecosystem.payments import actions as paying
from ecosystem.payments import rules as payment_rules
from ecosystem.payments.model import PaymentFacts
from ecosystem.runtime.database import Database, Record, Statement
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.period import Period
from tests.contracts.changing import code
from tests.contracts.partnership import Partnership, awarded
from tests.contracts.partnership import award as write_award
from tests.finance.lending import (
    LENDER,
    act_as,
    assigned,
    book,
    disbursed,
    lent,
    requested,
    unsound,
)
from tests.finance.parting import JOINS, LEAD, MEMBER, agreement, excluded, excluding
from tests.payments import steps
from tests.payments.agreement import AT, WORDS, Agreement, payments
from tests.replay import replayed

pytestmark = pytest.mark.anyio
BEFORE = Period(date(2025, 4, 1), date(2025, 7, 1))
AFTER = Period(date(2025, 7, 1), date(2025, 10, 1))
OFFERED = {"facility.offered": (facility_rules.offer, OfferFacts)}
CLAIMED = {"payment.claimed": (payment_rules.claim, PaymentFacts)}
FINANCING = {
    "amount": {"amount": "60000.00", "currency": "CNY"}, "annual_rate": "6", "tenor_months": 12,
    "fees": {"amount": "0.00", "currency": "CNY"}, "repayment": "equal_principal",
}  # fmt: skip


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    return await (await awarded(client, database, superuser)).active()


@pytest.fixture
async def agreed(active: Partnership, database: Database) -> Agreement:
    return await agreement(active, database)


async def test_what_the_lead_earned_goes_to_its_lender_and_what_others_earn_to_themselves(
    active: Partnership, agreed: Agreement, database: Database
) -> None:
    facility_id = await lent(database, agreed, repays_early=True, drawdowns=[])
    await disbursed(database, agreed, facility_id, part=None)
    waits = await requested(database, agreed, facility_id, "1000.00", part=None)
    assignment_id = await assigned(database, agreed, facility_id)
    await observed(database, agreed, LEAD, BEFORE)
    theirs = await payment_of(database, agreed, LEAD)
    with pytest.raises(payment_rules.PaymentMissing):
        await claim_as_lender(database, agreed, theirs["id"])

    await excluded(database, agreed, await excluding_the_lead(active))
    await observed(database, agreed, MEMBER, AFTER)
    await claim_as_lender(database, agreed, theirs["id"])
    await steps.claim(
        database, agreed, (await payment_of(database, agreed, JOINS))["id"], payee=JOINS
    )
    for party in (LEAD, JOINS):
        for step in (steps.approve, steps.instruct, steps.settle):
            await step(database, agreed, (await payment_of(database, agreed, party))["id"])

    paid, joined = [await payment_of(database, agreed, one) for one in (LEAD, JOINS)]
    assert (paid["paid_to_id"], paid["assignment_id"]) == (active.id_of("bank"), assignment_id)
    assert (joined["paid_to_id"], joined["assignment_id"]) == (active.id_of(JOINS), None)
    held = await book(database, facility_id)
    assert held["repaid"] == Decimal("24000.00")
    assert "outstanding" not in held
    closed = await _closed(database, agreed, facility_id, assignment_id, waits)
    assert closed.state == "closed"
    assert "undrawn" not in await book(database, facility_id)
    assert (await replayed(database, CLAIMED))["payment.claimed"] >= 2
    assert await unsound(database) == []


async def test_its_lender_reads_and_claims_no_payment_but_those_of_who_has_left(
    active: Partnership, agreed: Agreement, database: Database
) -> None:
    facility_id = await lent(database, agreed, drawdowns=[])
    await assigned(database, agreed, facility_id)
    await observed(database, agreed, LEAD, BEFORE)
    path = f"/v1/contracts/{agreed.contract_id}/payments"
    assert code(await active.get(path, by=LENDER)) == (403, "not_concerned")

    await excluded(database, agreed, await excluding_the_lead(active))

    listed = (await active.get(path, by=LENDER)).json()["data"]
    assert [one["payee_id"] for one in listed] == [active.id_of(LEAD)]
    others = await payment_of(database, agreed, MEMBER)
    hidden = await active.post(f"/v1/payments/{others['id']}/claim", None, by=LENDER, If_Match="*")
    claimed = await active.post(
        f"/v1/payments/{listed[0]['id']}/claim", None, by=LENDER, If_Match="*"
    )
    again = await active.post(
        f"/v1/payments/{listed[0]['id']}/claim", None, by=(LEAD, "delivery"), If_Match="*"
    )
    assert code(hidden) == (404, "payment_missing")
    assert (claimed.status_code, claimed.json()["state"]) == (201, "claimed")
    assert code(again) == (409, "payment_out_of_turn")


async def test_what_was_awarded_is_lent_to_who_leads_now_once_it_agrees(
    client: httpx.AsyncClient, database: Database, superuser: str
) -> None:
    active = await _financed(client, database, superuser)
    agreed = await agreement(active, database)
    await excluded(database, agreed, await excluding_the_lead(active))

    made: Standing = await act_as(
        database, agreed, LENDER,
        lambda tx, by: facilities.offer(
            tx, agreed.contract_id, FacilityDraft(), by=by, at=datetime.now(UTC)
        ),
    )  # fmt: skip
    assert made.state == "offered"
    assert await book(database, made.id) == {}
    chosen = select(facility.c.borrower_id).where(facility.c.id == made.id)
    async with database.reading(seen_by(agreed.actor(*LENDER))) as tx:
        assert await tx.value(Statement(chosen)) == active.id_of(MEMBER)
    with pytest.raises(facility_rules.FacilityMissing):
        await _agree(database, agreed, made.id, LEAD)
    await _agree(database, agreed, made.id, MEMBER)
    assert (await book(database, made.id))["undrawn"] == Decimal("60000.00")
    assert (await replayed(database, OFFERED))["facility.offered"] >= 1


async def test_the_database_agrees_for_nobody_who_has_not_signed_to_borrow(
    client: httpx.AsyncClient, database: Database, superuser: str
) -> None:
    active = await _financed(client, database, superuser)
    agreed = await agreement(active, database)
    await excluded(database, agreed, await excluding_the_lead(active))
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: facilities.offer(
            tx, agreed.contract_id, FacilityDraft(), by=by, at=datetime.now(UTC)
        ),
    )  # fmt: skip

    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        async with database.transaction(seen_by(agreed.actor(*LENDER))) as tx:
            await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
                "INSERT INTO facility (authority_id, id, version, state, contract_id, award_id, "
                "lender_id, borrower_id, terms, amount, currency, offered_by, offered_at, "
                "agreed_at) SELECT authority_id, 'facility_' || reverse(substr(id, 10)), 1, "
                "'agreed', contract_id, award_id, lender_id, borrower_id, terms, amount, "
                "currency, offered_by, offered_at, offered_at FROM facility WHERE contract_id = $1",
                agreed.contract_id,
            )  # fmt: skip

    assert refused.value.constraint_name == "what_is_agreed_was_signed"


async def _closed(
    database: Database, agreed: Agreement, facility_id: str, assignment_id: str, waits: str
) -> Standing:
    """Have the lender refuse what is asked for, give the claims back, and close the facility."""
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: drawing.refuse(tx, waits, reason=WORDS, by=by, at=AT, expected=1),
    )  # fmt: skip
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: assigning.release(
            tx, assignment_id, reason=WORDS, by=by, at=AT, expected=None
        ),
    )  # fmt: skip
    closed: Standing = await act_as(
        database, agreed, LENDER,
        lambda tx, by: servicing.close(tx, facility_id, by=by, at=AT, expected=None),
    )  # fmt: skip
    return closed


async def excluding_the_lead(active: Partnership) -> dict[str, Any]:
    return await excluding(active, LEAD, new_lead_id=active.id_of(MEMBER))


async def _financed(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """Return a contract that the bank has signed, with the loan that was awarded to it."""
    made = await awarded(client, database, superuser)
    lot_id = (await client.get(f"/v1/needs/{made.need_id}")).json()["lots"][0]["id"]
    loan = await write_award(
        superuser, made.parties, need_id=made.need_id, lot_id=lot_id, kind="financing",
        financing=msgspec.convert(FINANCING, Financing),
    )  # fmt: skip
    drafted = await made.made(
        "/v1/contracts", made.draft(financing_award_id=loan), by=("city", "officer")
    )
    path = f"/v1/contracts/{drafted['id']}"
    digest = (await made.get(path, by=("city", "officer"))).json()["terms_digest"]
    for party in ("city", LEAD, MEMBER, "verifier", "bank"):
        answer = await made.sign(drafted["id"], party, digest=digest)
        assert answer.status_code == 201, answer.text
    return Partnership(
        client, made.parties, made.need_id, made.programme_id, made.award_id, drafted["id"],
        made.headers,
    )  # fmt: skip


async def _agree(database: Database, agreed: Agreement, facility_id: str, who: str) -> None:
    await act_as(
        database, agreed, (who, "signatory"),
        lambda tx, by: facilities.agree(tx, facility_id, by=by, at=AT, expected=1),
    )  # fmt: skip


async def claim_as_lender(database: Database, agreed: Agreement, payment_id: str) -> None:
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: paying.claim(tx, payment_id, by=by, at=AT, expected=1),
    )  # fmt: skip


async def payment_of(database: Database, agreed: Agreement, party: str) -> Record:
    """Return the newest payment of a party."""
    payee_id = agreed.parties.party(party).organisation_id
    return [one for one in await payments(database, agreed) if one["payee_id"] == payee_id][-1]


async def observed(database: Database, agreed: Agreement, reporter: str, period: Period) -> None:
    """Have a quarter reported by who supplies, and verified."""
    named = (metric.c.contract_id == agreed.contract_id, metric.c.code == "data-quality")
    metric_id = await database.plain().value(Statement(select(metric.c.id).where(*named)))
    said = Report(period=period, value="90", source="register", method=WORDS)
    made = await act_as(
        database, agreed, (reporter, "delivery"),
        lambda tx, by: outcomes.report(tx, metric_id, said, by=by, at=AT),
    )  # fmt: skip
    await act_as(
        database, agreed, ("verifier", "verifier"),
        lambda tx, by: outcomes.verify(tx, made.id, reason=WORDS, by=by, at=AT, expected=1),
    )  # fmt: skip
