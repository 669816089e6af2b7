"""The lead of those who lend together leaves the contract: who lends what was awarded then."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.contracts.changes import actions as changes
from ecosystem.contracts.model import Signing
from ecosystem.finance import actions as facilities
from ecosystem.finance import rules
from ecosystem.finance.model import FacilityDraft, OfferFacts
from ecosystem.offers.model import Financing
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.actor import Role
from tests.contracts.changing import approve, instead, proposed, sign
from tests.contracts.partnership import Partnership, awarded
from tests.contracts.partnership import award as write_award
from tests.finance.lending import act_as
from tests.finance.parting import agreement
from tests.finance.test_excluding_lead import FINANCING
from tests.payments.agreement import AT, Agreement
from tests.replay import replayed

pytestmark = pytest.mark.anyio
LEAD, MEMBER, JOINS, BORROWER = "bank", "think_tank", "auditor", "enterprise"
SIGNED = ("city", "enterprise", "second_enterprise", "verifier")
AGREED = """
INSERT INTO facility (authority_id, id, version, state, contract_id, award_id, lender_id,
  borrower_id, terms, amount, currency, offered_by, offered_at, agreed_at)
SELECT authority_id, 'facility_' || reverse(substr(id, 10)), 1, 'agreed', contract_id, award_id,
  $2, borrower_id, terms, amount, currency, offered_by, offered_at, offered_at
FROM facility WHERE contract_id = $1"""


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """A contract that two who lend together have signed, with the loan awarded to both."""
    made = await awarded(client, database, superuser)
    await _are_banks(superuser, made.id_of(MEMBER), made.id_of(JOINS))
    lot_id = (await client.get(f"/v1/needs/{made.need_id}")).json()["lots"][0]["id"]
    loan = await write_award(
        superuser, made.parties, need_id=made.need_id, lot_id=lot_id, kind="financing",
        financing=msgspec.convert(FINANCING, Financing), lenders=((LEAD, "60"), (MEMBER, "40")),
    )  # fmt: skip
    drafted = await made.made(
        "/v1/contracts", made.draft(financing_award_id=loan), by=("city", "officer")
    )
    path = f"/v1/contracts/{drafted['id']}"
    digest = (await made.get(path, by=("city", "officer"))).json()["terms_digest"]
    for party in (*SIGNED, LEAD, MEMBER):
        answer = await made.sign(drafted["id"], party, digest=digest)
        assert answer.status_code == 201, answer.text
    return Partnership(
        client, made.parties, made.need_id, made.programme_id, made.award_id, drafted["id"],
        made.headers,
    )  # fmt: skip


@pytest.fixture
async def agreed(active: Partnership, database: Database) -> Agreement:
    return await agreement(active, database)


async def _are_banks(superuser: str, *ids: str) -> None:
    connection = await asyncpg.connect(superuser)
    await connection.execute(
        "UPDATE organisation SET kind = 'financial_institution' WHERE id = ANY ($1)", list(ids)
    )
    await connection.close()


async def _leaves(active: Partnership, database: Database, agreed: Agreement) -> None:
    """Have the lead of the lenders leave by its own signature, and another lead those who lend."""
    asked = instead(active, LEAD, JOINS, new_lead_id=active.id_of(MEMBER))
    made = await proposed(active, asked)
    answers = [
        await approve(active, made, "approver"),
        *[await sign(active, made, party) for party in (*SIGNED, LEAD, MEMBER)],
    ]
    assert [one.status_code for one in answers] == [201] * len(answers)
    joining = msgspec.structs.replace(
        agreed.actor(JOINS, "auditor"), roles=frozenset({Role.SIGNATORY})
    )
    said = Signing(digest=made["terms_digest"])
    async with database.transaction(seen_by(joining)) as tx:
        await changes.sign(tx, made["id"], said, by=joining, at=AT)


async def _offer(database: Database, agreed: Agreement, who: tuple[str, str]) -> Standing:
    made: Standing = await act_as(
        database, agreed, who,
        lambda tx, by: facilities.offer(
            tx, agreed.contract_id, FacilityDraft(), by=by, at=datetime.now(UTC)
        ),
    )  # fmt: skip
    return made


async def test_who_leads_the_lenders_lends_what_was_awarded_at_once(
    database: Database, agreed: Agreement
) -> None:
    with pytest.raises(rules.FinancingNotWon):
        await _offer(database, agreed, (MEMBER, "signatory"))

    assert (await _offer(database, agreed, (LEAD, "lender"))).state == "agreed"


async def test_who_leads_them_since_offers_what_was_awarded_and_the_borrower_agrees(
    active: Partnership, database: Database, agreed: Agreement
) -> None:
    await _leaves(active, database, agreed)

    with pytest.raises(rules.FinancingNotWon):
        await _offer(database, agreed, (LEAD, "lender"))
    made = await _offer(database, agreed, (MEMBER, "signatory"))

    assert made.state == "offered"
    done: Any = await act_as(
        database, agreed, (BORROWER, "signatory"),
        lambda tx, by: facilities.agree(tx, made.id, by=by, at=AT, expected=1),
    )  # fmt: skip
    assert done.state == "agreed"
    found = await replayed(database, {"facility.offered": (rules.offer, OfferFacts)})
    assert found["facility.offered"] >= 1


@pytest.mark.parametrize("who", [LEAD, MEMBER])
async def test_the_database_agrees_for_nobody_with_a_lender_that_it_has_not_signed_with(
    active: Partnership, database: Database, agreed: Agreement, superuser: str, who: str
) -> None:
    await _leaves(active, database, agreed)
    await _offer(database, agreed, (MEMBER, "signatory"))
    connection = await asyncpg.connect(superuser)

    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await connection.execute(AGREED, agreed.contract_id, active.id_of(who))

    await connection.close()
    assert refused.value.constraint_name == "what_is_agreed_was_signed"
