"""The own account: what it shows, and how its password is changed."""

from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.identity.login import model, rules
from ecosystem.identity.oauth import actions as oauth
from ecosystem.identity.oauth import tokens
from ecosystem.runtime import idempotency
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Assurance
from tests.login.visitor import PASSWORD, Visitor, with_account
from tests.parties import seeded
from tests.replay import replayed

NEW = "another four good words"


async def _changes(visitor: Visitor, **changed: str) -> httpx.Response:
    filled = {"present": PASSWORD, "new": NEW, "again": changed.get("new", NEW)} | changed
    await visitor.get("/account")
    return await visitor.submit("/account/password", **filled)


async def test_one_sees_who_one_is_and_where_one_belongs(
    client: httpx.AsyncClient, database: Database
) -> None:
    visitor = await with_account(client, database, of=("enterprise", "bidder"))
    await visitor.log_in()

    english = await visitor.get("/account", Accept_Language="en")
    chinese = await visitor.get("/account", Accept_Language="zh-CN, en;q=0.5")

    assert "Jiang Tou" in english.text
    assert "Pengcheng Digital Operations (sandbox)" in english.text
    assert "蒋投" in chinese.text
    assert "鹏城数字运营有限公司（沙盒）" in chinese.text


async def test_browsers_are_told_apart_by_their_kind_and_the_time(visitor: Visitor) -> None:
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/149.0.0.0 Mobile Safari"
    await visitor.get("/login")
    form = visitor.page.forms[0][1] | {"username": visitor.username, "password": PASSWORD}
    await visitor.post("/login", form, User_Agent=agent)

    shown = await visitor.get("/account")

    assert "Chrome · Android" in shown.text
    assert "this browser" in shown.text
    assert "149" not in shown.text


async def test_a_new_password_takes_the_place_of_the_old_one(visitor: Visitor) -> None:
    await visitor.log_in()

    changed = await _changes(visitor)

    assert changed.status_code == 200
    assert "Your password is changed." in changed.text
    assert (await visitor.elsewhere().log_in(PASSWORD)).status_code == 403
    assert (await visitor.elsewhere().log_in(NEW)).status_code == 303


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"present": "something else"}, 403, "The present password is wrong."),
        ({"again": "not the same at all"}, 422, "not the same both times"),
        ({"new": "short"}, 422, "12 characters or more"),
        ({"new": "x y " * 40}, 422, "at most 128 characters"),
        ({"new": "password12345"}, 422, "easily guessed"),
        ({"new": "Jo Ann Jo Ann"}, 422, "easily guessed"),
    ],
)
async def test_what_is_wrong_stands_at_its_field_and_nothing_is_changed(
    visitor: Visitor, wrong: dict[str, str], status: int, said: str
) -> None:
    await visitor.log_in()

    answer = await _changes(visitor, **wrong)

    assert answer.status_code == status
    assert said in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    described = answer.text.partition('aria-describedby="')[2].partition('"')[0].split()
    assert all(f'id="{one}"' in answer.text for one in described)
    assert (await visitor.elsewhere().log_in()).status_code == 303


async def test_other_sessions_and_what_clients_may_do_end_with_the_old_password(
    visitor: Visitor, client: httpx.AsyncClient, database: Database, owner_url: str
) -> None:
    stranger = await with_account(client, database)
    other = visitor.elsewhere()
    for one in (visitor, other, stranger):
        await one.log_in()
    grants = [await _grant(database, client, one.person_id) for one in (visitor, stranger)]

    await _changes(visitor)

    owner = await asyncpg.connect(owner_url)
    revoked = [
        await owner.fetchval("SELECT revoked_at IS NOT NULL FROM authorisation WHERE id = $1", one)
        for one in grants
    ]
    await owner.close()
    assert revoked == [True, False]
    pages = [(await one.get("/account")).status_code for one in (visitor, other, stranger)]
    assert pages == [200, 303, 200]


async def _grant(database: Database, client: httpx.AsyncClient, person_id: str) -> str:
    house = (await seeded(client)).party("enterprise")
    async with database.transaction() as tx:
        now = await idempotency.clock(tx)
        grant = tokens.Grant(
            client_id=mint("client"),
            organisation_id=house.organisation_id,
            scopes=("needs:read",),
            person_id=person_id,
            acr=Assurance.PASSWORD,
            authenticated_at=now,
        )
        return (await oauth.open_grant(tx, grant, now=now)).id


async def test_to_guess_the_present_password_is_slowed_down_too(visitor: Visitor) -> None:
    await visitor.log_in()

    said = [(await _changes(visitor, present="guessed")).status_code for _ in range(6)]

    assert said == [403] * 5 + [429]
    assert int(visitor.answer.headers["retry-after"]) <= 15


async def test_the_history_tells_of_it_to_the_platform_alone_and_tells_no_secret(
    visitor: Visitor, database: Database, owner_url: str
) -> None:
    await visitor.log_in()
    await _changes(visitor)

    owner = await asyncpg.connect(owner_url)
    rows = await owner.fetch(
        "SELECT type, version, is_public, visible_to, authority_id, body FROM event "
        "WHERE stream = (SELECT id FROM account WHERE person_id = $1) ORDER BY version",
        visitor.person_id,
    )
    digest = await owner.fetchval(
        "SELECT password_digest FROM account WHERE person_id = $1", visitor.person_id
    )
    await owner.close()

    assert [(row["type"], row["version"]) for row in rows] == [
        ("person.account_created", 1),
        ("person.password_changed", 2),
    ]
    for row in rows:
        assert (row["is_public"], row["visible_to"], row["authority_id"]) == (False, [], 0)
        assert not any(secret in row["body"] for secret in (PASSWORD, NEW, digest, "argon2"))
    body: Any = msgspec.json.decode(rows[1]["body"])
    assert body["by"]["person_id"] == visitor.person_id
    decided: Any = {
        "person.account_created": (rules.create_account, model.AccountFacts),
        "person.password_changed": (rules.change_password, model.PasswordFacts),
    }
    assert all(count > 0 for count in (await replayed(database, decided)).values())
