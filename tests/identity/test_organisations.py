"""What organisations say of themselves: who may change it, who may read it, and no duplicates."""

import asyncio
from typing import Any, Final

import asyncpg
import httpx
import pytest

from tests.identity.parties import administrator_of, registered
from tests.parties import SEEN, bearer, seeded

OWNER: Final = {
    "name": {"zh": "王某", "en": "Wang"},
    "country": "CN",
    "interest": "shareholding",
    "share_percent": "60",
    "since_on": "2024-01-01",
}
ACCOUNT: Final = {
    "holder": "Pengcheng",
    "number": "6222000000000000",
    "bank_code": "102100099996",
    "currency": "CNY",
}
KIND: Final = "application/merge-patch+json"


async def _register(client: httpx.AsyncClient, **more: Any) -> httpx.Response:
    asked = {
        "kind": "enterprise",
        "name": {"zh": "某公司"},
        "jurisdiction": "440300",
        "administrator": {"zh": "某人"},
    }
    return await client.post("/v1/organisations", json=asked | more)


async def _path(client: httpx.AsyncClient, party: str) -> str:
    return f"/v1/organisations/{(await seeded(client)).party(party).organisation_id}"


async def _change(
    client: httpx.AsyncClient, path: str, by: dict[str, str], tag: str, **asked: Any
) -> httpx.Response:
    headers = by | {"If-Match": tag, "Content-Type": KIND}
    return await client.patch(path, json=asked, headers=headers)


async def test_an_administrator_changes_what_her_organisation_says_of_itself(
    client: httpx.AsyncClient,
) -> None:
    path, by = (
        await _path(client, "enterprise"),
        await bearer(client, "enterprise", "administrator"),
    )
    before = (await client.get(path, headers=by)).json()
    names = [{"language": "pt", "name": "Pengcheng Serviços"}]

    changed = await _change(
        client, path, by, f'"v{before["version"]}"', bank_account=ACCOUNT, scale="large",
        other_names=names, beneficial_owners=[OWNER],
    )  # fmt: skip
    after = (await client.get(path, headers=by)).json()
    emptied = await _change(client, path, by, changed.headers["etag"], bank_account=None)

    assert changed.status_code == 200, changed.text
    assert (after["bank_account"], after["scale"]) == (ACCOUNT, "large")
    assert (after["other_names"], after["beneficial_owners"]) == (names, [OWNER])
    assert (after["name"], after["version"]) == (before["name"], before["version"] + 1)
    assert emptied.status_code == 200
    assert (await client.get(path, headers=by)).json()["bank_account"] is None


async def test_who_owns_it_and_how_it_was_verified_is_for_it_operator_and_its_auditors(
    client: httpx.AsyncClient,
) -> None:
    path, by = await _path(client, "bank"), await bearer(client, "bank", "administrator")
    await _change(client, path, by, "*", beneficial_owners=[OWNER], bank_account=ACCOUNT)
    readers = {
        "itself": by,
        "operator": await bearer(client, "platform", "operator"),
        "auditor": await bearer(client, "auditor", "auditor"),
        "city": await bearer(client, "city", "officer"),
        "competitor": await bearer(client, "enterprise", "administrator"),
        "anyone": {},
    }

    read = {who: (await client.get(path, headers=one)).json() for who, one in readers.items()}

    inside = {who for who, one in read.items() if one.get("beneficial_owners") == [OWNER]}
    assert inside == {who for who, one in read.items() if "judgement" in one}
    assert inside == {"itself", "operator", "auditor"}
    assert {who for who, one in read.items() if "bank_account" in one} == {"itself"}
    assert all("beneficial_owners" not in one for who, one in read.items() if who not in inside)
    assert read["auditor"]["judgement"]["evidence"][0]["title"]
    listed = (await client.get("/v1/organisations?limit=100")).text
    assert "beneficial_owners" not in listed
    assert "judgement" not in listed


async def test_an_auditor_of_elsewhere_sees_what_anyone_sees(client: httpx.AsyncClient) -> None:
    path = await _path(client, "verifier")  # It is of Beijing; the auditor is of Guangdong.

    read = await client.get(path, headers=await bearer(client, "auditor", "auditor"))

    assert "judgement" not in read.json()


async def test_the_evidence_of_a_verification_is_kept(client: httpx.AsyncClient) -> None:
    made = await registered(client)
    path = f"/v1/organisations/{made['organisation_id']}"
    operator = await bearer(client, "platform", "operator") | {"If-Match": '"v1"'}

    without = await client.post(
        f"{path}/verification", json={"reason": "Trust me."}, headers=operator
    )
    empty = await client.post(
        f"{path}/verification", json={"reason": "Trust me.", "evidence": []}, headers=operator
    )
    verified = await client.post(f"{path}/verification", json=SEEN, headers=operator)
    read = (await client.get(path, headers=await administrator_of(client, made))).json()

    assert (without.status_code, empty.status_code, verified.status_code) == (400, 400, 200)
    assert read["judgement"]["state"] == "verified"
    assert read["judgement"]["evidence"] == [{**SEEN["evidence"][0], "sha256": None}]


async def test_what_a_suspended_organisation_did_stays_readable(client: httpx.AsyncClient) -> None:
    made = await registered(client)
    path = f"/v1/organisations/{made['organisation_id']}"
    operator = await bearer(client, "platform", "operator") | {"If-Match": "*"}
    await client.post(f"{path}/verification", json=SEEN, headers=operator)

    suspended = await client.post(
        f"{path}/suspension", json={"reason": "Under inquiry."}, headers=operator
    )
    itself = await client.get(path, headers=await administrator_of(client, made))

    assert suspended.status_code == 200
    assert (await client.get(path)).json()["state"] == "suspended"
    assert itself.json()["judgement"]["reason"] == "Under inquiry."
    assert itself.json()["judgement"]["evidence"][0]["title"] == SEEN["evidence"][0]["title"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"other_names": [{"language": "zh", "name": "某"}]}, "other_name_twice"),
        (
            {"other_names": [{"language": tag, "name": "x"} for tag in ("pt-BR", "pt-br")]},
            "other_name_twice",
        ),
        ({"beneficial_owners": [OWNER, OWNER]}, "owners_exceed_whole"),
        ({"beneficial_owners": [{**OWNER, "country": "ZZ"}]}, "country_unknown"),
        ({"beneficial_owners": [{**OWNER, "country": "cn"}]}, "malformed"),
        ({"beneficial_owners": [{**OWNER, "share_percent": "100.1"}]}, "malformed"),
        ({"beneficial_owners": [{**OWNER, "share_percent": 60}]}, "malformed"),
        ({"beneficial_owners": [{**OWNER, "interest": "friendship"}]}, "malformed"),
    ],
)
async def test_a_registration_says_nothing_that_cannot_be(
    client: httpx.AsyncClient, more: dict[str, Any], code: str
) -> None:
    answer = await _register(client, **more)

    assert (answer.status_code, answer.json()["code"]) == (
        400 if code == "malformed" else 422,
        code,
    )


@pytest.mark.parametrize(
    ("scheme", "spelt"), [("XX-ONE", "ab-12.34"), ("XX-TWO", "AB/12/34"), ("XX-THREE", "ab1234")]
)
async def test_an_identifier_is_taken_however_it_is_spelt(
    client: httpx.AsyncClient, scheme: str, spelt: str
) -> None:
    first = await _register(client, identifiers=[{"scheme": scheme, "id": "AB1234"}])

    again = await _register(client, identifiers=[{"scheme": scheme, "id": spelt}])
    twice = await _register(
        client,
        identifiers=[{"scheme": "XX-OTHER", "id": one} for one in ("Q-1", "q1")],
    )

    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()["code"]) == (409, "identifier_taken")
    assert (twice.status_code, twice.json()["code"]) == (409, "identifier_taken")


@pytest.mark.parametrize(
    ("scheme", "typed", "again"),
    [
        ("CN-USC", "9111 0000-6000 3734-1l", "91110000600037341L"),
        ("LEI", "2138-00ku-d8la-jwsq-9d15", "2138 00KUD8LAJWSQ9D15"),
    ],
)
async def test_an_identifier_is_kept_as_its_register_writes_it(
    client: httpx.AsyncClient, scheme: str, typed: str, again: str
) -> None:
    made = await _register(client, identifiers=[{"scheme": scheme, "id": typed}])
    read = await client.get(made.headers["location"])

    twice = await _register(client, identifiers=[{"scheme": scheme, "id": again}])
    wrong = await _register(client, identifiers=[{"scheme": scheme, "id": f"{typed[:-1]}9"}])

    compact = again.replace(" ", "")
    assert read.json()["identifiers"] == [{"scheme": scheme, "id": compact}]
    assert (twice.status_code, twice.json()["code"]) == (409, "identifier_taken")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "check_digit_wrong")


@pytest.mark.parametrize(
    ("scheme", "spelt"),
    [("CN-USC", "91440300ma5k00d10c"), ("CN-USC", "91440300MA5K00D1"), ("LEI", "2138-00")],
)
async def test_the_database_keeps_no_other_spelling(
    client: httpx.AsyncClient, database_url: str, scheme: str, spelt: str
) -> None:
    place = (await seeded(client)).party("bank").organisation_id
    serving = await asyncpg.connect(database_url)

    with pytest.raises(asyncpg.CheckViolationError, match="is_as_its_register_writes_it"):
        await serving.execute(
            "INSERT INTO organisation_identifier VALUES ($1, $2, $3)", scheme, spelt, place
        )

    await serving.close()


async def test_null_takes_away_what_may_be_absent(client: httpx.AsyncClient) -> None:
    path, by = await _path(client, "bank"), await bearer(client, "bank", "administrator")
    names = [{"language": "pt", "name": "Banco"}]
    await _change(client, path, by, "*", other_names=names, beneficial_owners=[OWNER])

    emptied = await _change(client, path, by, "*", other_names=None, beneficial_owners=None)
    nameless = await _change(client, path, by, "*", name=None)
    read = (await client.get(path, headers=by)).json()

    assert emptied.status_code == 200, emptied.text
    assert (read["other_names"], read["beneficial_owners"]) == ([], [])
    assert (nameless.status_code, nameless.json()["code"]) == (400, "malformed")
    assert "name" in nameless.json()["detail"]


async def test_of_eight_that_register_one_identifier_at_once_one_does(
    client: httpx.AsyncClient,
) -> None:
    spellings = ["zz-77", "ZZ77", "zz.77", "Zz77", "zZ77", "Z-Z77", "zz/77", "z.z-77"]

    answers = await asyncio.gather(
        *(_register(client, identifiers=[{"scheme": "XX-RACE", "id": one}]) for one in spellings)
    )

    assert sorted(one.status_code for one in answers) == [201] + [409] * 7


async def test_only_its_own_administrator_changes_an_organisation_and_lately_logged_in(
    client: httpx.AsyncClient,
) -> None:
    path = await _path(client, "second_enterprise")
    others = {
        "stranger": await bearer(client, "bank", "administrator"),
        "member": await bearer(client, "second_enterprise", "bidder"),
        "operator": await bearer(client, "platform", "operator"),
    }
    long_ago = await bearer(client, "second_enterprise", "administrator", authenticated_ago_s=7200)

    refused = {
        who: await _change(client, path, one, "*", scale="micro") for who, one in others.items()
    }
    stale = await _change(client, path, long_ago, "*", scale="micro")

    assert {one.status_code for one in refused.values()} == {403}
    assert stale.status_code == 401
    assert "insufficient_user_authentication" in stale.headers["www-authenticate"]


async def test_of_eight_changes_under_one_etag_one_counts(client: httpx.AsyncClient) -> None:
    path, by = (
        await _path(client, "think_tank"),
        await bearer(client, "think_tank", "administrator"),
    )
    tag = (await client.get(path, headers=by)).headers["etag"]

    answers = await asyncio.gather(
        *(_change(client, path, by, tag, scale="small") for _ in range(8))
    )

    assert sorted(one.status_code for one in answers) == [200] + [412] * 7
