"""A person who has lost her way in gets a new one, by a link, and what was good before is not."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import httpx
import pytest

from ecosystem.identity.outside import actions as outside
from ecosystem.identity.recovery import model, rules
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import entropy, mint
from ecosystem.values.actor import Actor, OrganisationKind, Role
from tests.identity.parties import administrator_of, registered
from tests.joining import header_of, join, newcomer
from tests.login.passkeys import add, authenticator, sign_in, with_passkey
from tests.login.visitor import PASSWORD, Visitor, with_account
from tests.parties import bearer, seeded
from tests.replay import replayed

PATH: Final = "/recovery"
NEW: Final = "five quite other new words"


async def _offered(client: httpx.AsyncClient, person_id: str, by: dict[str, str]) -> httpx.Response:
    return await client.post(f"/v1/people/{person_id}/recoveries", headers=by)


async def _link(client: httpx.AsyncClient, visitor: Visitor, party: str) -> str:
    """Have an administrator offer it; return the path of the link."""
    answer = await _offered(client, visitor.person_id, await bearer(client, party, "administrator"))
    assert answer.status_code == 201, answer.text
    link: str = answer.json()["link"]
    return link.removeprefix("http://127.0.0.1:8080")


async def _use(visitor: Visitor, path: str, **changed: str) -> httpx.Response:
    await visitor.get(path)
    return await visitor.submit(PATH, **({"new": NEW, "again": NEW} | changed))


async def test_whoever_is_handed_the_link_logs_in_anew_and_nothing_old_is_good(
    client: httpx.AsyncClient, database: Database, owner_url: str
) -> None:
    visitor = await with_account(client, database, of=("bank", "lender"))
    made = await with_passkey(visitor)
    bank = (await seeded(client)).party("bank").organisation_id
    token = await header_of(client, visitor.person_id, bank)
    by_identity = await _linked(database, visitor, bank)
    elsewhere = visitor.elsewhere()

    shown = await elsewhere.get(await _link(client, visitor, "bank"))
    used = await elsewhere.submit(PATH, new=NEW, again=NEW)
    account = await elsewhere.get("/account")

    assert shown.status_code == 200
    assert f"choose a new password for your account {visitor.username}" in shown.text
    assert (used.status_code, used.headers["location"]) == (303, "/account")
    assert f"You log in as {visitor.username}" in account.text
    assert (await visitor.get("/account")).status_code == 303
    assert (await client.get("/v1/me", headers=token)).status_code == 401
    assert (await visitor.elsewhere().log_in(PASSWORD)).status_code == 403
    assert (await visitor.elsewhere().log_in(NEW)).status_code == 303
    assert (await sign_in(visitor.elsewhere(), made)).status_code == 403
    owner = await asyncpg.connect(owner_url)
    left = await owner.fetchval("SELECT count(*) FROM outside_identity WHERE id = $1", by_identity)
    await owner.close()
    assert left == 0
    assert (await add(elsewhere, authenticator())).headers["location"] == "/account"


async def _linked(database: Database, visitor: Visitor, organisation_id: str) -> str:
    by = Actor(
        organisation_id=organisation_id,
        organisation_number=1,
        kind=OrganisationKind.FINANCIAL_INSTITUTION,
        verified=True,
        jurisdiction="440300",
        client_id=mint("client"),
        person_id=visitor.person_id,
    )
    async with database.transaction() as tx:
        made = await outside.link(
            tx, visitor.person_id, issuer="https://id.example", subject=visitor.person_id, by=by,
            at=datetime.now(UTC),
        )  # fmt: skip
    return made.id


async def test_it_is_told_to_her_organisation_and_decided_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    visitor = await with_account(client, database, of=("bank", "bidder"))
    assert (await _use(visitor, await _link(client, visitor, "bank"))).status_code == 303

    told = await replayed(
        database,
        {
            "person.recovery_offered": (rules.offer, model.OfferFacts),
            "person.recovered": (rules.recover, model.RecoveryFacts),
        },
    )

    assert all(told.values())


async def test_a_link_works_once_and_the_newest_alone(
    client: httpx.AsyncClient, database: Database
) -> None:
    visitor = await with_account(client, database, of=("bank", "signatory"))
    first = await _link(client, visitor, "bank")
    second = await _link(client, visitor, "bank")

    replaced = await Visitor(client).get(first)
    used = await _use(Visitor(client), second)
    again = await Visitor(client).get(second)
    nothing = [await Visitor(client).get(f"{PATH}{q}") for q in ("", f"?code={'A' * 43}")]

    assert (replaced.status_code, used.status_code, again.status_code) == (410, 303, 410)
    assert "Another link has been made since" in replaced.text
    assert "If it was not you" in again.text
    assert {one.status_code for one in nothing} == {404}


async def test_of_eight_who_use_a_link_at_once_one_does(
    client: httpx.AsyncClient, database: Database
) -> None:
    visitor = await with_account(client, database, of=("verifier", "verifier"))
    path = await _link(client, visitor, "verifier")
    eight = [Visitor(client) for _ in range(8)]
    for one in eight:
        await one.get(path)

    told = await asyncio.gather(
        *(one.submit(PATH, new=f"{NEW} {n}", again=f"{NEW} {n}") for n, one in enumerate(eight))
    )

    assert sorted(one.status_code for one in told) == [303, *[410] * 7]
    winner = next(n for n, one in enumerate(told) if one.status_code == 303)
    assert (await visitor.elsewhere().log_in(f"{NEW} {winner}")).status_code == 303


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"again": "something else altogether"}, "not the same both times"),
        ({"new": "short", "again": "short"}, "too short"),
        ({"new": "passwordpassword", "again": "passwordpassword"}, "easily guessed"),
    ],
)
async def test_what_cannot_be_chosen_is_said_and_uses_nothing_up(
    client: httpx.AsyncClient, database: Database, changed: dict[str, str], said: str
) -> None:
    visitor = await with_account(client, database, of=("think_tank", "bidder"))
    path = await _link(client, visitor, "think_tank")

    answer = await _use(visitor, path, **changed)

    assert answer.status_code == 422
    assert said in answer.text
    assert (await Visitor(client).get(path)).status_code == 200


async def test_a_form_from_elsewhere_changes_nothing(
    client: httpx.AsyncClient, database: Database
) -> None:
    visitor = await with_account(client, database, of=("think_tank", "signatory"))
    path = await _link(client, visitor, "think_tank")
    form = {"code": path.partition("code=")[2], "new": NEW, "again": NEW}

    bare = await Visitor(client).post(PATH, form)
    forged = await Visitor(client).post(PATH, form | {"csrf": "forged"})

    assert (bare.status_code, forged.status_code) == (403, 403)
    assert (await visitor.log_in()).status_code == 303


async def test_who_may_not_offer_it_is_refused(
    client: httpx.AsyncClient, database: Database
) -> None:
    parties = await seeded(client)
    lender = parties.party("enterprise").person("bidder").id
    administrator = await bearer(client, "enterprise", "administrator")
    me = (await client.get("/v1/me", headers=administrator)).json()["person_id"]
    without_account = await newcomer(client, database, "enterprise", Role.BIDDER)
    long_ago = await bearer(client, "enterprise", "administrator", authenticated_ago_s=7200)

    told = {
        "herself": await _offered(client, me, administrator),
        "a stranger": await _offered(client, lender, await bearer(client, "bank", "administrator")),
        "a colleague": await _offered(client, lender, await bearer(client, "enterprise", "bidder")),
        "the operator": await _offered(
            client, lender, await bearer(client, "platform", "operator")
        ),
        "no account": await _offered(client, without_account, administrator),
        "long ago": await _offered(client, lender, long_ago),
    }

    assert {who: (one.status_code, one.json()["code"]) for who, one in told.items()} == {
        "herself": (403, "own_recovery"),
        "a stranger": (404, "person_unknown"),
        "a colleague": (403, "not_allowed"),
        "the operator": (403, "not_your_organisation"),
        "no account": (409, "account_missing"),
        "long ago": (401, "insufficient_user_authentication"),
    }


async def test_an_administrator_lets_nobody_act_for_another_organisation(
    client: httpx.AsyncClient, database: Database
) -> None:
    visitor = await with_account(client, database, of=("auditor", "auditor"))
    path = await _link(client, visitor, "auditor")
    bank = (await seeded(client)).party("bank").organisation_id
    invited = await client.post(
        f"/v1/organisations/{bank}/invitations",
        json={"name": {"en": "Both"}, "roles": ["lender"]},
        headers=await bearer(client, "bank", "administrator"),
    )
    await join(client, invited.json()["link"], party="auditor", person="auditor")

    late = await Visitor(client).get(path)
    again = await _offered(
        client, visitor.person_id, await bearer(client, "auditor", "administrator")
    )

    assert late.status_code == 409
    assert "joined another organisation since" in late.text
    assert (again.status_code, again.json()["code"]) == (409, "acts_elsewhere")


async def test_an_operator_offers_it_to_an_only_administrator(
    client: httpx.AsyncClient,
) -> None:
    made = await registered(client)
    sole = await administrator_of(client, made)
    person_id = (await client.get("/v1/me", headers=sole)).json()["person_id"]
    oversight = (await seeded(client)).party("oversight").organisation_id
    operator = await bearer(client, "platform", "operator")

    with_another = await _offered(client, person_id, operator)
    left = await client.post(
        f"/v1/people/{person_id}/leaving",
        headers=await header_of(client, person_id, oversight) | {"If-Match": "*"},
    )
    alone = await _offered(client, person_id, operator)

    assert with_another.status_code == 403
    assert left.status_code == 200, left.text
    assert alone.status_code == 201, alone.text


async def test_the_database_lets_nobody_recover_herself_nor_hold_two_links(
    client: httpx.AsyncClient, database: Database, database_url: str
) -> None:
    visitor = await with_account(client, database, of=("city", "officer"))
    serving = await asyncpg.connect(database_url)

    async def keep(by: str) -> None:
        await serving.execute(
            "INSERT INTO recovery (id, person_id, offered_in, offered_by, digest, offered_at, "
            "expires_at) VALUES ($1, $2, '{}', $3, $4, now(), now() + interval '1 day')",
            mint("recovery"), visitor.person_id, by, entropy(32),
        )  # fmt: skip

    with pytest.raises(asyncpg.CheckViolationError, match="is_offered_by_another"):
        await keep(visitor.person_id)
    await keep(mint("person"))
    with pytest.raises(asyncpg.UniqueViolationError, match="recovery_that_is_open"):
        await keep(mint("person"))
    await serving.close()


async def test_after_a_day_it_has_expired(client: httpx.AsyncClient, database: Database) -> None:
    visitor = await with_account(client, database, of=("city", "signatory"))
    path = await _link(client, visitor, "city")
    now = (await client.get("/v1/sandbox/clock")).json()["now"]
    later = datetime.fromisoformat(now) + timedelta(days=1)

    await client.post("/v1/sandbox/clock", json={"now": later.isoformat()})
    shown = await Visitor(client).get(path, Accept_Language="zh-CN")

    assert shown.status_code == 410
    assert "链接已过期" in shown.text
