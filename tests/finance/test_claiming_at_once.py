"""A payment of who has left is claimed once, by whoever may, whatever happens at once."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.finance.assigning import actions as assigning
from ecosystem.payments import rules
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.revision import RevisionStale
from tests.contracts.partnership import Partnership, awarded
from tests.finance.lending import LENDER, act_as, assigned, disbursed, lent, unsound
from tests.finance.parting import LEAD, agreement, excluded
from tests.finance.test_excluding_lead import (
    BEFORE,
    claim_as_lender,
    excluding_the_lead,
    observed,
    payment_of,
)
from tests.payments import steps
from tests.payments.agreement import AT, WORDS, Agreement

pytestmark = pytest.mark.anyio
BLOCKED = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def superuser_url(server: EmbeddedServer, database_name: str) -> str:
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def superuser(
    superuser_url: str,
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser_url: str) -> Partnership:
    return await (await awarded(client, database, superuser_url)).active()


@pytest.fixture
async def agreed(active: Partnership, database: Database) -> Agreement:
    return await agreement(active, database)


async def _left(active: Partnership, agreed: Agreement, database: Database) -> tuple[str, str]:
    """Return the payment of a lead that has left, and the assignment of its claims."""
    facility_id = await lent(database, agreed, repays_early=True, drawdowns=[])
    await disbursed(database, agreed, facility_id, part=None)
    assignment_id = await assigned(database, agreed, facility_id)
    await observed(database, agreed, LEAD, BEFORE)
    payment_id = (await payment_of(database, agreed, LEAD))["id"]
    await excluded(database, agreed, await excluding_the_lead(active))
    return payment_id, assignment_id


async def _release(database: Database, agreed: Agreement, assignment_id: str) -> None:
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: assigning.release(
            tx, assignment_id, reason=WORDS, by=by, at=AT, expected=None
        ),
    )  # fmt: skip


async def _one_after_the_other(
    superuser: "asyncpg.Connection[asyncpg.Record]", hold: str, key: str,
    *acts: Coroutine[Any, Any, Any],
) -> list[object]:  # fmt: skip
    """Have all wait for one row, in this order, and let them go at once; return how they ended."""
    tasks = list[asyncio.Task[object]]()
    async with superuser.transaction():
        await superuser.execute(hold, key)
        for act in acts:
            tasks.append(asyncio.create_task(act))
            while await superuser.fetchval(BLOCKED) < len(tasks):
                await superuser.execute("SELECT pg_sleep(0.01)")
    return [type(one) for one in await asyncio.gather(*tasks, return_exceptions=True)]


@pytest.mark.parametrize("lender_first", [True, False])
async def test_of_a_lender_and_who_has_left_that_claim_at_once_one_does(
    active: Partnership, agreed: Agreement, database: Database,
    superuser: "asyncpg.Connection[asyncpg.Record]", *, lender_first: bool,
) -> None:  # fmt: skip
    payment_id, _ = await _left(active, agreed, database)
    acts = [
        claim_as_lender(database, agreed, payment_id),
        steps.claim(database, agreed, payment_id, payee=LEAD),
    ]

    ended = await _one_after_the_other(
        superuser, "SELECT FROM payment WHERE id = $1 FOR UPDATE", payment_id,
        *(acts if lender_first else reversed(acts)),
    )  # fmt: skip

    assert RevisionStale not in ended[:1]
    assert ended[1:] == [RevisionStale]
    claims = [
        one for one in await steps.events(database, payment_id) if one[0] == "payment.claimed"
    ]
    assert len(claims) == 1
    by = (await payment_of(database, agreed, LEAD))["claimed_by"]
    who = LENDER if lender_first else (LEAD, "delivery")
    assert by == agreed.actor(*who).person_id


async def test_a_claim_that_waits_for_a_release_is_the_lenders_no_more(
    active: Partnership, agreed: Agreement, database: Database,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:  # fmt: skip
    payment_id, assignment_id = await _left(active, agreed, database)

    ended = await _one_after_the_other(
        superuser, "SELECT FROM assignment WHERE id = $1 FOR UPDATE", assignment_id,
        _release(database, agreed, assignment_id), claim_as_lender(database, agreed, payment_id),
    )  # fmt: skip

    assert ended[1] is rules.NotPayee
    assert (await payment_of(database, agreed, LEAD))["state"] == "computed"
    await steps.claim(database, agreed, payment_id, payee=LEAD)
    await _paid(database, agreed, payment_id)
    assert (await payment_of(database, agreed, LEAD))["paid_to_id"] == active.id_of(LEAD)


async def test_what_the_lender_has_claimed_before_its_release_goes_to_who_has_left(
    active: Partnership, agreed: Agreement, database: Database,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:  # fmt: skip
    payment_id, assignment_id = await _left(active, agreed, database)

    await _one_after_the_other(
        superuser, "SELECT FROM assignment WHERE id = $1 FOR UPDATE", assignment_id,
        claim_as_lender(database, agreed, payment_id), _release(database, agreed, assignment_id),
    )  # fmt: skip

    assert (await payment_of(database, agreed, LEAD))["state"] == "claimed"
    await _paid(database, agreed, payment_id)
    found = await payment_of(database, agreed, LEAD)
    assert (found["paid_to_id"], found["assignment_id"]) == (active.id_of(LEAD), None)
    assert await unsound(database) == []


async def _paid(database: Database, agreed: Agreement, payment_id: str) -> None:
    for step in (steps.approve, steps.instruct, steps.settle):
        await step(database, agreed, payment_id)
