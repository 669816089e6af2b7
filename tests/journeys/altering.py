"""Calls what alters a contract in force, each operation once, so that each has an example."""

from datetime import date, timedelta
from typing import Any

from ecosystem.cli.texts import text
from ecosystem.cli.world import World

_REASON = {"reason": text("数据源迁移延期", "The move of the sources takes longer")}
_PARTIES = ("city", "enterprise", "think_tank", "verifier", "bank")


def changes(world: World) -> None:
    """Propose four changes: two are withdrawn, one rejected, one signed by all."""
    _substitute(world)
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    withdrawn = _proposed(world, days=5, by="city/officer")
    call.post(f"{withdrawn}/withdrawal", "city/officer", _REASON, changes=withdrawn)
    rejected = _proposed(world, days=400, by="enterprise/delivery", code="quarterly-report-10")
    call.post(f"{rejected}/rejection", "city/signatory", _REASON, changes=rejected)
    signed = _proposed(world, days=10, by="city/officer")
    digest = call.get(signed, "enterprise/signatory")["terms_digest"]
    for party in _PARTIES:
        call.post(f"{signed}/signatures", f"{party}/signatory", {"digest": digest})
    call.get(f"{contract}/changes", "city/officer")
    call.get(f"{contract}/differences", "city/officer")


def turns(world: World) -> None:
    """Suspend the contract and resume it; propose its end, hear the supplier, and withdraw."""
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    for kind, more in (("suspension", {"ground": "safety"}), ("resumption", {})):
        there = _turn(world, kind=kind, **more)
        call.post(f"{there}/approval", "city/approver", changes=there)
    there = _turn(world, kind="termination", ground="breach")
    reply = {"reply": text("迁移已完成，不构成违约", "The move is done: there is no breach")}
    call.post(f"{there}/reply", "enterprise/delivery", reply, changes=there)
    call.post(f"{there}/withdrawal", "city/officer", changes=there)
    call.get(f"{contract}/turns", "city/officer")
    call.get(f"{contract}/rights-to-end", "city/officer")
    call.get(f"{contract}/closing-account", "city/treasurer")
    call.get("/v1/shortfalls", "city/treasurer", in_state="waiting")


def _substitute(world: World) -> None:
    """Propose another in a member's place, have that approved, and withdraw it.

    Once with the member's consent, and once although it does not agree.
    """
    call = world.caller
    for exclusion in ({}, {"exclusion": "breach"}):
        there = _instead(world, exclusion)
        if exclusion:
            reply = {"reply": text("已按约履行", "All was done as agreed")}
            call.post(f"{there}/reply", "think_tank/delivery", reply, changes=there)
        call.post(f"{there}/approval", "city/approver", changes=there)
        if exclusion:
            forum = {"statement": _REASON["reason"], "forum": text("人民法院", "The court")}
            call.post(f"{there}/dispute", "think_tank/delivery", forum, changes=there)
        call.get(there, "city/officer")
        call.post(f"{there}/withdrawal", "city/officer", _REASON, changes=there)


def _instead(world: World, exclusion: dict[str, str]) -> str:
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    places = {
        "leaving_id": call.organisation("think_tank"),
        "joining_id": call.organisation("second_enterprise"),
        **exclusion,
    }
    asked = {
        "base_digest": call.get(contract, "city/officer")["terms_digest"],
        "ground": "agreement",
        "changes": {"substitution": places},
        **_REASON,
    }
    made = call.post(f"{contract}/changes", "city/officer", asked)
    return f"/v1/contract-changes/{made['id']}"


def _turn(world: World, **asked: Any) -> str:
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    body = {**asked, **_REASON}
    made = call.post(f"{contract}/turns", "city/officer", body, changes=contract)
    there = f"/v1/contract-turns/{made['id']}"
    call.get(there, "city/officer")
    return there


def _proposed(world: World, *, days: int, by: str, code: str = "maturity-assessed") -> str:
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    whole = call.get(contract, by)
    moved: dict[str, Any] = next(one for one in whole["terms"]["milestones"] if one["code"] == code)
    due_on = date.fromisoformat(moved["due_on"]) + timedelta(days=days)
    ends_on = max(due_on, date.fromisoformat(whole["terms"]["period"]["ends_on"]))
    asked = {
        "base_digest": whole["terms_digest"],
        "ground": "agreement",
        "changes": {
            "due_dates": [{"code": code, "due_on": due_on.isoformat()}],
            "ends_on": ends_on.isoformat(),
        },
        **_REASON,
    }
    made = call.post(f"{contract}/changes", by, asked)
    return f"/v1/contract-changes/{made['id']}"
