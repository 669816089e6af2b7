"""Each request that breaks a convention gets its problem, and changes nothing."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import httpx
import pytest

from tests.conventions import market
from tests.conventions.market import Market
from tests.parties import bearer

NOBODY = "need_0189000000007000800000000000000f"


@dataclass(frozen=True)
class Bad:
    """A request that must be refused, and how."""

    name: str
    status: int
    code: str
    method: str = "POST"
    path: str = "/v1/needs"
    who: str | None = "officer"
    headers: dict[str, str] = field(default_factory=dict)
    body: Callable[[Market], bytes] | None = None


def changed(**changes: Any) -> Callable[[Market], bytes]:
    return lambda there: json.dumps({**there.draft, **changes}).encode()


def lot(**changes: Any) -> Callable[[Market], bytes]:
    def body(there: Market) -> bytes:
        only = {**there.draft["lots"][0], **changes}
        return json.dumps({**there.draft, "lots": [only]}).encode()

    return body


def raw(content: bytes) -> Callable[[Market], bytes]:
    return lambda _: content


def money(amount: Any, currency: Any = "CNY") -> Callable[[Market], bytes]:
    return lot(ceiling={"amount": amount, "currency": currency})


def weighted(weight: str) -> Callable[[Market], bytes]:
    criterion = {"code": "price", "kind": "price", "name": {"en": "Price"}, "weight": weight}
    return lot(criteria=[criterion])


PUBLISH = "/v1/needs/{drafted}/publication"
QUESTION = "/v1/needs/{published}/questions"
APPROPRIATION = "/v1/programmes/{programme}/appropriations"
ASK = raw(b'{"text":{"en":"When?"}}')
GIVE = raw(b'{"amount":{"amount":"1.00","currency":"CNY"},"reason":{"en":"Because."}}')
CURSOR = "/v1/needs?cursor="

BAD = (
    Bad("no token", 401, "unauthenticated", who=None, body=changed()),
    Bad(
        "a token that is none", 401, "unauthenticated", who=None, body=changed(),
        headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
    ),
    Bad(
        "another scheme", 401, "unauthenticated", who=None, body=changed(),
        headers={"Authorization": "Basic YTpi"},
    ),
    Bad("a role that may not", 403, "not_allowed", who="approver", body=changed()),
    Bad("a kind that may not", 403, "not_allowed", who="bidder", body=changed()),
    Bad("another's draft", 404, "need_missing", "GET", "/v1/needs/{drafted}", who="bidder"),
    Bad("a draft, read by nobody", 404, "need_missing", "GET", "/v1/needs/{drafted}", who=None),
    Bad("an identifier of nothing", 404, "need_missing", "GET", f"/v1/needs/{NOBODY}"),
    Bad("no identifier at all", 404, "need_missing", "GET", "/v1/needs/1%00"),
    Bad("an identifier of another type", 404, "need_missing", "GET", "/v1/needs/{programme}"),
    Bad("an unknown address", 404, "not_found", "GET", "/v1/nothing"),
    Bad("a slash at the end", 404, "not_found", "GET", "/v1/needs/"),
    Bad("an unknown field", 400, "malformed", body=changed(surprise=1)),
    Bad("an unknown field deep inside", 400, "malformed", body=lot(surprise=1)),
    Bad("a wrong type", 400, "malformed", body=changed(title="only a string")),
    Bad("a time as a number", 400, "malformed", body=changed(opening_at=0)),
    Bad(
        "a number as text", 400, "malformed", path="/v1/programmes", who="treasurer",
        body=raw(
            b'{"name":{"en":"P"},"fiscal_year":"2027","sector":"urban_governance",'
            b'"operation":"data","phase":"operation","currency":"CNY"}'
        ),
    ),
    Bad("a missing field", 400, "malformed", body=raw(b"{}")),
    Bad("an array at the top", 400, "malformed", body=raw(b"[]")),
    Bad("no JSON", 400, "malformed", body=raw(b"{")),
    Bad("no body", 400, "malformed", body=raw(b"")),
    Bad("bytes that are no UTF-8", 400, "malformed", body=raw(b'{"title":{"en":"\xff\xfe"}}')),
    Bad("deep JSON", 400, "malformed", body=raw(b"[" * 50_000 + b"]" * 50_000)),
    Bad("deep JSON in a field", 400, "malformed", body=raw(b'{"x":' * 9_000 + b"1" + b"}" * 9_000)),
    Bad("a huge body", 413, "too_large", body=raw(b" " * 300_000 + b"{}")),
    Bad(
        "a newline after an identifier", 400, "malformed",
        body=changed(programme_id="programme_0189000000007000800000000000000f\n"),
    ),
    Bad(
        "the number of an authority that cannot be", 404, "need_missing", "GET",
        "/v1/needs/need_0189000000007000a00000000000000f",
    ),
    Bad("NUL in text", 400, "malformed", body=changed(title={"en": "a\x00b"})),
    Bad("a lone surrogate", 400, "malformed", body=raw(b'{"title":{"en":"\\ud800"}}')),
    Bad("text that says nothing", 400, "malformed", body=changed(title={})),
    Bad("negative money", 400, "malformed", body=money("-1.00")),
    Bad("money as a number", 400, "malformed", body=money(1.5)),
    Bad("money in exponents", 400, "malformed", body=money("1e9")),
    Bad("money that is NaN", 400, "malformed", body=money("NaN")),
    Bad("over-precise money", 422, "need_unsound", body=money("1.005")),
    Bad("fractions of a yen", 422, "need_unsound", body=money("100.5", "JPY")),
    Bad("an unknown currency", 422, "need_unsound", body=money("1.00", "ABC")),
    Bad("a currency in small letters", 400, "malformed", body=money("1.00", "cny")),
    Bad("no money at all", 422, "need_unsound", body=money("0")),
    Bad("weights of 90 per cent", 422, "need_unsound", body=weighted("90")),
    Bad("dates out of order", 422, "need_unsound", body=changed(opening_at="2001-01-01T00:00:00Z")),
    Bad(
        "a date before all dates", 422, "need_unsound",
        body=changed(enquiry_ends_at="0001-01-01T00:00:00+14:00"),
    ),
    Bad(
        "a date after all dates", 422, "need_unsound",
        body=changed(opening_at="9999-12-31T23:59:59-14:00"),
    ),
    Bad("a date without zone", 400, "malformed", body=changed(opening_at="2001-01-01T00:00:00")),
    Bad("no lots", 400, "malformed", body=changed(lots=[])),
    Bad("too many openers", 400, "malformed", body=changed(openers=["x"] * 8)),
    Bad(
        "a wrong content type", 415, "unsupported_media_type", body=changed(),
        headers={"Content-Type": "text/plain"},
    ),
    Bad(
        "a form", 415, "unsupported_media_type", body=raw(b"title=x"),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    ),
    Bad("a method that is not allowed", 405, "method_not_allowed", "DELETE"),
    Bad("a method unheard of", 405, "method_not_allowed", "BREW"),
    Bad("an unknown query parameter", 400, "malformed", "GET", "/v1/needs?colour=red"),
    Bad("a query parameter twice", 400, "malformed", "GET", "/v1/needs?limit=1&limit=2"),
    Bad("null for a filter", 400, "malformed", "GET", "/v1/organisations?jurisdiction=null"),
    Bad("null for a number", 400, "malformed", "GET", "/v1/programmes?fiscal_year=NULL"),
    Bad("a page of a thousand", 400, "malformed", "GET", "/v1/needs?limit=1000"),
    Bad("a page of minus one", 400, "malformed", "GET", "/v1/needs?limit=-1"),
    Bad("a made-up cursor", 400, "cursor_invalid", "GET", f"{CURSOR}bWFkZSB1cCBjdXJzb3I"),
    Bad("a cursor with odd signs", 400, "malformed", "GET", f"{CURSOR}%F0%9F%92%A9"),
    Bad("a query of 5,000 letters", 414, "uri_too_long", "GET", f"/v1/needs?text={'x' * 5_000}"),
    Bad("NUL in a search", 400, "malformed", "GET", "/v1/needs?text=%00"),
    Bad("no If-Match", 428, "precondition_required", path=PUBLISH),
    Bad("a stale ETag", 412, "revision_stale", path=PUBLISH, headers={"If-Match": '"v999999"'}),
    Bad("a weak ETag", 412, "revision_stale", path=PUBLISH, headers={"If-Match": 'W/"v1"'}),
    Bad("rubbish in If-Match", 412, "revision_stale", path=PUBLISH, headers={"If-Match": "x"}),
    Bad(
        "no Idempotency-Key", 400, "idempotency_key_missing", path=APPROPRIATION,
        who="treasurer", headers={"If-Match": '"v1"'}, body=GIVE,
    ),
    Bad(
        "a key of 300 letters", 400, "malformed", body=changed(),
        headers={"Idempotency-Key": "k" * 300},
    ),
    Bad(
        "a key with blanks", 400, "malformed", body=changed(),
        headers={"Idempotency-Key": "two words"},
    ),
    Bad("an authority asking itself", 403, "not_allowed", path=QUESTION, body=ASK),
    Bad(
        "another's need, published", 403, "not_allowed", path=PUBLISH, who="bidder",
        headers={"If-Match": '"v1"'},
    ),
)  # fmt: skip


_OF_PROGRAMMERS: Final = re.compile(
    r"regex|Expected `|\(\?|\[0-9|is not of type|is not valid under"
)
"""How a library of Python tells what it expects."""


@pytest.fixture(scope="module")
def kept() -> dict[str, Market]:
    return {}


@pytest.fixture
async def there(client: httpx.AsyncClient, kept: dict[str, Market]) -> Market:
    if "market" not in kept:
        kept["market"] = await market.make(client)
    return kept["market"]


async def counts(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind = 'r' "
            "AND relnamespace = 'public'::regnamespace "
            "AND relname NOT IN ('event_pending', 'log_entry')"
        )
        names = [row["relname"] for row in tables]
        counting = "SELECT count(*) FROM {}"
        return {name: await connection.fetchval(counting.format(name)) for name in names}
    finally:
        await connection.close()


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_it_is_refused_as_the_conventions_say_and_changes_nothing(
    bad: Bad, there: Market, client: httpx.AsyncClient, owner_url: str
) -> None:
    before = await counts(owner_url)

    names = {"drafted": there.drafted_id, "published": there.published_id}
    path = bad.path.replace("{programme}", there.programme_id)
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    content = bad.body(there) if bad.body else None
    headers = {"Content-Type": "application/json"} if content is not None else {}
    headers |= getattr(there, bad.who) if bad.who else {}
    answer = await client.request(bad.method, path, content=content, headers=headers | bad.headers)

    assert (answer.status_code, answer.json()["code"]) == (bad.status, bad.code), answer.text
    _is_a_problem(answer)
    assert await counts(owner_url) == before


async def test_a_field_of_no_such_form_is_told_in_words_what_it_must_be(
    there: Market, client: httpx.AsyncClient
) -> None:
    lot = {**there.draft["lots"][0], "ceiling": {"amount": "-1", "currency": "cny"}}
    body = {**there.draft, "lots": [lot], "operation": "painting", "opening_at": "soon", "more": 1}
    del body["title"]

    answer = await client.post("/v1/needs", json=body, headers=there.officer)

    said = {one["pointer"] or one["code"]: one["detail"] for one in answer.json()["errors"]}
    assert said["/operation"] == "/operation must be one of `data`, `facility`, `service`"
    assert said["/lots/0/ceiling/amount"].endswith(
        "no finer than the currency allows, such as `1234.50`"
    )
    assert said["/lots/0/ceiling/currency"].endswith("must be an ISO 4217 code, such as `CNY`")
    assert said["/opening_at"].endswith("such as `2026-03-01T09:00:00Z`")
    assert said["required"].startswith("the body lacks `title`, which must be an object with")
    assert said["additional_properties"].startswith("the body has a field 'more' that is not known")


async def test_of_an_offer_no_name_comes_back_that_was_sent(
    there: Market, client: httpx.AsyncClient
) -> None:
    bidder = await bearer(client, "enterprise", "bidder")
    lot_id = (await client.get(f"/v1/needs/{there.published_id}")).json()["lots"][0]["id"]
    body = {"secret_price_900000": 1, "members": [{"secret_partner": 1}]}

    answer = await client.post(f"/v1/lots/{lot_id}/offers", json=body, headers=bidder)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert {one["pointer"] for one in answer.json()["errors"]} >= {"", "/members/0"}
    assert "secret" not in answer.text


def _is_a_problem(answer: httpx.Response) -> None:
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == answer.status_code
    assert problem["instance"] == answer.headers["x-request-id"]
    assert problem["type"].endswith(f"/problems/{problem['code']}")
    assert problem["title"]
    assert problem["detail"]
    assert not _OF_PROGRAMMERS.search(answer.text)
    if answer.status_code == 401:
        assert "Bearer" in answer.headers["www-authenticate"]
    if answer.status_code == 405:
        assert "GET" in answer.headers["allow"]
        assert "POST" in answer.headers["allow"]


async def test_every_fault_of_a_body_is_named_at_once_with_its_place(
    there: Market, client: httpx.AsyncClient
) -> None:
    body = {**there.draft, "title": {}, "sector": "nonsense", "lots": [{"ceiling": {"amount": 1}}]}

    answer = await client.post("/v1/needs", json=body, headers=there.officer)

    pointers = {fault["pointer"] for fault in answer.json()["errors"]}
    assert {"/sector", "/lots/0/ceiling/amount", "/lots/0"} <= pointers


async def test_what_a_schema_cannot_say_is_named_with_its_place(
    there: Market, client: httpx.AsyncClient
) -> None:
    body = {**there.draft, "lots": [{**there.draft["lots"][0], "title": {}}]}

    answer = await client.post("/v1/needs", json=body, headers=there.officer)

    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == "/lots/0/title"
    assert "`zh`" in fault["detail"]


async def test_a_whole_number_may_have_a_decimal_point(
    there: Market, client: httpx.AsyncClient
) -> None:
    body = (
        b'{"name":{"en":"P"},"fiscal_year":2.027e3,"sector":"urban_governance",'
        b'"operation":"data","phase":"operation","currency":"CNY"}'
    )
    headers = {**there.treasurer, "Content-Type": "application/json"}

    made = await client.post("/v1/programmes", content=body, headers=headers)
    half = await client.post(
        "/v1/programmes", content=body.replace(b"2.027e3", b"2027.5"), headers=headers
    )

    assert (made.status_code, half.status_code) == (201, 400)
    assert half.json()["errors"][0]["pointer"] == "/fiscal_year"
