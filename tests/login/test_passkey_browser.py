"""Passkeys in a real browser: Chromium without a head, with an authenticator in software.

Skipped where there is no `chromium`; with REQUIRE_BROWSER=1 its absence is a failure.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import asyncpg
import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint, secret
from ecosystem.runtime.settings import Settings
from tests.chromium import chromium
from tests.login.visitor import PASSWORD, Visitor, with_account
from tests.serving.service import Service, free_port

BACK = "https://client.example/back"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
ENGLISH = {
    "locale": "en-GB", "name": "Name", "password": "Password", "log_in": "Log in",
    "label": "What to call the passkey", "add": "Add a passkey", "log_out": "Log out",
    "by_passkey": "Log in with a passkey", "failed": "No passkey was used",
}  # fmt: skip
CHINESE = {
    "locale": "zh-CN", "name": "用户名", "password": "密码", "log_in": "登录",
    "label": "通行密钥名称", "add": "添加通行密钥", "log_out": "退出登录",
    "by_passkey": "使用通行密钥登录", "failed": "没有使用通行密钥",
}  # fmt: skip
LANGUAGES = pytest.mark.parametrize("words", [CHINESE, ENGLISH], ids=["zh", "en"])


@dataclass(frozen=True)
class Place:
    """A service that is reached by a name, and where its seeded people are reached."""

    service: Service
    address: str
    people: list[Visitor]
    member: Visitor
    client_id: str


async def filled(service: Service, address: str, *, url: str, owner_url: str) -> Place:
    """Return the service with people who have accounts, one for each test, and a client."""
    database = Database(url, Settings())
    async with httpx.AsyncClient(base_url=service.address) as http:
        made = [await with_account(http, database) for _ in range(4)]
        member = await with_account(http, database, of=("enterprise", "bidder"))
    await database.close()
    client_id = mint("client")
    owner = await asyncpg.connect(owner_url)
    await owner.execute(
        "INSERT INTO client (id, organisation_id, name, profile, scopes, roles, redirect_uris, "
        "version) SELECT $1, id, 'Bid desk', 'basic', ARRAY['needs:read'], '{}', ARRAY[$2], 1 "
        "FROM organisation WHERE number = 0",
        client_id,
        BACK,
    )
    await owner.close()
    return Place(service, address, made, member, client_id)


@pytest.fixture(scope="module")
def place(
    database_url: str, owner_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    port = free_port()
    address = f"http://localhost:{port}"
    settings = {
        "DATABASE_URL": database_url,
        "DATABASE_OWNER_URL": owner_url,
        "ECOSYSTEM_PUBLIC_URL": address,
    }
    folder = tmp_path_factory.mktemp("passkeys") / "data"
    service = Service(folder, settings=settings, port=port)
    service.start()
    try:
        service.ready()
        yield asyncio.run(filled(service, address, url=database_url, owner_url=owner_url))
    finally:
        service.discard()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def context(browser: Browser, words: dict[str, str]) -> Iterator[BrowserContext]:
    opened = browser.new_context(locale=words["locale"])
    opened.set_default_timeout(20_000)
    yield opened
    opened.close()


def with_device(page: Page) -> CDPSession:
    """Give the browser a device that keeps passkeys, whose person is always there."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session


def log_in(page: Page, words: dict[str, str], person: Visitor) -> None:
    page.get_by_label(words["name"], exact=True).fill(person.username)
    page.get_by_label(words["password"], exact=True).fill(PASSWORD)
    page.get_by_role("button", name=words["log_in"], exact=True).click()


def add_passkey(page: Page, words: dict[str, str]) -> None:
    page.get_by_label(words["label"]).fill("Chromium")
    page.get_by_role("button", name=words["add"]).click()
    expect(page.locator("b", has_text="Chromium").last).to_be_visible()
    expect(page.locator("details")).to_have_count(0)


def log_out(page: Page, words: dict[str, str]) -> None:
    page.get_by_role("button", name=words["log_out"]).click()
    page.wait_for_url("**/logout")


@LANGUAGES
def test_a_person_adds_a_passkey_and_logs_in_by_it_alone(
    place: Place, context: BrowserContext, words: dict[str, str], tmp_path: Path
) -> None:
    person, page = place.people.pop(), context.new_page()
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    with_device(page)
    page.goto(f"{place.address}/login")
    page.screenshot(path=tmp_path / "login.png", full_page=True)
    log_in(page, words, person)
    add_passkey(page, words)
    page.screenshot(path=tmp_path / "account.png", full_page=True)
    log_out(page, words)

    page.goto(f"{place.address}/login")
    page.get_by_role("button", name=words["by_passkey"]).click()
    page.wait_for_url("**/account")

    expect(page.get_by_text(person.username)).to_be_visible()
    expect(page.locator("details")).to_have_count(1)
    page.locator("summary").click()
    page.screenshot(path=tmp_path / "passkeys.png", full_page=True)
    assert troubles == []


@pytest.mark.parametrize("words", [ENGLISH], ids=["en"])
def test_a_client_that_asks_for_a_passkey_just_now_leads_to_it(
    place: Place, context: BrowserContext, words: dict[str, str]
) -> None:
    page = context.new_page()
    with_device(page)
    page.goto(f"{place.address}/login")
    log_in(page, words, place.member)
    add_passkey(page, words)
    context.route(f"{BACK}?*", lambda route: route.fulfill(body="Back."))
    query = {
        "response_type": "code",
        "client_id": place.client_id,
        "redirect_uri": BACK,
        "code_challenge": secret(),
        "code_challenge_method": "S256",
        "acr_values": "phr",
        "max_age": "0",
    }

    page.goto(f"{place.address}/oauth/authorize?{urlencode(query)}")
    asked = parse_qs(urlsplit(page.url).query)
    page.get_by_role("button", name=words["by_passkey"]).click()
    page.wait_for_url("**/oauth/authorize?*")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"{BACK}?*")

    assert (asked["acr"], asked["again"]) == (["phr"], ["1"])
    assert "code" in parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("words", [ENGLISH], ids=["en"])
def test_where_no_passkey_answers_the_page_says_so_and_the_password_works(
    place: Place, context: BrowserContext, words: dict[str, str]
) -> None:
    person, page = place.people.pop(), context.new_page()
    with_device(page)
    page.goto(f"{place.address}/login")

    page.get_by_role("button", name=words["by_passkey"]).click()
    expect(page.get_by_role("alert")).to_contain_text(words["failed"])
    log_in(page, words, person)

    assert urlsplit(page.url).path == "/account"


@pytest.mark.parametrize("words", [ENGLISH], ids=["en"])
def test_without_javascript_the_page_says_what_a_passkey_needs(
    place: Place, browser: Browser, words: dict[str, str]
) -> None:
    context = browser.new_context(locale=words["locale"], java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{place.address}/login")

    expect(page.get_by_text("A passkey needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name=words["by_passkey"])).to_have_count(0)
    log_in(page, words, place.people.pop())
    assert urlsplit(page.url).path == "/account"
    context.close()


@pytest.mark.parametrize("words", [ENGLISH], ids=["en"])
def test_a_bare_address_has_no_passkeys_in_a_browser(
    place: Place, context: BrowserContext, words: dict[str, str]
) -> None:
    page = context.new_page()
    with_device(page)
    page.goto(f"{place.service.address}/login")
    asked = {
        "challenge": [1], "rpId": "127.0.0.1", "userVerification": "required",
    }  # fmt: skip

    told = page.evaluate(
        "asked => navigator.credentials.get({publicKey: {...asked, challenge: "
        "new Uint8Array(asked.challenge)}}).then(() => 'taken', error => error.name)",
        asked,
    )

    assert (told, words["locale"]) == ("SecurityError", "en-GB")
