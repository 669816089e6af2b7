"""Passkeys over HTTP: how they are added, used, renamed and removed."""

import asyncio
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from webauthn.helpers import bytes_to_base64url

from ecosystem.cli.authenticator import Authenticator, OriginRefused, read
from ecosystem.history.model import Body
from ecosystem.identity.login.passkeys import actions, ceremony, model, rules
from ecosystem.runtime.database import Database
from tests.login.passkeys import (
    acr,
    add,
    asked,
    authenticator,
    csrf,
    passkey_id,
    sign_in,
    with_passkey,
)
from tests.login.visitor import Visitor, with_account
from tests.parties import ISSUER

DECIDED: dict[str, tuple[Any, type, type]] = {
    "person.passkey_added": (rules.add, model.AddFacts, model.PasskeyAdded),
    "person.passkey_renamed": (rules.rename, model.ChangeFacts, model.PasskeyRenamed),
    "person.passkey_removed": (rules.remove, model.ChangeFacts, model.PasskeyRemoved),
    "person.passkey_suspected": (rules.use, model.UseFacts, model.PasskeySuspected),
}


async def test_a_passkey_alone_logs_in_without_a_name(visitor: Visitor) -> None:
    made = await with_passkey(visitor)
    other = visitor.elsewhere()

    answer = await sign_in(other, made, query="?then=%2Flogout")

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert await acr(other) == "phr"
    assert visitor.username in other.page.text


async def test_it_leads_on_to_where_it_was_asked_for(visitor: Visitor) -> None:
    made = await with_passkey(visitor)

    answer = await sign_in(visitor, made, then="/oauth/authorize?client_id=x")
    elsewhere = await sign_in(visitor, made, then="https://evil.example/")

    assert answer.headers["location"] == "/oauth/authorize?client_id=x"
    assert elsewhere.headers["location"] == "/account"


async def test_adding_a_passkey_makes_no_login_stronger(visitor: Visitor) -> None:
    await with_passkey(visitor)

    assert await acr(visitor) == "pwd"
    assert (await visitor.get("/login?then=/account&acr=phr")).status_code == 200


async def test_who_has_a_passkey_adds_a_further_one_by_it_alone(visitor: Visitor) -> None:
    made = await with_passkey(visitor)
    thief = visitor.elsewhere()
    await thief.log_in()

    refused = await add(thief, authenticator())
    await sign_in(visitor, made)
    added = await add(visitor, authenticator())

    assert refused.status_code == 403
    assert "log in with a passkey" in refused.text
    assert added.status_code == 303


async def test_of_two_first_passkeys_at_once_one_is_added(visitor: Visitor) -> None:
    browsers = [visitor.elsewhere() for _ in range(8)]
    for one in browsers:
        await one.log_in()

    answers = await asyncio.gather(*(add(one, authenticator()) for one in browsers))

    assert sorted(one.status_code for one in answers) == [303] + [403] * 7


async def test_passkeys_are_changed_soon_after_a_login_or_not(
    visitor: Visitor, owner_url: str
) -> None:
    made = await with_passkey(visitor)
    await sign_in(visitor, made)
    await visitor.get("/account")
    passkey = passkey_id(visitor)
    owner = await asyncpg.connect(owner_url)
    await owner.execute(
        "UPDATE login_session SET authenticated_at = now() - interval '15 minutes 1 second'"
    )
    await owner.close()

    token = await csrf(visitor, "/account")
    answers = [
        await add(visitor, authenticator()),
        await visitor.post("/account/passkeys/removal", {"csrf": token, "passkey": passkey}),
        await visitor.post(
            "/account/passkeys/name", {"csrf": token, "passkey": passkey, "label": "x"}
        ),
    ]

    assert [one.status_code for one in answers] == [403] * 3
    assert all("log in again" in one.text for one in answers)


async def test_a_passkey_is_renamed_and_removed_and_then_logs_in_no_more(visitor: Visitor) -> None:
    made = await with_passkey(visitor)
    await sign_in(visitor, made)
    await visitor.get("/account")

    renamed = await visitor.submit("/account/passkeys/name", label="  My <other> 手机 ")
    assert renamed.status_code == 303
    await visitor.get("/account")
    assert "My <other> 手机" in visitor.page.text
    removed = await visitor.submit("/account/passkeys/removal")

    assert removed.status_code == 303
    assert "You have no passkey yet" in (await visitor.get("/account")).text
    assert (await sign_in(visitor.elsewhere(), made)).status_code == 403


@pytest.mark.parametrize("label", ["", "   ", "x" * 61, "a\nb", "\u202e"])
async def test_a_label_can_be_seen(visitor: Visitor, label: str) -> None:
    await visitor.log_in()

    answer = await add(visitor, authenticator(), label=label)

    assert answer.status_code == 422
    assert "1 to 60 characters" in answer.text


async def test_the_passkey_of_another_person_is_neither_renamed_nor_removed(
    visitor: Visitor, client: httpx.AsyncClient, database: Database
) -> None:
    stranger = await with_account(client, database)
    for one in (visitor, stranger):
        await sign_in(one, await with_passkey(one))
    await visitor.get("/account")
    hers, token = passkey_id(visitor), await csrf(stranger, "/account")

    for path in ("/account/passkeys/name", "/account/passkeys/removal"):
        form = {"csrf": token, "passkey": hers, "label": "mine"}
        assert (await stranger.post(path, form)).status_code == 303
    await visitor.get("/account")

    assert passkey_id(visitor) == hers
    assert "My device" in visitor.page.text


async def test_forms_about_passkeys_come_from_pages_of_ours(visitor: Visitor) -> None:
    made = await with_passkey(visitor)
    nobody = visitor.elsewhere()

    for path in ("/account/passkeys", "/account/passkeys/name", "/account/passkeys/removal"):
        assert (await visitor.post(path, {"csrf": "guessed"})).status_code == 403
        assert (await nobody.post(path, {"csrf": "guessed"})).status_code == 303
    await nobody.get("/login")
    forged = {"csrf": "guessed", "credential": made.get(await asked(nobody))}

    assert (await nobody.post("/login/passkey", forged)).status_code == 403
    assert (await nobody.get("/account/passkeys/options")).status_code == 303


async def test_the_software_passkey_refuses_other_pages_as_a_browser_does(
    visitor: Visitor,
) -> None:
    await visitor.log_in()
    options = await asked(visitor, "/account/passkeys/options")
    elsewhere = Authenticator(origin="https://evil.example")

    with pytest.raises(OriginRefused):
        elsewhere.create(options)
    with pytest.raises(OriginRefused):
        elsewhere.get(await asked(visitor))


async def test_a_passkey_logs_in_whose_it_is_and_nobody_else(
    visitor: Visitor, client: httpx.AsyncClient, database: Database
) -> None:
    stranger = await with_account(client, database)
    made, hers = await with_passkey(visitor), await with_passkey(stranger)
    swapped = Authenticator(
        origin=ISSUER, key=made.key, credential_id=made.credential_id, handle=hers.handle
    )
    unknown = Authenticator(origin=ISSUER, key=made.key, handle=made.handle)

    assert (await sign_in(visitor.elsewhere(), swapped)).status_code == 403
    assert (await sign_in(visitor.elsewhere(), unknown)).status_code == 403
    assert hers.handle != made.handle
    twice = Authenticator(origin=ISSUER, credential_id=made.credential_id)
    newcomer = await with_account(client, database)
    await newcomer.log_in()
    assert (await add(newcomer, twice)).status_code == 409


async def test_who_is_deactivated_logs_in_by_no_passkey(
    client: httpx.AsyncClient, database: Database, owner_url: str
) -> None:
    visitor = await with_account(client, database)
    made = await with_passkey(visitor)
    owner = await asyncpg.connect(owner_url)
    await owner.execute("UPDATE person SET disabled_at = now() WHERE id = $1", visitor.person_id)
    await owner.close()

    assert (await sign_in(visitor.elsewhere(), made)).status_code == 403


async def test_a_passkey_that_was_kept_for_a_person_logs_her_in(
    visitor: Visitor, database: Database
) -> None:
    made = authenticator()
    async with database.transaction() as tx:
        await actions.keep(tx, visitor.person_id, made.passkey, label="Seeded")

    assert (await sign_in(visitor, read(made.written()))).status_code == 303
    assert await acr(visitor) == "phr"
    assert "Seeded" in visitor.page.text


async def test_who_has_no_passkey_is_told_how_to_add_one(visitor: Visitor) -> None:
    await visitor.log_in()

    for query in ("acr=phr", "acr=phr&again=1"):
        shown_ = await visitor.get(f"/login?then=/account&{query}")
        assert "your account has none yet" in shown_.text
        assert "/account#passkeys" in visitor.page.links


async def test_the_log_alone_decides_everything_about_passkeys_again(
    visitor: Visitor, owner_url: str
) -> None:
    made = await with_passkey(visitor, counts=True)
    await sign_in(visitor, made)
    copy = read(made.written())
    copy.counts = True
    await sign_in(visitor.elsewhere(), copy)
    await visitor.get("/account")
    await visitor.submit("/account/passkeys/name", label="Phone")
    await visitor.get("/account")
    await visitor.submit("/account/passkeys/removal")

    owner = await asyncpg.connect(owner_url)
    rows = await owner.fetch(
        "SELECT type, body::text AS body, recorded_at FROM event "
        "WHERE type LIKE 'person.passkey%' AND person_id = $1",
        visitor.person_id,
    )
    await owner.close()

    assert {row["type"] for row in rows} == set(DECIDED)
    for row in rows:
        rule, facts, decision = DECIDED[row["type"]]
        body = msgspec.json.decode(row["body"], type=Body)
        again = rule(msgspec.convert(body.facts, facts), by=body.by, at=row["recorded_at"])
        assert again == msgspec.convert(body.decision, decision)
        for secret in (made.credential_id, made.handle, made.passkey.public_key):
            assert bytes_to_base64url(secret) not in row["body"]
            assert secret.hex() not in row["body"]


@pytest.mark.parametrize(
    ("public_url", "domain", "origin", "named"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1", "http://127.0.0.1:8080", False),
        ("http://[::1]:8080", "::1", "http://[::1]:8080", False),
        ("http://localhost:8080", "localhost", "http://localhost:8080", True),
        ("https://City.Example:443", "city.example", "https://city.example", True),
        ("https://city.example:8443", "city.example", "https://city.example:8443", True),
    ],
)
def test_passkeys_are_good_at_the_public_address(
    public_url: str, domain: str, origin: str, *, named: bool
) -> None:
    assert ceremony.place(public_url) == ceremony.Place(domain=domain, origin=origin)
    assert ceremony.has_a_name(public_url) is named
