"""The service explains itself: pages that need neither the internet nor JavaScript."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import httpx
import pytest

from ecosystem import app
from ecosystem.manual import describe, pages, reference
from ecosystem.runtime.minting import mint

OPERATIONS = describe.operations_of(app.ROUTES)
_VOID = {"meta", "link", "hr", "br", "wbr"}


class Page(HTMLParser):
    """What a page is made of, read as a browser reads it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.attributes |= given.keys()
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def _page(client: httpx.AsyncClient, path: str) -> tuple[httpx.Response, Page]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer, Page(answer.text)


@pytest.mark.parametrize("path", ["/", "/docs", "/problems", "/problems/need_missing"])
async def test_a_page_loads_nothing_and_runs_nothing(client: httpx.AsyncClient, path: str) -> None:
    answer, found = await _page(client, path)

    policy = answer.headers["content-security-policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert not {"script", "img", "iframe", "link", "object"} & set(found.tags)
    assert not {"src", "style", "onclick", "onload"} & found.attributes
    assert [link for link in found.links if "//" in link] == []
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("path", ["/", "/docs", "/problems", "/problems/need_missing"])
async def test_a_page_is_whole_and_can_be_read_aloud(client: httpx.AsyncClient, path: str) -> None:
    answer, found = await _page(client, path)

    assert answer.text.startswith('<!doctype html>\n<html lang="en">')
    assert found.open == []
    assert found.tags.count("h1") == 1
    assert found.tags.count("main") == 1
    assert found.links[0] == "#content"
    assert len(found.ids) == len(set(found.ids))
    assert "color-scheme: light dark" in answer.text


async def test_every_link_within_a_page_leads_somewhere(client: httpx.AsyncClient) -> None:
    _, docs = await _page(client, "/docs")
    _, home = await _page(client, "/")

    inside = {link[1:] for link in docs.links if link.startswith("#")}
    inside |= {link.removeprefix("/docs#") for link in home.links if link.startswith("/docs#")}

    assert inside - set(docs.ids) == set()


@pytest.mark.parametrize("path", ["/", "/problems"])
async def test_every_link_to_another_page_leads_there(client: httpx.AsyncClient, path: str) -> None:
    _, found = await _page(client, path)

    for link in set(found.links):
        if not link.startswith("#"):
            answer = await client.get(link)
            assert answer.status_code == 200, link


async def test_the_reference_has_every_operation_of_the_running_service(
    client: httpx.AsyncClient,
) -> None:
    described = (await client.get("/openapi.json")).json()
    _, docs = await _page(client, "/docs")

    names = {one["operationId"] for path in described["paths"].values() for one in path.values()}

    assert {one.name for one in OPERATIONS} <= names
    assert names <= set(docs.ids)
    assert "/v1/sandbox/clock" in described["paths"]


async def test_a_problem_leads_to_the_page_that_explains_it(client: httpx.AsyncClient) -> None:
    refused = (await client.get(f"/v1/needs/{mint('need', authority=1)}")).json()

    _, found = await _page(client, refused["type"].removeprefix("http://127.0.0.1:8080"))
    answer = await client.get(refused["type"])

    assert refused["title"] in answer.text
    assert "404 Not Found" in answer.text
    assert "/docs#read_need" in found.links


async def test_a_problem_that_does_not_exist_has_no_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/problems/no_such_thing")

    assert (answer.status_code, answer.json()["code"]) == (404, "problem_unknown")


async def test_a_sandbox_says_on_its_first_page_that_it_is_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")

    assert "This is a sandbox" in answer.text
    assert b"This is a sandbox" not in pages.home(sandbox=False)


@pytest.mark.parametrize("one", describe.problem_types(OPERATIONS), ids=lambda one: one.code)
def test_every_problem_has_a_page_that_says_what_to_do(one: describe.ProblemType) -> None:
    text = pages.problem(one).decode()

    assert one.title.rstrip(".") == one.title
    assert one.remedy.endswith(".")
    assert one.code in text.replace("<wbr>", "")


def test_the_reference_shows_recorded_examples_escaped() -> None:
    example = {"body": {"text": "</pre><script>"}, "answer": {"id": "need_1"}}

    document = describe.description(OPERATIONS, examples={"draft_need": example})
    text = reference.reference(document).decode()

    assert "&lt;/pre&gt;&lt;script&gt;" in text
    assert "<script" not in text
    assert "An answer: 201" in text
