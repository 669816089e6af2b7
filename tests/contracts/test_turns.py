"""A contract is suspended, goes on, ends early or is completed by two hands, and is closed."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.contracts.turning import rules
from ecosystem.contracts.turning.model import ProposeFacts, ReplyFacts, TurnFacts
from ecosystem.milestones.replanning import rules as replanning
from ecosystem.milestones.replanning.model import CancelFacts, MoveFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.changing import OFFICER, WHY, code, propose, read
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

SUPPLIER = ("enterprise", "delivery")
APPROVER = ("city", "approver")
RULES: Rules = {
    "turn.proposed": (rules.propose, ProposeFacts),
    "turn.replied": (rules.reply, ReplyFacts),
    "turn.approved": (rules.approve, TurnFacts),
    "turn.withdrawn": (rules.withdraw, TurnFacts),
    "contract.suspended": (rules.approve, TurnFacts),
    "contract.resumed": (rules.approve, TurnFacts),
    "contract.terminated": (rules.approve, TurnFacts),
    "milestone.moved": (replanning.move, MoveFacts),
    "milestone.cancelled": (replanning.cancel, CancelFacts),
}


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    return await (await awarded(client, database, superuser)).active()


async def _propose(
    at: Partnership, kind: str, *, by: tuple[str, str] = OFFICER, **more: Any
) -> httpx.Response:
    path = f"/v1/contracts/{at.contract_id}"
    return await at.post(f"{path}/turns", {"kind": kind, **more, **WHY}, by=by, If_Match="*")


async def _act(
    at: Partnership, turn_id: str, act: str, body: object = None, *, by: tuple[str, str] = APPROVER
) -> httpx.Response:
    return await at.post(f"/v1/contract-turns/{turn_id}/{act}", body, by=by, If_Match="*")


async def _taken(at: Partnership, kind: str, **more: Any) -> dict[str, Any]:
    """Have a turn proposed and approved; return the contract after it."""
    proposed = await _propose(at, kind, **more)
    assert proposed.status_code == 201, proposed.text
    approved = await _act(at, proposed.json()["id"], "approval")
    assert approved.status_code == 201, approved.text
    found: dict[str, Any] = await read(at, f"/v1/contracts/{at.contract_id}")
    return found


async def _milestones(at: Partnership) -> dict[str, dict[str, Any]]:
    path = f"/v1/contracts/{at.contract_id}/milestones?limit=100"
    return {one["code"]: one for one in (await read(at, path))["data"]}


async def _submit(at: Partnership, code_: str = "takeover") -> httpx.Response:
    milestone = (await _milestones(at))[code_]
    documents = [
        (await at.file(f"%PDF-1.7 {code_} {one}".encode(), by=SUPPLIER)).json()["id"]
        for one in range(2)
    ]
    shown = {
        "documents": documents, "delivered_at": "2025-04-01T00:00:00Z",
        "declaration": {"en": "Done"},
    }  # fmt: skip
    path = f"/v1/milestones/{milestone['id']}/submission"
    return await at.post(path, shown, by=SUPPLIER, If_Match="*")


async def _accepted(at: Partnership) -> None:
    assert (await _submit(at)).status_code == 201
    milestone = (await _milestones(at))["takeover"]
    path = f"/v1/milestones/{milestone['id']}/acceptance"
    await at.made(path, None, by=OFFICER, If_Match="*")


async def test_a_suspended_contract_takes_no_submission_claim_or_change_and_its_dates_move(
    active: Partnership, database: Database
) -> None:
    await _accepted(active)
    before = (await _milestones(active))["catalogue-published"]["due_at"]
    suspended = await _taken(active, "suspension", ground="force-majeure")
    listed = await read(active, f"/v1/contracts/{active.contract_id}/payments")
    claim = f"/v1/payments/{listed['data'][0]['id']}/claim"
    refused = await active.post(claim, None, by=SUPPLIER, If_Match="*")
    submitted = await _submit(active, "catalogue-published")
    changed = await propose(active, {"due_dates": [{"code": "handover", "due_on": "2028-02-01"}]})
    resumed = await _taken(active, "resumption")

    after = (await _milestones(active))["catalogue-published"]["due_at"]
    assert suspended["state"] == "suspended"
    assert code(refused) == code(submitted) == (409, "contract_suspended")
    assert code(changed) == (409, "contract_not_active")
    assert (resumed["state"], resumed["suspended_at"]) == ("active", None)
    moved = datetime.fromisoformat(after) - datetime.fromisoformat(before)
    assert moved == timedelta(days=1)
    assert resumed["ends_on"] != resumed["terms"]["period"]["ends_on"]
    await replayed(database, RULES)


async def test_two_hands_suspend_and_only_the_authoritys(active: Partnership) -> None:
    foreign = await _propose(active, "suspension", by=SUPPLIER, ground="force-majeure")
    groundless = await _propose(active, "suspension")
    strange = await _propose(active, "suspension", ground="breach")
    proposed = await _propose(active, "suspension", ground="safety")
    second = await _propose(active, "termination", ground="agreement")
    supplier = await _act(active, proposed.json()["id"], "approval", by=("enterprise", "signatory"))

    assert code(foreign) == (403, "not_turning")
    assert code(groundless) == code(strange) == (422, "turn_ungrounded")
    assert code(second) == (409, "turn_open")
    assert code(supplier) == (403, "not_approving")


async def test_an_end_waits_for_the_other_sides_reply_and_returns_what_is_not_earned(
    active: Partnership, database: Database
) -> None:
    await _accepted(active)
    account = f"/v1/contracts/{active.contract_id}/closing-account"
    before = await read(active, f"/v1/programmes/{active.programme_id}")
    proposed = (await _propose(active, "termination", ground="breach")).json()
    early = await _act(active, proposed["id"], "approval")
    own = await _act(active, proposed["id"], "reply", {"reply": {"en": "No"}}, by=OFFICER)
    said = {"reply": {"zh": "不同意", "en": "We do not agree"}}
    replied = await _act(active, proposed["id"], "reply", said, by=SUPPLIER)
    approved = await _act(active, proposed["id"], "approval")

    assert code(early) == (409, "reply_awaited")
    assert code(own) == (403, "not_replying")
    assert replied.status_code == approved.status_code == 201, approved.text
    closed, after = (
        await read(active, account),
        await read(active, f"/v1/programmes/{active.programme_id}"),
    )
    states = {one["state"] for one in (await _milestones(active)).values()}
    assert (closed["state"], closed["is_balanced"]) == ("terminated", True)
    assert states == {"accepted", "cancelled"}
    amount = {name: Decimal(one["amount"]) for name, one in closed.items() if isinstance(one, dict)}
    assert amount["retained"] == amount["bound"] == Decimal("17700.00")
    assert amount["payable"] == amount["calculated"] == Decimal("572300.00")
    assert amount["returned"] == Decimal("11800000.00") - 572300 - 17700
    assert (
        Decimal(after["available"]["amount"]) - Decimal(before["available"]["amount"])
        == (amount["returned"])
    )
    payment = (await read(active, f"/v1/contracts/{active.contract_id}/payments"))["data"][0]
    claim = await active.post(
        f"/v1/payments/{payment['id']}/claim", None, by=SUPPLIER, If_Match="*"
    )
    assert claim.status_code == 201, claim.text
    assert (await replayed(database, RULES))["contract.terminated"] == 1


async def test_an_end_by_agreement_is_approved_by_the_other_side(active: Partnership) -> None:
    proposed = (await _propose(active, "termination", ground="agreement", by=SUPPLIER)).json()
    own = await _act(active, proposed["id"], "approval", by=("enterprise", "signatory"))
    other = await _act(active, proposed["id"], "approval")

    assert code(own) == (403, "not_approving")
    assert other.status_code == 201, other.text
    late = await _propose(active, "suspension", ground="safety")
    assert code(late) == (409, "turn_unfit")


async def test_what_is_submitted_is_judged_before_an_end_and_what_is_open_before_completion(
    active: Partnership,
) -> None:
    complete = (await _propose(active, "completion")).json()
    unfinished = await _act(active, complete["id"], "approval")
    assert (await _act(active, complete["id"], "withdrawal", by=OFFICER)).status_code == 201
    await _submit(active)
    proposed = (await _propose(active, "termination", ground="agreement")).json()
    unjudged = await _act(active, proposed["id"], "approval", by=("enterprise", "signatory"))

    assert code(unfinished) == code(unjudged) == (409, "milestones_open")


async def test_a_completion_by_agreement_waits_for_its_payments(active: Partnership) -> None:
    await _accepted(active)
    proposed = (await _propose(active, "completion", by_agreement=True)).json()
    signatory = ("enterprise", "signatory")
    unpaid = await _act(active, proposed["id"], "approval", by=signatory)
    payments = (await read(active, f"/v1/contracts/{active.contract_id}/payments"))["data"]
    rejected = [
        await active.post(f"/v1/payments/{one['id']}/rejection", WHY, by=APPROVER, If_Match="*")
        for one in payments
    ]
    done = await _act(active, proposed["id"], "approval", by=signatory)

    assert code(unpaid) == (409, "payments_open")
    assert {one.status_code for one in rejected} == {201}
    assert done.status_code == 201, done.text
    contract = await read(active, f"/v1/contracts/{active.contract_id}")
    assert (contract["state"], contract["ended_at"] is not None) == ("completed", True)


async def test_a_submission_or_the_suspension_is_first_and_both_know_it(
    active: Partnership,
) -> None:
    proposed = (await _propose(active, "suspension", ground="safety")).json()
    milestone = (await _milestones(active))["takeover"]
    documents = [
        (await active.file(f"%PDF-1.7 {one}".encode(), by=SUPPLIER)).json()["id"]
        for one in range(2)
    ]
    shown = {
        "documents": documents, "delivered_at": "2025-04-01T00:00:00Z",
        "declaration": {"en": "Done"},
    }  # fmt: skip
    await active.as_(*APPROVER)
    path = f"/v1/milestones/{milestone['id']}/submission"
    submitted, approved = await asyncio.gather(
        active.post(path, shown, by=SUPPLIER, If_Match="*"),
        _act(active, proposed["id"], "approval"),
    )

    assert approved.status_code == 201
    assert submitted.status_code == 201 or code(submitted) == (409, "contract_suspended")
    state = (await _milestones(active))["takeover"]["state"]
    assert state == ("submitted" if submitted.status_code == 201 else "planned")


TAKEN = (
    "UPDATE contract_turn SET state = 'in_force', version = version + 1, ended_at = now(),"
    " ended_by = 'someone', moved_days = 0, ordinal = 1"
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contract SET state = 'terminated', ended_at = now()",
        "UPDATE contract SET state = 'suspended', suspended_at = now(), turns = turns + 1",
        TAKEN,
        "UPDATE contract_turn SET reply_by = NULL",
    ],
)
async def test_no_contract_ends_by_one_hand_in_the_database(
    active: Partnership, superuser: str, statement: str
) -> None:
    await _propose(active, "termination", ground="breach")
    connection = await asyncpg.connect(superuser)
    transaction = connection.transaction()
    await transaction.start()

    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await connection.execute(f"{statement} WHERE true")

    await transaction.rollback()
    await connection.close()
