"""Nobody acts on both sides: not by the rules, not as the serving role, not in two sessions."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.awards.evaluation import actions as evaluation
from ecosystem.awards.evaluation import rules as evaluation_rules
from ecosystem.awards.model import Appointment
from ecosystem.offers.opening import rules as opening_rules
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.awarding import admitted, appointed, proposed, ranked
from tests.builders import (
    AT,
    Published,
    World,
    content,
    hand_in,
    offered,
    published,
    seen,
    settled,
)
from tests.contracts.partnership import Partnership, awarded
from tests.joining import join

OPENERS = ("city/opener", "city/second_opener")
QUARTER = {"starts_on": "2025-04-01", "ends_on": "2025-07-01"}
VERIFIED = (
    "UPDATE observation SET state = 'verified', verified_by = $2, verified_at = now(), "
    "verified_hand = reported_hand WHERE id = $1"
)
EXAMINED = (
    "INSERT INTO milestone_verification (authority_id, milestone_id, round, contract_id, outcome, "
    "report, reasons, verified_by, person_id, examined_at) SELECT authority_id, id, round, "
    "contract_id, 'confirmed', '{}', '{}', $2, submitted_by, now() FROM milestone WHERE id = $1"
)
JUDGED = (
    "INSERT INTO milestone_judgement (authority_id, milestone_id, round, outcome, judged_by, "
    "judged_at, is_deemed, share, deliverables, findings) SELECT m.authority_id, m.id, m.round, "
    "'accepted', found.person_id, now(), false, 1, '[]', '[]' FROM milestone AS m "
    "JOIN milestone_verification AS found ON found.milestone_id = m.id WHERE m.id = $1"
)
EXCUSED = (
    "UPDATE excusal SET state = 'granted', decided_by = $2, decided_at = now(), "
    "decided_hand = asked_hand WHERE id = $1"
)


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> World:
    return await settled(database, tmp_path)


@pytest.fixture
async def need(world: World) -> Published:
    return await published(world)


@pytest.fixture
async def partnership(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    """An award that is final."""
    return await awarded(client, database, server.dsn(database_name, role="postgres"))


@pytest.fixture
async def active(partnership: Partnership) -> Partnership:
    """A contract in force since 2025-03-01."""
    return await partnership.active()


async def _refused(
    database: Database, statement: str, *values: Any, sees: dict[str, str] | None = None
) -> str | None:
    """Try a statement as the serving role; return the rule of the database that refuses it."""
    connection = await database.connect()
    try:
        for name, value in (sees or {}).items():
            await connection.execute(f"SET app.{name} = '{value}'")
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await connection.execute(statement, *values)
        return refused.value.constraint_name
    finally:
        await connection.close()


async def _at_once(database: Database, statement: str, *both: tuple[Any, ...]) -> str | None:
    """Have two sessions stand at the same point; return the rule that the second one meets."""
    first, second = [await database.connect() for _ in both]
    try:
        begun = first.transaction()
        await begun.start()
        await first.execute(statement, *both[0])
        waiting = asyncio.create_task(second.execute(statement, *both[1]))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await begun.commit()
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await waiting
        return refused.value.constraint_name
    finally:
        await first.close()
        await second.close()


async def test_no_hand_of_an_award_makes_room_for_another(world: World, need: Published) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)
    approver = world.actor("city/approver").person_id

    statement = "UPDATE award SET proposed_by = $2 WHERE id = $1"

    assert await _refused(world.database, statement, award_id, approver) == "award_hands_stay"


async def test_an_opener_who_hands_in_twice_at_once_is_one_opener(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content())

    ends = await asyncio.gather(
        *(hand_in(world, need.id, OPENERS[0]) for _ in range(2)), return_exceptions=True
    )

    assert ends.count("closed") == 1
    assert [type(end) for end in ends].count(opening_rules.HandedInBefore) == 1
    assert await seen(world, "city/officer", offer_id) is None


async def test_nobody_hands_in_a_share_whom_the_need_has_not_named(
    world: World, need: Published
) -> None:
    officer = world.actor("city/officer")

    rule = await _refused(
        world.database,
        "INSERT INTO opening_share VALUES ($1, $2, $3, '{}', now())",
        officer.organisation_number, need.id, officer.person_id, sees={"purpose": "opening"},
    )  # fmt: skip

    assert rule == "who_opens_is_named_by_the_need"


@pytest.mark.parametrize("purpose", ["opening", "something else"])
async def test_an_opening_names_nobody_who_has_not_handed_in(
    world: World, need: Published, purpose: str
) -> None:
    await offered(world, need.lot_id, content())
    await hand_in(world, need.id, OPENERS[0])
    openers = [world.actor(who).person_id for who in OPENERS]

    rule = await _refused(
        world.database,
        "INSERT INTO opening VALUES ($1, $2, now(), $3, '{}')",
        world.actor(OPENERS[0]).organisation_number, need.id, openers, sees={"purpose": purpose},
    )  # fmt: skip

    assert rule == "who_opens_has_handed_in"


async def test_an_officer_does_not_appoint_herself(world: World, need: Published) -> None:
    evaluator = world.actor("city/evaluator")
    async with world.database.transaction() as tx:
        with pytest.raises(evaluation_rules.EvaluatorUnfit):
            await evaluation.appoint(
                tx, need.id, Appointment((evaluator.person_id or "",)), by=evaluator, at=AT
            )

    rule = await _refused(
        world.database,
        "INSERT INTO evaluator VALUES ($1, $2, $3, $4, $3, now())",
        evaluator.organisation_number, need.id, evaluator.person_id, evaluator.organisation_id,
        sees={"organisation": evaluator.organisation_id},
    )  # fmt: skip

    assert rule == "evaluator_nobody_appoints_himself"


@pytest.mark.parametrize("case", ["a member of an offer", "a conflict", "an appointment of others"])
async def test_who_has_a_part_in_it_does_not_score(
    world: World, need: Published, case: str
) -> None:
    offer_id = await offered(world, need.lot_id, content())
    who = "think_tank/evaluator"
    if case == "a member of an offer":
        await offered(world, need.lot_id, content(), by="think_tank", kind="advisory")
    await admitted(world, need.id)
    conflicts = [] if case == "an appointment of others" else [who]
    await appointed(world, need.id, [who, "city/evaluator"], conflicts=conflicts)
    by = world.actor("verifier/evaluator" if case == "an appointment of others" else who)

    rule = await _refused(
        world.database,
        "INSERT INTO score VALUES ($1, $2, $3, 1, 'score_01900000000070008000000000000001', $4, $5,"
        " '[]', now())",
        world.actor("city/officer").organisation_number, offer_id, by.person_id, need.id,
        by.organisation_id, sees={"organisation": by.organisation_id},
    )  # fmt: skip

    assert rule == "who_scores_has_no_part_in_it"


async def _reported(active: Partnership) -> str:
    listed = await active.get(f"/v1/contracts/{active.contract_id}/metrics", by=("city", "officer"))
    report = {"period": QUARTER, "value": "91", "source": "monitor", "method": {"en": "All"}}
    path = f"/v1/metrics/{listed.json()['data'][0]['id']}/observations"
    made: str = (await active.made(path, report, by=("enterprise", "delivery")))["id"]
    return made


@pytest.mark.parametrize(
    ("party", "rule"),
    [
        ("enterprise", "observation_nobody_verifies_its_own_report"),
        ("city", "who_verifies_is_the_contracts_verifier"),
        ("auditor", "who_verifies_is_the_contracts_verifier"),
    ],
)
async def test_only_the_contracts_verifier_verifies(
    active: Partnership, database: Database, party: str, rule: str
) -> None:
    observation_id = await _reported(active)
    by = active.parties.party(party).organisation_id

    found = await _refused(
        database,
        "UPDATE observation SET state = 'verified', verified_by = $2, verified_at = now(),"
        " verified_hand = 'person_any'"
        " WHERE id = $1",
        observation_id, by,
    )  # fmt: skip

    assert found == rule


async def test_one_person_of_two_organisations_stands_on_one_side_of_a_verification(
    active: Partnership, database: Database
) -> None:
    observation_id, milestone_id = await _reported(active), await _submitted(active)
    excusal_id = await _asked(active)
    invited = await active.made(
        f"/v1/organisations/{active.id_of('verifier')}/invitations",
        {"name": {"en": "Both"}, "roles": ["verifier"]},
        by=("verifier", "administrator"),
    )
    both = await join(active.client, invited["link"], party="enterprise", person="delivery")
    active.headers["verifier", "both"] = both
    report = (await active.file(b"%PDF-report", by=("verifier", "both"))).json()["id"]
    found = {"outcome": "confirmed", "report": report, "reasons": {"en": "Seen"}}
    reason = {"en": "Seen"}
    for path, said, code in (
        (f"observations/{observation_id}/verification", {"reason": reason}, "own_report"),
        (f"observations/{observation_id}/annulment", {"reason": reason}, "own_report"),
        (f"milestones/{milestone_id}/verification", found, "verifies_own_submission"),
        (f"excusals/{excusal_id}/decision", {"granted": True, "reason": reason}, "own_excusal"),
    ):
        answer = await active.post(f"/v1/{path}", said, by=("verifier", "both"), If_Match="*")
        assert (answer.status_code, answer.json()["code"]) == (403, code), path

    verifier_id = active.id_of("verifier")
    for statement, of, rule in (
        (VERIFIED, observation_id, "observation_no_hand_verifies_its_own_report"),
        (EXAMINED, milestone_id, "nobody_examines_an_own_submission"),
        (EXCUSED, excusal_id, "excusal_no_hand_excuses_itself"),
    ):
        assert await _refused(database, statement, of, verifier_id) == rule


async def test_nobody_judges_what_the_same_person_verified_for_another_organisation(
    active: Partnership, database: Database
) -> None:
    milestone_id = await _submitted(active)
    invited = await active.made(
        f"/v1/organisations/{active.id_of('city')}/invitations",
        {"name": {"en": "Both"}, "roles": ["officer"]},
        by=("city", "administrator"),
    )
    both = await join(active.client, invited["link"], party="verifier", person="verifier")
    active.headers["city", "both"] = both
    report = (await active.file(b"%PDF-report", by=("verifier", "verifier"))).json()["id"]
    found = {"outcome": "confirmed", "report": report, "reasons": {"en": "Seen"}}
    path = f"/v1/milestones/{milestone_id}"
    await active.made(f"{path}/verification", found, by=("verifier", "verifier"), If_Match="*")

    answer = await active.post(f"{path}/acceptance", {}, by=("city", "both"), If_Match="*")

    assert (answer.status_code, answer.json()["code"]) == (403, "verified_oneself")
    rule = await _refused(database, JUDGED, milestone_id)
    assert rule == "parts_add_up_and_another_judges"


async def _submitted(active: Partnership) -> str:
    """Submit the milestone that is to be verified, as the supplier."""
    listed = await active.get(
        f"/v1/contracts/{active.contract_id}/milestones?limit=100", by=("city", "officer")
    )
    milestone_id: str = next(
        one["id"] for one in listed.json()["data"] if one["code"] == "maturity-assessed"
    )
    filed = (await active.file(b"%PDF-1", by=("enterprise", "delivery"))).json()["id"]
    said = {
        "documents": [filed],
        "delivered_at": "2025-04-01T00:00:00Z",
        "declaration": {"en": "Delivered"},
    }
    path = f"/v1/milestones/{milestone_id}/submission"
    await active.made(path, said, by=("enterprise", "delivery"), If_Match="*")
    return milestone_id


async def _asked(active: Partnership) -> str:
    """Ask to have a time excused, as the supplier."""
    listed = await active.get(f"/v1/contracts/{active.contract_id}/metrics", by=("city", "officer"))
    path = f"/v1/metrics/{listed.json()['data'][0]['id']}/excusals"
    asked = {
        "starts_at": "2025-04-02T00:00:00+08:00",
        "ends_at": "2025-04-03T00:00:00+08:00",
        "ground": "force_majeure",
        "reason": {"en": "Flood"},
    }
    made: str = (await active.made(path, asked, by=("enterprise", "delivery")))["id"]
    return made


async def test_of_two_verifications_at_once_one_stands(active: Partnership) -> None:
    observation_id = await _reported(active)
    path = f"/v1/observations/{observation_id}/verification"

    answers = await asyncio.gather(
        *(
            active.post(path, {"reason": {"en": "Seen"}}, by=("verifier", "verifier"), If_Match="*")
            for _ in range(2)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_one_person_does_not_sign_for_two_parties_in_two_sessions_at_once(
    partnership: Partnership, database: Database
) -> None:
    drafted = await partnership.made("/v1/contracts", partnership.draft(), by=("city", "officer"))
    person = partnership.parties.party("enterprise").person("signatory").id

    rule = await _at_once(
        database,
        "INSERT INTO contract_signature SELECT authority_id, id, $2, $3, terms_digest, now()"
        " FROM contract WHERE id = $1",
        *(
            (drafted["id"], partnership.parties.party(party).organisation_id, person)
            for party in ("enterprise", "second_enterprise")
        ),
    )

    assert rule == "nobody_signs_for_two"
