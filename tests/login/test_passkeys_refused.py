"""What no passkey is: other origins, other challenges, other counters, and garbage."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from ecosystem.cli.authenticator import Authenticator, read
from ecosystem.identity.login.passkeys import challenges
from ecosystem.identity.login.passkeys.challenges import Purpose
from ecosystem.runtime.database import Database
from ecosystem.runtime.keys import Keys
from ecosystem.runtime.settings import Settings
from tests.login.passkeys import (
    acr,
    add,
    asked,
    authenticator,
    csrf,
    events,
    sign_in,
    with_passkey,
)
from tests.login.visitor import Visitor, with_account
from tests.parties import ISSUER


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
