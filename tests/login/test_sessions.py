"""Who is logged in where: cookies, and when a session begins and ends."""

from collections.abc import Callable
from urllib.parse import urlencode

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from tests.conftest import reach
from tests.login.visitor import PASSWORD, Visitor, with_account
from tests.parties import bearer

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/\t/evil.example/",
    "javascript:alert(1)",
    "evil.example",
    "/%0d%0aset-cookie: x\r\n",
    "/" + "x" * 3_000,
    "",
)


async def test_a_person_logs_in_by_name_and_password(visitor: Visitor) -> None:
    answer = await visitor.log_in()

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert (await visitor.get("/account")).status_code == 200
    assert visitor.username in visitor.page.text
    assert "Jo <Ann>" in visitor.page.text


@pytest.mark.parametrize("change", [str.upper, str.title, "  {} ".format])
async def test_a_name_is_the_same_in_any_case(
    visitor: Visitor, change: Callable[[str], str]
) -> None:
    assert (await visitor.log_in(username=change(visitor.username))).status_code == 303


async def test_what_a_browser_keeps_no_script_and_no_other_site_gets(visitor: Visitor) -> None:
    answer = await visitor.log_in()
    shown = await visitor.get("/account")

    kept = {one.partition("=")[0]: one for one in answer.headers.get_list("set-cookie")}
    assert kept.keys() == {"session", "device"}
    for one in kept.values():
        assert "; Path=/; HttpOnly; SameSite=Lax" in one
    assert "Max-Age" not in kept["session"]
    assert shown.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]


async def test_each_login_makes_a_new_session_and_ends_the_one_before(visitor: Visitor) -> None:
    await visitor.log_in()
    first = visitor.cookies["session"]

    await visitor.log_in(query="?again=1")

    assert visitor.cookies["session"] != first
    assert (await visitor.get("/account")).status_code == 200
    visitor.cookies["session"] = first
    assert (await visitor.get("/account")).status_code == 303


async def test_a_session_that_was_chosen_by_somebody_else_is_not_taken_over(
    visitor: Visitor,
) -> None:
    chosen = "A" * 43
    visitor.cookies["session"] = chosen

    await visitor.log_in()

    assert visitor.cookies["session"] != chosen
    visitor.cookies["session"] = chosen
    assert (await visitor.get("/account")).status_code == 303


async def test_only_the_digest_of_a_session_is_kept(visitor: Visitor, owner_url: str) -> None:
    await visitor.log_in()

    owner = await asyncpg.connect(owner_url)
    rows = await owner.fetch("SELECT login_session::text AS row FROM login_session")
    await owner.close()

    assert rows
    assert not any(visitor.cookies["session"] in row["row"] for row in rows)


async def test_a_login_that_is_12_hours_old_has_ended(visitor: Visitor, owner_url: str) -> None:
    await visitor.log_in()
    owner = await asyncpg.connect(owner_url)
    lives = await owner.fetchval(
        "SELECT expires_at - authenticated_at FROM login_session WHERE person_id = $1",
        visitor.person_id,
    )

    await owner.execute(
        "UPDATE login_session SET expires_at = now() WHERE person_id = $1", visitor.person_id
    )
    await owner.close()

    assert lives.total_seconds() == 12 * 3_600
    assert (await visitor.get("/account")).status_code == 303


async def test_who_is_logged_in_goes_on_at_once_unless_asked_again(visitor: Visitor) -> None:
    await visitor.log_in()

    assert (await visitor.get("/login?then=/account")).headers["location"] == "/account"
    assert (await visitor.get("/login?then=/account&again=1")).status_code == 200
    assert (await visitor.get("/login?then=/account&acr=phr")).status_code == 200
    assert "passkey" in visitor.page.text


async def test_logging_out_ends_the_session_in_this_browser_alone(visitor: Visitor) -> None:
    await visitor.log_in()
    other = visitor.elsewhere()
    await other.log_in()
    stolen = visitor.cookies["session"]

    await visitor.get("/logout")
    answer = await visitor.submit("/logout")

    assert (answer.status_code, answer.headers["location"]) == (303, "/logout")
    assert "session" not in visitor.cookies
    assert "You are logged out" in (await visitor.get("/logout")).text
    visitor.cookies["session"] = stolen
    assert (await visitor.get("/account")).status_code == 303
    assert (await other.get("/account")).status_code == 200


@pytest.mark.parametrize("to", ELSEWHERE)
async def test_a_login_leads_to_a_path_of_this_service_and_nowhere_else(
    visitor: Visitor, to: str
) -> None:
    answer = await visitor.log_in(query=f"?{urlencode({'then': to})}")
    assert answer.headers["location"] == "/account"

    await visitor.get("/logout")
    answer = await visitor.submit("/logout", then=to)
    assert answer.headers["location"] == "/logout"


async def test_a_login_leads_on_to_where_it_was_asked_for(visitor: Visitor) -> None:
    then = "/oauth/authorize?client_id=client_1&request_uri=urn%3Aietf%3A1"

    answer = await visitor.log_in(query=f"?{urlencode({'then': then})}")

    assert answer.headers["location"] == then


async def test_a_form_that_another_site_sends_logs_nobody_in(visitor: Visitor) -> None:
    attacker = visitor.elsewhere()
    await attacker.get("/login")
    ((_, brought),) = attacker.page.forms
    form = {"username": visitor.username, "password": PASSWORD}

    await visitor.get("/login")
    for forged in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "é"}, brought):
        answer = await visitor.post("/login", form | forged)
        assert (answer.status_code, "session" in visitor.cookies) == (403, False)
    visitor.cookies.clear()
    assert (await visitor.post("/login", form | brought)).status_code == 403


async def test_forms_of_who_is_logged_in_come_from_her_own_pages(visitor: Visitor) -> None:
    await visitor.log_in()
    changing = {"present": PASSWORD, "new": "another long one", "again": "another long one"}

    for path, form in (
        ("/logout", {}),
        ("/account/sessions", {"session": "others"}),
        ("/account/password", changing),
    ):
        assert (await visitor.post(path, {"csrf": "guessed", **form})).status_code == 403
        assert (await visitor.elsewhere().post(path, form)).status_code == 303
    assert (await visitor.elsewhere().log_in()).status_code == 303
    assert (await visitor.get("/account")).status_code == 200


async def test_one_ends_the_sessions_of_other_browsers_and_nobody_elses(
    visitor: Visitor, client: httpx.AsyncClient, database: Database
) -> None:
    stranger = await with_account(client, database)
    others = [visitor.elsewhere() for _ in range(3)]
    for one in (visitor, stranger, stranger.elsewhere(), *others):
        await one.log_in()

    await stranger.get("/account")
    await visitor.get("/account")
    listed = [form for form in visitor.page.forms if form[0] == "/account/sessions"]
    named = visitor.answer.text.partition('name="session" value="')[2][:64]
    await stranger.submit("/account/sessions", session=named)
    still = [(await one.get("/account")).status_code for one in others]
    await visitor.submit("/account/sessions", session=named)
    then = [(await one.get("/account")).status_code for one in others]
    await visitor.get("/account")
    await visitor.submit("/account/sessions", session="others")

    assert len(listed) == 4
    assert still == [200] * 3
    assert sorted(then) == [200, 200, 303]
    assert [(await one.get("/account")).status_code for one in others] == [303] * 3
    assert (await visitor.get("/account")).status_code == 200
    assert (await stranger.get("/account")).status_code == 200


async def test_who_is_deactivated_is_logged_out_everywhere_and_has_to_log_in_anew(
    client: httpx.AsyncClient, database: Database
) -> None:
    visitor = await with_account(client, database, of=("bank", "lender"))
    await visitor.log_in()
    operator = await bearer(client, "platform", "operator")
    person = f"/v1/people/{visitor.person_id}"

    async def change(act: str) -> None:
        tag = (await client.get(person, headers=operator)).headers["etag"]
        answer = await client.post(
            f"{person}/{act}", json={"reason": "A test."}, headers=operator | {"If-Match": tag}
        )
        assert answer.status_code == 200, answer.text

    await change("deactivation")
    assert (await visitor.get("/account")).status_code == 303
    refused = await visitor.elsewhere().log_in()
    await change("reactivation")

    assert refused.status_code == 403
    assert "The name or the password is wrong." in refused.text
    assert (await visitor.get("/account")).status_code == 303
    assert (await visitor.log_in()).status_code == 303


async def test_behind_tls_cookies_are_this_hosts_alone(chosen: Settings, visitor: Visitor) -> None:
    behind = msgspec.structs.replace(chosen, public_url="https://city.example")
    built = app.build(behind)
    async with app.living(built), reach(built) as http:
        secure = Visitor(http, visitor.username, visitor.person_id)
        answer = await secure.log_in()

    names = {one.partition("=")[0] for one in answer.headers.get_list("set-cookie")}
    assert names == {"__Host-session", "__Host-device"}
    assert all("; Secure" in one for one in answer.headers.get_list("set-cookie"))
    assert secure.cookies.keys() == {*names, "__Host-visitor"}
