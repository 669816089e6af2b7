"""The members of an offer: invited, consenting, leaving, and substituted by recorded approval."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.builders import OPENERS, content
from tests.offers.market import Market

SHARES = {"enterprise": "70", "think_tank": "30"}
REASON = {"zh": "见函", "en": "See letter"}
LEAVING = {"reason": REASON}


def members(market: Market, shares: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"organisation_id": market.world.organisation(party), "share": share}
        for party, share in shares.items()
    ]


async def consortium(market: Market) -> str:
    """Submit an offer of two."""
    offer_id = await market.draft(SHARES)
    await market.post(f"/v1/offers/{offer_id}/consents", "think_tank/bidder")
    assert (await market.submit(offer_id, "enterprise", content())).status_code == 201
    return offer_id


async def shown(market: Market, offer_id: str, who: str) -> dict[str, Any]:
    found: dict[str, Any] = (await market.get(f"/v1/offers/{offer_id}", who)).json()
    return found


async def opened(market: Market) -> None:
    await market.clock(market.start + timedelta(days=21))
    for who in OPENERS[:2]:
        assert (await market.hand_in(who)).status_code == 201


async def proposed(market: Market, offer_id: str, **changed: str) -> httpx.Response:
    asked = {"leaving_id": "think_tank", "joining_id": "second_enterprise"} | changed
    body = {name: market.world.organisation(party) for name, party in asked.items()}
    path = f"/v1/offers/{offer_id}/substitutions"
    return await market.post(path, "enterprise/bidder", body | {"reason": REASON})


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code") or answer.json()["state"]


async def test_a_member_who_leaves_undoes_the_submission_until_the_lead_sets_the_shares_anew(
    market: Market, owner_url: str
) -> None:
    offer_id = await consortium(market)
    path = f"/v1/offers/{offer_id}"

    left = await market.post(f"{path}/departure", "think_tank/bidder", LEAVING)
    unsound = await market.submit(offer_id, "enterprise", content())
    changed = await market.post(
        f"{path}/members", "enterprise/bidder", {"members": members(market, {"enterprise": "100"})}
    )
    again = await market.submit(offer_id, "enterprise", content())

    assert told(left) == (201, "draft")
    assert told(unsound) == (409, "shares_do_not_add_up")
    assert [told(changed), told(again)] == [(201, "draft"), (201, "submitted")]
    assert (await market.get(path, "think_tank/bidder")).status_code == 404
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SET app.purpose = 'opening'")
    statement = "SELECT count(*) FROM offer_member WHERE offer_id = $1"
    kept = await connection.fetchval(statement, offer_id)
    await connection.close()
    assert kept == 1


async def invitations(market: Market, who: str, need_id: str) -> set[str]:
    """Return the offers that wait for a bidder's consent."""
    found = await market.get(f"/v1/offers?inviting=true&need_id={need_id}", who)
    return {one["id"] for one in found.json()["data"]}


async def heard(market: Market, who: str, offer_id: str) -> list[str]:
    """Return what a bidder's own feed has told of an offer."""
    await market.told()
    found: list[dict[str, Any]] = []
    while page := (
        await market.get(f"/v1/events?after={found[-1]['position'] if found else 0}", who)
    ).json()["data"]:
        found += page
    return [one["type"] for one in found if one["object"] == offer_id]


async def test_whoever_is_invited_is_told_finds_the_draft_and_consents_or_declines_with_a_reason(
    market: Market,
) -> None:
    need_id = market.need.id
    offer_id = await market.draft({"enterprise": "60", "think_tank": "30", "bank": "10"})
    path, invited = f"/v1/offers/{offer_id}", ("think_tank/bidder", "bank/bidder")

    asked = [await invitations(market, who, need_id) for who in invited]
    own = await invitations(market, "enterprise/bidder", need_id)
    await market.post(f"{path}/consents", invited[0])
    declined = await market.post(f"{path}/departure", invited[1], LEAVING)
    again = await market.post(f"{path}/consents", invited[1])
    then = [await invitations(market, who, need_id) for who in invited]

    assert asked == [{offer_id}, {offer_id}]
    assert then == [set(), set()]
    assert own == set()
    assert (told(declined), told(again)) == ((201, "draft"), (404, "offer_missing"))
    (one,) = (await shown(market, offer_id, "enterprise/bidder"))["departures"]
    bank = market.world.organisation("bank")
    assert (one["organisation_id"], one["had_consented"]) == (bank, False)
    assert one["reason"] == REASON
    assert await heard(market, invited[0], offer_id) == [
        "offer.drafted", "offer.consented", "offer.member_left",
    ]  # fmt: skip
    assert await heard(market, invited[1], offer_id) == await heard(market, invited[0], offer_id)
    assert await heard(market, "second_enterprise/bidder", offer_id) == []


async def test_a_lead_takes_an_invitation_back_and_why_a_member_left_stays_among_the_members(
    market: Market,
) -> None:
    offer_id = await market.draft(SHARES)
    path, alone = f"/v1/offers/{offer_id}", members(market, {"enterprise": "100"})

    await market.post(f"{path}/members", "enterprise/bidder", {"members": alone})
    taken_back = await invitations(market, "think_tank/bidder", market.need.id)
    both = {"members": members(market, SHARES)}
    await market.post(f"{path}/members", "enterprise/bidder", both)
    await market.post(f"{path}/consents", "think_tank/bidder")
    await market.post(f"{path}/departure", "think_tank/bidder", LEAVING)
    await market.post(f"{path}/members", "enterprise/bidder", {"members": alone})
    assert (await market.submit(offer_id, "enterprise", content())).status_code == 201
    await opened(market)

    assert taken_back == set()
    assert await heard(market, "think_tank/bidder", offer_id) == [
        "offer.drafted", "offer.members_changed", "offer.members_changed", "offer.consented",
        "offer.member_left",
    ]  # fmt: skip
    (one,) = (await shown(market, offer_id, "enterprise/bidder"))["departures"]
    assert one["had_consented"]
    assert (await shown(market, offer_id, "city/officer"))["departures"] == []


async def test_a_consortium_says_for_what_each_of_its_members_answers(market: Market) -> None:
    offer_id = await market.draft(SHARES)
    path = f"/v1/offers/{offer_id}"
    asked = {"members": members(market, SHARES), "liability": "several"}

    at_first = await shown(market, offer_id, "think_tank/bidder")
    await market.post(f"{path}/members", "enterprise/bidder", asked)
    then = await shown(market, offer_id, "think_tank/bidder")
    left = await market.post(f"{path}/departure", "think_tank/bidder", LEAVING)

    assert (at_first["liability"], then["liability"]) == ("joint", "several")
    assert told(left) == (201, "draft")
    assert (await shown(market, offer_id, "enterprise/bidder"))["liability"] == "several"


async def test_whoever_is_named_anew_consents_anew(market: Market) -> None:
    offer_id = await consortium(market)
    path = f"/v1/offers/{offer_id}"
    asked = {"members": members(market, {"enterprise": "60", "think_tank": "30", "bank": "10"})}

    await market.post(f"{path}/members", "enterprise/bidder", asked)
    found = await shown(market, offer_id, "bank/bidder")
    early = await market.submit(offer_id, "enterprise", content())
    for party in ("think_tank", "bank"):
        answer = await market.post(f"{path}/consents", f"{party}/bidder")
        assert answer.status_code == 201

    assert (found["state"], found["receipt"], found["envelope_digest"]) == ("draft", None, None)
    assert [one["consented_at"] is None for one in found["members"]] == [False, True, True]
    assert told(early) == (409, "consents_missing")
    assert (await market.submit(offer_id, "enterprise", content())).status_code == 201


@pytest.mark.parametrize(
    ("act", "who", "code"),
    [
        ("departure", "enterprise/bidder", (409, "lead_stays")),
        ("departure", "bank/bidder", (404, "offer_missing")),
        ("members", "think_tank/bidder", (403, "not_lead")),
    ],
)
async def test_who_may_not_change_the_members_is_told_why(
    market: Market, act: str, who: str, code: tuple[int, str]
) -> None:
    offer_id = await consortium(market)
    body = {"members": members(market, SHARES)} if act == "members" else LEAVING

    assert told(await market.post(f"/v1/offers/{offer_id}/{act}", who, body)) == code


async def test_after_the_deadline_nobody_leaves_and_nobody_is_substituted_before_the_opening(
    market: Market,
) -> None:
    offer_id = await consortium(market)
    await market.clock(market.start + timedelta(days=20))

    left = await market.post(f"/v1/offers/{offer_id}/departure", "think_tank/bidder", LEAVING)
    early = await proposed(market, offer_id)

    assert told(left) == (410, "submission_over")
    assert told(early) == (409, "not_to_be_substituted")


async def test_a_member_is_substituted_by_proposal_consent_and_approval(market: Market) -> None:
    offer_id = await consortium(market)
    await opened(market)

    made = await proposed(market, offer_id)
    path = f"/v1/substitutions/{made.json()['id']}"
    early = await market.post(f"{path}/approval", "city/approver")
    stranger = await market.post(f"{path}/consent", "bank/bidder")
    consented = await market.post(f"{path}/consent", "second_enterprise/bidder")
    before = await shown(market, offer_id, "city/officer")
    approved = await market.post(f"{path}/approval", "city/approver")
    again = await market.post(f"{path}/approval", "city/approver")

    assert told(made) == (201, "proposed")
    assert [told(early), told(stranger)] == [
        (409, "consents_missing"),
        (404, "substitution_missing"),
    ]
    assert [told(consented), told(approved)] == [(201, "consented"), (201, "approved")]
    assert told(again) == (409, "substitution_over")
    after = await shown(market, offer_id, "second_enterprise/bidder")
    new = market.world.organisation("second_enterprise")
    assert [(one["organisation_id"], one["share"]) for one in after["members"]][1] == (new, "30")
    assert after["content"] == before["content"]
    assert (await market.get(f"/v1/offers/{offer_id}", "think_tank/bidder")).status_code == 404
    listed = await market.get(f"/v1/needs/{market.need.id}/substitutions", "auditor/auditor")
    assert [one["state"] for one in listed.json()["data"]] == ["approved"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"leaving_id": "enterprise"}, (409, "lead_stays")),
        ({"leaving_id": "bank"}, (422, "members_unsound")),
        ({"joining_id": "think_tank", "leaving_id": "think_tank"}, (422, "members_unsound")),
        ({"joining_id": "auditor"}, (422, "members_unsound")),
    ],
)
async def test_a_substitution_that_makes_no_offer_is_refused(
    market: Market, changed: dict[str, str], code: tuple[int, str]
) -> None:
    offer_id = await consortium(market)
    await opened(market)

    assert told(await proposed(market, offer_id, **changed)) == code


async def asked(market: Market) -> tuple[str, str]:
    """Propose a substitution after the opening; return the offer and where it stands."""
    offer_id = await consortium(market)
    await opened(market)
    return offer_id, f"/v1/substitutions/{(await proposed(market, offer_id)).json()['id']}"


@pytest.mark.parametrize("is_consented", [False, True])
async def test_the_authority_rejects_a_substitution_with_a_reason_and_another_may_be_asked_for(
    market: Market, *, is_consented: bool
) -> None:
    offer_id, path = await asked(market)
    before = await shown(market, offer_id, "city/officer")
    if is_consented:
        await market.post(f"{path}/consent", "second_enterprise/bidder")

    rejected = await market.post(f"{path}/rejection", "city/officer", LEAVING)

    assert told(rejected) == (201, "rejected")
    read = (await market.get(path, "second_enterprise/bidder")).json()
    assert (read["state"], read["ended_reason"]) == ("rejected", LEAVING["reason"])
    assert read["ended_at"] is not None
    for act, who in (("consent", "second_enterprise/bidder"), ("approval", "city/approver")):
        assert told(await market.post(f"{path}/{act}", who)) == (409, "substitution_over")
    assert (await shown(market, offer_id, "city/officer")) == before
    assert told(await proposed(market, offer_id)) == (201, "proposed")


@pytest.mark.parametrize("is_consented", [False, True])
async def test_the_lead_withdraws_a_substitution_and_nobody_else_does(
    market: Market, *, is_consented: bool
) -> None:
    offer_id, path = await asked(market)
    before = await shown(market, offer_id, "city/officer")
    if is_consented:
        await market.post(f"{path}/consent", "second_enterprise/bidder")

    others = [
        await market.post(f"{path}/withdrawal", who)
        for who in ("think_tank/bidder", "second_enterprise/bidder", "bank/bidder")
    ]
    withdrawn = await market.post(f"{path}/withdrawal", "enterprise/bidder")

    assert [told(one) for one in others] == [
        (403, "not_own_substitution"), (404, "offer_missing"), (404, "substitution_missing"),
    ]  # fmt: skip
    assert told(withdrawn) == (201, "withdrawn")
    for act, who, body in (
        ("withdrawal", "enterprise/bidder", None),
        ("rejection", "city/officer", LEAVING),
        ("approval", "city/approver", None),
    ):
        again = await market.post(f"{path}/{act}", who, body)
        assert told(again) == (409, "substitution_over"), act
    assert (await shown(market, offer_id, "city/officer")) == before


async def test_what_is_approved_is_neither_rejected_nor_withdrawn(market: Market) -> None:
    _, path = await asked(market)
    await market.post(f"{path}/consent", "second_enterprise/bidder")
    await market.post(f"{path}/approval", "city/approver")

    rejected = await market.post(f"{path}/rejection", "city/officer", LEAVING)
    withdrawn = await market.post(f"{path}/withdrawal", "enterprise/bidder")

    assert [told(rejected), told(withdrawn)] == [(409, "substitution_over")] * 2


async def test_approved_rejected_and_withdrawn_at_once_one_of_them_is(market: Market) -> None:
    offer_id, path = await asked(market)
    await market.post(f"{path}/consent", "second_enterprise/bidder")

    ends = await asyncio.gather(
        market.post(f"{path}/approval", "city/approver"),
        market.post(f"{path}/rejection", "city/officer", LEAVING),
        market.post(f"{path}/withdrawal", "enterprise/bidder"),
    )

    (state,) = [one.json()["state"] for one in ends if one.status_code == 201]
    refused = {one.status_code for one in ends if one.status_code != 201}
    assert refused <= {409, 412}
    assert (await market.get(path, "auditor/auditor")).json()["state"] == state
    members = (await shown(market, offer_id, "city/officer"))["members"]
    new = market.world.organisation("second_enterprise")
    assert (new in [one["organisation_id"] for one in members]) == (state == "approved")


async def test_the_database_ends_a_substitution_once_and_rejects_none_without_a_reason(
    market: Market,
) -> None:
    _, path = await asked(market)
    made = path.rpartition("/")[2]
    end = (
        "UPDATE substitution SET state = $2, version = version + 1, ended_by = 'person_x', "
        "ended_at = now(), "
        "ended_reason = CASE $3 WHEN 'said' THEN '{}'::json END WHERE id = $1"
    )
    connection = await market.world.database.connect()
    try:
        await connection.execute(
            "SELECT set_config('app.organisation', $1, false)",
            market.world.organisation("enterprise"),
        )
        with pytest.raises(asyncpg.CheckViolationError, match="a_rejection_its_reason"):
            await connection.execute(end, made, "rejected", "unsaid")
        await connection.execute(end, made, "withdrawn", "unsaid")
        with pytest.raises(asyncpg.PostgresError) as refused:
            await connection.execute(end, made, "rejected", "said")
        assert refused.value.as_dict()["constraint_name"] == "substitution_takes_its_turn"
    finally:
        await connection.close()
