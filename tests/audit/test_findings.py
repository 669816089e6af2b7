"""An auditor writes a finding, those concerned reply, the auditor concludes and looks again."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.audit.findings import actions, model, rules
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.period import wire
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

AUDITOR = ("auditor", "auditor")
SUPPLIER = ("enterprise", "delivery")
STRANGER = ("bank", "lender")
WORDS = {"zh": "缺少登记", "en": "No register"}
AT = datetime(2026, 3, 1, tzinfo=UTC)
BY = Actor(
    organisation_id="org", organisation_number=3, kind=OrganisationKind.AUDITOR, verified=True,
    jurisdiction="440000", client_id="client", person_id="person",
)  # fmt: skip
DECIDED: Rules = {
    "finding.written": (rules.write, model.WriteFacts),
    "finding.concluded": (rules.conclude, model.ConcludeFacts),
}


def _facts(**changed: Any) -> model.Facts:
    known = {
        "finding_id": "finding", "contract_id": "contract", "state": model.State.OPEN,
        "auditor_id": "org", "replies": 0, "reply_by": AT + timedelta(days=1), "follow_up_on": None,
    }  # fmt: skip
    return model.Facts(**{**known, **changed})


def _conclude(facts: model.Facts, **asked: Any) -> model.Concluded:
    given = {"outcome": model.Outcome.UPHELD, "reasons": Text(en="So it is"), **asked}
    return rules.conclude(
        model.ConcludeFacts(finding=facts, asked=model.Conclusion(**given)), by=BY, at=AT
    )


def _looks_again(facts: model.Facts) -> model.FollowedUp:
    asked = model.FollowUp(is_remedied=True, text=Text(en="It is there"))
    return rules.follow_up(model.FollowUpFacts(finding=facts, asked=asked), by=BY, at=AT)


def test_nobody_is_condemned_unheard() -> None:
    with pytest.raises(rules.HearingRuns):
        _conclude(_facts())

    assert _conclude(_facts(replies=1)).state is model.State.CONCLUDED
    assert _conclude(_facts(reply_by=AT)).state is model.State.CONCLUDED


@pytest.mark.parametrize(
    ("facts", "asked", "refusal"),
    [
        ({"auditor_id": "other"}, {}, rules.NotItsAuditor),
        ({"state": model.State.CONCLUDED}, {}, rules.FindingConcluded),
        ({"replies": 1}, {"follow_up_on": AT.date()}, rules.FollowUpUnsound),
        (
            {"replies": 1},
            {"outcome": model.Outcome.SETTLED, "follow_up_on": date(2026, 4, 1)},
            rules.FollowUpUnsound,
        ),
    ],
    ids=["another-auditor", "twice", "today", "settled"],
)
def test_a_conclusion_that_is_not_sound_is_refused(
    facts: dict[str, Any], asked: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        _conclude(_facts(**facts), **asked)


def test_the_auditor_looks_again_on_the_day_and_not_before() -> None:
    concluded = {"state": model.State.CONCLUDED}
    with pytest.raises(rules.NoFollowUp):
        _looks_again(_facts(**concluded))
    with pytest.raises(rules.FollowUpEarly):
        _looks_again(_facts(**concluded, follow_up_on=AT.date() + timedelta(days=1)))

    found = _looks_again(_facts(**concluded, follow_up_on=AT.date()))
    assert (found.state, found.is_remedied) == (model.State.FOLLOWED_UP, True)


def test_a_party_is_heard_until_the_auditor_has_said_its_last_word() -> None:
    def says(**changed: Any) -> model.Replied:
        asked = model.Reply(text=Text(en="It is being added"))
        return rules.reply(
            model.ReplyFacts(finding=_facts(**changed), is_party=True, asked=asked), by=BY
        )

    concluded = {"state": model.State.CONCLUDED, "replies": 3}
    assert says(**concluded, follow_up_on=AT.date()).number == 4
    for said in (concluded, {"state": model.State.FOLLOWED_UP, "follow_up_on": AT.date()}):
        with pytest.raises(rules.FindingConcluded):
            says(**said)


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return {}


@pytest.fixture
async def there(
    client: httpx.AsyncClient,
    database: Database,
    server: EmbeddedServer,
    database_name: str,
    kept: dict[str, Any],
) -> Partnership:
    if not kept:
        kept["superuser"] = server.dsn(database_name, role="postgres")
        kept["active"] = await (await awarded(client, database, kept["superuser"])).active()
    active = kept["active"]
    return Partnership(
        client, active.parties, active.need_id, active.programme_id, active.award_id,
        active.contract_id, active.headers,
    )  # fmt: skip


def _party(there: Partnership, key: str) -> Actor:
    party = there.parties.party(key)
    return Actor(
        organisation_id=party.organisation_id, organisation_number=0, kind=party.kind,
        verified=True, jurisdiction="440000", client_id="client", person_id=party.people[0].id,
    )  # fmt: skip


async def _reply(database: Database, finding_id: str, *, by: Actor) -> None:
    async with database.transaction() as tx:
        await _replied(tx, finding_id, by=by)


async def _replied(tx: Tx, finding_id: str, *, by: Actor) -> None:
    asked = model.Reply(text=Text(en="Seen"))
    await actions.reply(tx, finding_id, asked, by=by, at=datetime.now(UTC))


async def _written(there: Partnership, **changed: object) -> str:
    asked = {
        "object_id": there.contract_id, "title": WORDS, "text": WORDS,
        "reply_by": wire(datetime.now(UTC) + timedelta(days=30)), **changed,
    }  # fmt: skip
    made = await there.made("/v1/findings", asked, by=AUDITOR)
    return f"/v1/findings/{made['id']}"


async def test_a_finding_is_seen_by_its_parties_answered_and_concluded(
    there: Partnership, database: Database
) -> None:
    path = await _written(there)
    replied = await there.made(f"{path}/replies", {"text": WORDS}, by=SUPPLIER)
    asked = {"outcome": "upheld", "reasons": WORDS, "follow_up_on": "2198-01-01"}
    await there.made(f"{path}/conclusion", asked, by=AUDITOR, If_Match='"v2"')

    seen = (await there.get(path, by=("city", "officer"))).json()
    assert (replied["version"], seen["version"], seen["state"]) == (2, 3, "concluded")
    assert [(one["organisation_id"], one["text"]) for one in seen["replies"]] == [
        (there.id_of("enterprise"), WORDS)
    ]
    assert seen["follow_up_on"] == "2198-01-01"
    listed = (await there.get("/v1/findings", by=SUPPLIER)).json()["data"]
    assert seen["id"] in {one["id"] for one in listed}
    again = await there.made(f"{path}/replies", {"text": WORDS}, by=("city", "officer"))
    assert (again["version"], again["state"]) == (4, "concluded")
    early = await there.post(
        f"{path}/follow-up", {"is_remedied": True, "text": WORDS}, by=AUDITOR, If_Match="*"
    )
    assert (early.status_code, early.json()["code"]) == (409, "follow_up_early")
    assert all((await replayed(database, DECIDED)).values())


async def test_whoever_is_not_concerned_learns_nothing_of_a_finding(there: Partnership) -> None:
    path = await _written(there)

    assert (await there.get(path, by=STRANGER)).json()["code"] == "finding_missing"
    assert (await there.get("/v1/findings", by=STRANGER)).json()["data"] == []
    replied = await there.post(f"{path}/replies", {"text": WORDS}, by=STRANGER)
    assert (replied.status_code, replied.json()["code"]) == (404, "finding_missing")
    written = await there.post("/v1/findings", {}, by=SUPPLIER)
    assert (written.status_code, written.json()["code"]) == (403, "not_allowed")


async def test_two_parties_that_reply_at_once_are_both_heard(
    there: Partnership, database: Database
) -> None:
    path = await _written(there)
    finding_id = path.rpartition("/")[2]

    async with database.transaction() as first:
        await _replied(first, finding_id, by=_party(there, "enterprise"))
        other = asyncio.create_task(_reply(database, finding_id, by=_party(there, "city")))
        await asyncio.sleep(0.2)
        assert not other.done()
    await other

    seen = (await there.get(path, by=AUDITOR)).json()
    assert [one["number"] for one in seen["replies"]] == [1, 2]


async def test_the_time_to_reply_lies_ahead(there: Partnership) -> None:
    asked = {"object_id": there.contract_id, "title": WORDS, "text": WORDS}
    answer = await there.post(
        "/v1/findings", {**asked, "reply_by": "2020-01-01T00:00:00Z"}, by=AUDITOR
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "reply_time_unsound")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ('text = \'{"en": "Nothing"}\', version = version + 1', "finding_takes_its_turn"),
        (
            """state = 'concluded', version = version + 1, outcome = 'upheld', reasons = '{}',
            concluded_by = written_by, concluded_at = written_at""",
            "finding_takes_its_turn",
        ),
        ("state = 'followed_up', version = version + 1", "finding_takes_its_turn"),
    ],
    ids=["rewritten", "unheard", "unconcluded"],
)
async def test_the_database_keeps_what_was_found_and_who_is_heard(
    there: Partnership, kept: dict[str, Any], change: str, rule: str
) -> None:
    path = await _written(there)
    connection = await asyncpg.connect(kept["superuser"])
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await connection.execute(
            f"UPDATE finding SET {change} WHERE id = $1",  # noqa: S608 - the test's own
            path.rpartition("/")[2],
        )
    await connection.close()

    assert refused.value.constraint_name == rule


async def test_the_database_hears_parties_alone_and_auditors_of_the_place_alone(
    there: Partnership, kept: dict[str, Any]
) -> None:
    finding_id = (await _written(there)).rpartition("/")[2]
    connection = await asyncpg.connect(kept["superuser"])
    with pytest.raises(asyncpg.RestrictViolationError) as stranger:
        await connection.execute(
            "INSERT INTO finding_reply SELECT authority_id, id, 1, $2, text, written_by, now()"
            " FROM finding WHERE id = $1",
            finding_id, there.id_of("bank"),
        )  # fmt: skip
    with pytest.raises(asyncpg.RestrictViolationError) as elsewhere:
        await connection.execute(
            "INSERT INTO finding (authority_id, id, version, state, contract_id, object_id,"
            " organisation_id, title, text, reply_by, written_by, written_at)"
            " SELECT authority_id, replace(id, 'finding_0', 'finding_1'), 1, 'open', contract_id,"
            " object_id, $2, title, text, reply_by, written_by, written_at"
            " FROM finding WHERE id = $1",
            finding_id, there.id_of("enterprise"),
        )  # fmt: skip
    await connection.close()

    assert stranger.value.constraint_name == "who_replies_is_heard"
    assert elsewhere.value.constraint_name == "who_finds_oversees"
