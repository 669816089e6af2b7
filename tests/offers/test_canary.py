"""A price that is offered is found nowhere before the opening, and nobody can tell of an offer.

Every person of every seeded organisation reads whatever can be read, once before anything is
offered and once after: what has changed then for others than the members would tell of it.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.manual import describe
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import authority_of, compose
from tests.awarding import EVALUATORS, appointed, frozen, scored, sifted
from tests.builders import OPENERS, as_sent, content, financing, published
from tests.offers.dumping import CANARY, WORDS, dump, in_hex
from tests.offers.market import Market
from tests.parties import bearer

READ: Final = [
    one
    for one in describe.operations_of(app.ROUTES)
    if one.method == "GET"
    and one.path.startswith(("/v1/", "/metrics", "/.well-known", "/health"))
    and one.name not in {"read_sealed_shares", "read_financial_sealed_shares"}
]
"""To read the sealed shares too early is itself an event, which `test_routes` shows."""
TOLD: Final = "/v1/events?after=0&limit=100"
MEMBERS: Final = frozenset({"enterprise", "think_tank", "second_enterprise", "bank"})
Seen = dict[tuple[str, str], tuple[int, str, str]]


def paths(market: Market, offers: dict[str, str]) -> Iterator[str]:
    """Yield the address of everything that can be read, with the identifiers that there are."""
    authority = authority_of(market.need.id)
    known = {
        "need_id": [market.need.id],
        "offer_id": list(offers.values()),
        "organisation_id": [market.world.organisation("enterprise")],
        "programme_id": [market.world.programme_id],
        "form_id": ["city-data-platform-operation"],
    }
    for one in READ:
        (name,) = [part.strip("{}") for part in one.path.split("/") if "{" in part] or [""]
        nothing = compose(name.removesuffix("_id"), milliseconds=1, authority=authority, entropy=1)
        for identifier in known.get(name, [nothing]):
            yield one.path.replace(f"{{{name}}}", identifier)
    yield TOLD
    yield f"/v1/offers?need_id={market.need.id}"


async def sweep(market: Market, offers: dict[str, str]) -> Seen:
    """Return what each person, and somebody without a token, reads at each address."""
    await market.told()
    seen: Seen = {}
    people = [(one.key, person.key) for one in market.world.parties.data for person in one.people]
    for party, person in [("", ""), *people]:
        headers = await bearer(market.client, party, person) if party else {}
        for path in paths(market, offers):
            answer = await market.client.get(path, headers=headers)
            seen[f"{party}/{person}", path] = _without_what_changes(path, answer)
    return seen


def _without_what_changes(path: str, answer: httpx.Response) -> tuple[int, str, str]:
    text = answer.text
    if path.startswith("/v1/events"):
        told = msgspec.json.decode(answer.content).get("data", [])
        text = str([(one["type"], one["object"]) for one in told])
    elif answer.status_code >= 400:
        text = str(answer.json()["code"])
    return answer.status_code, text, answer.headers.get("etag", "")


async def offered(market: Market) -> dict[str, str]:
    """Have the canary offered in every way: by both seals, refused, withdrawn, replaced, late."""
    canary: dict[str, Any] = {"proposal": {"en": WORDS}}
    offers = {"group": await market.draft({"enterprise": "70", "think_tank": "30"})}
    await market.post(f"/v1/offers/{offers['group']}/consents", "think_tank/bidder")
    offers["solo"] = await market.draft({"second_enterprise": "100"})
    offers["loan"] = await market.draft({"bank": "100"}, kind="financing")
    what = content(CANARY, **canary)
    for _ in range(2):
        assert (await market.submit(offers["group"], "enterprise", what)).status_code == 201
    sealed = await market.sealed(offers["solo"], "second_enterprise", what)
    path = f"/v1/offers/{offers['solo']}"
    sent = await market.post(f"{path}/envelopes", "second_enterprise/bidder", sealed)
    assert sent.status_code == 201
    loan = msgspec.structs.replace(financing("7.77123"), proposal=what.proposal)
    assert (await market.submit(offers["loan"], "bank", loan)).status_code == 201
    faulty = as_sent(what) | {"answers": [], "unknown": CANARY}
    for body in (faulty, as_sent(what) | {"answers": []}, {"price": CANARY}):
        refused = await market.post(f"{path}/submission", "second_enterprise/bidder", body)
        assert refused.status_code in {400, 422}
        assert CANARY not in refused.text
    withdrawn = await market.post(f"{path}/withdrawal", "second_enterprise/bidder")
    assert withdrawn.status_code == 201
    return offers


async def test_a_price_is_nowhere_before_the_opening_and_nothing_tells_of_an_offer(
    market: Market, owner_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = compose("offer", milliseconds=1, authority=authority_of(market.need.id), entropy=1)
    before = await sweep(market, {"nothing": nothing})

    offers = await offered(market)
    after = await sweep(market, offers)
    await market.clock(market.start + timedelta(days=20, milliseconds=1))
    late = content(CANARY, proposal={"en": WORDS})
    assert (await market.submit(offers["group"], "enterprise", late)).status_code == 410
    closed = await sweep(market, offers)
    kept = await dump(owner_url)

    for text in (kept, capsys.readouterr().err, str(after), str(closed)):
        for canary in (CANARY, WORDS, "7.77123", *in_hex(CANARY, WORDS)):
            assert canary not in text
    concerned = {
        f"{one.key}/{person.key}"
        for one in market.world.parties.data
        for person in one.people
        if one.key in MEMBERS
    }
    for (who, path), answer in after.items():
        if who in concerned or path.startswith(("/metrics", "/health")):
            continue
        if any(one in path for one in offers.values()):
            assert answer[0] in {401, 403, 404}, (who, path)
        else:
            assert answer == before[who, path], (who, path)
    assert {one.kind for one in market.world.parties.data} == set(OrganisationKind)


async def test_a_price_in_an_envelope_of_its_own_is_nowhere_until_it_is_opened(
    market: Market, owner_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    market.need = await published(market.world, at=market.start, envelopes="two")
    offers = await offered(market)
    await market.clock(market.start + timedelta(days=21))
    early = await market.get(
        f"/v1/needs/{market.need.id}/financial-sealed-shares", "city/reserve_opener"
    )
    for who in OPENERS[:2]:
        assert (await market.hand_in(who)).status_code == 201
    await sifted(market.world, market.need.id)
    await appointed(market.world, market.need.id)
    for who in EVALUATORS:
        await scored(market.world, offers["group"], who)
    await frozen(market.world, market.need.id)
    assert (await market.hand_in(OPENERS[0], of="financial-")).json()["state"] == "sealed"

    told = await sweep(market, offers)
    kept = await dump(owner_url)

    for text in (kept, capsys.readouterr().err, str(told)):
        for canary in (CANARY, "7.77123", *in_hex(CANARY)):
            assert canary not in text
    assert WORDS in kept
    assert (early.status_code, early.json()["code"]) == (409, "scores_not_frozen")
    assert (await market.hand_in(OPENERS[1], of="financial-")).json()["state"] == "opened"
    shown = await market.get(f"/v1/offers/{offers['group']}", "city/officer")
    assert CANARY in shown.text
    record = (await market.get(f"/v1/needs/{market.need.id}/financial-opening")).json()
    assert [one["refused_with"] for one in record["refused"]] == ["scores_not_frozen"]
    assert {one["offer_id"] for one in record["offers"]} == {offers["group"], offers["loan"]}


async def test_the_canary_is_found_when_it_may_be(market: Market, owner_url: str) -> None:
    offers = await offered(market)
    await market.clock(market.start + timedelta(days=21))
    for who in OPENERS[:2]:
        assert (await market.hand_in(who)).status_code == 201

    shown = await market.get(f"/v1/offers/{offers['group']}", "city/officer")

    assert CANARY in shown.text
    assert CANARY in await dump(owner_url)
