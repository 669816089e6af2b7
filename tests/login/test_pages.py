"""The pages: their language, what reads them aloud, and what they may load."""

import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from ecosystem.identity.login import pages, wording
from ecosystem.identity.login.languages import Said
from ecosystem.identity.login.passkeys import wording as passkeys
from ecosystem.identity.oauth import wording as consent
from ecosystem.runtime.database import Database
from ecosystem.values.scopes import SCOPES
from tests.login.visitor import Visitor, with_account
from tests.oauth.flow import Flow, flow_of

PAGES = ("/login?again=1", "/login?acr=phr", "/logout", "/account")
_COLOUR = re.compile(r"--([a-z-]+): (#[0-9a-f]{6})")


class _Read(HTMLParser):
    """What a reader of screens is told."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.labels: list[str] = []
        self.entries: list[dict[str, str]] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes |= given.keys()
        self.ids += [given["id"]] if "id" in given else []
        self.labels += [given["for"]] if tag == "label" and "for" in given else []
        if tag == "input" and given["type"] in {"text", "password"}:
            self.entries.append(given)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_can_be_read_aloud_and_filled_in_by_a_manager_of_passwords(
    visitor: Visitor, path: str
) -> None:
    await visitor.log_in()

    read = _Read((await visitor.get(path)).text)

    assert visitor.page.language == "en"
    assert read.tags.count("h1") == 1
    assert read.tags.count("main") == 1
    assert len(set(read.ids)) == len(read.ids)
    assert [one["id"] for one in read.entries] == read.labels
    assert all(one["autocomplete"] for one in read.entries)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_loads_its_style_from_here_and_nothing_else(
    visitor: Visitor, path: str
) -> None:
    await visitor.log_in()

    answer = await visitor.get(path)

    read = _Read(answer.text)
    assert not {"script", "style", "img", "iframe"} & set(read.tags)
    assert not {one for one in read.attributes if one == "style" or one.startswith("on")}
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "style-src 'self'", "form-action 'self'"} <= set(policy)
    style = await visitor.get(pages.STYLE)
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


async def test_the_language_is_chosen_by_the_person_then_the_client_then_the_browser(
    visitor: Visitor,
) -> None:
    async def speaks(path: str, accepted: str) -> str:
        await visitor.get(path, Accept_Language=accepted)
        return visitor.page.language

    assert await speaks("/login", "zh-CN,zh;q=0.9") == "zh-Hans"
    assert await speaks("/login", "de, fr") == "en"
    assert await speaks("/login?ui_locales=fr+zh-CN", "en") == "zh-Hans"
    assert await speaks("/login?lang=en&ui_locales=zh", "zh") == "en"
    assert await speaks("/login?ui_locales=zh", "zh") == "en"
    assert await speaks("/login?lang=xx", "zh") == "en"


async def test_the_link_to_the_other_language_keeps_where_one_is_going(visitor: Visitor) -> None:
    query = urlencode({"then": "/oauth/authorize?a=b&c=d", "acr": "phr"})

    await visitor.get(f"/login?{query}")
    other = next(one for one in visitor.page.links if "lang=" in one)

    assert parse_qs(urlsplit(other).query) == {
        "then": ["/oauth/authorize?a=b&c=d"], "acr": ["phr"], "lang": ["zh"],
    }  # fmt: skip
    failed = await visitor.submit("/login", username="x", password="y")
    assert failed.status_code == 403
    assert other in visitor.page.links


def test_everything_is_said_in_both_languages() -> None:
    said = [
        one
        for module in (wording, passkeys, consent)
        for value in vars(module).values()
        for one in (value.values() if isinstance(value, dict) else [value])
        if isinstance(one, Said)
    ]

    assert len(said) > 60
    for one in said:
        assert one.zh
        assert one.en
        assert one.zh != one.en
        assert sorted(re.findall(r"\{\w+\}", one.zh)) == sorted(re.findall(r"\{\w+\}", one.en))


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_is_asked_for_in_words(scope: str) -> None:
    assert consent.scope(scope, "zh") != consent.scope(scope, "en")


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """Return the contrast of two colours. Source: WCAG 2.2, definition of contrast ratio."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_letters_and_frames_stand_out_in_light_and_in_darkness() -> None:
    light, _, dark = pages.STYLE_SHEET.decode().partition("prefers-color-scheme: dark")

    for part in (light, dark):
        colour = dict(_COLOUR.findall(part))
        for on in ("paper", "tint"):
            for name in ("ink", "quiet", "accent", "wrong"):
                assert _contrast(colour[name], colour[on]) >= 4.5, (name, on)
        assert _contrast(colour["on-accent"], colour["accent"]) >= 4.5
        assert _contrast(colour["line"], colour["paper"]) >= 3


@pytest.mark.parametrize("query", ["then=a&then=b", "then=%ff", "then=%00", "a" * 10, "lang"])
async def test_an_address_that_is_none_is_told_so(visitor: Visitor, query: str) -> None:
    answer = await visitor.get(f"/login?{query}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"


@pytest.fixture
async def flow(client: httpx.AsyncClient, database: Database, owner_url: str) -> Flow:
    return await flow_of(client, database, owner_url)


async def test_who_is_asked_by_a_client_sees_her_name_and_may_be_somebody_else(
    flow: Flow, client: httpx.AsyncClient, database: Database
) -> None:
    program = await flow.program()
    visitor = await with_account(client, database, of=("enterprise", "bidder"))
    other = await with_account(client, database)

    kept = await visitor.get(f"/oauth/authorize?{urlencode(flow.wanted(program))}")
    to_login = await visitor.get(kept.headers["location"])
    await visitor.get(to_login.headers["location"])
    back = await visitor.submit(
        "/login", username=visitor.username, password="four words are enough"
    )
    asked = await visitor.get(back.headers["location"])
    assert "You are logged in as Jiang Tou." in asked.text
    left = await visitor.submit("/logout")
    again = await visitor.get(left.headers["location"])
    await visitor.get(again.headers["location"])
    back = await visitor.submit("/login", username=other.username, password="four words are enough")
    asked = await visitor.get(back.headers["location"])

    assert left.headers["location"] == kept.headers["location"] == back.headers["location"]
    assert "You are logged in as Jo &lt;Ann&gt;." in asked.text
    assert "You belong to no organisation that this client may act for." in asked.text
    await flow.owner.close()


async def test_the_login_speaks_as_the_client_says(flow: Flow, visitor: Visitor) -> None:
    program = await flow.program()
    wanted = flow.wanted(program, ui_locales="zh-CN en")

    kept = await visitor.get(f"/oauth/authorize?{urlencode(wanted)}")
    to_login = await visitor.get(kept.headers["location"])
    await visitor.get(to_login.headers["location"], Accept_Language="en")

    assert visitor.page.language == "zh-Hans"
    await visitor.submit("/login", username=visitor.username, password="wrong")
    assert visitor.page.language == "zh-Hans"
    await flow.owner.close()
