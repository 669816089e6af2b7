"""The part of the tour that disputes and rejects, and that reconciles with the bank."""

from datetime import timedelta
from typing import Any

from ecosystem.cli.bank import booked
from ecosystem.cli.texts import text
from ecosystem.cli.world import World, wire

REASON = {"reason": text("示例", "An example")}


def judge(world: World) -> None:
    """Reject a milestone, accept others wholly and in part, and reject a payment."""
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    listed = call.get(f"{contract}/milestones", "city/officer", limit=100)["data"]
    planned = [one for one in listed if one["state"] == "planned"]
    ordered = sorted(planned, key=lambda one: str(one["due_at"]))
    acts = ("rejection", "acceptance", "qualified-acceptance")
    why = {"reasons": text("缺少目录", "The index is missing"), "remedy": text("补充", "Add it")}
    for one, act in zip(ordered, acts, strict=False):
        there = f"/v1/milestones/{one['id']}"
        kinds = _submit(world, there)
        rest = {**why, "findings": [{"part": kinds[-1], **why}]}
        part = {"share": "0.4", "rest": rest}
        bodies: dict[str, dict[str, Any]] = {"rejection": rest, "qualified-acceptance": part}
        call.post(f"{there}/{act}", "city/officer", bodies.get(act), changes=there)
        call.get(f"{there}/rounds", "city/officer")
    computed = _computed(world)
    if computed:
        _dispute_whole(world, computed[0]["calculation_id"])
        there = _dispute(world, f"/v1/payments/{_computed(world)[0]['id']}")
        call.post(f"{there}/rejection", "city/approver", REASON, changes=there)


def deduct(world: World) -> None:
    """Have something deducted, have each member reply to it, and answer both."""
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    listed = call.get(f"{contract}/metrics", "enterprise/delivery", limit=100)["data"]
    metric = next(one["id"] for one in listed if one["code"] == "platform-availability")
    ends_on = world.now.date()
    report = {
        "period": {
            "starts_on": (ends_on - timedelta(days=30)).isoformat(),
            "ends_on": ends_on.isoformat(),
        },
        "value": "98.5",
        "source": "platform",
        "method": text("全部记录", "All records"),
    }
    made = call.post(f"/v1/metrics/{metric}/observations", "enterprise/delivery", report)
    there = f"/v1/observations/{made['id']}"
    call.post(f"{there}/verification", "verifier/verifier", REASON, changes=there)
    deduction = call.get(f"{contract}/deductions", "enterprise/delivery")["data"][0]
    there = f"/v1/deductions/{deduction['id']}"
    said = {"reply": text("停机由采购人电源造成", "The authority's own supply of power failed")}
    for member in ("think_tank", "enterprise"):
        call.post(f"{there}/reply", f"{member}/delivery", said, changes=there)
    kept = {"kept": {"amount": "1.00", "currency": "CNY"}}
    why = {"reasons": text("属实，象征性扣款", "So it was; a token is kept")}
    answers = [
        {"organisation_id": call.organisation(member), **why}
        for member in ("enterprise", "think_tank")
    ]
    decided = {**kept, **why, "answers": answers}
    call.post(f"{there}/decision", "city/approver", decided, changes=there)
    call.get(there, "enterprise/delivery")


def pay_late(world: World) -> None:
    """Settle a payment after its due date, and make payable what it has earned."""
    call = world.caller
    there = f"/v1/payments/{_computed(world)[0]['id']}"
    call.post(f"{there}/claim", "enterprise/delivery", changes=there)
    call.post(f"{there}/approval", "city/approver", changes=there)
    call.post(f"{there}/instruction", "city/treasurer", changes=there)
    world.set_clock(world.now + timedelta(days=40))
    settled = {"bank_reference": "late-0001", "settled_on": world.now.date().isoformat()}
    call.post(f"{there}/settlement", "city/treasurer", settled, changes=there)
    call.post(f"{there}/late-interest", "city/treasurer", changes=there)


def _computed(world: World) -> list[dict[str, Any]]:
    """Return the lead's payments that nobody has claimed, the newest first."""
    call, lead_id = world.caller, world.caller.organisation("enterprise")
    due = call.get(f"/v1/contracts/{world.ids['contract']}/payments", "city/treasurer")["data"]
    return [one for one in due if (one["state"], one["payee_id"]) == ("computed", lead_id)]


def _dispute_whole(world: World, calculation_id: str) -> None:
    """Dispute a calculation, and have each member forgo its part."""
    call, approver = world.caller, "city/approver"
    part = {"amount": {"amount": "3.00", "currency": "CNY"}, **REASON}
    call.post(f"/v1/calculations/{calculation_id}/dispute", approver, part)
    nothing = {"payable": {"amount": "0", "currency": "CNY"}, **REASON}
    listed = call.get(f"/v1/contracts/{world.ids['contract']}/payment-disputes", approver)["data"]
    members = {call.organisation(one): one for one in ("enterprise", "think_tank")}
    for one in listed:
        there = f"/v1/payment-disputes/{one['id']}"
        by = f"{members[one['payee_id']]}/delivery"
        call.post(f"{there}/proposal", by, nothing, changes=there)
        call.post(f"{there}/resolution", approver, changes=there)


def _dispute(world: World, there: str) -> str:
    """Dispute a part of a payment, and agree on it; return where the other part is."""
    call, approver = world.caller, "city/approver"
    part = {"amount": {"amount": "10.00", "currency": "CNY"}, **REASON}
    made = call.post(f"{there}/dispute", approver, part, changes=there)
    dispute = f"/v1/payment-disputes/{made['id']}"
    wish = {"payable": {"amount": "4.00", "currency": "CNY"}, **REASON}
    call.post(f"{dispute}/proposal", "enterprise/delivery", wish, changes=dispute)
    call.post(f"{dispute}/resolution", approver, changes=dispute)
    call.get(f"/v1/contracts/{world.ids['contract']}/payment-disputes", approver)
    rest: str = call.get(dispute, approver)["rest_id"]
    return f"/v1/payments/{rest}"


def reconcile(world: World) -> None:
    """Read what went to the bank and came back, and resolve what matches no payment."""
    call, treasurer = world.caller, "city/treasurer"
    call.get("/v1/payment-files", treasurer)
    call.get(f"/v1/payment-files/{world.ids['payment_file']}", treasurer)
    call.get("/v1/bank-reports", treasurer)
    content = call.text(f"/v1/payment-files/{world.ids['payment_file']}/content", treasurer)
    strange = content.replace("<EndToEndId>", "<EndToEndId>x")
    report = call.upload(
        "/v1/bank-reports",
        treasurer,
        name="strange.xml",
        media_type="application/xml",
        content=booked(strange.encode(), "bank-2027-0003", on=world.now.date()),
    )
    call.get(f"/v1/bank-reports/{report['id']}", treasurer)
    item, *_ = call.get("/v1/bank-items", treasurer, outcome="unmatched")["data"]
    there = f"/v1/bank-items/{item['id']}"
    call.get(there, treasurer)
    note = {"note": text("银行误记，已更正", "The bank booked it by mistake, and has corrected it")}
    call.post(f"{there}/resolution", treasurer, note, changes=there)


def _submit(world: World, there: str) -> list[str]:
    """Submit a milestone with all that is asked for; return which deliverables that are."""
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    kinds: list[str] = call.get(there, "city/officer")["evidence_asked"]
    documents = [
        call.upload(
            f"{contract}/documents", "enterprise/delivery", name=f"{kind}.txt",
            media_type="text/plain", content=f"{there}: {kind}\n".encode(),
        )["id"]
        for kind in kinds
    ]  # fmt: skip
    delivered = {
        "documents": documents,
        "delivered_at": wire(world.now),
        "declaration": text("完成", "Done"),
    }
    call.post(f"{there}/submission", "enterprise/delivery", delivered, changes=there)
    return kinds
