"""A price that is offered is found nowhere before the opening, and nobody can tell of an offer.

Every person of every seeded organisation reads whatever can be read, once before anything is
offered and once after: what has changed then for others than the members would tell of it.
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import httpx
import msgspec
import pytest

from ecosystem import app
from ecosystem.manual import describe
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.identifiers import authority_of, compose
from tests.awarding import EVALUATORS, appointed, frozen, scored, sifted
from tests.builders import OPENERS, as_sent, content, financing, published
from tests.offers.dumping import CANARY, WORDS, dump, files, server_log, singing
from tests.offers.market import Market
from tests.parties import bearer

WITHOUT_OFFERS: Final = ("/openapi.json", "/docs", "/problems", "/login", "/logout", "/account")
WITHOUT_OFFERS_EITHER: Final = ("/invitation", "/recovery", "/oauth")
READ: Final = [
    one
    for one in describe.operations_of(app.ROUTES)
    if one.method == "GET"
    and not one.path.startswith((*WITHOUT_OFFERS, *WITHOUT_OFFERS_EITHER))
    and one.name not in {"read_sealed_shares", "read_financial_sealed_shares"}
]
"""All but the manual and the pages on which people log in; what is made later too.

To read the sealed shares too early is itself an event, which `test_routes` shows.
"""
OF_ITSELF: Final = ("/metrics", "/health", "/v1/audit/readings")
"""What changes by being read: numbers of requests, and what auditors have searched for."""
TOLD: Final = "/v1/events"
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
            seen[f"{party}/{person}", path] = _without_what_changes(answer)
        seen[f"{party}/{person}", TOLD] = (200, str(await _told(market, headers)), "")
    return seen


async def _told(market: Market, headers: dict[str, str]) -> list[tuple[str, str]]:
    """Return all that the feed tells somebody: what happened, and to what."""
    told: list[tuple[str, str]] = []
    after, has_more = 0, True
    while has_more:
        path = f"{TOLD}?after={after}&limit=100"
        page = (await market.client.get(path, headers=headers)).json()
        told += [(one["type"], one["object"]) for one in page["data"]]
        after, has_more = page["next_after"], page["has_more"]
    return told


def _without_what_changes(answer: httpx.Response) -> tuple[int, str, str]:
    text = answer.text if answer.status_code < 400 else str(answer.json()["code"])
    return answer.status_code, text, answer.headers.get("etag", "")


def written(market: Market, capsys: pytest.CaptureFixture[str], offer_id: str) -> str:
    """Return the log of the service, which tells of the offer's submissions, and its files."""
    log = capsys.readouterr().err
    assert f"/v1/offers/{offer_id}/submission" in log
    return log + files(market.folder)


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
    amount = {"amount": CANARY, "currency": "CNY"}
    loan = msgspec.structs.replace(financing(amount=amount), proposal=what.proposal)
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
    market: Market, owner_url: str, superuser: str, capsys: pytest.CaptureFixture[str]
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

    said = written(market, capsys, offers["group"]) + await server_log(superuser)
    for text in (kept, said, str(after), str(closed)):
        assert not list(singing(text, CANARY, WORDS))
    concerned = {
        f"{one.key}/{person.key}"
        for one in market.world.parties.data
        for person in one.people
        if one.key in MEMBERS
    }
    for (who, path), answer in after.items():
        if who in concerned or path.startswith(OF_ITSELF):
            continue
        if any(one in path for one in offers.values()):
            assert answer[0] in {401, 403, 404}, (who, path)
        else:
            assert answer == before[who, path], (who, path)
    seeded = market.world.parties.data
    assert {one.kind for one in seeded} == set(OrganisationKind)
    assert {role for one in seeded for person in one.people for role in person.roles} == set(Role)
    assert "need.published" in after["/", TOLD][1]
    assert "offer.submitted" in after["enterprise/bidder", TOLD][1]


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

    said = written(market, capsys, offers["group"])
    for text in (kept, said, str(told)):
        assert not list(singing(text, CANARY))
    assert WORDS in kept
    assert (early.status_code, early.json()["code"]) == (409, "scores_not_frozen")
    assert (await market.hand_in(OPENERS[1], of="financial-")).json()["state"] == "opened"
    shown = await market.get(f"/v1/offers/{offers['group']}", "city/officer")
    assert CANARY in shown.text
    record = (await market.get(f"/v1/needs/{market.need.id}/financial-opening")).json()
    assert [one["refused_with"] for one in record["refused"]] == ["scores_not_frozen"]
    assert {one["offer_id"] for one in record["offers"]} == {offers["group"], offers["loan"]}


@pytest.mark.parametrize("before", range(3))
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode, bytes.hex, bytes.decode])
def test_the_canary_is_found_in_each_disguise(
    before: int, encode: Callable[[bytes], bytes | str]
) -> None:
    text = b"{" * before + f'"{CANARY}", "{WORDS}"'.encode()

    hidden = str(encode(text))

    for canary in (CANARY, WORDS):
        assert list(singing(hidden, canary))


async def test_the_canary_is_found_when_it_may_be(market: Market, owner_url: str) -> None:
    offers = await offered(market)
    await market.clock(market.start + timedelta(days=21))
    for who in OPENERS[:2]:
        assert (await market.hand_in(who)).status_code == 201

    shown = await market.get(f"/v1/offers/{offers['group']}", "city/officer")

    assert CANARY in shown.text
    assert CANARY in await dump(owner_url)
