"""One whole partnership through the published API: from a budget to an audited payment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ecosystem.cli.caller import Caller, Json, Refused
from ecosystem.cli.opener import OpeningOfficer
from ecosystem.cli.texts import CONSORTIUM, FINANCING, NEED, QUESTION, SOLO, text

CONFLICT: Final = 409


@dataclass
class World:
    """What the journey has made so far."""

    caller: Caller
    now: datetime = datetime.min.replace(tzinfo=UTC)
    ids: dict[str, str] = field(default_factory=dict)
    openers: dict[str, OpeningOfficer] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    """What the summary at the end tells."""

    def set_clock(self, to: datetime) -> None:
        """Move the sandbox's clock, and let it stand there."""
        self.caller.post("/v1/sandbox/clock", None, {"now": wire(to), "runs": False})
        self.now = to


@dataclass(frozen=True)
class Step:
    """One step of the journey: what it is called, and what it does and then says."""

    zh: str
    en: str
    run: Callable[[World], list[str]]


def wire(at: datetime) -> str:
    """Return an instant as the API takes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def begin(world: World) -> list[str]:
    """Learn who is there, and stop the clock."""
    world.caller.learn()
    shown = world.caller.get("/v1/sandbox/clock")
    start = datetime.fromisoformat(shown["now"]) + timedelta(hours=1)
    world.set_clock(start.replace(minute=0, second=0, microsecond=0))
    names = [one["name"]["en"].removesuffix(" (sandbox)") for one in world.caller.parties.values()]
    return [f"{len(names)} organisations: {', '.join(names)}.", f"The clock stands at {world.now}."]


def budget(world: World) -> list[str]:
    """Open a programme, and give it money."""
    call = world.caller
    programme = {
        "name": text("2027 年城市数据平台运营", "Operation of the city data platform, 2027"),
        "fiscal_year": world.now.year,
        "sector": "urban_governance",
        "operation": "data",
        "phase": "operation",
        "currency": "CNY",
    }
    made = call.post("/v1/programmes", "city/treasurer", programme)
    path = f"/v1/programmes/{made['id']}"
    money = {
        "amount": {"amount": "20000000.00", "currency": "CNY"},
        "reason": text(
            "市人大批准的年度运营预算", "Yearly operating budget, approved by the council"
        ),
    }
    call.post(f"{path}/appropriations", "city/treasurer", money, changes=path)
    world.ids["programme"] = made["id"]
    return _budget(world)


def keys(world: World) -> list[str]:
    """Have three officers register the public half of a key that only they hold."""
    for who in ("opener", "second_opener", "reserve_opener"):
        officer = OpeningOfficer.new(world.caller.person(f"city/{who}")["id"])
        world.caller.post("/v1/opening-keys", f"city/{who}", {"public_key": officer.public_key})
        world.openers[who] = officer
    return ["Three openers hold a key each; two of them together open what is sealed."]


def need(world: World) -> list[str]:
    """Draft the need and publish it."""
    call = world.caller
    draft = {
        **NEED,
        "programme_id": world.ids["programme"],
        "openers": [officer.person_id for officer in world.openers.values()],
        "enquiry_ends_at": wire(world.now + timedelta(days=10)),
        "submission_ends_at": wire(world.now + timedelta(days=20)),
        "opening_at": wire(world.now + timedelta(days=20, hours=1)),
    }
    made = call.post("/v1/needs", "city/officer", draft)
    path = f"/v1/needs/{made['id']}"
    call.post(f"{path}/publication", "city/officer", changes=path)
    published = call.get(path)
    world.ids |= {"need": made["id"], "lot": published["lots"][0]["id"]}
    found = call.get("/v1/needs", text="数据")["data"]
    value = published["value"]
    return [
        f"“{published['title']['zh']}” is {published['state']}, worth up to {_money(value)}.",
        f"A search for 数据 finds it among {len(found)}.",
    ]


def question(world: World) -> list[str]:
    """Ask, and answer in public."""
    call, path = world.caller, f"/v1/needs/{world.ids['need']}/questions"
    asked = call.post(path, "second_enterprise/bidder", QUESTION)
    answer = {
        "text": text("可以，接口规范见附件。", "Yes; the interfaces are described in the annex.")
    }
    call.post(f"/v1/questions/{asked['id']}/answer", "city/officer", answer)
    shown = call.get(path)["data"][0]
    return [f"“{shown['text']['en']}” - “{shown['answer']['en']}” Nobody reads who asked."]


def offers(world: World) -> list[str]:
    """Submit three offers; the server seals each before it keeps anything."""
    solo = [("second_enterprise", "100")]
    group = [("enterprise", "70"), ("think_tank", "30")]
    world.ids["solo"] = _offer(world, "delivery", solo, SOLO)
    world.ids["consortium"] = _offer(world, "delivery", group, CONSORTIUM)
    world.ids["financing"] = _offer(world, "financing", [("bank", "100")], FINANCING)
    lines = ["An enterprise alone, a consortium of enterprise and think tank, and a bank."]
    path = f"/v1/needs/{world.ids['need']}/sealed-shares"
    try:
        world.caller.get(path, "city/opener")
    except Refused as refused:
        if refused.response.status_code != CONFLICT:
            raise
        lines.append(f"An opener who tries early gets: {refused.response.json()['title']}.")
    return lines


def _offer(world: World, kind: str, members: list[tuple[str, str]], content: Json) -> str:
    call, lead = world.caller, members[0][0]
    draft = {
        "kind": kind,
        "members": [
            {"organisation_id": call.organisation(party), "share": share}
            for party, share in members
        ],
    }
    made = call.post(f"/v1/lots/{world.ids['lot']}/offers", f"{lead}/bidder", draft)
    for party, _ in members[1:]:
        call.post(f"/v1/offers/{made['id']}/consents", f"{party}/bidder")
    call.post(f"/v1/offers/{made['id']}/submission", f"{lead}/bidder", content)
    identifier: str = made["id"]
    return identifier


def opening(world: World) -> list[str]:
    """Open all offers, by two officers together, after the deadline."""
    world.set_clock(world.now + timedelta(days=20, hours=2))
    path = f"/v1/needs/{world.ids['need']}"
    for who in ("opener", "second_opener"):
        sealed = world.caller.get(f"{path}/sealed-shares", f"city/{who}")
        shares = world.openers[who].open(sealed["data"])
        world.caller.post(f"{path}/opening-shares", f"city/{who}", {"shares": shares})
    record = world.caller.get(f"{path}/opening")
    return [f"Two officers opened {len(record['offers'])} offers; each bidder reads the record."]


def evaluation(world: World) -> list[str]:
    """Appoint, declare, score alone, and rank by the published formula."""
    call, path = world.caller, f"/v1/needs/{world.ids['need']}"
    people = ("evaluator", "second_evaluator")
    appointed = {"people": [call.person(f"city/{who}")["id"] for who in people]}
    call.post(f"{path}/evaluators", "city/officer", appointed)
    for who in people:
        none = {"has_conflict": False, "reason": text("无利益冲突", "No conflict of interest")}
        call.post(f"{path}/conflict-declarations", f"city/{who}", none)
    given = {"solo": ("78", "74"), "consortium": ("90", "88")}
    for offer, marks in given.items():
        for who, mark in zip(people, marks, strict=True):
            score = {
                "criterion": "quality",
                "score": mark,
                "reason": text("见评审记录", "See record"),
            }
            scores = {"scores": [score]}
            call.post(f"/v1/offers/{world.ids[offer]}/scores", f"city/{who}", scores)
    call.post(f"{path}/evaluation", "city/officer", changes=None)
    shown = call.get(f"{path}/evaluation")
    world.facts["ranking digest"] = _digest_of(shown)
    return [f"Two evaluators scored alone; anyone recomputes digest {_digest_of(shown)[:16]}..."]


def award(world: World) -> list[str]:
    """Propose, have another approve, and wait for the standstill to pass."""
    call = world.caller
    for name in ("consortium", "financing"):
        proposal = {
            "offer_id": world.ids[name],
            "reason": text("综合得分第一", "Ranked first by the published formula"),
        }
        made = call.post(f"/v1/lots/{world.ids['lot']}/awards", "city/officer", proposal)
        path = f"/v1/awards/{made['id']}"
        call.post(f"{path}/approval", "city/approver", changes=path)
        world.ids[f"award of {name}"] = made["id"]
    lines = ["Proposed by the officer, approved by another.", *_budget(world)]
    world.set_clock(world.now + timedelta(days=11))
    state = call.get(f"/v1/awards/{world.ids['award of consortium']}")["state"]
    return [*lines, f"After the standstill the award is {state}."]


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
    digest = call.get(path, "city/officer")["digest"]
    for party in ("city", "enterprise", "think_tank", "verifier", "bank"):
        call.post(f"{path}/signatures", f"{party}/signatory", {"digest": digest})
    signed = call.get(path)
    world.ids["contract"] = made["id"]
    world.facts["contract"] = f"{made['id']}, {_money(signed['value'])}"
    return [f"Signed by five over {digest[:16]}...; it is {signed['state']}.", *_budget(world)]


def milestone(world: World) -> list[str]:
    """Deliver the first milestone, with evidence, and have it accepted."""
    call, path = world.caller, f"/v1/contracts/{world.ids['contract']}"
    first = min(call.get(f"{path}/milestones", limit=100)["data"], key=lambda one: one["due_at"])
    world.ids["milestone"] = first["id"]
    world.set_clock(world.now + timedelta(days=50))
    world.facts["before acceptance"] = wire(world.now)
    documents = [
        call.upload(
            f"{path}/documents", "enterprise/delivery", name=f"{kind}.txt", media_type="text/plain",
            content=f"{kind}: 接管完成，基线已核对。\n".encode(),
        )["id"]
        for kind in first["evidence"]
    ]  # fmt: skip
    there = f"/v1/milestones/{first['id']}"
    delivered = {
        "documents": documents,
        "delivered_at": wire(world.now - timedelta(days=1)),
        "declaration": text("成果真实完整。", "What is delivered is true and complete."),
    }
    call.post(f"{there}/submission", "enterprise/delivery", delivered, changes=there)
    world.set_clock(world.now + timedelta(days=3))
    call.post(f"{there}/acceptance", "city/officer", changes=there)
    shown = call.get(there)
    return [
        f"“{shown['title']['zh']}” is {shown['state']}, {len(documents)} documents as evidence."
    ]


def payment(world: World) -> list[str]:
    """Pay what the accepted milestone makes payable."""
    return _pay(world, "bank-2027-0001")


def outcome(world: World) -> list[str]:
    """Report an outcome, have a think tank verify it, and pay for it."""
    call, path = world.caller, f"/v1/contracts/{world.ids['contract']}"
    metrics = call.get(f"{path}/metrics", limit=100)["data"]
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
    call.post(f"/v1/observations/{made['id']}/verification", "verifier/verifier", found)
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
    world.facts[f"paid, {reference}"] = _money(due["amount"])
    return [
        f"{_money(due['amount'])}: computed, claimed, approved, instructed, settled, received.",
        f"Its calculation has the digest {_digest_of(explained)[:16]}...",
        *_budget(world),
    ]


def audit(world: World) -> list[str]:
    """Read the milestone's history, and how it was before and after its acceptance."""
    call, path = world.caller, f"/v1/milestones/{world.ids['milestone']}"
    history = call.get(f"{path}/history", "auditor/auditor")["data"]
    before = call.get(path, "auditor/auditor", as_of=world.facts["before acceptance"])
    after = call.get(path, "auditor/auditor", as_of=wire(world.now))
    events = 0
    cursor, more = 0, True
    while more:
        page = call.get("/v1/events", "auditor/auditor", after=cursor, limit=100)
        events, cursor, more = events + len(page["data"]), page["next_after"], page["has_more"]
    world.facts["events"] = f"{events}, up to position {cursor}"
    return [
        f"{len(history)} events of the milestone; as of then it was {before['state']}, "
        f"now {after['state']}.",
        f"The auditor's feed has {events} events, in one order without gaps.",
    ]


def _budget(world: World) -> list[str]:
    shown = world.caller.get(f"/v1/programmes/{world.ids['programme']}")
    parts = [
        f"{name} {_money(shown[name])}"
        for name in ("appropriated", "committed", "obligated", "spent")
    ]
    world.facts["budget"] = ", ".join(parts)
    return [f"Budget: {', '.join(parts)}."]


def _money(value: dict[str, str]) -> str:
    whole, _, cents = value["amount"].partition(".")
    return f"{int(whole):,}.{cents} {value['currency']}"


def _digest_of(shown: dict[str, Any]) -> str:
    digest: str = shown["digest"]
    return digest


STEPS: Final = (
    Step("各方就位", "The parties meet", begin),
    Step("预算下达", "A budget for operation", budget),
    Step("开标密钥", "Keys of those who open", keys),
    Step("发布需求", "The city publishes its need", need),
    Step("公开答疑", "A question, answered in public", question),
    Step("密封投标", "Three sealed offers", offers),
    Step("双人开标", "Two officers open them", opening),
    Step("独立评审", "Evaluation by a published formula", evaluation),
    Step("决标公示", "Award, approved by another", award),
    Step("签订合同", "The contract, signed by all", contract),
    Step("里程碑验收", "A milestone, with evidence", milestone),
    Step("首笔支付", "What is accepted is paid", payment),
    Step("成效核验与支付", "An outcome, verified, is paid", outcome),
    Step("审计追溯", "The auditor looks back", audit),
)
