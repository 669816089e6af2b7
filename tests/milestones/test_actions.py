"""The history can say why a milestone is as it is, and the database keeps its dates in order."""

import asyncpg
import httpx
import pytest

from ecosystem.milestones import queries, rules
from ecosystem.milestones.model import JudgeFacts, PlanFacts, SubmitFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
RULES: Rules = {
    "milestone.planned": (rules.plan, PlanFacts),
    "milestone.submitted": (rules.submit, SubmitFacts),
    "milestone.rejected": (rules.reject, JudgeFacts),
    "milestone.accepted": (rules.accept, JudgeFacts),
}
WORDS = {"en": "See the record"}


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    """The address of the module's database for who may write everything."""
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """A contract in force since 2025-03-01."""
    return await (await awarded(client, database, superuser)).active()


async def _accepted(active: Partnership) -> str:
    """Have the first milestone rejected once, then accepted."""
    listed = await active.get(
        f"/v1/contracts/{active.contract_id}/milestones?limit=100", by=OFFICER
    )
    (found,) = (one["id"] for one in listed.json()["data"] if one["code"] == "takeover")
    path = f"/v1/milestones/{found}"
    filed = [
        (await active.file(content, by=SUPPLIER)).json()["id"] for content in (b"%PDF-1", b"%PDF-2")
    ]
    said = {"documents": filed, "delivered_at": "2025-04-01T00:00:00Z", "declaration": WORDS}
    reasons = {"reasons": WORDS, "remedy": WORDS}
    for version, act, by, body in (
        (1, "submission", SUPPLIER, said), (2, "rejection", OFFICER, reasons),
        (3, "submission", SUPPLIER, said), (4, "acceptance", OFFICER, None),
    ):  # fmt: skip
        answer = await active.post(f"{path}/{act}", body, by=by, If_Match=f'"v{version}"')
        assert answer.status_code == 201, answer.text
    return str(found)


async def test_the_log_alone_reproduces_every_decision(
    active: Partnership, database: Database
) -> None:
    await _accepted(active)

    assert await replayed(database, RULES) == {
        "milestone.planned": 14,
        "milestone.submitted": 2,
        "milestone.rejected": 1,
        "milestone.accepted": 1,
    }


async def test_what_is_accepted_is_a_fact_for_payment(
    active: Partnership, database: Database
) -> None:
    milestone_id = await _accepted(active)

    async with database.transaction() as tx:
        (fact,) = await queries.accepted(tx, active.contract_id)

    assert (fact.id, fact.version, fact.code) == (milestone_id, 5, "takeover")
    assert fact.delivered_at < fact.due_at < fact.accepted_at


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE milestone SET state = 'planned' WHERE id = $1", "a_submission_is_dated"),
        ("UPDATE milestone SET accepted_at = NULL WHERE id = $1", "acceptance_is_dated"),
        (
            "UPDATE milestone SET accepted_at = submitted_at - interval '1 s' WHERE id = $1",
            "submission_comes_before_acceptance",
        ),
        (
            "UPDATE milestone SET delivered_at = submitted_at + interval '1 s' WHERE id = $1",
            "delivery_comes_before_submission",
        ),
        (
            "UPDATE milestone SET rejected_at = now(), reasons = '{}', remedy = '{}' WHERE id = $1",
            "rejection_is_dated",
        ),
        ("UPDATE milestone SET declaration = NULL WHERE id = $1", "a_submission_is_whole"),
    ],
)
async def test_the_database_keeps_the_dates_in_order(
    active: Partnership, superuser: str, statement: str, constraint: str
) -> None:
    milestone_id = await _accepted(active)
    connection = await asyncpg.connect(superuser)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await connection.execute(statement, milestone_id)

    await connection.close()
    assert refused.value.constraint_name == f"milestone_{constraint}"
