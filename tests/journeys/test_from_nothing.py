"""From an empty database to real parties, in a real browser without JavaScript: no sandbox."""

import base64
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from joserfc.jwk import ECKey
from playwright.sync_api import Browser, Page

from ecosystem.runtime.minting import secret
from tests.chromium import chromium
from tests.parties import SEEN, assertion
from tests.serving.service import Service, run

BACK = "https://console.example/back"
PASSWORD = "a few words that nobody guesses"


@dataclass(frozen=True)
class Installation:
    """A service in which nobody was seeded, and what its operator was told."""

    address: str
    invitation: str
    client_id: str
    key: ECKey


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    """Serve, and establish the platform beside the running service."""
    folder = Path(tempfile.mkdtemp(prefix="ecosystem-nothing-"))
    folder.chmod(0o711)
    service = Service(folder / "data", arguments=()).start().ready()
    asked = ("--name-zh", "平台", "--jurisdiction", "CN", "--operator", "安宁", "--json")
    settings = {
        "ECOSYSTEM_DATA_FOLDER": str(service.folder),
        "ECOSYSTEM_PORT": str(service.port),
    }
    ended = run("establish", *asked, "--redirect-uri", BACK, **settings)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    known = json.loads(Path(told["client_file"]).read_bytes())
    yield Installation(
        address=service.address,
        invitation=told["invitation"],
        client_id=told["client_id"],
        key=ECKey.import_key(known["private_key"]),
    )
    service.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as opened:
        yield opened


@contextmanager
def _somebody(browser: Browser, locale: str) -> Iterator[Page]:
    """Open a browser of somebody's own, in which no script runs."""
    context = browser.new_context(locale=locale, java_script_enabled=False)
    context.route(f"{BACK}**", lambda route: route.fulfill(body="back"))
    yield context.new_page()
    context.close()


def _join(page: Page, link: str, username: str) -> None:
    page.goto(link)
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.locator("button[type=submit]").first.click()
    page.wait_for_url("**/account")


def _authorise(page: Page, place: Installation, *, scope: str) -> dict[str, str]:
    """Have the person at the page authorise the platform's client; return its token answer."""
    verifier = secret() + secret()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    asked = {
        "response_type": "code",
        "client_id": place.client_id,
        "redirect_uri": BACK,
        "scope": scope,
        "state": "mine",
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    page.goto(f"{place.address}/oauth/authorize?{urlencode(asked)}")
    page.click("button[value=allow]")
    page.wait_for_url(f"{BACK}**")
    said = dict(parse_qsl(urlsplit(page.url).query))
    assert (said["state"], said["iss"]) == ("mine", place.address)
    form = assertion(place.client_id, place.key, aud=place.address) | {
        "grant_type": "authorization_code",
        "code": said["code"],
        "redirect_uri": BACK,
        "code_verifier": verifier,
    }
    answer = httpx.post(f"{place.address}/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    token: dict[str, str] = answer.json()
    return token


def test_the_first_operator_and_a_registered_organisation_take_part(
    place: Installation, browser: Browser
) -> None:
    with _somebody(browser, "zh-CN") as page:
        page.goto(place.invitation)
        assert "平台邀请您（安宁）加入" in page.inner_text("main")
        _join(page, place.invitation, "an.ning")
        operator = _authorise(page, place, scope="organisations:read organisations:write")
    asked = {
        "kind": "government",
        "name": {"zh": "某市", "en": "A city"},
        "jurisdiction": "440300",
        "administrator": {"zh": "李", "en": "Li"},
    }
    made = httpx.post(f"{place.address}/v1/organisations", json=asked).json()
    with _somebody(browser, "en-GB") as page:
        _join(page, made["invitation"]["link"], "li.of.a.city")
        assert "A city" in page.inner_text("main")
        administrator = _authorise(page, place, scope="organisations:read")

    with httpx.Client(base_url=place.address) as http:
        me, other = (
            http.get("/v1/me", headers=_bearer(one)).json() for one in (operator, administrator)
        )
        verified = http.post(
            f"/v1/organisations/{made['organisation_id']}/verification",
            json=SEEN,
            headers=_bearer(operator) | {"If-Match": "*"},
        )

    assert (me["kind"], set(me["roles"])) == ("platform", {"operator", "administrator"})
    assert (other["organisation_id"], other["roles"]) == (
        made["organisation_id"],
        ["administrator"],
    )
    assert [one["organisation_id"] for one in other["memberships"]] == [made["organisation_id"]]
    assert verified.status_code == 401, "a password alone verifies nobody"
    assert 'acr_values="phr"' in verified.headers["www-authenticate"]


def test_a_link_that_was_used_says_so_in_the_browser(place: Installation, browser: Browser) -> None:
    with _somebody(browser, "en-GB") as page:
        shown = page.goto(place.invitation)
        said = page.inner_text("main")

    assert shown is not None
    assert shown.status == 410
    assert "The invitation has been accepted, and works once." in said


def _bearer(token: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['access_token']}"}
