"""A filter that names what there is not is refused; an empty list would say that none fits."""

import httpx
import pytest

PLACES = ("/v1/needs?within=", "/v1/organisations?jurisdiction=", "/v1/jurisdictions?within=")


@pytest.mark.parametrize("path", PLACES)
async def test_a_jurisdiction_that_there_is_not_is_refused(
    client: httpx.AsyncClient, path: str
) -> None:
    unknown = await client.get(f"{path}999999")
    known = await client.get(f"{path}440300")

    assert (unknown.status_code, unknown.json()["code"]) == (422, "jurisdiction_unknown")
    assert "GET /v1/jurisdictions" in unknown.json()["detail"]
    assert known.status_code == 200


async def test_a_currency_that_there_is_not_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/needs?value_min=1&currency=ZZZ")

    assert (answer.status_code, answer.json()["code"]) == (422, "currency_unknown")


@pytest.mark.parametrize("path", ["/v1/contracts", "/v1/needs/need_{}/questions"])
async def test_a_state_that_there_is_not_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"{path.format('0' * 32)}?in_state=finished")

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert "in_state" in answer.json()["detail"]
