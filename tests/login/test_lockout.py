"""Guessing is slowed down, and nobody is locked out by it who has logged in before."""

import asyncio
from datetime import timedelta

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.identity.login import rules
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from tests.conftest import reach
from tests.login.visitor import PASSWORD, Visitor, with_account

WRONG = "not her password"


async def _fails(visitor: Visitor, times: int) -> list[int]:
    return [(await visitor.log_in(WRONG)).status_code for _ in range(times)]


@pytest.fixture(autouse=True)
async def _unhurried(owner_url: str) -> None:
    """Let no test wait for what another has failed at from the same address."""
    owner = await asyncpg.connect(owner_url)
    await owner.execute("DELETE FROM login_counter")
    await owner.close()


async def test_after_five_failures_one_waits_and_is_told_how_long(visitor: Visitor) -> None:
    assert await _fails(visitor, 5) == [403] * 5

    held = await visitor.log_in(PASSWORD)

    assert held.status_code == 429
    assert 0 < int(held.headers["retry-after"]) <= 15
    assert f"Try again in {held.headers['retry-after']} seconds" in held.text
    assert "session" not in visitor.cookies
    held = await visitor.log_in(PASSWORD, query="?lang=zh")
    assert f"请在{held.headers['retry-after']} 秒后重试" in held.text


async def test_to_try_while_one_waits_makes_it_no_longer(visitor: Visitor, owner_url: str) -> None:
    await _fails(visitor, 5)
    owner = await asyncpg.connect(owner_url)
    before = await owner.fetch("SELECT * FROM login_counter ORDER BY digest")
    assert await _fails(visitor, 3) == [429] * 3
    after = await owner.fetch("SELECT * FROM login_counter ORDER BY digest")

    assert before == after
    await owner.execute("UPDATE login_counter SET free_at = now()")
    assert (await visitor.log_in(PASSWORD)).status_code == 303
    await owner.close()


async def test_strangers_never_hold_up_a_browser_that_has_logged_in_before(
    visitor: Visitor,
) -> None:
    await visitor.log_in()
    strangers = [visitor.elsewhere() for _ in range(3)]

    guesses = [await _fails(one, 3) for one in strangers]

    assert guesses == [[403] * 3, [403, 403, 429], [429] * 3]
    assert (await visitor.log_in(query="?again=1")).status_code == 303
    assert (await visitor.elsewhere().log_in()).status_code == 429


async def test_a_known_browser_is_counted_by_itself(visitor: Visitor) -> None:
    await visitor.log_in()
    visitor.cookies.pop("session")

    assert await _fails(visitor, 6) == [403] * 5 + [429]
    assert (await visitor.elsewhere().log_in()).status_code == 303


async def test_a_browser_is_known_for_one_account_alone(
    visitor: Visitor, client: httpx.AsyncClient, database: Database
) -> None:
    other = await with_account(client, database)
    await other.log_in()
    other.cookies.pop("session")
    other.username = visitor.username

    assert await _fails(other, 6) == [403] * 5 + [429]
    assert (await visitor.log_in()).status_code == 429


@pytest.mark.parametrize("forged", ["", ".", "x.y", "é.é", "A" * 43 + "." + "0" * 64])
async def test_a_browser_that_says_it_is_known_is_not(visitor: Visitor, forged: str) -> None:
    await _fails(visitor, 5)

    visitor.cookies["device"] = forged

    assert (await visitor.log_in()).status_code == 429


async def test_a_name_that_nobody_has_is_held_up_as_any_other(visitor: Visitor) -> None:
    visitor.username = "nobody at all"

    assert await _fails(visitor, 6) == [403] * 5 + [429]


async def test_of_eight_that_try_at_once_five_do(visitor: Visitor, owner_url: str) -> None:
    await visitor.get("/login")
    form = visitor.page.forms[0][1] | {"username": visitor.username, "password": WRONG}
    browsers = [Visitor(visitor.http, cookies=dict(visitor.cookies)) for _ in range(8)]

    answers = await asyncio.gather(*(one.post("/login", form) for one in browsers))

    assert sorted(answer.status_code for answer in answers) == [403] * 5 + [429] * 3
    owner = await asyncpg.connect(owner_url)
    failures = await owner.fetch("SELECT failures FROM login_counter")
    await owner.close()
    assert [row["failures"] for row in failures] == [5, 5]


async def test_of_eight_right_ones_at_once_all_log_in(visitor: Visitor) -> None:
    browsers = [visitor.elsewhere() for _ in range(5)]
    for one in browsers:
        await one.get("/login")
    sent = {"username": visitor.username, "password": PASSWORD}

    answers = await asyncio.gather(*(one.submit("/login", **sent) for one in browsers))

    assert [answer.status_code for answer in answers] == [303] * 5
    assert (await visitor.log_in()).status_code == 303


async def test_old_counters_are_forgotten(visitor: Visitor, owner_url: str) -> None:
    visitor.username = "somebody who gave up"
    await _fails(visitor, 1)
    owner = await asyncpg.connect(owner_url)
    await owner.execute(
        "UPDATE login_counter SET last_at = now() - $1::interval",
        rules.FORGOTTEN_AFTER + timedelta(seconds=1),
    )

    await visitor.elsewhere().log_in(username="somebody else")

    assert await owner.fetchval("SELECT count(*) FROM login_counter") == 2
    await owner.close()


async def test_what_was_typed_as_a_name_is_kept_nowhere(visitor: Visitor, owner_url: str) -> None:
    await visitor.log_in(username="my secret password")

    owner = await asyncpg.connect(owner_url)
    rows = await owner.fetch("SELECT login_counter::text AS row FROM login_counter")
    await owner.close()
    assert len(rows) == 2
    assert not any(b"my secret password".hex() in row["row"] for row in rows)


async def test_an_address_that_tries_many_names_waits_and_other_addresses_do_not(
    chosen: Settings,
) -> None:
    behind = app.build(msgspec.structs.replace(chosen, proxies=1))

    async with app.living(behind), reach(behind) as http:
        guesser = Visitor(http)
        await guesser.get("/login")
        form = guesser.page.forms[0][1] | {"password": WRONG}

        async def guess(at: int, address: str) -> int:
            one = Visitor(http, cookies=dict(guesser.cookies))
            sent = {**form, "username": f"name {at}"}
            return (await one.post("/login", sent, X_Forwarded_For=address)).status_code

        first = [await guess(at, f"192.0.2.{at}, 2001:db8::1") for at in range(50)]
        then = await guess(50, "2001:db8::2")
        elsewhere = await guess(51, "2001:db8:1::1")

    assert first == [403] * 50
    assert (then, elsewhere) == (429, 403)
