"""The first half of a partnership: from a budget to a final award."""

from datetime import datetime, timedelta
from typing import Final

from ecosystem.cli.caller import Json, Refused
from ecosystem.cli.opener import OpeningOfficer
from ecosystem.cli.texts import CONSORTIUM, FINANCING, NEED, QUESTION, SOLO, text
from ecosystem.cli.world import World, budget_of, digest_of, money, wire

_CONFLICT: Final = 409


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
    return budget_of(world)


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
        f"“{published['title']['zh']}” is {published['state']}, worth up to {money(value)}.",
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


def programs(world: World) -> list[str]:
    """Have two programs of the enterprise get tokens: by a key, and by a secret."""
    call = world.caller
    for name, scope in (
        ("system", "needs:read offers:read offers:draft offers:write"),
        ("reader", "needs:read"),
    ):
        token = call.client_token(
            world.folder / call.client(f"enterprise/{name}")["file"], scope=scope
        )
        call.acts_as(f"enterprise/{name}", token)
    found = call.get("/v1/needs", "enterprise/reader", text="data platform")["data"]
    by = call.get("/v1/me", "enterprise/system")
    return [
        f"A program that only reads finds {len(found)} need by the words “data platform”.",
        f"Another acts as {', '.join(by['roles'])} of its organisation, by private_key_jwt.",
    ]


def offers(world: World) -> list[str]:
    """Submit three offers; the server seals each before it keeps anything."""
    solo = [("second_enterprise", "100")]
    group = [("enterprise", "70"), ("think_tank", "30")]
    world.ids["solo"] = offer(world, "delivery", solo, SOLO)
    world.ids["consortium"] = offer(world, "delivery", group, CONSORTIUM)
    world.ids["financing"] = offer(world, "financing", [("bank", "100")], FINANCING)
    lines = ["An enterprise alone, a consortium (by its program), and a bank; each has a receipt."]
    path = f"/v1/needs/{world.ids['need']}/sealed-shares"
    try:
        world.caller.get(path, "city/opener")
    except Refused as refused:
        if refused.response.status_code != _CONFLICT:
            raise
        lines.append(f"An opener who tries early gets: {refused.response.json()['title']}.")
    return lines


def offer(world: World, kind: str, members: list[tuple[str, str]], content: Json) -> str:
    """Have the parties of `members` make one offer; return its identifier."""
    call, lead = world.caller, members[0][0]
    by = "enterprise/system" if lead == "enterprise" else f"{lead}/bidder"
    draft = {
        "kind": kind,
        "members": [
            {"organisation_id": call.organisation(party), "share": share}
            for party, share in members
        ],
    }
    made = call.post(f"/v1/lots/{world.ids['lot']}/offers", by, draft)
    path = f"/v1/offers/{made['id']}"
    for party, _ in members[1:]:
        call.post(f"{path}/consents", f"{party}/bidder")
    call.post(f"{path}/submission", by, content, changes=path)
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
    call.post(f"{path}/evaluation", "city/officer", changes=path)
    shown = call.get(f"{path}/evaluation")
    world.facts["ranking digest"] = digest_of(shown)
    return [f"Two evaluators scored alone; anyone recomputes digest {digest_of(shown)[:16]}..."]


def award(world: World) -> list[str]:
    """Propose, have another approve, and wait for the standstill to pass."""
    call = world.caller
    for name in ("consortium", "financing"):
        proposal = {
            "offer_id": world.ids[name],
            "reason": text("综合得分第一", "Ranked first by the published formula"),
        }
        made = call.post(f"/v1/lots/{world.ids['lot']}/awards", "city/officer", proposal)
        world.ids[f"award of {name}"] = made["id"]
    for name in ("consortium", "financing"):
        path = f"/v1/awards/{world.ids[f'award of {name}']}"
        call.post(f"{path}/approval", "city/approver", changes=path)
    lines = ["Proposed by the officer, approved by another.", *budget_of(world)]
    world.set_clock(world.now + timedelta(days=11))
    state = call.get(f"/v1/awards/{world.ids['award of consortium']}")["state"]
    return [*lines, f"After the standstill the award is {state}."]
