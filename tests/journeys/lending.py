"""Calls what a bank and a supplier do with each other, each operation once."""

from datetime import timedelta
from typing import Any

from ecosystem.cli.texts import text
from ecosystem.cli.world import World, wire

_REASON = {"reason": text("另行安排", "Arranged otherwise")}
_TERMS: dict[str, Any] = {
    "amount": {"amount": "500000.00", "currency": "CNY"},
    "annual_rate": "4.2",
    "day_count": "actual_365",
    "tenor_months": 12,
    "repayment": "equal_principal",
    "drawdowns": [
        {
            "code": "insured", "share": "100",
            "conditions": [
                {
                    "kind": "document_presented", "code": "policy",
                    "description": text("保单", "The insurance policy"),
                }
            ],
        }
    ],
}  # fmt: skip
LENDER, SIGNS, BORROWER = "bank/lender", "bank/signatory", "enterprise/delivery"


def finance(world: World) -> None:
    """Lend as was awarded, lend beside it, assign what the contract pays, and disclose it."""
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    awarded = f"/v1/facilities/{call.post(f'{contract}/facilities', LENDER, {})['id']}"
    call.get("/v1/facilities", LENDER)
    call.get(awarded, BORROWER)
    _drawn(world, awarded)
    _beside(world, contract)
    _assigned(world, contract, awarded)
    _disclosed(world, contract)


def _drawn(world: World, facility: str) -> None:
    """Draw what the take-over opens; repay a part, and restate what is left."""
    call, today = world.caller, world.now.date().isoformat()
    asked = {"part": "part-1", "amount": {"amount": "2400000.00", "currency": "CNY"}}
    there = f"/v1/drawdowns/{call.post(f'{facility}/drawdowns', BORROWER, asked)['id']}"
    call.post(f"{there}/approval", SIGNS, changes=there)
    paid = {"disbursed_on": today, "bank_reference": "SCDB 0001"}
    call.post(f"{there}/disbursement", LENDER, paid, changes=there)
    call.get(there, BORROWER)
    call.get(f"{facility}/drawdowns", BORROWER)
    call.get(f"{facility}/position", LENDER)
    came_in = {
        "amount": {"amount": "10000.00", "currency": "CNY"}, "received_on": today,
        "bank_reference": "SCDB 0002",
    }  # fmt: skip
    made = call.post(f"{facility}/repayments", LENDER, came_in)
    call.get(f"/v1/repayments/{made['id']}", BORROWER)
    call.get(f"{facility}/repayments", BORROWER)
    call.post(f"{there}/schedules", LENDER, {"months": 48, "grace_months": 12, **_REASON})
    call.get(f"{there}/schedules", BORROWER)


def _beside(world: World, contract: str) -> None:
    """Offer two facilities more; refuse one, agree to the other, draw nothing of it, close it."""
    call = world.caller
    refused, agreed = (
        f"/v1/facilities/{call.post(f'{contract}/facilities', LENDER, {'terms': _TERMS})['id']}"
        for _ in range(2)
    )
    call.post(f"{refused}/refusal", "enterprise/signatory", _REASON, changes=refused)
    call.post(f"{agreed}/agreement", "enterprise/signatory", changes=agreed)
    policy = call.upload(
        f"{contract}/documents", BORROWER, name="policy.txt", media_type="text/plain",
        content="保单\n".encode(),
    )["id"]  # fmt: skip
    asked = {
        "part": "insured", "amount": {"amount": "1000.00", "currency": "CNY"},
        "presents": [{"condition": "policy", "document_id": policy}],
    }  # fmt: skip
    for act, by, body in (("withdrawal", BORROWER, None), ("refusal", LENDER, _REASON)):
        there = f"/v1/drawdowns/{call.post(f'{agreed}/drawdowns', BORROWER, asked)['id']}"
        call.post(f"{there}/{act}", by, body, changes=there)
    call.post(f"{agreed}/closure", LENDER, changes=agreed)


def _assigned(world: World, contract: str, facility: str) -> None:
    """Notify the city of an assignment, which refuses one and acknowledges the other."""
    call, approver = world.caller, "city/approver"
    for act, body in (("refusal", _REASON), ("acknowledgement", None)):
        made = call.post(f"{facility}/assignments", "enterprise/signatory")
        there = f"/v1/assignments/{made['id']}"
        call.post(f"{there}/{act}", approver, body, changes=there)
    call.get(there, LENDER)
    call.get(f"{contract}/assignments", approver)
    call.post(f"{there}/release", LENDER, _REASON, changes=there)


def _disclosed(world: World, contract: str) -> None:
    """Let the bank see the contract for a year, and end one consent before its time."""
    call, by = world.caller, "enterprise/signatory"
    asked = {
        "lender_id": call.organisation("bank"),
        "scopes": ["payments", "calculations", "milestones", "observations"],
        "until_at": wire(world.now + timedelta(days=3650)),
    }
    call.post(f"{contract}/disclosures", by, asked)
    there = f"/v1/disclosures/{call.post(f'{contract}/disclosures', by, asked)['id']}"
    call.get(there, LENDER)
    call.get(f"{contract}/disclosures", LENDER)
    call.get(f"{contract}/disclosed", LENDER)
    call.post(f"{there}/revocation", by, changes=there)
