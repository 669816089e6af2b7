"""Passkeys over HTTP: how they are added and used, and all that is refused."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from ecosystem.cli.authenticator import Authenticator, OriginRefused, read
from ecosystem.history.model import Body
from ecosystem.identity.login.passkeys import actions, ceremony, challenges, model, rules
from ecosystem.identity.login.passkeys.challenges import Purpose
from ecosystem.runtime.database import Database
from ecosystem.runtime.keys import Keys
from ecosystem.runtime.settings import Settings
from tests.login.visitor import Visitor, with_account
from tests.parties import ISSUER

DECIDED: dict[str, tuple[Any, type, type]] = {
    "person.passkey_added": (rules.add, model.AddFacts, model.PasskeyAdded),
    "person.passkey_renamed": (rules.rename, model.ChangeFacts, model.PasskeyRenamed),
    "person.passkey_removed": (rules.remove, model.ChangeFacts, model.PasskeyRemoved),
    "person.passkey_suspected": (rules.use, model.UseFacts, model.PasskeySuspected),
}


def authenticator(**changed: Any) -> Authenticator:
    return Authenticator(origin=ISSUER, **changed)


async def asked(visitor: Visitor, path: str = "/login/passkey/options") -> dict[str, Any]:
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


async def csrf(visitor: Visitor, path: str) -> str:
    await visitor.get(path)
    return next(hidden["csrf"] for _, hidden in visitor.page.forms if "csrf" in hidden)


async def add(visitor: Visitor, made_by: Authenticator, **changed: str) -> httpx.Response:
    form = {
        "csrf": await csrf(visitor, "/account"),
        "label": "My device",
        "credential": made_by.create(await asked(visitor, "/account/passkeys/options")),
    } | changed
    return await visitor.post("/account/passkeys", form)


async def sign_in(
    visitor: Visitor, by: Authenticator, *, query: str = "?again=1", **changed: str
) -> httpx.Response:
    form = {
        "csrf": await csrf(visitor, f"/login{query}"),
        "credential": by.get(await asked(visitor)),
    } | changed
    return await visitor.post("/login/passkey", form)


async def with_passkey(visitor: Visitor, **changed: Any) -> Authenticator:
    made = authenticator(**changed)
    await visitor.log_in()
    answer = await add(visitor, made)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    return made


async def acr(visitor: Visitor) -> str | None:
    """Tell how the visitor is logged in, as the page of her account does."""
    shown = await visitor.get("/account")
    if shown.status_code == 303:
        return None
    said = visitor.page.text
    return "phr" if "by passkey, since" in said and "this browser" in said else "pwd"


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


def passkey_id(visitor: Visitor) -> str:
    return next(
        hidden["passkey"]
        for action, hidden in visitor.page.forms
        if action == "/account/passkeys/removal"
    )


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


def said(credential: str, **changed: Any) -> str:
    """Return a credential whose client data says something else; None leaves it out."""
    whole = json.loads(credential)
    client = json.loads(base64url_to_bytes(whole["response"]["clientDataJSON"]))
    client = {name: value for name, value in (client | changed).items() if value is not None}
    whole["response"]["clientDataJSON"] = bytes_to_base64url(json.dumps(client).encode())
    return json.dumps(whole)


class Careless(Authenticator):
    """An authenticator that signs for a domain and an origin it should not."""

    domain: str = "127.0.0.1"

    def _domain(self, asked: str) -> str:
        del asked
        return self.domain


async def test_another_origin_or_domain_is_refused(visitor: Visitor) -> None:
    made = await with_passkey(visitor)
    for origin, domain in (
        ("https://evil.example", "127.0.0.1"),
        ("http://127.0.0.1:8081", "127.0.0.1"),
        ("https://127.0.0.1:8080", "127.0.0.1"),
        (ISSUER, "evil.example"),
    ):
        bad = Careless(
            origin=origin, key=made.key, credential_id=made.credential_id, handle=made.handle
        )
        bad.domain = domain
        other = visitor.elsewhere()

        assert (await sign_in(other, bad)).status_code == 403, (origin, domain)
        assert await acr(other) is None
        await visitor.log_in(query="?again=1")
        fresh = Careless(origin=origin)
        fresh.domain = domain
        assert (await add(visitor, fresh)).status_code == 403


async def test_who_was_not_asked_who_she_is_is_not_logged_in(
    visitor: Visitor, client: httpx.AsyncClient, database: Database
) -> None:
    made = await with_passkey(visitor)
    made.verifies = False
    newcomer = await with_account(client, database)
    await newcomer.log_in()

    assert (await sign_in(visitor.elsewhere(), made)).status_code == 403
    assert (await add(newcomer, authenticator(verifies=False))).status_code == 403


async def test_a_challenge_is_answered_once_of_eight_at_a_time(visitor: Visitor) -> None:
    made = await with_passkey(visitor)
    other = visitor.elsewhere()
    form = {"csrf": await csrf(other, "/login"), "credential": made.get(await asked(other))}
    rivals = [Visitor(other.http, cookies=dict(other.cookies)) for _ in range(8)]

    answers = await asyncio.gather(*(one.post("/login/passkey", form) for one in rivals))
    again = await other.post("/login/passkey", form)

    assert sorted(one.status_code for one in answers) == [303] + [403] * 7
    assert again.status_code == 403
    assert "answered already" in again.text


async def test_a_challenge_that_failed_is_not_tried_again(visitor: Visitor) -> None:
    made = await with_passkey(visitor)
    other = visitor.elsewhere()
    good = made.get(await asked(other))
    broken = json.loads(good)
    broken["response"]["signature"] = bytes_to_base64url(bytes(70))

    first = await sign_in(other, made, credential=json.dumps(broken))
    second = await sign_in(other, made, credential=good)

    assert (first.status_code, second.status_code) == (403, 403)
    assert "answered already" in second.text


async def test_a_challenge_is_good_in_one_browser_and_for_one_purpose(visitor: Visitor) -> None:
    made = await with_passkey(visitor)
    other, third = visitor.elsewhere(), visitor.elsewhere()
    for one in (other, third):
        await one.get("/login")
    elsewhere = made.get(await asked(third))
    for_adding = await asked(visitor, "/account/passkeys/options")
    for_adding["publicKey"]["rpId"] = for_adding["publicKey"]["rp"]["id"]

    answers = [
        await sign_in(other, made, credential=elsewhere),
        await sign_in(visitor, made, credential=made.get(for_adding)),
        await sign_in(visitor, made, credential=said(elsewhere, challenge="AAAA")),
        await sign_in(visitor, made, credential=said(elsewhere, challenge="")),
    ]

    assert [one.status_code for one in answers] == [403] * 4


async def test_a_challenge_to_add_is_good_in_one_login_alone(visitor: Visitor) -> None:
    await visitor.log_in()
    other = visitor.elsewhere()
    await other.log_in()
    credential = authenticator().create(await asked(other, "/account/passkeys/options"))

    assert (await add(visitor, authenticator(), credential=credential)).status_code == 403


def test_a_challenge_is_good_for_five_minutes() -> None:
    key, now = bytes(32), datetime(2026, 7, 1, tzinfo=UTC)
    made = challenges.make(key, Purpose.LOG_IN, bound_to="one", now=now)

    def expiry(
        *, purpose: Purpose = Purpose.LOG_IN, bound_to: str = "one", at_s: int = 0
    ) -> datetime | None:
        at = now + timedelta(seconds=at_s)
        return challenges.expiry(key, made, purpose, bound_to=bound_to, now=at)

    assert expiry(at_s=299) == now + challenges.LIFE
    assert expiry(at_s=300) is None
    assert expiry(bound_to="two") is None
    assert expiry(purpose=Purpose.ADD) is None
    later = made[:32] + (2**40).to_bytes(8, "big") + made[40:]
    assert challenges.expiry(key, later, Purpose.LOG_IN, bound_to="one", now=now) is None
    assert made != challenges.make(key, Purpose.LOG_IN, bound_to="one", now=now)


async def test_an_expired_challenge_is_refused(visitor: Visitor, chosen: Settings) -> None:
    made = await with_passkey(visitor)
    other = visitor.elsewhere()
    await other.get("/login")
    options = await asked(other)
    old = challenges.make(
        Keys(Path(chosen.data_folder or "") / "keys").browsers,
        Purpose.LOG_IN,
        bound_to=other.cookies["visitor"],
        now=datetime.now(UTC) - challenges.LIFE,
    )
    options["publicKey"]["challenge"] = bytes_to_base64url(old)

    answer = await sign_in(other, made, credential=made.get(options))

    assert answer.status_code == 403
    assert "took too long" in answer.text


async def test_a_counter_that_goes_back_is_refused_recorded_and_shown(
    visitor: Visitor, owner_url: str
) -> None:
    made = await with_passkey(visitor, counts=True)
    copy = read(made.written())
    copy.counts = True
    assert (await sign_in(visitor, made)).status_code == 303

    other = visitor.elsewhere()
    answer = await sign_in(other, copy)
    assert (answer.status_code, await acr(other)) == (403, None)
    assert "somebody may have a copy" in answer.text

    assert (await sign_in(visitor, made)).status_code == 303
    assert "perhaps somebody has a copy" in (await visitor.get("/account")).text
    assert "person.passkey_suspected" in await events(owner_url, visitor)


async def test_who_cannot_sign_makes_no_passkey_suspect(visitor: Visitor, owner_url: str) -> None:
    made = await with_passkey(visitor, counts=True)
    assert (await sign_in(visitor, made)).status_code == 303
    forger = Authenticator(origin=ISSUER, credential_id=made.credential_id, handle=made.handle)

    assert (await sign_in(visitor.elsewhere(), forger)).status_code == 403
    assert "person.passkey_suspected" not in await events(owner_url, visitor)


async def events(owner_url: str, visitor: Visitor) -> list[str]:
    owner = await asyncpg.connect(owner_url)
    rows = await owner.fetch("SELECT type FROM event WHERE person_id = $1", visitor.person_id)
    await owner.close()
    return [row["type"] for row in rows]


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


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = (
    "id", "rawId", "type", "response", "clientDataJSON", "attestationObject",
    "authenticatorData", "signature", "userHandle", "transports",
)  # fmt: skip
BYTES = st.binary(max_size=300).map(bytes_to_base64url)


@pytest.mark.parametrize("path", ["/login/passkey", "/account/passkeys"])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(field=st.sampled_from(FIELDS), junk=JUNK | BYTES)
async def test_garbage_in_a_field_is_refused_and_never_an_error_of_ours(
    visitor: Visitor, path: str, field: str, junk: Any
) -> None:
    if "session" not in visitor.cookies:
        await visitor.log_in()
    made = authenticator()
    options = await asked(visitor, f"{path}/options")
    good = json.loads(made.get(options) if "login" in path else made.create(options))
    (good if field in good else good["response"])[field] = junk

    answer = await _sent(visitor, path, json.dumps(good))

    # A field that is not read, or means the same, may still be taken when a passkey is added.
    assert answer.status_code in ({400, 403} if "login" in path else {303, 400, 403})


@pytest.mark.parametrize("path", ["/login/passkey", "/account/passkeys"])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=200) | JUNK.map(json.dumps) | st.just("[" * 4_000))
async def test_garbage_for_a_passkey_is_refused_and_never_an_error_of_ours(
    visitor: Visitor, path: str, text: str
) -> None:
    if "session" not in visitor.cookies:
        await visitor.log_in()

    answer = await _sent(visitor, path, text)

    assert answer.status_code in {400, 403}


async def _sent(visitor: Visitor, path: str, credential: str) -> httpx.Response:
    page = "/login?again=1" if "login" in path else "/account"
    form = {"csrf": await csrf(visitor, page), "credential": credential, "label": "x"}
    return await visitor.post(path, form)
