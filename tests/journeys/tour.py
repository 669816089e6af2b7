"""Calls every operation that the demonstration leaves out, so that each has an example."""

import hashlib
import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from ecosystem.cli import bidding
from ecosystem.cli.authenticator import read
from ecosystem.cli.bidding import offer
from ecosystem.cli.caller import Caller, Refused
from ecosystem.cli.login import by_passkey
from ecosystem.cli.sealer import seal
from ecosystem.cli.texts import NEED, SOLO, text
from ecosystem.cli.world import World, wire
from tests.journeys import (
    altering,
    budgeting,
    declining,
    following,
    judging,
    lending,
    observing,
    paying,
)

REASON = {"reason": text("示例", "An example")}


def tour(world: World, *, outside: str) -> None:
    """Call whatever the journey has not called; end with what ends things.

    `outside` is a token of the outside issuer.
    """
    _read_public(world)
    _read_own(world)
    observing.look_back(world)
    lending.finance(world)
    _organisations(world.caller)
    _identities(world.caller, outside)
    _tokens(world)
    _passkeys(world)
    _second_need(world)
    paying.deduct(world)
    paying.judge(world)
    paying.pay_late(world)
    paying.reconcile(world)
    judging.judge(world)
    _price(world)
    budgeting.shift(world)
    budgeting.assess(world)
    altering.changes(world)
    altering.turns(world)
    judging.verify(world)
    following.follow(world)
    declining.decline(world)


def _read_public(world: World) -> None:
    call = world.caller
    for path in (
        "/.well-known/receipt-keys",
        "/oauth/jwks",
        "/health/live",
        "/health/ready",
        "/v1/awards",
        "/v1/contract-forms",
        "/v1/contract-forms/city-data-platform-operation",
        "/v1/contracts",
        "/v1/jurisdictions",
        "/v1/profiles",
        "/v1/profiles/eu-directives",
        "/v1/organisations",
        "/v1/programmes",
        "/v1/sectors",
        "/v1/standards",
        "/v1/sandbox/parties",
        "/v1/sandbox/clock",
    ):
        call.get(path)
    call.get(f"/v1/organisations/{call.organisation('city')}", "city/officer")
    (document,) = call.get(f"/v1/needs/{world.ids['need']}")["documents"]
    call.get(f"/v1/attachments/{document['id']}")
    call.text(document["url"])
    for path in ("/", "/docs", "/problems", "/problems/need_unsound", "/metrics", "/openapi.json"):
        call.text(path)


def _read_own(world: World) -> None:
    call, contract = world.caller, f"/v1/contracts/{world.ids['contract']}"
    calculation = call.get(f"{contract}/calculations", "enterprise/delivery")["data"][0]
    call.get(f"/v1/calculations/{calculation['id']}", "enterprise/delivery")
    value = {"kind": "triangular", "low": "60", "mode": "88", "high": "100"}
    months = [{"starts_on": "2031-01-01", "ends_on": "2031-02-01"}]
    surveys = {"metric": "satisfaction", "periods": months, "value": value, "sample_size": 5000}
    wish = {"values": [surveys], "draws": 200, "seed": 7}
    form = {"id": "citizen-service-operation", "version": "1.0"}
    worth = {"amount": "1000000.00", "currency": "CNY"}
    unsigned = {**wish, "form": form, "contract_value": worth}
    call.post("/v1/payment-simulations", "city/officer", unsigned)
    call.post(f"{contract}/simulation", "enterprise/delivery", {})
    bound = {"most": {"amount": "90000000.00", "currency": "CNY"}}
    call.post("/v1/approval-limits", "city/treasurer", bound)
    call.get("/v1/approval-limits", "city/treasurer")
    call.get(f"{contract}/payment-totals", "city/treasurer")
    _documents(call, contract)
    observation = call.get(f"/v1/observations/{world.ids['observation']}", "city/officer")
    metric = f"/v1/metrics/{observation['metric_id']}"
    call.get(metric, "city/officer")
    call.get(f"{metric}/observations", "city/officer")
    call.get("/v1/offers", "enterprise/bidder")
    call.get(f"/v1/offers/{world.ids['consortium']}", "enterprise/bidder")
    observing.more(world, metric)
    observing.many(world)


def _documents(call: Caller, contract: str) -> None:
    document = call.get(f"{contract}/documents", "enterprise/delivery")["data"][0]
    call.get(f"/v1/documents/{document['id']}", "enterprise/delivery")
    call.text(f"/v1/documents/{document['id']}/content", "enterprise/delivery")
    made = call.post(f"/v1/documents/{document['id']}/addresses", "enterprise/delivery", {})
    call.text(made["url"][made["url"].index("/v1/") :])
    _redact(call, contract)
    _upload(call, contract)


def _redact(call: Caller, contract: str) -> None:
    filed = call.upload(
        f"{contract}/documents", "enterprise/delivery", name="visits.txt",
        media_type="text/plain", content=b"The telephones of residents.",
    )  # fmt: skip
    path = f"/v1/documents/{filed['id']}"
    said = {"ground": "personal_data", "reason": text("含居民电话", "It names telephones")}
    call.post(f"{path}/redaction", "enterprise/delivery", said, changes=path)


def _upload(call: Caller, contract: str) -> None:
    content = "资产登记\n".encode() * 10
    said = {
        "name": "登记.txt",
        "media_type": "text/plain",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    by = "enterprise/delivery"
    there = f"/v1/uploads/{call.post(f'{contract}/uploads', by, said)['id']}"
    call.get(there, by)
    call.append(there, by, content, offset=0, last=True)


def _organisations(call: Caller) -> None:
    asked = {
        "kind": "enterprise",
        "name": text("示例公司", "Example Company"),
        "jurisdiction": "440300",
        "administrator": text("示例", "Example"),
    }
    made = call.post("/v1/organisations", None, asked)
    there = f"/v1/organisations/{made['organisation_id']}"
    said = {"reason": "An example."}
    seen = {"title": "Business licence", "reference": "2026-0117", "seen_on": "2026-01-17"}
    shown = {**said, "evidence": [seen]}
    call.post(f"{there}/verification", "platform/operator", shown, changes=there)
    call.post(f"{there}/suspension", "platform/operator", said, changes=there)
    own = f"/v1/organisations/{call.organisation('second_enterprise')}"
    by = "second_enterprise/administrator"
    call.patch(own, by, {"other_names": [{"language": "pt", "name": "Nanshan Serviços"}]})
    _people(call, own, by)
    client = {"name": "reader", "scopes": ["needs:read"]}
    program = call.post(f"{own}/clients", by, client)
    there = f"/v1/clients/{program['id']}"
    call.get("/v1/clients?limit=1", by)
    call.post(f"{there}/secrets", by, {"keeps_days": 7}, changes=there)
    call.patch(there, by, {"name": "reading desk"})
    call.post(f"{there}/deactivation", by, changes=there)


def _people(call: Caller, own: str, by: str) -> None:
    invited = {"name": text("新人", "A newcomer"), "roles": ["signatory"]}
    first = call.post(f"{own}/invitations", by, invited)
    code = first["link"].partition("code=")[2]
    joined = call.post("/v1/invitation-acceptances", "bank/lender", {"code": code})
    second = call.post(f"{own}/invitations", by, invited)
    there = f"/v1/invitations/{second['id']}"
    call.get(f"{own}/invitations", by)
    call.get(there, by)
    call.post(f"{there}/withdrawal", by, changes=there)
    call.get(f"{own}/people", by)
    alone = call.person("second_enterprise/bidder")["id"]
    call.post(f"/v1/people/{alone}/recoveries", by)
    there = f"/v1/people/{joined['person_id']}"
    call.get(there, by)
    call.post(f"{there}/roles", by, {"roles": ["bidder", "signatory"]}, changes=there)
    call.post(f"{there}/leaving", by, changes=there)
    said, operator = {"reason": "The account was used by somebody else."}, "platform/operator"
    call.post(f"{there}/deactivation", operator, said, changes=there)
    call.post(f"{there}/reactivation", operator, said, changes=there)


def _identities(call: Caller, outside: str) -> None:
    path, by = "/v1/me/outside-identities", "city/officer"
    linked = call.post(path, by, {"token": outside})
    call.get(path, by)
    call.post(f"{path}/{linked['id']}/removal", by)


def _tokens(world: World) -> None:
    """Ask about a token, give it back, and push what a person is to be asked."""
    call = world.caller
    call.form(
        "/oauth/par",
        {
            "client_id": call.client("platform/console")["id"],
            "response_type": "code",
            "redirect_uri": "http://127.0.0.1:49152/back",
            "scope": "needs:read",
            "state": "af0ifjsldkj",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        },
    )
    file = world.folder / call.client("enterprise/reader")["file"]
    wanted = {
        "person_id": call.person("bank/lender")["id"],
        "organisation_id": call.organisation("bank"),
    }
    call.post("/v1/sandbox/tokens", None, wanted)
    form = {"token": call.client_token(file, scope="needs:read")}
    call.as_program("/oauth/introspect", file, form)
    call.as_program("/oauth/revoke", file, form)


def _passkeys(world: World) -> None:
    """Ask what a passkey signs to log in, and what a further one signs to be added."""
    call = world.caller
    file = world.folder / call.person("bank/lender")["file"]
    known = json.loads(file.read_text(encoding="utf-8"))
    call.get("/login/passkey/options")
    by_passkey(
        call.http, call.http.get("/login"), read(known["passkey"] | {"origin": call.address})
    )
    call.get("/account/passkeys/options")
    call.http.cookies.clear()


def _second_need(world: World) -> None:
    call = world.caller
    draft: dict[str, Any] = {
        **NEED,
        "programme_id": world.ids["programme"],
        "openers": [officer.person_id for officer in world.openers.values()],
        "enquiry_ends_at": wire(world.now + timedelta(days=10)),
        "submission_ends_at": wire(world.now + timedelta(days=20)),
        "opening_at": wire(world.now + timedelta(days=20)),
        "lots": [{**NEED["lots"][0], "ceiling": {"amount": "1000000.00", "currency": "CNY"}}],
    }
    made = call.post("/v1/needs", "city/officer", draft)
    path = f"/v1/needs/{made['id']}"
    call.get(f"{path}/readiness", "city/officer")
    call.patch(path, "city/officer", {"standards": ["GB/T 36073-2018"]})
    call.post(f"{path}/publication", "city/officer", changes=path)
    amended: dict[str, Any] = {"reason": text("更正", "A slip"), "changes": {"standards": []}}
    call.post(f"{path}/amendments", "city/officer", amended, changes=path)
    call.get(f"{path}/amendments")
    wanted = {"name": text("数据平台", "Data platforms"), "filters": {"text": "数据平台"}}
    search = call.post("/v1/saved-searches", "enterprise/bidder", wanted)
    kept = f"/v1/saved-searches/{search['id']}"
    call.get("/v1/saved-searches", "enterprise/bidder")
    call.get(kept, "enterprise/bidder")
    call.get(f"{kept}/needs", "enterprise/bidder")
    world.ids["lot"] = call.get(path)["lots"][0]["id"]
    content = {**SOLO, "price": {"amount": "900000.00", "currency": "CNY"}}
    sent = offer(world, "delivery", [("second_enterprise", "100")], content)
    there = f"/v1/offers/{sent}"
    amended["changes"] = {"title": text("城市数据平台运营", "Operation of the city data platform")}
    call.post(f"{path}/amendments", "city/officer", amended, changes=path)
    call.post(f"{there}/confirmation", "second_enterprise/bidder", changes=there)
    call.post(f"{there}/withdrawal", "second_enterprise/bidder", changes=there)
    _consortium(world, path, content)
    call.post(f"{path}/cancellation", "city/officer", REASON, changes=path)


def _consortium(world: World, path: str, content: dict[str, Any]) -> None:
    """Have members leave, be named anew and be substituted, and one offer sealed by its bidder."""
    call, by = world.caller, "enterprise/system"
    made = offer(world, "delivery", [("enterprise", "80"), ("think_tank", "20")], content)
    there = f"/v1/offers/{made}"
    call.post(f"{there}/departure", "think_tank/bidder", REASON, changes=there)
    members = [
        {"organisation_id": call.organisation(party), "share": share}
        for party, share in (("enterprise", "60"), ("bank", "40"))
    ]
    call.post(f"{there}/members", by, {"members": members}, changes=there)
    call.post(f"{there}/consents", "bank/bidder")
    sealed = seal(content, need=call.get(path), offer=call.get(there, by))
    call.post(f"{there}/envelopes", by, sealed, changes=there)
    world.set_clock(datetime.fromisoformat(call.get(path)["opening_at"]))
    with suppress(Refused):
        call.post(f"{there}/envelopes", by, sealed, changes=there)
    call.get(f"{path}/late-submissions", by)
    _open(world, path)
    asked = {
        "leaving_id": call.organisation("bank"),
        "joining_id": call.organisation("think_tank"),
        **REASON,
    }
    here = declining.substitute(call, there, asked)
    call.post(f"{here}/consent", "think_tank/bidder", changes=here)
    call.get(here, "city/approver")
    call.post(f"{here}/approval", "city/approver", changes=here)
    call.get(f"{path}/substitutions", "city/officer")
    found = {
        "ground": "conflict_of_interest",
        "reasons": text("成员参与编制需求", "A member wrote the need"),
    }
    call.post(f"{there}/exclusion", "city/officer", found, changes=there)
    call.get(f"{path}/admissions")


def _open(world: World, path: str, *, of: str = "") -> None:
    """Open the offers of a need, or their financial parts, by two officers."""
    for who in ("opener", "second_opener"):
        sealed = world.caller.get(f"{path}/{of}sealed-shares", f"city/{who}")
        opened = world.openers[who].open(sealed)
        world.caller.post(f"{path}/{of}opening-shares", f"city/{who}", opened)


def _price(world: World) -> None:
    """See what a formula does; then open a price apart, which is abnormally low."""
    call = world.caller
    lot = {
        "currency": "CNY",
        "ceiling": "1000000.00",
        "criteria": [
            {"kind": "price", "code": "price", "weight": "100", "formula": "lowest_ratio/1"}
        ],
        "offers": [{"name": "a", "price": "700000.00"}, {"name": "b", "price": "910000.00"}],
    }
    call.post("/v1/evaluation-simulations", "city/officer", lot)
    bidding.budget(world)
    bidding.need(world, envelopes="two")
    path = f"/v1/needs/{world.ids['need']}"
    cheap = {**SOLO, "price": {"amount": "1000000.00", "currency": "CNY"}}
    sent = offer(world, "delivery", [("second_enterprise", "100")], cheap)
    world.ids["solo"] = sent
    dear = {**SOLO, "price": {"amount": "11000000.00", "currency": "CNY"}}
    rival = offer(world, "delivery", [("enterprise", "100")], dear)
    less = {**SOLO, "price": {"amount": "10000000.00", "currency": "CNY"}}
    third = world.ids["third"] = offer(
        world, "delivery", [("think_tank", "60"), ("bank", "40")], less
    )
    world.set_clock(world.now + timedelta(days=20, hours=2))
    _open(world, path)
    call.post(f"{path}/admissions", "city/officer", changes=path)
    _score(call, path, offers=(sent, rival, third))
    call.post(f"{path}/score-freezing", "city/officer", changes=path)
    call.get(f"{path}/score-freezing")
    _open(world, path, of="financial-")
    call.get(f"{path}/financial-opening")
    call.post(f"{path}/evaluation", "city/officer", changes=path)
    judging.explain(call, sent)
    _challenge(world, sent)


def _score(call: Caller, path: str, *, offers: tuple[str, ...]) -> None:
    """Have two evaluators score offers singly, and agree."""
    people = ("city/evaluator", "city/second_evaluator")
    call.post(
        f"{path}/evaluators", "city/officer", {"people": [call.person(one)["id"] for one in people]}
    )
    given = {"criterion": "quality", "score": "80", "reason": text("见记录", "See record")}
    for who in people:
        none = {"has_conflict": False, "reason": text("无", "None")}
        call.post(f"{path}/conflict-declarations", who, none)
        for one in offers:
            call.post(f"/v1/offers/{one}/scores", who, {"scores": [given]})
    for who in people:
        for one in offers:
            call.post(f"/v1/offers/{one}/consensus", who, {"scores": [given]})


def _challenge(world: World, sent: str) -> None:
    """Award to an offer, have the other one challenge that, and take the challenge back."""
    call, lot = world.caller, f"/v1/lots/{world.ids['lot']}"
    proposal = {"offer_id": sent, "reason": text("价格已作解释", "The price was explained")}
    made = call.post(f"{lot}/awards", "city/officer", proposal)
    world.ids["award of solo"] = made["id"]
    award = f"/v1/awards/{made['id']}"
    call.post(f"{award}/approval", "city/approver", changes=award)
    grounds = {"grounds": text("价格过低", "The price is too low")}
    lodged = call.post(f"{award}/challenges", "enterprise/bidder", grounds)
    there = f"/v1/challenges/{lodged['id']}"
    call.post(f"{there}/withdrawal", "enterprise/bidder", changes=there)
