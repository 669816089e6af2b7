"""A contract grows from a final award, is signed by every party, and comes into force once."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.contracts import forms
from ecosystem.contracts.model import Contract
from ecosystem.contracts.queries import form
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import PRICE, Partnership, award, awarded

PARTIES = ("city", "enterprise", "second_enterprise", "verifier")
OFFICER = ("city", "officer")
CLIFFS = [
    ("sharing-payment", "sharing-met", "70", "147500.00"),
    ("sharing-payment", "sharing-met", "85", "88500.00"),
    ("sharing-payment", "sharing-met", "95", "59000.00"),
    ("availability-credit", "platform-availability", "99.9", "11800.00"),
    ("availability-credit", "platform-availability", "99", "17700.00"),
    ("availability-credit", "platform-availability", "95", "88500.00"),
]


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    """The address of the module's database for who may write everything."""
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def partnership(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """A final award."""
    return await awarded(client, database, superuser)


async def _drafted(at: Partnership) -> tuple[str, str]:
    made = await at.made("/v1/contracts", at.draft(), by=OFFICER)
    seen = await at.get(f"/v1/contracts/{made['id']}", by=OFFICER)
    return made["id"], seen.json()["terms_digest"]


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_the_shipped_forms_are_public(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/contract-forms")).json()["data"]

    assert listed
    for one in listed:
        whole = await client.get(f"/v1/contract-forms/{one['id']}")
        assert whole.status_code == 200
        assert whole.json()["version"] == one["version"]
        assert forms.digest(form(one["id"])) == one["digest"]


async def test_an_unknown_form_is_missing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/contract-forms/no-such-form")

    assert _code(answer) == (404, "form_missing")


async def test_the_terms_grow_from_the_form_and_the_award(partnership: Partnership) -> None:
    contract_id, digest = await _drafted(partnership)

    answer = await partnership.get(f"/v1/contracts/{contract_id}", by=("enterprise", "delivery"))
    contract = msgspec.json.decode(answer.content, type=Contract)
    assert contract.state == "draft"
    assert contract.price == contract.terms.value == PRICE
    assert contract.terms_digest == digest == forms.terms_digest(contract.terms)
    assert {(one.role, one.share) for one in contract.parties} == {
        ("buyer", None), ("supplier", "70"), ("supplier", "30"), ("verifier", None),
    }  # fmt: skip
    assert contract.terms.variables["quality_baseline"] == "60"
    assert answer.headers["etag"] == '"v1"'


async def test_whoever_drafts_is_warned_of_each_cliff_of_the_rules(
    partnership: Partnership,
) -> None:
    made = await partnership.made("/v1/contracts", partnership.draft(), by=OFFICER)

    terms = (await partnership.get(f"/v1/contracts/{made['id']}", by=OFFICER)).json()["terms"]
    found = [(one["rule"], one["metric"], one["value"], one["jump"]) for one in made["cliffs"]]
    assert found == CLIFFS
    for one in made["cliffs"]:
        at: Any = terms["payment_rules"]
        for step in one["pointer"].split("/")[1:]:
            at = at[int(step) if isinstance(at, list) else step]
        assert at == one["value"]


async def test_anyone_can_compute_the_digest_from_the_answer(partnership: Partnership) -> None:
    contract_id, digest = await _drafted(partnership)

    answer = await partnership.get(f"/v1/contracts/{contract_id}", by=OFFICER)
    sorted_terms = msgspec.json.encode(answer.json()["terms"], order="sorted")

    assert hashlib.sha256(sorted_terms).hexdigest() == digest


@pytest.mark.parametrize("party", ["bank", "think_tank", "oversight"])
async def test_a_draft_is_hidden_from_who_is_no_party(partnership: Partnership, party: str) -> None:
    contract_id, _ = await _drafted(partnership)
    person = {"bank": "lender", "think_tank": "delivery", "oversight": "reviewer"}[party]

    answer = await partnership.get(f"/v1/contracts/{contract_id}", by=(party, person))
    listed = await partnership.get(
        f"/v1/contracts?need_id={partnership.need_id}", by=(party, person)
    )
    public = await partnership.client.get(f"/v1/contracts/{contract_id}")

    assert _code(answer) == _code(public) == (404, "contract_missing")
    assert listed.json()["data"] == []


async def test_the_auditor_of_the_province_sees_the_draft(partnership: Partnership) -> None:
    contract_id, _ = await _drafted(partnership)

    answer = await partnership.get(f"/v1/contracts/{contract_id}", by=("auditor", "auditor"))

    assert answer.status_code == 200


async def test_what_the_form_asks_for_and_is_not_given_is_named(partnership: Partnership) -> None:
    answer = await partnership.post(
        "/v1/contracts", partnership.draft(values={"nonsense": "1"}), by=OFFICER
    )

    assert _code(answer) == (422, "terms_unmet")
    assert {fault["pointer"] for fault in answer.json()["errors"]} >= {
        "/values/nonsense", "/values/platform_name",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("verifier", "code"),
    [("bank", "verifier_unfit"), ("enterprise", "verifier_unfit")],
)
async def test_only_a_think_tank_verifies(
    partnership: Partnership, verifier: str, code: str
) -> None:
    asked = partnership.draft(verifier_id=partnership.id_of(verifier))

    answer = await partnership.post("/v1/contracts", asked, by=OFFICER)

    assert _code(answer) == (422, code)
    assert answer.json()["errors"][0]["pointer"] == "/verifier_id"


async def test_no_contract_is_drafted_while_the_standstill_runs(
    partnership: Partnership, superuser: str
) -> None:
    need = (await partnership.client.get(f"/v1/needs/{partnership.need_id}")).json()
    early = await award(
        superuser, partnership.parties, need_id=need["id"], lot_id=need["lots"][0]["id"],
        kind="advisory", standstill=timedelta(days=1),
    )  # fmt: skip

    answer = await partnership.post("/v1/contracts", partnership.draft(award_id=early), by=OFFICER)

    assert _code(answer) == (409, "standstill_running")


async def test_the_lender_joins_through_the_award_of_financing(
    partnership: Partnership, superuser: str
) -> None:
    need = (await partnership.client.get(f"/v1/needs/{partnership.need_id}")).json()
    loan = await award(
        superuser, partnership.parties, need_id=need["id"], lot_id=need["lots"][0]["id"],
        kind="financing",
    )  # fmt: skip

    asked = partnership.draft(financing_award_id=loan)
    made = await partnership.made("/v1/contracts", asked, by=OFFICER)
    alone = await partnership.post("/v1/contracts", partnership.draft(award_id=loan), by=OFFICER)

    seen = await partnership.get(f"/v1/contracts/{made['id']}", by=("bank", "lender"))
    roles = {one["organisation_id"]: one["role"] for one in seen.json()["parties"]}
    assert roles[partnership.id_of("bank")] == "lender"
    assert _code(alone) == (422, "award_unfit")


async def test_a_signature_needs_a_key(partnership: Partnership) -> None:
    contract_id, digest = await _drafted(partnership)

    answer = await partnership.client.post(
        f"/v1/contracts/{contract_id}/signatures",
        json={"digest": digest},
        headers=await partnership.as_("city", "signatory"),
    )

    assert _code(answer) == (400, "idempotency_key_missing")


async def test_only_the_digest_of_these_terms_can_be_signed(partnership: Partnership) -> None:
    contract_id, _ = await _drafted(partnership)

    answer = await partnership.sign(contract_id, "city", digest="0" * 64)

    assert _code(answer) == (422, "digest_differs")


async def test_a_party_signs_once(partnership: Partnership) -> None:
    contract_id, digest = await _drafted(partnership)
    first = await partnership.sign(contract_id, "city", digest=digest)

    again = await partnership.sign(contract_id, "city", digest=digest)

    assert (first.status_code, first.json()["state"]) == (201, "draft")
    assert _code(again) == (409, "signed_before")


async def test_who_is_no_party_learns_of_no_contract_to_sign(partnership: Partnership) -> None:
    contract_id, digest = await _drafted(partnership)

    answer = await partnership.sign(contract_id, "bank", digest=digest)

    assert _code(answer) == (404, "contract_missing")


async def test_a_draft_is_hidden_from_who_would_lend_on_it(partnership: Partnership) -> None:
    contract_id, _ = await _drafted(partnership)

    offered = await partnership.post(
        f"/v1/contracts/{contract_id}/facilities", {}, by=("bank", "lender")
    )

    assert (offered.status_code, offered.json()["code"]) == (404, "contract_missing")


async def test_with_the_last_signature_the_contract_is_in_force_and_public(
    partnership: Partnership,
) -> None:
    active = await partnership.active()

    public = await active.client.get(f"/v1/contracts/{active.contract_id}")
    contract = msgspec.json.decode(public.content, type=Contract)
    need = (await active.client.get(f"/v1/needs/{active.need_id}")).json()
    assert contract.state == "active"
    assert contract.activated_at is not None
    assert {one.organisation_id for one in contract.signatures} == {
        active.id_of(party) for party in PARTIES
    }
    assert need["state"] == "contracted"


async def test_a_lot_is_contracted_while_another_one_is_evaluated_again(
    partnership: Partnership, superuser: str
) -> None:
    connection = await asyncpg.connect(superuser)
    await connection.execute("UPDATE need SET state = 'opened' WHERE id = $1", partnership.need_id)
    await connection.close()

    made = await partnership.active()

    found = await made.get(f"/v1/contracts/{made.contract_id}", by=OFFICER)
    need = (await made.client.get(f"/v1/needs/{made.need_id}")).json()
    assert (found.json()["state"], need["state"]) == ("active", "opened")


async def test_the_price_is_bound_in_the_budget(partnership: Partnership) -> None:
    active = await partnership.active()

    programme = (await active.client.get(f"/v1/programmes/{active.programme_id}")).json()

    assert programme["obligated"] == {"amount": PRICE.amount, "currency": PRICE.currency}


async def test_an_award_leads_to_one_contract(partnership: Partnership) -> None:
    active = await partnership.active()

    answer = await active.post("/v1/contracts", active.draft(), by=OFFICER)

    assert _code(answer) == (409, "award_contracted")


async def test_of_two_drafts_of_one_award_one_comes_into_force(partnership: Partnership) -> None:
    first, digest = await _drafted(partnership)
    second, same = await _drafted(partnership)
    for contract_id in (first, second):
        for party in PARTIES[:-1]:
            await partnership.sign(contract_id, party, digest=digest)

    answers = await asyncio.gather(
        partnership.sign(first, "verifier", digest=digest),
        partnership.sign(second, "verifier", digest=same),
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_two_last_signatures_at_once_activate_once(
    partnership: Partnership, database: Database
) -> None:
    contract_id, digest = await _drafted(partnership)
    for party in PARTIES[:2]:
        await partnership.sign(contract_id, party, digest=digest)

    answers = await asyncio.gather(
        partnership.sign(contract_id, "second_enterprise", digest=digest),
        partnership.sign(contract_id, "verifier", digest=digest),
    )

    connection = await database.connect()
    events = await connection.fetch(
        "SELECT type FROM event WHERE stream = $1 ORDER BY version", contract_id
    )
    await connection.close()
    assert [answer.status_code for answer in answers] == [201, 201]
    assert {answer.json()["state"] for answer in answers} == {"draft", "active"}
    assert [event["type"] for event in events] == [
        "contract.drafted", *["contract.signed"] * 4, "contract.activated",
    ]  # fmt: skip


async def test_the_version_in_the_etag_is_that_of_the_history(partnership: Partnership) -> None:
    active = await partnership.active()

    answer = await active.client.get(f"/v1/contracts/{active.contract_id}")

    assert answer.headers["etag"] == '"v6"'
    assert answer.json()["version"] == 6


async def test_a_repeated_draft_is_answered_as_before(partnership: Partnership) -> None:
    body = partnership.draft()

    first = await partnership.post("/v1/contracts", body, by=OFFICER, Idempotency_Key="draft-1")
    again = await partnership.post("/v1/contracts", body, by=OFFICER, Idempotency_Key="draft-1")

    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()


async def test_the_list_narrows_to_a_need(partnership: Partnership) -> None:
    active = await partnership.active()

    listed = await active.client.get(f"/v1/contracts?need_id={active.need_id}&in_state=active")

    assert [one["id"] for one in listed.json()["data"]] == [active.contract_id]
