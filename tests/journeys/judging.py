"""Calls what judges and verifies milestones, so that each operation has an example."""

from typing import Any

from ecosystem.cli.caller import Caller
from ecosystem.cli.texts import text
from ecosystem.cli.world import World, wire

REASON = {"reason": text("示例", "An example")}


def verify(world: World) -> None:
    """Have the verifier confirm a milestone that the terms have verified."""
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    listed = call.get(f"{contract}/milestones", "city/officer", limit=100)["data"]
    (found,) = (one["id"] for one in listed if one["code"] == "maturity-assessed")
    there = f"/v1/milestones/{found}"
    _submit(world, there)
    report = call.upload(
        f"{contract}/documents", "verifier/verifier", name="report.txt", media_type="text/plain",
        content=f"{there}: confirmed\n".encode(),
    )  # fmt: skip
    said = {"outcome": "confirmed", "report": report["id"], "reasons": text("属实", "It is so")}
    call.post(f"{there}/verification", "verifier/verifier", said, changes=there)
    call.get("/v1/milestones", "city/officer", in_state="submitted")


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
    due = call.get(f"{contract}/payments", "city/treasurer")["data"]
    computed = [one for one in due if one["state"] == "computed"]
    if computed:
        there = f"/v1/payments/{computed[0]['id']}"
        call.post(f"{there}/rejection", "city/approver", REASON, changes=there)


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


def explain(call: Caller, sent: str) -> None:
    """Ask about the price of an offer, and accept what its bidder answers."""
    question = {"question": text("如何做到此价格？", "How is this price possible?")}
    made = call.post(f"/v1/offers/{sent}/price-explanations", "city/officer", question)
    there = f"/v1/price-explanations/{made['id']}"
    call.get("/v1/price-explanations", "second_enterprise/bidder")
    answer = {"answer": text("沿用既有平台", "We run the platform already")}
    call.post(f"{there}/answer", "second_enterprise/bidder", answer, changes=there)
    judged = {"outcome": "accepted", "reasons": text("解释合理", "That explains it")}
    call.post(f"{there}/decision", "city/officer", judged, changes=there)
    call.get(there, "city/officer")
