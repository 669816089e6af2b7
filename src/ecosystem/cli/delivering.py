"""The second half of a partnership: from a contract to an audited payment."""

from datetime import timedelta

from ecosystem.cli.bank import booked
from ecosystem.cli.texts import text
from ecosystem.cli.world import World, amount, budget_of, called, digest_of, money, wire
from ecosystem.payments.engine import recompute


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
            "quality_baseline": "90",
            "sharing_baseline": "72",
        },
    }
    made = call.post("/v1/contracts", "city/officer", draft)
    path = f"/v1/contracts/{made['id']}"
    _negotiate(world, path)
    digest = call.get(path, "city/officer")["terms_digest"]
    for party in ("city", "enterprise", "think_tank", "verifier", "bank"):
        call.post(f"{path}/signatures", f"{party}/signatory", {"digest": digest})
    signed = call.get(path)
    world.ids["contract"] = made["id"]
    terms = signed["terms"]
    form, period = terms["form"], terms["period"]
    runs = f"{period['starts_on']} to {period['ends_on']}"
    grown = ("milestones", "metrics", "payment_rules")
    counts = ", ".join(f"{len(terms[one])} {one.replace('_', ' ')}" for one in grown)
    world.facts["contract"] = f"{money(terms['value'])}, {runs}"
    return [
        f"Form {form['id']} {form['version']}, {runs}:",
        f"{counts}.",
        "Negotiated before: the baseline of the data's quality, from 90 to 88.",
        f"City, enterprise, think tanks and bank sign one digest, {digest[:12]}...",
        *budget_of(world),
    ]


def _negotiate(world: World, path: str) -> None:
    """Agree on what the form leaves open: a proposal rejected, one withdrawn, one answered."""
    call = world.caller
    why = {"reason": text("以上季度实测为准", "As measured in the last quarter")}

    def propose(by: str, baseline: str) -> str:
        digest = call.get(path, by)["terms_digest"]
        asked = {"base_digest": digest, "values": {"quality_baseline": baseline}, **why}
        there = f"/v1/contract-proposals/{call.post(f'{path}/proposals', by, asked)['id']}"
        call.get(there, by)
        return there

    rejected = propose("enterprise/delivery", "80")
    call.post(f"{rejected}/rejection", "city/officer", why, changes=rejected)
    withdrawn = propose("city/officer", "89")
    call.post(f"{withdrawn}/withdrawal", "city/officer", why, changes=withdrawn)
    propose("city/officer", "87")
    answer = propose("enterprise/delivery", "88")
    call.post(f"{answer}/acceptance", "city/officer", changes=answer)
    call.get(f"{path}/proposals", "city/officer")


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
    title, delivered = shown["title"], shown["delivered_at"][:10]
    timely = "in time" if shown["timeliness"] == "met" else "late"
    return [
        f"{title['zh']}: {title['en']}, due by {shown['due_at'][:10]}.",
        f"Delivered on {delivered} by {called(world, 'enterprise')},",
        f"with {len(documents)} documents; the officer has it {shown['state']}, {timely}.",
    ]


def payment(world: World) -> list[str]:
    """Pay what the accepted milestone makes payable."""
    return [*_pay(world, "bank-2027-0001"), *budget_of(world)]


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
    seen = f"from {metric['baseline']} to {report['value']} %, of {metric['target']} sought"
    return [
        f"{metric['title']['en']}: {seen}.",
        f"{called(world, 'verifier')} draws its own sample, and verifies.",
        *_pay(world, "bank-2027-0002", by_file=True),
        *budget_of(world),
    ]


def _pay(world: World, reference: str, *, by_file: bool = False) -> list[str]:
    call = world.caller
    listed = call.get(f"/v1/contracts/{world.ids['contract']}/payments", "city/treasurer")["data"]
    dues = {_party(world, one["payee_id"]): one for one in listed if one["state"] == "computed"}
    explained = call.get(
        f"/v1/payments/{dues['enterprise']['id']}/calculation", "enterprise/delivery"
    )
    for party, due in dues.items():
        path = f"/v1/payments/{due['id']}"
        call.post(f"{path}/claim", f"{party}/delivery", changes=path)
        call.post(f"{path}/approval", "city/approver", changes=path)
        call.post(f"{path}/instruction", "city/treasurer", changes=path)
    payment_ids = [one["id"] for one in dues.values()]
    if by_file:
        _through_the_bank(world, payment_ids, reference)
    else:
        _settle(world, payment_ids, reference)
    for party, due in dues.items():
        path = f"/v1/payments/{due['id']}"
        call.post(f"{path}/receipt", f"{party}/delivery", changes=path)
    world.paid.extend(payment_ids)
    world.ids.setdefault("payment", dues["enterprise"]["id"])
    whole = {"amount": explained["total"], "currency": explained["currency"]}
    world.facts[f"paid, {reference}"] = money(whole)
    return [
        *(
            f"{amount(line):>13}  {line['rule']}: {line['formula']['en']}"
            for line in explained["lines"]
        ),
        f"{amount(whole):>13}  CNY, digest {digest_of(explained)[:12]}..., divided:",
        *(f"{amount(due['amount']):>13}  to {called(world, party)}" for party, due in dues.items()),
        "Claimed; approved by one person, instructed by another; settled as",
        *(
            ["(ordered in a file, pain.001; booked by the bank in another, camt.054)"]
            if by_file
            else []
        ),
        f"{reference}, received by each.",
    ]


def _party(world: World, organisation_id: str) -> str:
    """Return which member of the consortium an organisation is."""
    members = ("enterprise", "think_tank")
    return next(one for one in members if world.caller.organisation(one) == organisation_id)


def _settle(world: World, payment_ids: list[str], reference: str) -> None:
    """Record by hand what the bank has paid."""
    for place, payment_id in enumerate(payment_ids, start=1):
        path, today = f"/v1/payments/{payment_id}", world.now.date().isoformat()
        settled = {"bank_reference": f"{reference}/{place}", "settled_on": today}
        world.caller.post(f"{path}/settlement", "city/treasurer", settled, changes=path)


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
    world.facts["events"] = f"{events} that the auditor may read, of {cursor}"
    then = world.moments["submitted"][:10]
    return [
        f"{called(world, 'auditor')} reads {len(history)} events of the milestone:",
        f"as of {then} it was {before['state']}, today it is {after['state']}.",
        *_computed_again(world),
        f"Its feed has {events} events, in the one order of a log of {cursor}.",
    ]


def _computed_again(world: World) -> list[str]:
    """Compute every payment again from its published calculation alone."""
    same = 0
    for payment in world.paid:
        document = world.caller.text(f"/v1/payments/{payment}/calculation", "auditor/auditor")
        same += recompute(document.encode()).is_identical()
    return [f"It computes the {len(world.paid)} payments again, offline: {same} are identical."]


def _through_the_bank(world: World, payment_ids: list[str], reference: str) -> None:
    """Order payments in one file, and take in what the bank says of them."""
    call, today = world.caller, world.now.date()
    asked = {
        "currency": "CNY",
        "execution_date": today.isoformat(),
        "payment_ids": payment_ids,
    }
    file = call.post("/v1/payment-files", "city/treasurer", asked)
    content = call.text(f"/v1/payment-files/{file['id']}/content", "city/treasurer")
    world.ids["payment_file"] = file["id"]
    world.ids["bank_report"] = call.upload(
        "/v1/bank-reports",
        "city/treasurer",
        name=f"{reference}.xml",
        media_type="application/xml",
        content=booked(content.encode(), reference, on=today),
    )["id"]
