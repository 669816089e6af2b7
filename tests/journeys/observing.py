"""The part of the tour that observes, one by one and many at once, and that looks back."""

from datetime import timedelta

from ecosystem.cli.texts import text
from ecosystem.cli.world import World, wire

REASON = {"reason": text("示例", "An example")}


def more(world: World, metric: str) -> None:
    """Report two observations, and have them disputed; one is annulled."""
    call = world.caller
    starts = world.now.date()
    for number, act in enumerate(("dispute", "annulment")):
        begins = starts + timedelta(days=100 * number)
        report = {
            "period": {
                "starts_on": begins.isoformat(),
                "ends_on": (begins + timedelta(days=91)).isoformat(),
            },
            "value": "91.0",
            "source": "platform",
            "method": text("抽样", "A sample"),
        }
        world.set_clock(world.now + timedelta(days=200))
        made = call.post(f"{metric}/observations", "enterprise/delivery", report)
        there = f"/v1/observations/{made['id']}"
        call.post(f"{there}/dispute", "city/officer", REASON, changes=there)
        if act == "annulment":
            call.post(f"{there}/annulment", "verifier/verifier", REASON, changes=there)


def many(world: World) -> None:
    """Report a batch of a metric observed by day, verify it, and have a time excused."""
    call = world.caller
    begins = [world.now.date() - timedelta(days=days) for days in (3, 2)]
    rows = [
        {
            "starts_on": day.isoformat(),
            "ends_on": (day + timedelta(days=1)).isoformat(),
            "value": "97.25",
            "source": "质量监测",
        }
        for day in begins
    ]
    contract = f"/v1/contracts/{world.ids['contract']}"
    listed = call.get(f"{contract}/metrics", "city/officer", limit=100)["data"]
    daily = next(one["id"] for one in listed if one["code"] == "response-time")
    metric = f"/v1/metrics/{daily}"
    made = call.post(f"{metric}/batches", "enterprise/delivery", rows)
    found = {
        "period": {"starts_on": rows[0]["starts_on"], "ends_on": rows[-1]["ends_on"]}, **REASON,
    }  # fmt: skip
    call.post(f"{metric}/verifications", "verifier/verifier", found)
    call.get(f"{metric}/batches", "verifier/verifier")
    call.get(f"/v1/batches/{made['id']}", "verifier/verifier")
    call.get(f"{metric}/aggregates", "auditor/auditor")
    asked = {
        "starts_at": f"{begins[0].isoformat()}T00:00:00+08:00",
        "ends_at": f"{begins[1].isoformat()}T00:00:00+08:00",
        "ground": "force_majeure",
        "reason": text("台风停运", "A typhoon stopped everything"),
    }
    excusal = call.post(f"{metric}/excusals", "enterprise/delivery", asked)
    call.get(f"{metric}/excusals", "city/officer")
    there = f"/v1/excusals/{excusal['id']}"
    decided = {"granted": True, **REASON}
    call.post(f"{there}/decision", "city/officer", decided, changes=there)


def look_back(world: World) -> None:
    """Read what happened to each thing that is remembered, and compare how it began with now."""
    call, who = world.caller, "auditor/auditor"
    observation = f"/v1/observations/{world.ids['observation']}"
    metric = f"/v1/metrics/{call.get(observation, who)['metric_id']}"
    contract, milestone = (f"/v1/{one}s/{world.ids[one]}" for one in ("contract", "milestone"))
    call.get("/v1/audit/events", who, type="milestone.*", order="oldest", limit=2)
    call.get("/v1/audit/readings", who, limit=2)
    call.text("/v1/audit/event-file?format=csv&type=milestone.*", who)
    for path in (contract, milestone, metric, observation):
        call.get(f"{path}/history", who, limit=2)
        call.get(f"{path}/comparison", who)
    call.get("/v1/reminders", who, limit=2)
    _find(world, milestone)


def _find(world: World, milestone: str) -> None:
    """Write a finding, reply to it, conclude it, and look again."""
    call, who = world.caller, "auditor/auditor"
    asked = {
        "object_id": milestone.rpartition("/")[2],
        "title": text("资产登记不全", "The register is not complete"),
        "text": text("缺少两项资产。", "Two assets are missing."),
        "reply_by": wire(world.now + timedelta(days=30)),
    }
    there = f"/v1/findings/{call.post('/v1/findings', who, asked)['id']}"
    answered = {"text": text("已补登。", "They have been added.")}
    call.post(f"{there}/replies", "enterprise/delivery", answered)
    again_on = world.now.date() + timedelta(days=3)
    concluded = {
        "outcome": "upheld",
        "reasons": text("将复查。", "We look again."),
        "follow_up_on": again_on.isoformat(),
    }
    call.post(f"{there}/conclusion", who, concluded, changes=there)
    world.set_clock(world.now + timedelta(days=4))
    seen = {"is_remedied": True, "text": text("已补全。", "Now they are there.")}
    call.post(f"{there}/follow-up", who, seen, changes=there)
    call.get("/v1/findings", "city/officer", limit=1)
