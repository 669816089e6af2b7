"""The part of the tour that shifts what is left, and that assesses a year."""

from typing import Any

from ecosystem.cli.texts import text
from ecosystem.cli.world import World

REASON = {"reason": text("示例", "An example")}


def shift(world: World) -> None:
    """Propose two transfers to another programme; have one approved and one rejected."""
    call, by = world.caller, "city/treasurer"
    here = f"/v1/programmes/{world.ids['programme']}"
    found = call.get(here)
    kept = ("name", "fiscal_year", "sector", "operation", "currency")
    other = {name: found[name] for name in kept} | {"phase": "construction"}
    target = call.post("/v1/programmes", by, other)["id"]
    asked: dict[str, Any] = {
        "kind": "transfer", "to_id": target, "amount": {"amount": "1000.00", "currency": "CNY"},
        **REASON,
    }  # fmt: skip
    first, second = (call.post(f"{here}/shifts", by, asked)["id"] for _ in range(2))
    there = f"/v1/shifts/{first}"
    call.get(there, by)
    call.post(f"{there}/approval", "city/approver", changes=there)
    there = f"/v1/shifts/{second}"
    call.get(there, by)
    call.post(f"{there}/rejection", "city/approver", REASON, changes=there)
    call.get(f"{here}/shifts")
    call.get(f"{here}/appropriations")
    call.get(f"{here}/transfers", by)
    city = f"/v1/organisations/{call.organisation('city')}/operation-ratio"
    call.get(city)
    call.get(f"{city}/contracts")


def assess(world: World) -> None:
    """Assess the year of the contract's programme; have it reviewed and published, and reply."""
    call, by = world.caller, "city/officer"
    contract = call.get(f"/v1/contracts/{world.ids['contract']}", by)
    asked = {
        "programme_id": contract["programme_id"],
        "fiscal_year": int(contract["starts_on"][:4]),
        "reviewer_id": call.organisation("auditor"),
    }
    made = call.post("/v1/assessments", by, asked)
    there = f"/v1/assessments/{made['id']}"
    oversight = {"reviewer_id": call.organisation("oversight")}
    call.get(there, by)
    call.post(f"{there}/reviewer", by, oversight, changes=there)
    said = {"statement": text("平台按约运行", "The platform ran as agreed")}
    call.post(f"{there}/self-assessment", by, said, changes=there)
    found: dict[str, Any] = {"has_conflict": False, "recommendation": "fix", **REASON}
    call.post(f"{there}/review", "oversight/reviewer", found, changes=there)
    call.post(f"{there}/publication", "city/approver", changes=there)
    answer = {"reply": text("已制定改进计划", "A plan for it is made")}
    call.post(f"{there}/reply", by, answer, changes=there)
    call.get("/v1/assessments")
    call.get(there)
