"""The history can say why a milestone is as it is, and the database keeps its dates in order."""

import asyncpg
import httpx
import pytest

from ecosystem.milestones import queries, rules
from ecosystem.milestones.judging import rules as judging
from ecosystem.milestones.judging.model import JudgeFacts
from ecosystem.milestones.model import PlanFacts, SubmitFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
RULES: Rules = {
    "milestone.planned": (rules.plan, PlanFacts),
    "milestone.submitted": (rules.submit, SubmitFacts),
    "milestone.rejected": (judging.reject, JudgeFacts),
    "milestone.partly_accepted": (judging.accept_part, JudgeFacts),
    "milestone.accepted": (judging.accept, JudgeFacts),
}
WORDS = {"en": "See the record"}
REJECTED = """
    UPDATE milestone SET state = 'rejected', version = version + 1, accepted_at = NULL,
      accepted_share = 0, accepted_delivery_at = NULL, rejected_at = now(), reasons = '{}',
      remedy = '{}'
    WHERE id = $1"""
SUBMITTED_AGAIN = """
    INSERT INTO milestone_submission
    SELECT authority_id, milestone_id, 4, 'submission_019000000000700080000000000000ff',
      delivered_at, submitted_at, submitted_by, declaration, evidence, digest
    FROM milestone_submission WHERE milestone_id = $1 AND round = 3"""
ACCEPTED_TWICE = """
    INSERT INTO milestone_judgement
    SELECT authority_id, milestone_id, 1, 'accepted', judged_at, judged_by, false, 0.4,
      deliverables, delivered_at, NULL, NULL, NULL, findings
    FROM milestone_judgement WHERE milestone_id = $1 AND round = 3"""


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    """The address of the module's database for who may write everything."""
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """A contract in force since 2025-03-01."""
    return await (await awarded(client, database, superuser)).active()


async def _judged(active: Partnership) -> str:
    """Have the first milestone rejected once, then accepted in two parts."""
    listed = await active.get(
        f"/v1/contracts/{active.contract_id}/milestones?limit=100", by=OFFICER
    )
    (found,) = (one["id"] for one in listed.json()["data"] if one["code"] == "takeover")
    path = f"/v1/milestones/{found}"
    filed = [
        (await active.file(content, by=SUPPLIER)).json()["id"] for content in (b"%PDF-1", b"%PDF-2")
    ]
    said = {"documents": filed, "delivered_at": "2025-04-01T00:00:00Z", "declaration": WORDS}
    again = {**said, "documents": filed[1:], "delivered_at": "2025-04-02T00:00:00Z"}
    finding = {"part": "asset-inventory", "reasons": WORDS, "remedy": WORDS}
    reasons = {"reasons": WORDS, "remedy": WORDS, "findings": [finding]}
    part = {"deliverables": ["baseline-report"], "share": "0.4", "rest": reasons}
    for version, act, by, body in (
        (1, "submission", SUPPLIER, said), (2, "rejection", OFFICER, reasons),
        (3, "submission", SUPPLIER, said), (4, "qualified-acceptance", OFFICER, part),
        (5, "submission", SUPPLIER, again), (6, "acceptance", OFFICER, None),
    ):  # fmt: skip
        answer = await active.post(f"{path}/{act}", body, by=by, If_Match=f'"v{version}"')
        assert answer.status_code == 201, answer.text
    return str(found)


async def test_the_log_alone_reproduces_every_decision(
    active: Partnership, database: Database
) -> None:
    await _judged(active)

    assert await replayed(database, RULES) == {
        "milestone.planned": 14,
        "milestone.submitted": 3,
        "milestone.rejected": 1,
        "milestone.partly_accepted": 1,
        "milestone.accepted": 1,
    }


async def test_what_is_accepted_is_a_fact_for_payment(
    active: Partnership, database: Database
) -> None:
    milestone_id = await _judged(active)

    async with database.transaction() as tx:
        (fact,) = await queries.accepted(tx, active.contract_id)

    assert (fact.id, fact.version, fact.code) == (milestone_id, 7, "takeover")
    assert (fact.share, fact.delivered_at.isoformat()) == ("1", "2025-04-02T00:00:00+00:00")
    assert fact.delivered_at < fact.due_at


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
        ("UPDATE milestone SET rejected_at = now() WHERE id = $1", "rejection_is_dated"),
        ("UPDATE milestone SET reasons = '{}' WHERE id = $1", "a_rejection_says_why"),
        ("UPDATE milestone SET accepted_share = 0.9 WHERE id = $1", "acceptance_is_of_all"),
        (
            "UPDATE milestone SET starts_at = delivered_at + interval '1 s' WHERE id = $1",
            "the_contract_comes_before_delivery",
        ),
        ("UPDATE milestone SET declaration = NULL WHERE id = $1", "a_submission_is_whole"),
    ],
)
async def test_the_database_keeps_the_dates_in_order(
    active: Partnership, superuser: str, statement: str, constraint: str
) -> None:
    milestone_id = await _judged(active)
    connection = await asyncpg.connect(superuser)
    await connection.transaction().start()
    await connection.execute("ALTER TABLE milestone DISABLE TRIGGER USER")

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await connection.execute(statement, milestone_id)

    await connection.close()
    assert refused.value.constraint_name == f"milestone_{constraint}"


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (REJECTED, "milestone_stays_as_accepted"),
        (SUBMITTED_AGAIN, "a_round_follows_one_that_left_something"),
        (ACCEPTED_TWICE, "parts_add_up_and_another_judges"),
        ("UPDATE milestone_judgement SET share = 1 WHERE milestone_id = $1", None),
        ("DELETE FROM milestone_submission WHERE milestone_id = $1", None),
    ],
)
async def test_the_database_lets_no_round_be_skipped_doubled_or_rewritten(
    active: Partnership, superuser: str, statement: str, constraint: str | None
) -> None:
    milestone_id = await _judged(active)
    connection = await asyncpg.connect(superuser)

    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await connection.execute(statement, milestone_id)

    await connection.close()
    assert refused.value.constraint_name == constraint


async def test_a_round_is_judged_once(active: Partnership, superuser: str) -> None:
    milestone_id = await _judged(active)
    connection = await asyncpg.connect(superuser)

    with pytest.raises((asyncpg.UniqueViolationError, asyncpg.RestrictViolationError)):
        await connection.execute(
            "INSERT INTO milestone_judgement SELECT * FROM milestone_judgement"
            " WHERE milestone_id = $1 AND round = 1",
            milestone_id,
        )

    await connection.close()
