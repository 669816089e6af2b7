"""The page of an invitation, without JavaScript: for who is new, and for who has an account."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from ecosystem.runtime.database import Database
from tests.joining import code_of, header_of
from tests.login.visitor import PASSWORD, Visitor, with_account
from tests.parties import bearer, seeded

PATH = "/invitation"


async def _invited(client: httpx.AsyncClient, *, name: str = "Li", role: str = "lender") -> str:
    """Invite somebody to the bank; return the path of the link."""
    bank = (await seeded(client)).party("bank").organisation_id
    answer = await client.post(
        f"/v1/organisations/{bank}/invitations",
        json={"name": {"zh": "李", "en": name}, "roles": [role]},
        headers=await bearer(client, "bank", "administrator"),
    )
    link: str = answer.json()["link"]
    return link.removeprefix("http://127.0.0.1:8080")


async def _join(visitor: Visitor, path: str, username: str, **changed: str) -> httpx.Response:
    await visitor.get(path)
    filled = {"username": username, "password": PASSWORD, "again": PASSWORD} | changed
    return await visitor.submit(PATH, **filled)


async def test_somebody_new_makes_an_account_joins_and_is_logged_in(
    client: httpx.AsyncClient,
) -> None:
    path = await _invited(client)
    visitor = Visitor(client)

    shown = await visitor.get(path)
    joined = await _join(visitor, path, "li.new")
    account = await visitor.get("/account")

    assert shown.status_code == 200
    assert "Southern City Development Bank" in shown.text
    assert "lender: finances" in shown.text
    assert (joined.status_code, joined.headers["location"]) == (303, "/account")
    assert "You log in as li.new" in account.text
    assert "Southern City Development Bank" in account.text


async def test_she_has_the_roles_of_the_invitation_and_logs_in_again(
    client: httpx.AsyncClient,
) -> None:
    path = await _invited(client, name="Second")
    await _join(Visitor(client), path, "second.new")

    other = Visitor(client)
    logged_in = await other.log_in(PASSWORD, username="second.new")
    by = await bearer(client, "bank", "administrator")
    bank = (await seeded(client)).party("bank").organisation_id
    people = (await client.get(f"/v1/organisations/{bank}/people?limit=1", headers=by)).json()

    (newest,) = people["data"]
    assert logged_in.status_code == 303
    assert (newest["name"], newest["roles"]) == ({"zh": "李", "en": "Second"}, ["lender"])
    me = await client.get("/v1/me", headers=await header_of(client, newest["id"], bank))
    assert me.json()["roles"] == ["lender"]


async def test_who_is_logged_in_joins_with_the_account_that_she_has(
    client: httpx.AsyncClient, database: Database
) -> None:
    path = await _invited(client)
    visitor = await with_account(client, database, of=("enterprise", "bidder"))
    await visitor.log_in()

    shown = await visitor.get(path)
    joined = await visitor.submit(PATH)

    assert f"You are logged in as {visitor.username}" in shown.text
    assert (joined.status_code, joined.headers["location"]) == (303, "/account")
    account = await visitor.get("/account")
    assert "Southern City Development Bank" in account.text
    assert "Pengcheng Digital Operations" in account.text
    again = await visitor.get(await _invited(client))
    refused = await visitor.submit(PATH)
    assert (again.status_code, refused.status_code) == (200, 409)
    assert "You belong to this organisation already" in refused.text


async def test_the_login_leads_back_to_the_invitation(
    client: httpx.AsyncClient, database: Database
) -> None:
    path = await _invited(client)
    visitor = await with_account(client, database, of=("city", "officer"))

    await visitor.get(path)
    login = next(one for one in visitor.page.links if one.startswith("/login?"))
    logged_in = await visitor.log_in(query=f"?{urlsplit(login).query}")

    assert (logged_in.status_code, logged_in.headers["location"]) == (303, path)


async def test_the_page_speaks_the_language_of_the_browser(client: httpx.AsyncClient) -> None:
    path = await _invited(client)
    visitor = Visitor(client)

    answer = await visitor.get(path, **{"Accept-Language": "zh-CN,zh;q=0.9"})

    assert visitor.page.language == "zh-Hans"
    assert "南方城市发展银行（沙盒）邀请您（李）加入" in answer.text
    assert "融资方" in answer.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"username": "x"}, "This cannot be a name"),
        ({"username": "a b c"}, "This cannot be a name"),
        ({"password": "tiny words", "again": "tiny words"}, "12 characters or more"),
        ({"password": "p" * 129, "again": "p" * 129}, "at most 128 characters"),
        ({"password": "passwordpassword", "again": "passwordpassword"}, "easily guessed"),
        ({"again": "four words are not enough"}, "not the same both times"),
    ],
)
async def test_what_cannot_be_chosen_is_said_beside_its_field_and_uses_nothing_up(
    client: httpx.AsyncClient, changed: dict[str, str], said: str
) -> None:
    path = await _invited(client)
    visitor = Visitor(client)

    answer = await _join(visitor, path, **({"username": "mended"} | changed))
    hidden = next(hidden for to, hidden in visitor.page.forms if to == PATH)

    assert answer.status_code == 422
    assert said in answer.text
    assert changed.get("password", PASSWORD) not in answer.text
    assert hidden["code"] == code_of(f"http://here{path}")
    assert (await visitor.get(path)).status_code == 200


async def test_a_name_that_somebody_has_is_refused_however_it_is_written(
    client: httpx.AsyncClient,
) -> None:
    await _join(Visitor(client), await _invited(client), "taken.name")
    path = await _invited(client)

    answer = await _join(Visitor(client), path, "Taken.Name")

    assert answer.status_code == 422
    assert "Somebody has this name already" in answer.text
    assert (await Visitor(client).get(path)).status_code == 200


async def test_of_eight_who_are_new_and_accept_at_once_one_becomes_a_person(
    client: httpx.AsyncClient, owner_url: str
) -> None:
    path = await _invited(client)
    visitors = [Visitor(client) for _ in range(8)]
    for visitor in visitors:
        await visitor.get(path)
    before = await _count(owner_url)

    filled = {"password": PASSWORD, "again": PASSWORD}
    answers = await asyncio.gather(
        *(
            visitor.submit(PATH, username=f"racing.{number}", **filled)
            for number, visitor in enumerate(visitors)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [303, *[410] * 7]
    assert await _count(owner_url) == before + 1


async def test_of_two_who_take_one_name_at_once_one_gets_it_and_the_other_may_try_again(
    client: httpx.AsyncClient, owner_url: str
) -> None:
    visitors = [Visitor(client) for _ in range(2)]
    paths = [await _invited(client) for _ in range(2)]
    for visitor, path in zip(visitors, paths, strict=True):
        await visitor.get(path)
    before = await _count(owner_url)

    filled = {"username": "one.name", "password": PASSWORD, "again": PASSWORD}
    answers = await asyncio.gather(*(visitor.submit(PATH, **filled) for visitor in visitors))

    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert await _count(owner_url) == before + 1
    states = [(await Visitor(client).get(path)).status_code for path in paths]
    assert sorted(states) == [200, 410]


async def _count(owner_url: str) -> int:
    connection = await asyncpg.connect(owner_url)
    try:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM person JOIN account ON account.person_id = person.id"
        )
    finally:
        await connection.close()
    return found


async def test_a_form_from_elsewhere_joins_nobody(
    client: httpx.AsyncClient, database: Database
) -> None:
    path = await _invited(client)
    code = code_of(f"http://here{path}")
    member = await with_account(client, database, of=("auditor", "auditor"))
    await member.log_in()
    form = {"code": code, "csrf": "forged", "username": "forged.one"}
    form |= {"password": PASSWORD, "again": PASSWORD}

    new = await Visitor(client).post(PATH, form)
    known = await member.post(PATH, form)
    bare = await member.post(PATH, {"code": code})

    assert {new.status_code, known.status_code, bare.status_code} == {403}
    assert (await Visitor(client).get(path)).status_code == 200


@pytest.mark.parametrize("query", ["", "?code=", "?code=short", f"?code={'A' * 43}"])
async def test_without_an_invitation_the_page_says_so(
    client: httpx.AsyncClient, query: str
) -> None:
    answer = await Visitor(client).get(f"{PATH}{query}")

    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "There is no such invitation" in answer.text


async def test_what_was_accepted_or_withdrawn_says_so_and_takes_no_form(
    client: httpx.AsyncClient,
) -> None:
    path = await _invited(client)
    late = Visitor(client)
    await late.get(path)
    await _join(Visitor(client), path, "first.one")

    shown = await Visitor(client).get(path)
    filled = {"username": "late.one", "password": PASSWORD, "again": PASSWORD}
    sent = await late.submit(PATH, **filled)

    assert (shown.status_code, sent.status_code) == (410, 410)
    assert "works once" in shown.text
    assert "works once" in sent.text


async def test_after_seven_days_it_has_expired_and_its_etag_says_so(
    client: httpx.AsyncClient,
) -> None:
    path = await _invited(client)
    by = await bearer(client, "bank", "administrator")
    bank = (await seeded(client)).party("bank").organisation_id
    address = f"/v1/organisations/{bank}/invitations?limit=1"
    (newest,) = (await client.get(address, headers=by)).json()["data"]
    now = (await client.get("/v1/sandbox/clock")).json()["now"]
    later = (datetime.fromisoformat(now) + timedelta(days=7)).isoformat()

    await client.post("/v1/sandbox/clock", json={"now": later})
    shown = await Visitor(client).get(path)
    read = await client.get(f"/v1/invitations/{newest['id']}", headers=by)

    assert shown.status_code == 410
    assert "has expired" in shown.text
    assert (read.json()["state"], read.headers["etag"]) == ("expired", '"v1.expired"')


async def test_a_disabled_person_is_logged_out_at_once(
    client: httpx.AsyncClient, database: Database
) -> None:
    visitor = await with_account(client, database, of=("verifier", "signatory"))
    await visitor.log_in()
    assert (await visitor.get("/account")).status_code == 200

    gone = await client.post(
        f"/v1/people/{visitor.person_id}/deactivation",
        json={"reason": "The account is shared."},
        headers=await bearer(client, "platform", "operator") | {"If-Match": "*"},
    )
    out = await visitor.get("/account")
    refused = await visitor.elsewhere().log_in()
    await client.post(
        f"/v1/people/{visitor.person_id}/reactivation",
        json={"reason": "It is hers again."},
        headers=await bearer(client, "platform", "operator") | {"If-Match": "*"},
    )
    still_out = await visitor.get("/account")
    back = await visitor.elsewhere().log_in()

    assert gone.status_code == 200
    assert (out.status_code, still_out.status_code) == (303, 303)
    assert (refused.status_code, back.status_code) == (403, 303)
