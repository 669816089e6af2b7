"""What cannot be taken back is done only by a person who has just used her passkey (RFC 9470)."""

from typing import Any, Final

import httpx
import pytest

from ecosystem.runtime.operation import Operation
from ecosystem.values.actor import Role
from ecosystem.values.permit import Permit
from tests.conventions.everything import OPERATIONS, unknown
from tests.parties import able, bearer, seeded

GUARDED: Final = [one for one in OPERATIONS if one.permit.step_up]
MAX_S: Final = 900
CHALLENGE: Final = (
    'Bearer error="insufficient_user_authentication", acr_values="phr", max_age="900"'
)


async def _sent(client: httpx.AsyncClient, one: Operation, **login: Any) -> httpx.Response:
    """Send what is right in everything but its body, about a thing that is not there."""
    party, person = next(able(await seeded(client), one.permit))
    headers = await bearer(client, party.key, person.key, **login)
    return await client.request(
        one.method,
        unknown(one),
        content=b"{}",
        headers=headers | {"Content-Type": one.accepts, "Idempotency-Key": "k", "If-Match": '"v1"'},
    )


def test_openings_awards_signatures_payments_and_verifications_ask_for_it() -> None:
    assert {one.name for one in GUARDED} >= {
        "read_sealed_shares", "hand_in_shares", "propose_award", "approve_award", "sign_contract",
        "approve_payment", "instruct_payment", "verify_organisation", "suspend_organisation",
        "change_roles", "invite_person", "add_client",
    }  # fmt: skip


@pytest.mark.parametrize("one", GUARDED, ids=lambda one: one.name)
@pytest.mark.parametrize(
    "login", [{"acr": "pwd"}, {"authenticated_ago_s": MAX_S + 2}], ids=["weak", "old"]
)
async def test_a_weak_or_an_old_login_is_told_what_to_prove(
    client: httpx.AsyncClient, one: Operation, login: dict[str, Any]
) -> None:
    answer = await _sent(client, one, **login)

    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"] == CHALLENGE
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "insufficient_user_authentication"
    assert one.permit.act in answer.json()["detail"]


@pytest.mark.parametrize("one", GUARDED, ids=lambda one: one.name)
async def test_a_passkey_used_a_short_while_ago_is_enough(
    client: httpx.AsyncClient, one: Operation
) -> None:
    answer = await _sent(client, one, authenticated_ago_s=MAX_S - 60)

    assert answer.status_code in {400, 404}, answer.text


async def test_time_is_real_time_however_far_the_sandbox_has_gone(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/v1/sandbox/clock", json={"now": "2031-01-01T00:00:00Z"})

    answer = await _sent(client, GUARDED[0])

    assert answer.status_code in {400, 404}, answer.text


async def test_who_may_not_do_it_at_all_is_not_asked_to_prove_more(
    client: httpx.AsyncClient,
) -> None:
    others = {
        Role.LENDER: await bearer(client, "bank", "lender", acr="pwd"),
        Role.DELIVERY: await bearer(client, "enterprise", "delivery", acr="pwd"),
        Role.AUDITOR: await bearer(client, "auditor", "auditor", acr="pwd"),
    }

    for one in (guarded for guarded in GUARDED if guarded.permit.roles):
        headers = next(who for role, who in others.items() if role not in one.permit.roles)
        answer = await client.request(one.method, unknown(one), headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), one.name


def test_a_permit_that_asks_a_program_for_a_passkey_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="asks a program to prove who it is"):
        Permit(act="open the safe", scope="offers:open", roles=(Role.OPENER,), step_up=True)
