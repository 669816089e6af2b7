"""The second half of a partnership: from a contract to an audited payment."""

from datetime import timedelta

from ecosystem.cli.texts import text
from ecosystem.cli.world import World, budget_of, digest_of, money, wire


def contract(world: World) -> list[str]:
    """Grow the contract from its standard form, and have every party sign it."""
    call = world.caller
    draft = {
        "award_id": world.ids["award of consortium"],
        "financing_award_id": world.ids["award of financing"],
        "verifier_id": call.organisation("verifier"),
        "starts_on": (world.now + timedelta(days=5)).date().isoformat(),
        "values": {
            "platform_name": "深圳城市数据平台",
            "quality_baseline": "88",
            "sharing_baseline": "72",
        },
    }
    made = call.post("/v1/contracts", "city/officer", draft)
    path = f"/v1/contracts/{made['id']}"
    digest = call.get(path, "city/officer")["terms_digest"]
    for party in ("city", "enterprise", "think_tank", "verifier", "bank"):
        call.post(f"{path}/signatures", f"{party}/signatory", {"digest": digest})
    signed = call.get(path)
    world.ids["contract"] = made["id"]
    world.facts["contract"] = f"{made['id']}, {money(signed['terms']['value'])}"
    return [f"Signed by five over {digest[:16]}...; it is {signed['state']}.", *budget_of(world)]


def milestone(world: World) -> list[str]:
    """Deliver the first milestone, with evidence, and have it accepted."""
    call, path = world.caller, f"/v1/contracts/{world.ids['contract']}"
    first = min(
        call.get(f"{path}/milestones", "city/officer", limit=100)["data"],
        key=lambda one: one["due_at"],
    )
    world.ids["milestone"] = first["id"]
    there = f"/v1/milestones/{first['id']}"
    whole = call.get(there, "enterprise/delivery")
    world.set_clock(world.now + timedelta(days=50))
    world.moments["submitted"] = wire(world.now)
    documents = [
        call.upload(
            f"{path}/documents", "enterprise/delivery", name=f"{kind}.txt", media_type="text/plain",
            content=f"{kind}: 接管完成，基线已核对。\n".encode(),
        )["id"]
        for kind in whole["evidence_asked"]
    ]  # fmt: skip
    delivered = {
        "documents": documents,
        "delivered_at": wire(world.now - timedelta(days=1)),
        "declaration": text("成果真实完整。", "What is delivered is true and complete."),
    }
    call.post(f"{there}/submission", "enterprise/delivery", delivered, changes=there)
    world.set_clock(world.now + timedelta(days=3))
    call.post(f"{there}/acceptance", "city/officer", changes=there)
    shown = call.get(there, "city/officer")
    return [
        f"“{shown['title']['zh']}” is {shown['state']}, {len(documents)} documents as evidence."
    ]


def payment(world: World) -> list[str]:
    """Pay what the accepted milestone makes payable."""
    return _pay(world, "bank-2027-0001")


def outcome(world: World) -> list[str]:
    """Report an outcome, have a think tank verify it, and pay for it."""
    call, path = world.caller, f"/v1/contracts/{world.ids['contract']}"
    metrics = call.get(f"{path}/metrics", "enterprise/delivery", limit=100)["data"]
    metric = next(one for one in metrics if one["code"] == "data-quality")
    world.set_clock(world.now + timedelta(days=60))
    ends_on = world.now.date()
    report = {
        "period": {
            "starts_on": (ends_on - timedelta(days=91)).isoformat(),
            "ends_on": ends_on.isoformat(),
        },
        "value": "95.5",
        "source": "platform",
        "method": text("分层随机抽样 1200 条", "Stratified random sample of 1,200 records"),
        "sample_size": 1200,
    }
    made = call.post(f"/v1/metrics/{metric['id']}/observations", "enterprise/delivery", report)
    world.ids["observation"] = made["id"]
    found = {"reason": text("独立抽样复算一致", "Our own sample gives the same value")}
    there = f"/v1/observations/{made['id']}"
    call.post(f"{there}/verification", "verifier/verifier", found, changes=there)
    line = f"{metric['title']['en']}: {report['value']} %, verified by an independent think tank."
    return [line, *_pay(world, "bank-2027-0002")]


def _pay(world: World, reference: str) -> list[str]:
    call = world.caller
    listed = call.get(f"/v1/contracts/{world.ids['contract']}/payments", "city/treasurer")["data"]
    due = next(one for one in listed if one["state"] == "computed")
    path = f"/v1/payments/{due['id']}"
    explained = call.get(f"{path}/calculation", "enterprise/delivery")
    call.post(f"{path}/claim", "enterprise/delivery", changes=path)
    call.post(f"{path}/approval", "city/approver", changes=path)
    call.post(f"{path}/instruction", "city/treasurer", changes=path)
    settled = {"bank_reference": reference, "settled_on": world.now.date().isoformat()}
    call.post(f"{path}/settlement", "city/treasurer", settled, changes=path)
    call.post(f"{path}/receipt", "enterprise/delivery", changes=path)
    world.ids.setdefault("payment", due["id"])
    world.facts[f"paid, {reference}"] = money(due["amount"])
    return [
        f"{money(due['amount'])}: computed, claimed, approved, instructed, settled, received.",
        f"Its calculation has the digest {digest_of(explained)[:16]}...",
        *budget_of(world),
    ]


def audit(world: World) -> list[str]:
    """Read the milestone's history, and how it was before and after its acceptance."""
    call, path = world.caller, f"/v1/milestones/{world.ids['milestone']}"
    history = call.get(f"{path}/history", "auditor/auditor")["data"]
    before = call.get(path, "auditor/auditor", as_of=world.moments["submitted"])
    after = call.get(path, "auditor/auditor", as_of=wire(world.now))
    events = 0
    cursor, more = 0, True
    while more:
        page = call.get("/v1/events", "auditor/auditor", after=cursor, limit=100)
        events, cursor, more = events + len(page["data"]), page["next_after"], page["has_more"]
    world.facts["events"] = f"{events}, up to position {cursor}"
    return [
        f"{len(history)} events of the milestone; it was {before['state']}, now {after['state']}.",
        f"The auditor's feed has {events} events, in one order without gaps.",
    ]
