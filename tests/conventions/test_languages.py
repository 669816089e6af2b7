"""A problem is told in the language that its reader prefers; nothing else depends on that."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from ecosystem.runtime import problems
from tests.conventions import market
from tests.parties import bearer

NOTHING = "/v1/needs/need_0189000000007000800000000000000f"


@pytest.mark.parametrize(
    ("preferred", "language"),
    [
        (None, "en"),
        ("*", "en"),
        ("fr", "en"),
        ("zh", "zh-Hans"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("en;q=0.1, zh-Hant; q=0.2", "zh-Hans"),
        ("zh;q=0, en;q=0.001", "en"),
        ("de, en-GB;q=0.7, zh;q=0.3", "en"),
        (";;q=,zh;q=9", "zh-Hans"),
    ],
)
async def test_a_problem_is_told_in_the_language_that_is_preferred(
    preferred: str | None, language: str, client: httpx.AsyncClient
) -> None:
    headers = {} if preferred is None else {"Accept-Language": preferred}

    answer = await client.get(NOTHING, headers=headers)

    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"
    chinese = language == "zh-Hans"
    title = (
        "没有该需求，或者该需求尚未发布"
        if chinese
        else "There is no such need, or it is not published"
    )
    assert answer.json()["title"] == title
    assert answer.json()["detail"] == (
        "没有已发布的这项需求。请核对标识符。"
        if chinese
        else "No such need is published. Check the identifier."
    )


async def test_programs_read_the_same_in_both_languages(client: httpx.AsyncClient) -> None:
    told = [await _asked(client, language) for language in ("zh", "en")]

    chinese, english = told
    same = ("type", "status", "code")
    assert [chinese[name] for name in same] == [english[name] for name in same]
    places = [[(one["parameter"], one["code"]) for one in problem["errors"]] for problem in told]
    assert places == [[("limit", "invalid"), ("order", "unknown")]] * 2


async def test_what_is_wrong_is_told_with_its_values_and_at_each_place(
    client: httpx.AsyncClient,
) -> None:
    told = await _asked(client, "zh")

    limit = "查询参数 limit 必须是 1 至 100 的整数"
    order, _, known = told["errors"][1]["detail"].partition("；")
    assert [one["detail"] for one in told["errors"]] == [limit, f"{order}；{known}"]
    assert order == "此处没有查询参数 'order'"
    assert told["detail"] == f"{limit}；{order}；{known}。请对照该操作的模式和示例检查请求。"


async def test_the_form_of_a_parameter_is_told_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/awards?need_id=need_12", headers={"Accept-Language": "zh"})

    detail = answer.json()["detail"]
    assert detail.startswith("查询参数 need_id 必须是需求的标识符，省略则为全部，例如 `need_0190")
    assert detail.endswith("。请对照该操作的模式和示例检查请求。")
    assert answer.headers["content-language"] == "zh-Hans"


def test_what_no_sentence_is_known_for_stays_in_english() -> None:
    problem = problems.found(problems.MALFORMED, "It fell.", root="", request_id="r", language="zh")

    assert problem.detail == "It fell. 请对照该操作的模式和示例检查请求。"


async def test_each_fault_of_a_body_is_told(client: httpx.AsyncClient) -> None:
    headers = {**await bearer(client, "city", "officer"), "Accept-Language": "zh"}
    body = (await market.make(client)).draft
    wrong = {**body, "title": {}, "surprise": 1, "openers": "x", "opening_at": "2001-01-01"}

    answer = await client.post("/v1/needs", json=wrong, headers=headers)

    told = {one["pointer"]: one["detail"] for one in answer.json()["errors"]}
    assert told.keys() == {"", "/openers", "/opening_at"}
    assert told["/opening_at"] == (
        "/opening_at 必须是带 UTC 偏移的时刻，例如 `2026-03-01T09:00:00Z`"
    )
    assert told[""].startswith("正文含有此处没有的字段 'surprise'；现有的字段：`")
    assert told["/openers"].startswith("/openers 必须是")
    assert all(one in answer.json()["detail"] for one in told.values())


async def test_a_check_of_a_type_is_told(client: httpx.AsyncClient) -> None:
    headers = {**await bearer(client, "city", "officer"), "Accept-Language": "zh"}
    body = (await market.make(client)).draft

    answer = await client.post("/v1/needs", json={**body, "title": {}}, headers=headers)

    (one,) = answer.json()["errors"]
    assert one["detail"] == "/title 不被接受：请以 `zh`、以 `en`，或同时以两者给出文本"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            "The body is no JSON at byte 9 (line 2, column 8): invalid character; send one JSON",
        ),
        (
            "zh",
            "正文在第 9 字节处（第 2 行第 8 列）不是 JSON：字符无效；请发送一个 JSON 值。",
        ),
    ],
)  # fmt: skip
async def test_a_body_that_is_no_json_is_told_where(
    language: str, told: str, client: httpx.AsyncClient
) -> None:
    headers = {
        **await bearer(client, "city", "officer"),
        "Accept-Language": language,
        "Content-Type": "application/json",
    }

    answer = await client.post("/v1/needs", content=b'{\n  "a": oh}', headers=headers)

    assert answer.json()["detail"].startswith(told)


@pytest.mark.parametrize(
    ("method", "path", "language", "told"),
    [
        (
            "GET", "/v1/nothing", "en",
            "There is no operation GET /v1/nothing; GET /openapi.json lists them all. ",
        ),
        ("GET", "/v1/nothing", "zh", "没有操作 GET /v1/nothing；全部操作列于 GET /openapi.json。"),
        (
            "DELETE", "/v1/needs", "en",
            "/v1/needs does not know DELETE; it knows GET, HEAD, OPTIONS, POST. ",
        ),
        (
            "DELETE", "/v1/needs", "zh",
            "/v1/needs 不支持 DELETE，只支持 GET, HEAD, OPTIONS, POST。",
        ),
    ],
)  # fmt: skip
async def test_what_an_address_does_know_is_told(
    method: str, path: str, language: str, told: str, client: httpx.AsyncClient
) -> None:
    answer = await client.request(method, path, headers={"Accept-Language": language})

    assert answer.json()["detail"].startswith(told)
    if answer.status_code == 405:
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def _asked(client: httpx.AsyncClient, language: str) -> Any:
    answer = await client.get(
        "/v1/needs?limit=many&order=any", headers={"Accept-Language": language}
    )
    return answer.json()


async def test_what_the_door_refuses_is_told_in_that_language_too(
    client: httpx.AsyncClient,
) -> None:
    headers = {"Accept-Language": "zh", "Authorization": "Bearer nonsense"}

    answer = await client.get("/v1/needs", headers=headers)

    assert (answer.status_code, answer.json()["title"]) == (401, "需要有效的访问令牌")
    assert (answer.headers["content-language"], answer.headers["vary"]) == (
        "zh-Hans", "Accept-Language",
    )  # fmt: skip


async def test_what_oauth_answers_stays_in_ascii(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/oauth/token", headers={"Accept-Language": "zh", "Content-Type": "application/json"}
    )

    assert answer.status_code == 400
    assert answer.text.isascii()
    assert "content-language" not in answer.headers


async def test_a_stored_answer_comes_again_as_it_was_in_whatever_language(
    client: httpx.AsyncClient,
) -> None:
    headers = {**await bearer(client, "city", "officer"), "Idempotency-Key": str(uuid4())}
    body = (await market.make(client)).draft

    refused = await client.post("/v1/needs", json={}, headers={**headers, "Accept-Language": "zh"})
    first = await client.post("/v1/needs", json=body, headers={**headers, "Accept-Language": "zh"})
    again = await client.post("/v1/needs", json=body, headers={**headers, "Accept-Language": "en"})

    assert (refused.status_code, refused.headers["content-language"]) == (400, "zh-Hans")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "vary" not in first.headers
    assert "content-language" not in again.headers


async def test_a_problem_is_never_stored_under_a_key_in_one_language(
    client: httpx.AsyncClient,
) -> None:
    headers = {**await bearer(client, "city", "officer"), "Idempotency-Key": str(uuid4())}

    chinese, english = [
        await client.post("/v1/needs", json={}, headers={**headers, "Accept-Language": language})
        for language in ("zh", "en")
    ]

    assert chinese.headers["content-language"] == "zh-Hans"
    assert english.headers["content-language"] == "en"
    assert english.json()["title"] == "The request cannot be understood"


async def test_each_rule_for_publication_that_is_not_met_is_told(
    client: httpx.AsyncClient,
) -> None:
    headers = {**await bearer(client, "city", "officer"), "Accept-Language": "zh"}
    body = (await market.make(client)).draft
    wrong = {**body, "jurisdiction": "999999", "openers": [body["openers"][0]] * 2}

    answer = await client.post("/v1/needs", json=wrong, headers=headers)

    assert answer.status_code == 422
    told = [one["detail"] for one in answer.json()["errors"]]
    assert "每名开标人只写一次。" in told
    assert [one for one in told if one.isascii()] == []
