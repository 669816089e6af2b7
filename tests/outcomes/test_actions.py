"""The history can say why an observation is as it is; the database lets nobody verify its own."""

import asyncpg
import httpx
import pytest

from ecosystem.outcomes import rules
from ecosystem.outcomes.model import JudgeFacts, RegisterFacts, ReportFacts, VoidFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

OFFICER = ("city", "officer")
SUPPLIER = ("enterprise", "delivery")
VERIFIER = ("verifier", "verifier")
WORDS = {"en": "See the record"}
RULES: Rules = {
    "metric.registered": (rules.register, RegisterFacts),
    "observation.reported": (rules.report, ReportFacts),
    "observation.superseded": (rules.report, ReportFacts),
    "observation.verified": (rules.verify, JudgeFacts),
    "observation.disputed": (rules.dispute, JudgeFacts),
    "observation.voided": (rules.replace, VoidFacts),
}


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    """The address of the module's database for who may write everything."""
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """A contract in force since 2025-03-01."""
    return await (await awarded(client, database, superuser)).active()


async def _corrected(active: Partnership) -> tuple[str, str]:
    """Have a report verified, and its correction disputed and verified; return both."""
    listed = await active.get(f"/v1/contracts/{active.contract_id}/metrics", by=OFFICER)
    metric_id = listed.json()["data"][0]["id"]
    report = {
        "period": {"starts_on": "2025-04-01", "ends_on": "2025-07-01"},
        "value": "91.5",
        "source": "monitor",
        "method": WORDS,
    }
    path, reason = f"/v1/metrics/{metric_id}/observations", {"reason": WORDS}
    first = (await active.made(path, report, by=SUPPLIER))["id"]
    await active.made(
        f"/v1/observations/{first}/verification", reason, by=VERIFIER, If_Match='"v1"'
    )
    correction = {**report, "value": "90", "supersedes": first}
    second = (await active.made(path, correction, by=SUPPLIER))["id"]
    await active.made(f"/v1/observations/{second}/dispute", reason, by=OFFICER, If_Match='"v1"')
    await active.made(
        f"/v1/observations/{second}/verification", reason, by=VERIFIER, If_Match='"v2"'
    )
    return first, second


async def test_the_log_alone_reproduces_every_decision(
    active: Partnership, database: Database
) -> None:
    await _corrected(active)

    assert await replayed(database, RULES) == {
        "metric.registered": 5,
        "observation.reported": 2,
        "observation.superseded": 1,
        "observation.verified": 2,
        "observation.disputed": 1,
        "observation.voided": 1,
    }


async def test_the_version_is_that_of_the_history(active: Partnership, database: Database) -> None:
    made = await _corrected(active)

    connection = await database.connect()
    for observation_id in made:
        recorded = await connection.fetchval(
            "SELECT max(version) FROM event WHERE stream = $1", observation_id
        )
        kept = await connection.fetchval(
            "SELECT version FROM observation WHERE id = $1", observation_id
        )
        assert recorded == kept
    await connection.close()


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (
            "UPDATE observation SET disputed_by = reported_by WHERE id = $1",
            "observation_hands_stay",
        ),
        (
            (
                "UPDATE observation SET annulled_by = disputed_by, annulled_at = now(),"
                " annulled_hand = 'person_any' WHERE id = $1"
            ),
            "observation_nobody_annuls_what_it_disputed",
        ),
        (
            "UPDATE observation SET verified_by = NULL, verified_at = NULL WHERE id = $1",
            "observation_hands_stay",
        ),
        (
            (
                "UPDATE observation SET annulled_by = 'org_any', annulled_at = now(),"
                " annulled_hand = reported_hand WHERE id = $1"
            ),
            "observation_no_hand_annuls_its_own_report",
        ),
        (
            "UPDATE observation SET annulled_by = 'org_any', annulled_at = now() WHERE id = $1",
            "observation_a_judgement_has_its_hand",
        ),
        (
            "UPDATE observation SET annulled_by = 'org_any', annulled_hand = 'x' WHERE id = $1",
            "observation_a_judgement_is_dated",
        ),
        (
            (
                "INSERT INTO observation (authority_id, id, version, metric_id, contract_id, state,"
                " starts_on, ends_on, hour, value, source, channel, reported_by, reported_hand,"
                " reported_at)"
                " SELECT authority_id, replace(id, 'n_0', 'n_1'), 1, metric_id, contract_id,"
                " 'reported', starts_on, starts_on, hour, value, 'x', channel, reported_by,"
                " reported_hand, reported_at FROM observation WHERE id = $1"
            ),
            "observation_period_holds_a_day",
        ),
        (
            "UPDATE observation SET superseded_by = id WHERE id = $1",
            "observation_nothing_corrects_itself",
        ),
    ],
)
async def test_the_database_holds_what_code_may_forget(
    active: Partnership, superuser: str, statement: str, constraint: str
) -> None:
    _, second = await _corrected(active)
    connection = await asyncpg.connect(superuser)

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await connection.execute(statement, second)

    await connection.close()
    assert refused.value.constraint_name == constraint


async def test_the_database_verifies_a_period_once(active: Partnership, superuser: str) -> None:
    first, _ = await _corrected(active)
    connection = await asyncpg.connect(superuser)

    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await connection.execute("UPDATE observation SET state = 'verified' WHERE id = $1", first)

    await connection.close()
    assert refused.value.constraint_name == "one_verified_for_a_period"
