"""From an empty database to real parties and a need that they publish: no sandbox."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey
from playwright.sync_api import Browser, Page

from ecosystem.cli import bidding
from ecosystem.cli.caller import Caller, Json
from ecosystem.cli.world import World
from ecosystem.runtime.minting import secret
from tests.chromium import chromium
from tests.journeys.people import BACK, PASSWORD, Installation, Person
from tests.parties import SEEN
from tests.serving.service import Service, run

OFFICERS = {
    "treasurer": "treasurer",
    "officer": "officer",
    "opener": "opener",
    "second_opener": "opener",
    "reserve_opener": "opener",
}
"""Who works for the city besides its administrator, and in which role."""
PLACES = """
- code: CN
  name: {zh: 中国, en: China}
  within:
    - code: "440000"
      name: {zh: 广东省, en: Guangdong}
      within:
        - code: "440300"
          name: {zh: 深圳市, en: Shenzhen}
          profile: platform
"""
"""The operator has this city buy by the platform's own rules, not by those of its nation."""


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
    (folder / "places.yaml").write_text(PLACES)
    loaded = run("catalogue", "load", str(folder / "places.yaml"), **settings)
    assert loaded.returncode == 0, loaded.stderr
    told = json.loads(ended.stdout)
    known = json.loads(Path(told["client_file"]).read_bytes())
    yield Installation(
        address=service.address,
        invitation=told["invitation"],
        client_id=told["client_id"],
        key=ECKey.import_key(known["private_key"]),
    )
    service.stop()
    service.discard()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def operator(place: Installation) -> Person:
    """The platform's first person, who came by the link that `establish` told."""
    return Person.joined(place, place.invitation, "an.ning")


@pytest.fixture(scope="module")
def proved(operator: Person) -> dict[str, str]:
    """The header of the operator who has logged in by her passkey."""
    return operator.add_passkey().authorises()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as opened:
        yield opened


def _registered(http: httpx.Client, kind: str, name: str) -> Json:
    asked = {
        "kind": kind,
        "name": {"en": name},
        "jurisdiction": "440300",
        "administrator": {"zh": "李", "en": "Li"},
    }
    answer = http.post("/v1/organisations", json=asked)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


def _verify(http: httpx.Client, organisation_id: str, by: dict[str, str]) -> httpx.Response:
    path = f"/v1/organisations/{organisation_id}/verification"
    return http.post(path, json=SEEN, headers=by | {"If-Match": "*"})


def _invited(http: httpx.Client, organisation_id: str, role: str, by: dict[str, str]) -> str:
    asked = {"name": {"en": f"The {role}"}, "roles": [role]}
    answer = http.post(f"/v1/organisations/{organisation_id}/invitations", json=asked, headers=by)
    assert answer.status_code == 201, answer.text
    link: str = answer.json()["link"]
    return link


def _founded(
    place: Installation, caller: Caller, party: str, kind: str, people: dict[str, str]
) -> None:
    """Register and verify an organisation, and have each of its people act by her passkey."""
    http, members = caller.http, list[Json]()
    made = _registered(http, kind, f"The {party}")
    own = made["organisation_id"]
    first = Person.joined(place, made["invitation"]["link"], f"administrator.{party}")
    administrator = first.add_passkey().authorises()
    for who, role in people.items():
        link = _invited(http, own, role, administrator)
        header = Person.joined(place, link, f"{who}.{party}").add_passkey().authorises()
        caller.acts_as(f"{party}/{who}", header["Authorization"].removeprefix("Bearer "))
        me = http.get("/v1/me", headers=header).json()
        assert (me["organisation_id"], me["roles"]) == (own, [role])
        members.append({"key": who, "id": me["person_id"]})
    caller.parties[party] = {"organisation_id": own, "people": members}


def test_a_password_alone_verifies_nobody(place: Installation, operator: Person) -> None:
    weak = operator.authorises(by_passkey_alone=False)

    with httpx.Client(base_url=place.address) as http:
        me = http.get("/v1/me", headers=weak).json()
        refused = _verify(http, _registered(http, "enterprise", "Early")["organisation_id"], weak)

    assert (me["kind"], set(me["roles"])) == ("platform", {"operator", "administrator"})
    assert refused.status_code == 401
    assert 'acr_values="phr"' in refused.headers["www-authenticate"]


def test_real_parties_come_from_nothing_to_a_published_need(
    place: Installation, proved: dict[str, str]
) -> None:
    with httpx.Client(base_url=place.address, timeout=30) as http:
        world = World(Caller(http), now=datetime.now(UTC))
        _founded(place, world.caller, "city", "government", OFFICERS)
        _founded(place, world.caller, "second_enterprise", "enterprise", {"bidder": "bidder"})
        for party in ("city", "second_enterprise"):
            answer = _verify(http, world.caller.organisation(party), proved)
            assert answer.status_code == 200, answer.text

        for step in (bidding.budget, bidding.keys, bidding.need, bidding.question):
            step(world)

        need = http.get(f"/v1/needs/{world.ids['need']}").json()
        assert need["state"] == "published"
        assert [one["person_id"] for one in need["openers"]] == [
            one.person_id for one in world.openers.values()
        ]
        (question,) = http.get(f"/v1/needs/{need['id']}/questions").json()["data"]
        assert question["answer"] is not None
        assert http.get("/v1/sandbox/parties").status_code == 404


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


def _authorise(page: Page, place: Installation) -> dict[str, str]:
    """Have the person at the page authorise the platform's client; return its header."""
    verifier = secret() + secret()
    page.goto(place.wanted(verifier))
    page.click("button[value=allow]")
    page.wait_for_url(f"{BACK}**")
    return place.token(page.url, verifier)


def test_people_come_by_their_links_in_a_browser_without_scripts(
    place: Installation, proved: dict[str, str], browser: Browser
) -> None:
    by = proved
    with httpx.Client(base_url=place.address) as http:
        platform = http.get("/v1/me", headers=by).json()["organisation_id"]
        link = _invited(http, platform, "operator", by)
        made = _registered(http, "government", "A quiet city")
        with _somebody(browser, "zh-CN") as page:
            page.goto(link)
            assert "平台邀请您（The operator）加入" in page.inner_text("main")
            _join(page, link, "second.operator")
            second = http.get("/v1/me", headers=_authorise(page, place)).json()
        with _somebody(browser, "en-GB") as page:
            _join(page, made["invitation"]["link"], "li.of.a.city")
            assert "A quiet city" in page.inner_text("main")
            administrator = http.get("/v1/me", headers=_authorise(page, place)).json()

    assert (second["kind"], second["roles"]) == ("platform", ["operator"])
    assert administrator["roles"] == ["administrator"]
    assert [one["organisation_id"] for one in administrator["memberships"]] == [
        made["organisation_id"]
    ]


def test_a_link_that_was_used_says_so_in_the_browser(
    place: Installation, operator: Person, browser: Browser
) -> None:
    del operator
    with _somebody(browser, "en-GB") as page:
        shown = page.goto(place.invitation)
        said = page.inner_text("main")

    assert shown is not None
    assert shown.status == 410
    assert "The invitation has been accepted, and works once." in said
