"""Changes of a contract of the seeded parties, over HTTP, for the tests of this room."""

from typing import Any

import httpx

from tests.contracts.partnership import Partnership

OFFICER = ("city", "officer")
PARTIES = ("city", "enterprise", "second_enterprise", "verifier")
REPLY = {"reply": {"en": "We perform as agreed."}}
DISPUTE = {
    "statement": {"zh": "未违约", "en": "There was no breach."},
    "forum": {"zh": "市中级人民法院（2026）民初1号", "en": "Intermediate court, case 1 of 2026"},
}
WHY = {"reason": {"zh": "见函", "en": "See letter"}}


async def read(at: Partnership, path: str, by: tuple[str, str] = OFFICER) -> Any:
    """Read something that is there."""
    answer = await at.get(path, by=by)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def asked(
    at: Partnership, changes: dict[str, Any], *, ground: str = "agreement"
) -> dict[str, Any]:
    """Return the body of a proposal to change the contract as it is."""
    contract = await read(at, f"/v1/contracts/{at.contract_id}")
    return {"base_digest": contract["terms_digest"], "ground": ground, "changes": changes, **WHY}


async def propose(
    at: Partnership,
    changes: dict[str, Any],
    *,
    by: tuple[str, str] = OFFICER,
    ground: str = "agreement",
) -> httpx.Response:
    """Propose a change."""
    body = await asked(at, changes, ground=ground)
    return await at.post(f"/v1/contracts/{at.contract_id}/changes", body, by=by)


async def proposed(at: Partnership, changes: dict[str, Any], **how: Any) -> dict[str, Any]:
    """Propose a change, and return it as its parties read it."""
    answer = await propose(at, changes, **how)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = await read(at, f"/v1/contract-changes/{answer.json()['id']}")
    return found


async def sign(at: Partnership, change: dict[str, Any], party: str) -> httpx.Response:
    """Sign a change for a party."""
    path = f"/v1/contract-changes/{change['id']}/signatures"
    return await at.post(path, {"digest": change["terms_digest"]}, by=(party, "signatory"))


async def signed(at: Partnership, change: dict[str, Any]) -> dict[str, Any]:
    """Have every party sign a change, and return the contract after it."""
    for party in PARTIES:
        answer = await sign(at, change, party)
        assert answer.status_code == 201, answer.text
    found: dict[str, Any] = await read(at, f"/v1/contracts/{at.contract_id}")
    return found


async def end(
    at: Partnership, change: dict[str, Any], how: str, *, by: tuple[str, str]
) -> httpx.Response:
    """Withdraw or reject a proposal."""
    path = f"/v1/contract-changes/{change['id']}/{how}"
    return await at.post(path, WHY, by=by, If_Match=f'"v{change["version"]}"')


def code(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of a problem."""
    return answer.status_code, answer.json()["code"]


def instead(at: Partnership, leaving: str, joining: str, **how: str) -> dict[str, Any]:
    """Return a change that puts one organisation in the place of another."""
    return {
        "substitution": {"leaving_id": at.id_of(leaving), "joining_id": at.id_of(joining), **how},
    }


async def approve(at: Partnership, change: dict[str, Any], who: str) -> httpx.Response:
    """Have somebody of the authority approve a change."""
    path = f"/v1/contract-changes/{change['id']}/approval"
    return await at.post(path, None, by=("city", who), If_Match="*")


async def say(
    at: Partnership, change: dict[str, Any], how: str, body: object, *, by: tuple[str, str]
) -> httpx.Response:
    """Reply to an exclusion, or dispute it."""
    return await at.post(f"/v1/contract-changes/{change['id']}/{how}", body, by=by, If_Match="*")
