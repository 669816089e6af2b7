"""Each parameter of a query that is wrong is named, in words and by its name, all at once."""

import httpx
import pytest

from tests.parties import bearer

_CONTRACT = "/v1/contracts/contract_0190f3c2a1b070008000000000000001"
_PLUS = "has a space where `+` is meant, which a query writes as `%2B`."


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "/v1/contracts/contract_0190f3c2a1b070008000000000000001?as_of=yesterday",
            (
                "The query parameter as_of must be the moment as of which it is told: an RFC 3339 "
                "time with its offset, or `position:` and a place in the log, such as "
                "`2026-03-31T16:00:00Z` or `position:1024`."
            ),
        ),
        (
            "/v1/contracts/contract_0190f3c2a1b070008000000000000001?valid_at=yesterday",
            (
                "The query parameter valid_at must be an instant with its offset from UTC, such as "
                "`2026-03-01T09:00:00Z`."
            ),
        ),
        (
            f"{_CONTRACT}?as_of=2026-03-31T16:00:00+08:00",
            f"The query parameter as_of {_PLUS}",
        ),
        (
            f"{_CONTRACT}?valid_at=2026-03-31T16:00:00+08:00",
            f"The query parameter valid_at {_PLUS}",
        ),
        (
            "/v1/needs?operation=painting",
            "The query parameter operation must be one of `data`, `facility`, `service`.",
        ),
        ("/v1/needs?limit=many", "The query parameter limit must be a whole number from 1 to 100."),
        (
            "/v1/awards?need_id=need_12",
            (
                "The query parameter need_id must be the identifier of the need, or left out for "
                "all, such as `need_0190f3c2a1b070008000000000000001`."
            ),
        ),
    ],
)
async def test_a_parameter_of_no_such_form_is_told_in_words_what_it_must_be(
    path: str, said: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(path, headers=await bearer(client, "city", "officer"))

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.json()["detail"].startswith(said)
    (name,) = httpx.URL(path).params
    assert answer.json()["errors"] == [{"parameter": name, "code": "invalid", "detail": said[:-1]}]


async def test_every_parameter_that_is_wrong_is_named_at_once(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(
        "/v1/needs?limit=many&colour=red&operation=painting&sector=null&text=a&text=b",
        headers=await bearer(client, "city", "officer"),
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    errors = answer.json()["errors"]
    assert {one["parameter"]: one["code"] for one in errors} == {
        "limit": "invalid",
        "colour": "unknown",
        "operation": "invalid",
        "sector": "null",
        "text": "twice",
    }
    assert all("pointer" not in one and one["parameter"] in one["detail"] for one in errors)


async def test_every_parameter_that_is_lacking_is_named_at_once(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(
        "/v1/documents/document_0190f3c2a1b070008000000000000001/download",
        headers=await bearer(client, "city", "officer"),
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    errors = answer.json()["errors"]
    assert [(one["parameter"], one["code"]) for one in errors] == [
        ("expires", "required"),
        ("signature", "required"),
    ]


@pytest.mark.parametrize(
    ("path", "code", "name"),
    [
        ("/v1/needs?within=999999", "jurisdiction_unknown", "within"),
        ("/v1/needs?currency=ZZZ", "currency_unknown", "currency"),
        ("/v1/needs?cursor=abc", "cursor_invalid", "cursor"),
        ("/v1/organisations?jurisdiction=999999", "jurisdiction_unknown", "jurisdiction"),
        ("/v1/contracts/{contract}?as_of=1066-10-14T09:00:00Z", "moment_unclear", "as_of"),
        ("/v1/contracts/{contract}?as_of=2199-01-01T00:00:00Z", "moment_ahead", "as_of"),
        ("/v1/contracts/{contract}?valid_at=1066-10-14T09:00:00Z", "moment_unclear", "valid_at"),
        ("/v1/contracts/{contract}/comparison?until=2199-01-01T00:00:00Z", "moment_ahead", "until"),
    ],
)
async def test_a_rule_that_refuses_a_parameter_names_it(
    path: str, code: str, name: str, client: httpx.AsyncClient
) -> None:
    path = path.replace("{contract}", "contract_0190f3c2a1b070008000000000000001")

    answer = await client.get(path, headers=await bearer(client, "city", "officer"))

    assert answer.json()["code"] == code
    (one,) = answer.json()["errors"]
    assert (one["parameter"], one["code"]) == (name, code)
