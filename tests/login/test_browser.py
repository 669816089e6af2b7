"""What a person does, in a real browser: Chromium without a head.

Skipped where there is no `chromium`; with REQUIRE_BROWSER=1 its absence is a failure.
"""

import asyncio
import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import asyncpg
import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint, secret
from ecosystem.runtime.settings import Settings
from tests.chromium import chromium
from tests.login.visitor import PASSWORD, Visitor, with_account
from tests.serving.service import Service

VERIFIER = secret() + secret()
Words = dict[str, str]
ENGLISH: Words = {
    "locale": "en-GB", "tag": "en", "name": "Name", "password": "Password", "log_in": "Log in",
    "allow": "Allow", "person": "Jiang Tou", "another": "Use another account",
    "wrong": "The name or the password is wrong.", "other": "中文",
}  # fmt: skip
CHINESE: Words = {
    "locale": "zh-CN", "tag": "zh-Hans", "name": "用户名", "password": "密码", "log_in": "登录",
    "allow": "同意", "person": "蒋投", "another": "使用其他账户",
    "wrong": "用户名或密码不正确。", "other": "English",
}  # fmt: skip
LANGUAGES = pytest.mark.parametrize("words", [CHINESE, ENGLISH], ids=["zh", "en"])


@dataclass(frozen=True)
class Place:
    """A service with a person and a client in it, and where the client is reached."""

    service: Service
    person: Visitor
    second: Visitor
    client_id: str
    back: str

    @property
    def asks(self) -> str:
        """Where the client sends a person's browser."""
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.back,
            "state": "a state",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{self.service.address}/oauth/authorize?{urlencode(query)}"


class _Back(BaseHTTPRequestHandler):
    """The client, to which a person's browser returns."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>The client</title><p>Back.")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@pytest.fixture(scope="module")
def back() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Back)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/back"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def place(
    database_url: str, owner_url: str, back: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    settings = {"DATABASE_URL": database_url, "DATABASE_OWNER_URL": owner_url}
    service = Service(tmp_path_factory.mktemp("browser") / "data", settings=settings)
    service.start()
    try:
        service.ready()
        yield asyncio.run(_filled(service, database_url, owner_url, back))
    finally:
        service.discard()


async def _filled(service: Service, database_url: str, owner_url: str, back: str) -> Place:
    database = Database(database_url, Settings())
    owner = await asyncpg.connect(owner_url)
    async with httpx.AsyncClient(base_url=service.address) as http:
        person = await with_account(http, database, of=("enterprise", "bidder"))
        second = await with_account(http, database, of=("enterprise", "delivery"))
    client_id = mint("client")
    await owner.execute(
        "INSERT INTO client (id, organisation_id, name, profile, scopes, roles, redirect_uris, "
        "version) SELECT $1, id, 'Bid desk', 'basic', ARRAY['needs:read', 'offers:draft'], "
        "'{}', ARRAY[$2], 1 FROM organisation WHERE number = 0",
        client_id,
        back,
    )
    await owner.close()
    await database.close()
    return Place(service, person, second, client_id, back)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


Open = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser) -> Iterator[Open]:
    """Opens a page in a browser that nobody has used."""
    contexts: list[BrowserContext] = []

    def open_(words: Words, *, javascript: bool = True, width: int = 1280) -> Page:
        context = browser.new_context(
            locale=words["locale"],
            java_script_enabled=javascript,
            viewport={"width": width, "height": 800},
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        return context.new_page()

    yield open_
    for context in contexts:
        context.close()


def _log_in(page: Page, words: Words, username: str, password: str = PASSWORD) -> None:
    page.get_by_label(words["name"], exact=True).fill(username)
    page.get_by_label(words["password"], exact=True).fill(password)
    page.get_by_role("button", name=words["log_in"]).click()


def _token(place: Place, address: str) -> dict[str, str]:
    """Exchange the code in an address for a token, as the client does."""
    told = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    assert (told["state"], told["iss"]) == ("a state", place.service.address)
    form = {
        "grant_type": "authorization_code",
        "client_id": place.client_id,
        "code": told["code"],
        "redirect_uri": place.back,
        "code_verifier": VERIFIER,
    }
    answer = httpx.post(f"{place.service.address}/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    me = httpx.get(f"{place.service.address}/v1/me", headers={"Authorization": f"Bearer {token}"})
    found: dict[str, str] = me.json()
    return found


@LANGUAGES
@pytest.mark.parametrize("javascript", [False, True], ids=["without", "with JavaScript"])
def test_a_person_authorises_a_client_and_it_gets_a_token(
    place: Place,
    opens: Open,
    words: Words,
    tmp_path: Path,
    javascript: bool,  # noqa: FBT001
) -> None:
    page = opens(words, javascript=javascript)
    page.goto(place.asks)
    assert urlsplit(page.url).path == "/login"
    expect(page.locator("html")).to_have_attribute("lang", words["tag"])
    page.screenshot(path=tmp_path / "login.png", full_page=True)
    _log_in(page, words, place.person.username)

    assert urlsplit(page.url).path == "/oauth/authorize"
    expect(page.get_by_text("Bid desk")).to_be_visible()
    expect(page.get_by_text(words["person"])).to_be_visible()
    page.screenshot(path=tmp_path / "consent.png", full_page=True)
    page.get_by_role("button", name=words["allow"]).click()
    page.wait_for_url(f"{place.back}?*")

    assert _token(place, page.url)["person_id"] == place.person.person_id


@LANGUAGES
def test_another_person_takes_her_place(place: Place, opens: Open, words: Words) -> None:
    page = opens(words, javascript=False)
    page.goto(place.asks)
    _log_in(page, words, place.person.username)

    page.get_by_role("button", name=words["another"]).click()
    assert urlsplit(page.url).path == "/login"
    _log_in(page, words, place.second.username)
    page.get_by_role("button", name=words["allow"]).click()
    page.wait_for_url(f"{place.back}?*")

    assert _token(place, page.url)["person_id"] == place.second.person_id


@LANGUAGES
def test_what_is_wrong_stands_at_the_field_where_one_goes_on(
    place: Place, opens: Open, words: Words
) -> None:
    page = opens(words)
    page.goto(f"{place.service.address}/login")
    _log_in(page, words, place.person.username, "a wrong password")

    entry = page.get_by_label(words["password"], exact=True)
    expect(entry).to_be_focused()
    expect(entry).to_have_accessible_description(words["wrong"])
    expect(entry).to_have_attribute("aria-invalid", "true")
    expect(entry).to_have_value("")
    expect(page.get_by_label(words["name"], exact=True)).to_have_value(place.person.username)
    _log_in(page, words, place.person.username)
    assert urlsplit(page.url).path == "/account"


def test_the_language_is_changed_by_a_link_and_kept(place: Place, opens: Open) -> None:
    page = opens(ENGLISH, javascript=False)
    page.goto(f"{place.service.address}/login")

    page.get_by_role("link", name=ENGLISH["other"]).click()
    _log_in(page, CHINESE, place.person.username)

    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert page.url == f"{place.service.address}/account"


@LANGUAGES
@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_fit_and_are_used_by_keys_alone(
    place: Place, opens: Open, words: Words, width: int, tmp_path: Path
) -> None:
    page = opens(words, width=width)
    page.goto(place.asks)
    for typed in (place.person.username, PASSWORD):
        _go_on_to_a_field(page)
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    page.wait_for_url("**/oauth/authorize?*")
    _fits(page, tmp_path / "consent.png")
    for name in ("account", "logout", "login?again=1"):
        page.goto(f"{place.service.address}/{name}")
        _fits(page, tmp_path / f"{name.partition('?')[0]}.png")


def _go_on_to_a_field(page: Page) -> None:
    """Press Tab until a field has the focus; wherever the focus is meanwhile, one sees it."""
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        if page.evaluate("document.activeElement.matches('.field input')"):
            return
    raise AssertionError(page.content())


def _fits(page: Page, picture: Path) -> None:
    page.screenshot(path=picture, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    small = page.evaluate(
        "[...document.querySelectorAll('button, .field input')]"
        ".filter(one => one.getBoundingClientRect().height < 40).length"
    )
    assert small == 0


def test_one_logs_out_and_is_out(place: Place, opens: Open) -> None:
    page = opens(ENGLISH, javascript=False)
    page.goto(f"{place.service.address}/login")
    _log_in(page, ENGLISH, place.person.username)

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    page.goto(f"{place.service.address}/account")

    assert urlsplit(page.url).path == "/login"


def test_the_log_tells_that_a_login_was_refused_and_nothing_that_was_typed(
    place: Place, opens: Open
) -> None:
    page = opens(ENGLISH)
    page.goto(f"{place.service.address}/login")
    _log_in(page, ENGLISH, "my password in the wrong field", "another secret")

    said = place.service.said()
    assert '"event":"login refused"' in said
    assert "my password in the wrong field" not in said
    assert "another secret" not in said
    assert PASSWORD not in said
    assert "argon2" not in said
