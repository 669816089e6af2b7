"""Every route keeps the conventions, also those that are written tomorrow."""

import html
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, get_args

import httpx
import msgspec
import pytest

from ecosystem.manual import describe
from ecosystem.runtime.database import Database
from ecosystem.runtime.operation import Operation
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import awarded
from tests.conventions.everything import OAUTH, OPERATIONS, UNLIMITED, Everything, gather, unknown

READING: Final = [one for one in OPERATIONS if one.method == "GET"]
WRITING: Final = [one for one in OPERATIONS if one.method != "GET" and OAUTH not in one.path]
LISTS: Final = [one for one in READING if "cursor" in one.queries]
GUARDED: Final = [one for one in OPERATIONS if not one.permit.is_public()]
MADE_UP: Final = "bWFkZSB1cCBjdXJzb3I"
BAD_TOKENS: Final = ("Bearer x.y.z", "Bearer ", "Basic YTpi", "Bearer \u00e9")
CHANGING: Final = frozenset({
    "read_finding",
    "read_challenge", "read_explanation", "read_excusal", "read_bank_item",
    "read_document", "read_organisation", "read_person", "read_invitation", "read_client",
    "read_programme", "read_proposal",
    "read_need", "read_offer", "read_award", "read_contract", "read_change",
    "read_turn", "read_milestone", "read_shift", "read_assessment",
    "read_facility", "read_drawdown", "read_assignment", "read_disclosure",
    "read_payment_dispute", "read_deduction",
    "read_observation", "read_payment", "read_saved_search", "read_substitution", "read_webhook",
})  # fmt: skip
"""What reads one thing that a request can change."""
ONE_REQUEST: Final = frozenset({
    "date", "x-request-id", "ratelimit", "x-content-type-options", "referrer-policy", "set-cookie",
})  # fmt: skip

Said = tuple[int, str]
Ask = Callable[[Operation], Awaitable[httpx.Response]]


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return {}


@pytest.fixture
async def there(
    client: httpx.AsyncClient,
    database: Database,
    server: EmbeddedServer,
    database_name: str,
    kept: dict[str, Any],
) -> Everything:
    if "made" not in kept:
        superuser = server.dsn(database_name, role="postgres")
        kept["made"] = await gather(await awarded(client, database, superuser), database)
    client.event_hooks["response"].append(_is_as_every_answer)
    made: Everything = kept["made"]
    return msgspec.structs.replace(made, client=client)


async def _is_as_every_answer(answer: httpx.Response) -> None:
    """Hold what every answer of this module says beside its content."""
    path = answer.request.url.path
    assert answer.headers["x-request-id"].startswith("request_"), path
    assert answer.headers["x-content-type-options"] == "nosniff", path
    if not path.startswith(UNLIMITED):
        assert answer.headers["ratelimit-policy"].endswith(";w=60"), path
        assert ";r=" in answer.headers["ratelimit"], path
    if "authorization" in answer.request.headers and OAUTH not in path:
        assert answer.headers.get_list("cache-control") == ["no-store"], path


def _said(answer: httpx.Response) -> Said:
    found: str = answer.json()["code"] if answer.status_code >= 400 else ""
    return answer.status_code, found


async def _otherwise(operations: list[Operation], ask: Ask, *, than: Said) -> dict[str, Said]:
    """Return the operations that do not answer as all should, and how they answer."""
    said = {one.name: _said(await ask(one)) for one in operations}
    assert said
    return {name: one for name, one in said.items() if one != than}


def _form(one: Operation) -> dict[str, str]:
    """Return the header that says the right type of a body."""
    return {"Content-Type": "application/pdf" if one.accepts == "*/*" else one.accepts}


async def test_a_body_of_a_wrong_type_is_refused(there: Everything) -> None:
    async def ask(one: Operation) -> httpx.Response:
        headers = await there.caller(one) | {"Content-Type": "text/html", "If-Match": "*"}
        return await there.client.request(
            one.method, there.path(one), content=b"<p>", headers=headers
        )

    assert await _otherwise(WRITING, ask, than=(415, "unsupported_media_type")) == {}


async def test_a_body_without_a_type_is_refused(there: Everything) -> None:
    async def ask(one: Operation) -> httpx.Response:
        headers = await there.caller(one) | {"If-Match": "*"}
        return await there.client.request(
            one.method, there.path(one), content=b"{}", headers=headers
        )

    assert await _otherwise(WRITING, ask, than=(415, "unsupported_media_type")) == {}


async def test_without_a_token_nothing_guarded_is_done(there: Everything) -> None:
    async def ask(one: Operation) -> httpx.Response:
        answer = await there.client.request(one.method, there.path(one), headers=_form(one))
        assert answer.headers["www-authenticate"] == 'Bearer realm="ecosystem"'
        return answer

    assert await _otherwise(GUARDED, ask, than=(401, "unauthenticated")) == {}


@pytest.mark.parametrize("token", BAD_TOKENS)
async def test_with_a_bad_token_nothing_is_done(there: Everything, token: str) -> None:
    async def ask(one: Operation) -> httpx.Response:
        answer = await there.client.request(
            one.method, there.path(one), headers={b"Authorization": token.encode()}
        )
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        return answer

    asked = [one for one in OPERATIONS if not one.path.startswith((OAUTH, *UNLIMITED))]
    assert await _otherwise(asked, ask, than=(401, "unauthenticated")) == {}


async def test_what_changes_a_thing_asks_for_its_version(there: Everything) -> None:
    async def ask(one: Operation) -> httpx.Response:
        headers = await there.caller(one) | {"Idempotency-Key": "k"} | _form(one)
        return await there.client.request(one.method, there.path(one), headers=headers)

    changing = [one for one in OPERATIONS if one.changes]
    assert await _otherwise(changing, ask, than=(428, "precondition_required")) == {}


async def test_an_unknown_version_changes_nothing(there: Everything) -> None:
    async def ask(one: Operation) -> httpx.Response:
        headers = await there.caller(one) | {"Idempotency-Key": "k", "If-Match": '"v0"'}
        return await there.client.request(one.method, there.path(one), headers=headers)

    changing = [one for one in OPERATIONS if one.changes]
    assert await _otherwise(changing, ask, than=(412, "revision_stale")) == {}


async def test_what_must_not_happen_twice_asks_for_a_key(there: Everything) -> None:
    async def ask(one: Operation) -> httpx.Response:
        headers = await there.caller(one) | {"If-Match": '"v1"'} | _form(one)
        return await there.client.request(one.method, there.path(one), headers=headers)

    keyed = [one for one in OPERATIONS if one.key_required]
    assert await _otherwise(keyed, ask, than=(400, "idempotency_key_missing")) == {}


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=1&limit=2", "colour=red"])
async def test_a_list_is_asked_for_within_its_bounds(there: Everything, query: str) -> None:
    async def ask(one: Operation) -> httpx.Response:
        return await there.client.get(f"{there.path(one)}?{query}", headers=await there.caller(one))

    assert await _otherwise(LISTS, ask, than=(400, "malformed")) == {}


async def test_a_cursor_that_was_made_up_is_refused(there: Everything) -> None:
    async def ask(one: Operation) -> httpx.Response:
        path = f"{there.path(one)}?cursor={MADE_UP}"
        return await there.client.get(path, headers=await there.caller(one))

    assert await _otherwise(LISTS, ask, than=(400, "cursor_invalid")) == {}


async def test_a_well_formed_identifier_of_nothing_is_not_found(there: Everything) -> None:
    async def ask(one: Operation) -> httpx.Response:
        answer = await there.client.get(unknown(one), headers=await there.caller(one))
        declared = {refusal.code() for refusal in one.refuses}
        assert answer.status_code != 404 or answer.json()["code"] in declared, one.name
        return answer

    # A signed address is looked at before what it leads to.
    named = [one for one in READING if "{" in one.path and one.name != "download_document"]
    said = {one.name: (await ask(one)).status_code for one in named}
    assert {name: status for name, status in said.items() if status != 404} == {}


async def test_what_can_change_has_a_strong_etag_and_is_not_sent_twice(there: Everything) -> None:
    loaded = {"read_contract_form", "read_profile"}
    reading = [one for one in READING if one.path.endswith("_id}") and one.name not in loaded]
    assert {one.name for one in reading} >= CHANGING
    for one in reading:
        headers = await there.caller(one)
        first = await there.client.get(there.path(one), headers=headers)
        assert first.status_code == 200, (one.name, first.text)
        tag = first.headers["etag"]
        assert tag.startswith('"v'), one.name
        assert tag.endswith('"'), one.name

        for sent in (tag, f'W/{tag}, "v0"', "*"):
            again = await there.client.get(
                there.path(one), headers=headers | {"If-None-Match": sent}
            )
            assert (again.status_code, again.content) == (304, b""), (one.name, sent)
            assert again.headers["etag"] == tag
        other = await there.client.get(there.path(one), headers=headers | {"If-None-Match": '"v0"'})
        assert (other.status_code, other.content) == (200, first.content), one.name


async def test_a_number_is_no_instant(there: Everything) -> None:
    asked = [(one, name) for one in READING for name, kind in one.queries.items() if _dated(kind)]
    assert len(asked) > 5
    for one, name in asked:
        answer = await there.client.get(
            there.path(one), params={name: "0.5"}, headers=await there.caller(one)
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed"), one.name


def _dated(kind: Any) -> bool:
    return kind is datetime or any(map(_dated, get_args(kind)))


async def test_every_thing_that_a_request_changes_can_be_read_with_its_etag() -> None:
    readable = {one.path for one in READING if one.name in CHANGING}
    for one in OPERATIONS:
        if one.changes:
            parent = one.path.rpartition("/")[0] if one.method == "POST" else one.path
            assert parent in readable, one.path


async def test_head_is_get_without_its_body(there: Everything) -> None:
    for one in READING:
        path, headers = there.path(one), await there.caller(one)
        got = await there.client.get(path, headers=headers)
        head = await there.client.head(path, headers=headers)

        assert (head.status_code, head.content) == (got.status_code, b""), one.name
        if one.path != "/v1/sandbox/clock" and not one.path.startswith(UNLIMITED):
            assert _lasting(head) == _lasting(got), one.name


def _lasting(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ONE_REQUEST}


async def test_options_and_405_list_the_methods_of_a_path(there: Everything) -> None:
    methods: dict[str, set[str]] = defaultdict(lambda: {"OPTIONS"})
    for one in OPERATIONS:
        methods[there.path(one)] |= {one.method, "HEAD"} if one.method == "GET" else {one.method}
    for path, expected in methods.items():
        options = await there.client.options(path)
        other = await there.client.put(path)

        assert options.status_code == 204, path
        assert other.status_code == 405, path
        for answer in (options, other):
            assert set(answer.headers["allow"].split(", ")) == expected, path


async def test_every_problem_has_its_page(there: Everything) -> None:
    declared = {refusal for one in OPERATIONS for refusal in one.refuses}
    assert declared <= set(describe.refusals())
    for type_ in describe.problem_types(OPERATIONS):
        page = await there.client.get(f"/problems/{type_.code}")

        assert page.status_code == 200, type_.code
        assert html.escape(type_.title) in page.text
        assert "text/html" in page.headers["content-type"]
