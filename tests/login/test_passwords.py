"""How passwords are compared: alike for whoever asks, and never while the database waits."""

import asyncio
import statistics
import time

import asyncpg
import httpx
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from ecosystem.identity.login import passwords
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.web import EdgeFinding, House
from tests.login.visitor import PASSWORD, Visitor, with_account
from tests.parties import comes_true


async def test_what_is_kept_is_an_argon2_digest_of_its_own(
    client: httpx.AsyncClient, database: Database, owner_url: str
) -> None:
    visitor = await with_account(client, database)

    owner = await asyncpg.connect(owner_url)
    kept = await owner.fetchval(
        "SELECT password_digest FROM account WHERE person_id = $1", visitor.person_id
    )
    await owner.close()

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in kept
    assert await passwords.digest(PASSWORD) != kept


async def test_one_password_has_one_form_however_it_is_typed() -> None:
    kept = await passwords.digest("Ångström and ｗｉｄｅ words")

    for typed in ("A\u030angstro\u0308m and wide words", "Ångström and wide words"):
        assert await passwords.is_right(typed, kept) == (True, None)
    assert await passwords.is_right("Angstrom and wide words", kept) == (False, None)


async def test_a_digest_of_yesterdays_kind_is_renewed_at_the_next_login(
    visitor: Visitor, owner_url: str
) -> None:
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8_192, parallelism=1),))
    owner = await asyncpg.connect(owner_url)
    await owner.execute(
        "UPDATE account SET password_digest = $1 WHERE person_id = $2",
        weak.hash(PASSWORD),
        visitor.person_id,
    )

    first = await visitor.log_in()
    kept = await owner.fetchval(
        "SELECT password_digest FROM account WHERE person_id = $1", visitor.person_id
    )
    await owner.close()

    assert first.status_code == 303
    assert "m=65536,t=3,p=4" in kept
    assert (await visitor.elsewhere().log_in()).status_code == 303


async def test_a_name_that_is_unknown_is_answered_alike_and_takes_as_long(
    client: httpx.AsyncClient, database: Database
) -> None:
    known: list[float] = []
    unknown: list[float] = []
    said: set[tuple[int, str]] = set()
    for at in range(9):
        visitor = await with_account(client, database)
        for name, took in ((visitor.username, known), (f"nobody {at}", unknown)):
            one = Visitor(client)
            await one.get("/login")
            before = time.perf_counter()
            answer = await one.submit("/login", username=name, password="wrong password")
            took.append(time.perf_counter() - before)
            text = answer.text.replace(name, "").replace(one.page.forms[0][1]["csrf"], "")
            said.add((answer.status_code, text))

    assert len(said) == 1
    # A comparison takes nearly all of the time: without it the quotient would be ten or more.
    assert 1 / 3 < statistics.median(known) / statistics.median(unknown) < 3


async def test_nothing_of_the_database_is_held_while_a_password_is_compared(
    edge: Edge, visitor: Visitor
) -> None:
    house: House = edge.application.state.house
    await visitor.get("/login")
    line = [asyncio.create_task(passwords.digest(f"password {at}")) for at in range(20)]
    login = asyncio.create_task(
        visitor.submit("/login", username=visitor.username, password=PASSWORD)
    )

    async def is_compared() -> bool:
        return passwords.in_line() > len([one for one in line if not one.done()])

    async def is_free() -> bool:
        return house.database.pool.in_use == 0 and not login.done()

    assert await comes_true(is_compared, within_s=5)
    assert await comes_true(is_free, within_s=5)
    assert (await login).status_code == 303
    await asyncio.gather(*line)


async def test_when_too_many_log_in_at_once_the_rest_is_told_to_come_again(
    visitor: Visitor,
) -> None:
    await visitor.get("/login")
    line = [asyncio.create_task(passwords.digest(f"password {at}")) for at in range(66)]
    await asyncio.sleep(0)

    answer = await visitor.submit("/login", username=visitor.username, password=PASSWORD)
    with pytest.raises(EdgeFinding):
        await passwords.digest("one too many")
    made = await asyncio.gather(*line)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert len(set(made)) == 66
    assert (await visitor.log_in()).status_code == 303
