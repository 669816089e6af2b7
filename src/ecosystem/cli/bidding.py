"""The first half of a partnership: from a budget to a final award."""

from datetime import datetime, timedelta
from typing import Final

from ecosystem.cli.caller import Caller, Json, Refused
from ecosystem.cli.opener import OpeningOfficer
from ecosystem.cli.texts import (
    CONSORTIUM,
    FINANCING,
    NEED,
    QUESTION,
    SOLO,
    SPECIFICATION,
    text,
)
from ecosystem.cli.world import World, budget_of, called, day, digest_of, money, wire

_BIDS: Final = {"solo": "second_enterprise", "consortium": "enterprise"}
"""Who leads the offers to deliver."""
_CONFLICT: Final = 409


def begin(world: World) -> list[str]:
    """Learn who is there, and stop the clock."""
    world.caller.learn()
    shown = world.caller.get("/v1/sandbox/clock")
    start = datetime.fromisoformat(shown["now"]) + timedelta(hours=1)
    world.set_clock(start.replace(minute=0, second=0, microsecond=0))
    parts = (
        ("city", "buys"),
        ("enterprise", "offers"),
        ("second_enterprise", "competes"),
        ("think_tank", "joins an offer"),
        ("bank", "finances"),
        ("verifier", "verifies"),
        ("auditor", "audits"),
    )
    return [
        ", ".join(f"{called(world, party)} {does}" for party, does in parts) + ".",
        "Each person logs in by passkey, and authorises a console whose tokens need its key.",
    ]


def budget(world: World) -> list[str]:
    """Open a programme, and give it money."""
    call = world.caller
    programme = {
        "name": text("城市数据平台运营", "Operation of the city data platform"),
        "fiscal_year": world.now.year,
        "sector": "urban_governance",
        "operation": "data",
        "phase": "operation",
        "currency": "CNY",
    }
    made = call.post("/v1/programmes", "city/treasurer", programme)
    path = f"/v1/programmes/{made['id']}"
    given = {
        "amount": {"amount": "20000000.00", "currency": "CNY"},
        "reason": text(
            "市人大批准的年度运营预算", "Yearly operating budget, approved by the council"
        ),
        "departs_because": text(
            "平台首年，尚无上一年度绩效评价", "The first year here: no year before was assessed"
        ),
    }
    call.post(f"{path}/appropriations", "city/treasurer", given, changes=path)
    world.ids["programme"] = made["id"]
    said = f"The treasurer opens a programme and puts {money(given['amount'])} into it."
    return [said, *budget_of(world)]


def keys(world: World) -> list[str]:
    """Have three officers register the public half of a key that only they hold."""
    for who in ("opener", "second_opener", "reserve_opener"):
        officer = OpeningOfficer.new(world.caller.person(f"city/{who}")["id"])
        key = {"public_key": officer.public_key}
        asked = world.caller.post("/v1/opening-key-challenges", f"city/{who}", key)
        proof = {"answer": officer.answer(asked["sealed"])}
        world.caller.post("/v1/opening-keys", f"city/{who}", key | proof)
        world.openers[who] = officer
    return ["Three officers show that they hold a key each. Two of them open; the server has none."]


def need(world: World, *, envelopes: str = "one") -> list[str]:
    """Draft the need and publish it."""
    call = world.caller
    draft = {
        **NEED,
        "envelopes": envelopes,
        "programme_id": world.ids["programme"],
        "openers": [officer.person_id for officer in world.openers.values()],
        "enquiry_ends_at": wire(world.now + timedelta(days=10)),
        "submission_ends_at": wire(world.now + timedelta(days=20)),
        "opening_at": wire(world.now + timedelta(days=20, hours=1)),
    }
    made = call.post("/v1/needs", "city/officer", draft)
    path = f"/v1/needs/{made['id']}"
    _attach(call, path)
    call.post(f"{path}/publication", "city/officer", changes=path)
    published = call.get(path)
    world.ids |= {"need": made["id"], "lot": published["lots"][0]["id"]}
    found = call.get("/v1/needs", text="数据")["data"]
    title, value = published["title"], published["value"]
    return [
        title["zh"],
        f"{title['en']},",
        f"for at most {money(value)}; offers until {day(world, days=20)}.",
        f"With it goes a technical specification, of {published['documents'][0]['bytes']} bytes.",
        f"Anyone finds it: a search for 数据 has {len(found)}.",
    ]


def _attach(call: Caller, path: str) -> None:
    """Add the technical specification to a draft."""
    file = call.upload(
        f"{path}/attachments", "city/officer", name="specification.txt", media_type="text/plain",
        content=SPECIFICATION.encode(),
    )  # fmt: skip
    document = {
        "id": file["id"],
        "document_type": "technicalSpecifications",
        "title": text("技术规格", "Technical specification"),
    }
    call.patch(path, "city/officer", {"documents": [document]})


def question(world: World) -> list[str]:
    """Ask, and answer in public."""
    call, path = world.caller, f"/v1/needs/{world.ids['need']}/questions"
    asked = call.post(path, "second_enterprise/bidder", QUESTION)
    answer = {
        "text": text("可以，接口规范见附件。", "Yes; the interfaces are described in the annex.")
    }
    call.post(f"/v1/questions/{asked['id']}/answer", "city/officer", answer)
    shown = call.get(path)["data"][0]
    return [
        f"“{shown['text']['en']}”",
        f"“{shown['answer']['en']}”",
        "Everybody reads both; nobody reads who asked.",
    ]


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
        f"One has a key (private_key_jwt), and may act as {', '.join(by['roles'])}.",
        f"One has a secret, and may read: it finds {len(found)} need by “data platform”.",
    ]


def offers(world: World) -> list[str]:
    """Submit three offers; the server seals each before it keeps anything."""
    solo = [("second_enterprise", "100")]
    group = [("enterprise", "70"), ("think_tank", "30")]
    world.ids["solo"] = offer(world, "delivery", solo, SOLO)
    world.ids["consortium"] = offer(world, "delivery", group, CONSORTIUM)
    world.ids["financing"] = offer(world, "financing", [("bank", "100")], FINANCING)
    lines = [
        f"{called(world, 'second_enterprise')}, alone.",
        f"{called(world, 'enterprise')}, with {called(world, 'think_tank')}.",
        f"{called(world, 'bank')}, to finance it.",
        "Each is sealed before it is stored, and has a signed receipt.",
    ]
    path = f"/v1/needs/{world.ids['need']}/sealed-shares"
    try:
        world.caller.get(path, "city/opener")
    except Refused as refused:
        if refused.response.status_code != _CONFLICT:
            raise
        lines.append(f"An opener tries: “{refused.response.json()['title']}.”")
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
        "liability": "several" if len(members) > 1 else "joint",
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
        shares = world.openers[who].open(sealed)
        world.caller.post(f"{path}/opening-shares", f"city/{who}", shares)
    record = world.caller.get(f"{path}/opening")
    shown = {
        one: world.caller.get(f"/v1/offers/{world.ids[one]}", "city/officer")["content"]
        for one in ("solo", "consortium", "financing")
    }
    loan = shown["financing"]["financing"]
    lent = f"{loan['annual_rate']} %, {loan['tenor_months']} months"
    return [
        f"With the key of a second officer, {record['count']} offers open:",
        *(_bid(world, party, shown[one]) for one, party in _BIDS.items()),
        f"{money(loan['amount']):>17} lent, {lent}: {called(world, 'bank')}",
    ]


def _bid(world: World, party: str, content: Json) -> str:
    promised = content["metric_commitments"][0]["value"]
    return f"{money(content['price']):>17}, data quality {promised} %: {called(world, party)}"


def evaluation(world: World) -> list[str]:
    """Appoint, declare, score alone, and rank by the published formula."""
    call, path = world.caller, f"/v1/needs/{world.ids['need']}"
    sifted = call.post(f"{path}/admissions", "city/officer", changes=path)
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
    _agree(world, {"solo": "76", "consortium": "89"})
    call.post(f"{path}/evaluation", "city/officer", changes=path)
    shown = call.get(f"{path}/evaluation")
    contest = next(one for one in shown["contests"] if one["kind"] == "delivery")
    leads = {world.ids[one]: party for one, party in _BIDS.items()}
    return [
        f"Nothing speaks against {len(sifted['admitted'])} offers: they are admitted.",
        "Two people score alone, then agree, giving reasons; the rest is computed.",
        *(
            f"{one['rank']}. {one['points']:>8} points: {called(world, leads[one['offer_id']])}"
            for one in contest["ranking"]["ranked"]
        ),
        f"Anyone can compute it again, to the digest {digest_of(shown)[:12]}...",
    ]


def _agree(world: World, marks: dict[str, str]) -> None:
    """Have both evaluators read what the other gave, and say the same."""
    call = world.caller
    for offer, mark in marks.items():
        path = f"/v1/offers/{world.ids[offer]}/consensus"
        agreed = {
            "criterion": "quality",
            "score": mark,
            "reason": text("合议后一致", "Agreed after we conferred"),
        }
        for who in ("evaluator", "second_evaluator"):
            call.get(path, f"city/{who}")
            call.post(path, f"city/{who}", {"scores": [agreed]})


def award(world: World) -> list[str]:
    """Propose, have another approve, and wait for the standstill to pass."""
    call = world.caller
    _propose(world, "financing", text("综合得分第一", "Ranked first"))
    path = f"/v1/awards/{world.ids['award of financing']}"
    why = {"reason": text("请写明比较依据", "Say by what the loans were compared")}
    call.post(f"{path}/rejection", "city/approver", why, changes=path)
    for one in ("consortium", "financing"):
        _propose(world, one, text("综合得分第一", "Ranked first by the published formula"))
        path = f"/v1/awards/{world.ids[f'award of {one}']}"
        call.post(f"{path}/approval", "city/approver", changes=path)
    approved = day(world)
    lines = budget_of(world)
    said = _challenge(world)
    world.set_clock(world.now + timedelta(days=11))
    shown = call.get(f"/v1/awards/{world.ids['award of consortium']}")
    ended = shown["standstill_ends_at"][:10]
    return [
        f"The officer proposes the first; another approves, on {approved}.",
        *lines,
        *said,
        f"The standstill ends on {ended}; the award is {shown['state']}.",
    ]


def _propose(world: World, one: str, reason: Json) -> None:
    proposal = {"offer_id": world.ids[one], "reason": reason}
    made = world.caller.post(f"/v1/lots/{world.ids['lot']}/awards", "city/officer", proposal)
    world.ids[f"award of {one}"] = made["id"]


def _challenge(world: World) -> list[str]:
    """Have who lost challenge the award, and a reviewer of the province decide."""
    call, path = world.caller, f"/v1/awards/{world.ids['award of consortium']}"
    (letter,) = call.get("/v1/letters", "second_enterprise/bidder")["data"]
    told = call.get(f"/v1/letters/{letter['id']}", "second_enterprise/bidder")["content"]
    grounds = {"grounds": text("运营经验未得到评价", "Our years of operation were not valued")}
    made = call.post(f"{path}/challenges", "second_enterprise/bidder", grounds)
    held = call.get(path)["state"]
    decision = {
        "outcome": "rejected",
        "reasons": text("评审标准未列经验一项", "Experience was none of the published criteria"),
    }
    there = f"/v1/challenges/{made['id']}"
    call.post(f"{there}/decision", "oversight/reviewer", decision)
    shown = call.get(there)
    call.get("/v1/challenges")
    return [
        f"{called(world, 'second_enterprise')} reads its letter, as nobody else:",
        f"{told['own']['points']} points; the winner has {told['winner']['points']}.",
        f"It challenges: the award is {held}.",
        f"{called(world, 'oversight')}: {shown['outcome']}, with reasons. It goes on.",
    ]
