"""A machine reports by itself where its client is of the profile `high`, and no other does."""

from typing import Any, Final

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.partnership import Partnership, awarded
from tests.oauth.flow import Flow, flow_of
from tests.oauth.test_dpop import proof
from tests.parties import ISSUER

SCOPE: Final = "outcomes:write"
REPORT: Final = {
    "period": {"starts_on": "2025-04-01", "ends_on": "2025-07-01"}, "value": "91.5",
    "source": "probe", "method": {"en": "All records, by rule"},
}  # fmt: skip
ROW: Final = {"starts_on": "2025-07-01", "ends_on": "2025-10-01", "value": "92", "source": "probe"}


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    made = await awarded(client, database, server.dsn(database_name, role="postgres"))
    return await made.active()


class Machine:
    """A program of the supplier, with a token that is bound to its key or is not."""

    def __init__(self, flow: Flow, token: str, *, is_bound: bool) -> None:
        self._flow, self._token, self._is_bound = flow, token, is_bound

    async def post(self, path: str, body: object) -> httpx.Response:
        """Post, with a proof of the key where the token asks for one."""
        headers = {"Authorization": f"Bearer {self._token}"}
        if self._is_bound:
            shown = proof(htu=f"{ISSUER}{path}", token=self._token)
            headers = {"Authorization": f"DPoP {self._token}", "DPoP": shown}
        return await self._flow.http.post(path, json=body, headers=headers)


async def machine(flow: Flow, *, profile: str, roles: tuple[str, ...] = ("delivery",)) -> Machine:
    is_bound = profile == "high"
    program = await flow.program(
        profile=profile, dpop=is_bound, roles=list(roles), scopes=[SCOPE], redirect_uris=[]
    )
    form = {**program.proof()["data"], "grant_type": "client_credentials", "scope": SCOPE}
    headers = {"DPoP": proof()} if is_bound else {}
    answer = await flow.http.post("/oauth/token", data=form, headers=headers)
    assert answer.status_code == 200, answer.text
    return Machine(flow, answer.json()["access_token"], is_bound=is_bound)


async def test_a_machine_reports_one_by_one_and_in_batches_and_is_told_apart_from_people(
    active: Partnership, database: Database, owner_url: str
) -> None:
    flow = await flow_of(active.client, database, owner_url)
    listed = await active.get(f"/v1/contracts/{active.contract_id}/metrics", by=("city", "officer"))
    metric = next(one["id"] for one in listed.json()["data"] if one["code"] == "data-quality")
    path = f"/v1/metrics/{metric}"
    high, basic = [await machine(flow, profile=one) for one in ("high", "basic")]
    idle = await machine(flow, profile="high", roles=())

    refused = [await basic.post(f"{path}/observations", REPORT)]
    refused += [await basic.post(f"{path}/batches", [ROW])]
    refused += [await idle.post(f"{path}/observations", REPORT)]
    one = await high.post(f"{path}/observations", REPORT)
    many = await high.post(f"{path}/batches", [ROW])
    person = await active.made(
        f"{path}/observations", {**REPORT, "source": "register"}, by=("enterprise", "delivery")
    )

    assert [(each.status_code, each.json()["code"]) for each in refused] == [
        (403, "program_unfit"), (403, "program_unfit"), (403, "not_allowed"),
    ]  # fmt: skip
    assert (one.status_code, many.status_code) == (201, 201), (one.text, many.text)
    ids = [one.json()["id"], many.json()["first_observation_id"], person["id"]]
    shown: list[dict[str, Any]] = [
        (await active.get(f"/v1/observations/{each}", by=("city", "officer"))).json()
        for each in ids
    ]
    assert [each["channel"] for each in shown] == ["machine", "machine", "person"]
    assert {each["reported_by"] for each in shown} == {active.id_of("enterprise")}
    await flow.owner.close()
