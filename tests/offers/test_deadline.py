"""The deadline, to the millisecond and under load: in time is taken, late is recorded."""

import asyncio
from datetime import datetime, timedelta
from itertools import cycle, islice

import httpx

from tests.builders import content, financing
from tests.offers.market import Market

BEFORE, AFTER = timedelta(milliseconds=-1), timedelta(milliseconds=1)
LEADS = {"enterprise": "delivery", "second_enterprise": "delivery", "bank": "financing"}


async def drafts(market: Market) -> dict[str, str]:
    return {lead: await market.draft({lead: "100"}, kind=kind) for lead, kind in LEADS.items()}


async def submitted(market: Market, lead: str, offer_id: str) -> httpx.Response:
    what = financing() if LEADS[lead] == "financing" else content()
    return await market.submit(offer_id, lead, what)


async def late(market: Market, lead: str) -> list[datetime]:
    path = f"/v1/needs/{market.need.id}/late-submissions?limit=100"
    data = (await market.get(path, f"{lead}/bidder")).json()["data"]
    return [datetime.fromisoformat(one["received_at"]) for one in data]


async def test_a_millisecond_before_is_in_time_and_a_millisecond_after_is_late(
    market: Market,
) -> None:
    offers = await drafts(market)
    deadline = market.start + timedelta(days=20)

    answers = {}
    for shift in (BEFORE, AFTER):
        await market.clock(deadline + shift)
        answers[shift] = await asyncio.gather(
            *(submitted(market, *one) for one in islice(cycle(offers.items()), 12))
        )

    assert {one.status_code for one in answers[BEFORE]} == {201}
    received = {one.json()["received_at"] for one in answers[BEFORE]}
    assert [datetime.fromisoformat(one) for one in received] == [deadline + BEFORE]
    assert {(one.status_code, one.json()["code"]) for one in answers[AFTER]} == {
        (410, "submission_over")
    }
    for lead in LEADS:
        assert await late(market, lead) == [deadline + AFTER] * 4


async def test_while_the_clock_passes_the_deadline_each_submission_is_one_or_the_other(
    market: Market,
) -> None:
    offers = await drafts(market)
    deadline = market.start + timedelta(days=20)
    asked = {"now": (deadline - timedelta(milliseconds=250)).isoformat(), "runs": True}
    await market.client.post("/v1/sandbox/clock", json=asked)

    async def keep_on(lead: str, offer_id: str) -> list[httpx.Response]:
        answers = [await submitted(market, lead, offer_id)]
        while [one.status_code for one in answers[-5:]] != [410] * 5:
            answers.append(await submitted(market, lead, offer_id))
        return answers

    answers = dict(
        zip(offers, await asyncio.gather(*(keep_on(*one) for one in offers.items())), strict=True)
    )

    for lead, given in answers.items():
        in_time = [
            datetime.fromisoformat(one.json()["received_at"])
            for one in given
            if one.status_code == 201
        ]
        assert {one.status_code for one in given} == {201, 410}
        assert all(one < deadline for one in in_time)
        were_late = await late(market, lead)
        assert len(were_late) == len(given) - len(in_time)
        assert all(deadline <= one for one in were_late)
        shown = (await market.get(f"/v1/offers/{offers[lead]}", f"{lead}/bidder")).json()
        assert datetime.fromisoformat(shown["received_at"]) == in_time[-1]
