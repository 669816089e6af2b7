"""A suspended organisation reads, takes back and confirms, and does nothing new."""

import uuid
from pathlib import Path
from typing import Any

import httpx

from ecosystem import app
from ecosystem.identity import access as identity
from ecosystem.manual import describe
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from tests.parties import bearer
from tests.payments.agreement import accept, agree, payments

STILL_DONE = frozenset({
    "register one's opening key",
    "ask for a challenge to an opening key",
    "draft a need",
    "add a file to a need",
    "keep searches for needs",
    "change the draft of a need",
    "reject a proposed award",
    "explain a price",
    "simulate an evaluation",
    "simulate payment rules",
    "simulate what a contract pays",
    "cancel a need",
    "withdraw an offer",
    "withdraw a challenge",
    "decline an award",
    "leave an offer",
    "reject a substitution",
    "withdraw a substitution",
    "declare a conflict of interest or none",
    "withdraw a change of a contract",
    "pause or delete a webhook",
    "withdraw a proposal for the draft of a contract",
    "reply to a termination",
    "withdraw a turn of a contract",
    "reject a change of a contract",
    "reply to one's own exclusion",
    "dispute one's own exclusion",
    "redact a document of a contract",
    "make an address from which a document is downloaded",
    "dispute an observation",
    "dispute a part of a payment",
    "dispute a calculation as a whole",
    "reply to a finding",
    "reject a payment",
    "reply to a deduction",
    "record that the bank has paid",
    "take in a report of the bank",
    "resolve an item that matches no payment",
    "confirm the receipt of a payment",
    "refuse a facility",
    "close a facility",
    "withdraw a drawdown",
    "refuse a drawdown",
    "record a repayment",
    "refuse an assignment",
    "release an assignment",
    "revoke a consent to disclosure",
    "reject a shift of what a programme has left",
    "reply to the review of an assessment",
    identity.ADMINISTER.act,
    identity.MANAGE_CLIENTS.act,
    identity.INVITE.act,
    identity.WITHDRAW_INVITATION.act,
    identity.ACCEPT_INVITATION.act,
    identity.LEAVE.act,
    identity.DEACTIVATE_PERSON.act,
    identity.REACTIVATE_PERSON.act,
    identity.RECOVER.act,
    identity.CHANGE.act,
    identity.LINK_IDENTITY.act,
    identity.REMOVE_IDENTITY.act,
    identity.VERIFY.act,
    identity.SUSPEND.act,
})  # fmt: skip
"""What binds nobody anew: it prepares, takes back, refuses, or says what has happened."""


def test_whatever_binds_or_pays_is_done_for_verified_organisations_alone() -> None:
    unverified = {
        one.permit.act
        for one in describe.operations_of(app.ROUTES)
        if one.method != "GET" and not one.permit.is_public() and not one.permit.verified
    }
    assert unverified == STILL_DONE


async def _suspend(client: httpx.AsyncClient, organisation_id: str) -> None:
    path = f"/v1/organisations/{organisation_id}"
    tag = (await client.get(path)).headers["etag"]
    headers = {**await bearer(client, "platform", "operator"), "If-Match": tag}
    answer = await client.post(
        f"{path}/suspension", json={"reason": "Under inquiry."}, headers=headers
    )
    assert answer.status_code == 200, answer.text


async def _step(
    client: httpx.AsyncClient, path: str, who: dict[str, str], version: int
) -> dict[str, Any]:
    headers = {**who, "If-Match": f'"v{version}"', "Idempotency-Key": str(uuid.uuid4())}
    answer = await client.post(path, headers=headers)
    body: dict[str, Any] = answer.json()
    return body


async def test_a_payee_that_was_suspended_after_its_claim_is_not_paid(
    client: httpx.AsyncClient, database: Database, chosen: Settings
) -> None:
    await client.get("/v1/sandbox/parties")
    agreed = await agree(database, Path(chosen.data_folder or "."))
    await accept(database, agreed, "opening")
    [made] = await payments(database, agreed)
    path = f"/v1/payments/{made['id']}"
    approver = await bearer(client, "city", "approver")
    treasurer = await bearer(client, "city", "treasurer")
    await _step(client, f"{path}/claim", await bearer(client, "enterprise", "delivery"), 1)
    assert (await _step(client, f"{path}/approval", approver, 2))["state"] == "approved"

    await _suspend(client, agreed.parties.party("enterprise").organisation_id)
    refused = await _step(client, f"{path}/instruction", treasurer, 3)

    assert refused["code"] == "payee_not_verified"

    await _suspend(client, agreed.parties.party("city").organisation_id)
    refused = await _step(client, f"{path}/instruction", treasurer, 3)
    assert (refused["code"], "not verified" in refused["detail"]) == ("not_allowed", True)
