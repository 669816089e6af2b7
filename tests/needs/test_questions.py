"""Questions: rules with plain values, then over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from ecosystem.needs.model import State
from ecosystem.needs.questions import rules
from ecosystem.needs.questions.model import AnswerFacts, AskFacts, ExtendFacts
from ecosystem.needs.rules import NeedNotOwned
from ecosystem.values.text import Text
from tests.conventions import market
from tests.conventions.market import Market
from tests.needs.drafts import AT, BIDDER, OFFICER, holding
from tests.parties import bearer, comes_true, seeded

SAID = Text(en="Because.")
FUTIAN = "440304"
"""A district of the sandbox under the directives of the Union."""


def test_questions_are_taken_until_the_last_instant_and_not_at_it() -> None:
    facts = AskFacts(authority_number=7, state=State.PUBLISHED, enquiry_ends_at=AT, text=SAID)

    asked = rules.ask(facts, by=BIDDER, at=AT - timedelta(microseconds=1))

    assert asked.asked_by == BIDDER.organisation_id
    with pytest.raises(rules.EnquiryOver):
        rules.ask(facts, by=BIDDER, at=AT)
    with pytest.raises(rules.OwnNeed):
        rules.ask(facts, by=OFFICER, at=AT)


def test_an_answer_is_given_once_and_by_the_authority() -> None:
    facts = AnswerFacts(authority_number=7, is_answered=False, answer=SAID)

    assert rules.answer(facts, by=OFFICER, at=AT).answer == SAID
    with pytest.raises(rules.AnsweredBefore):
        rules.answer(msgspec.structs.replace(facts, is_answered=True), by=OFFICER, at=AT)
    with pytest.raises(NeedNotOwned):
        rules.answer(facts, by=BIDDER, at=AT)


@pytest.mark.parametrize(
    ("answered_at", "ends_at"),
    [
        # Six days after Monday the 9th end with Sunday the 15th, so with Monday the 16th.
        (datetime(2026, 3, 9, 9, tzinfo=UTC), datetime(2026, 3, 16, 23, tzinfo=UTC)),
        (datetime(2026, 3, 3, 9, tzinfo=UTC), None),
        (datetime(2026, 3, 12, 9, tzinfo=UTC), datetime(2026, 3, 18, 23, tzinfo=UTC)),
    ],
)
def test_a_late_answer_leaves_the_time_that_the_law_asks_for(
    answered_at: datetime, ends_at: datetime | None
) -> None:
    closes = datetime(2026, 3, 11, 9, tzinfo=UTC)
    facts = ExtendFacts(
        question_id="question_01890a5d00007000800000000000000f",
        submission_ends_at=closes,
        opening_at=closes + timedelta(hours=1),
        in_force=holding("eu-directives"),
    )

    assert rules.must_extend(facts, at=answered_at) is (ends_at is not None)
    if ends_at is not None:
        extended = rules.extend(facts, by=OFFICER, at=answered_at)
        assert extended.submission_ends_at == extended.opening_at == ends_at


@pytest.fixture(scope="module")
def kept() -> dict[str, Market]:
    return {}


@pytest.fixture
async def there(client: httpx.AsyncClient, kept: dict[str, Market]) -> Market:
    if not kept:
        kept["market"] = await market.make(client)
    return kept["market"]


async def _in_futian(client: httpx.AsyncClient, there: Market) -> str:
    """Publish a need whose offers wait for answers; return its path."""
    now = datetime.now(UTC)
    draft = {
        **there.draft,
        "jurisdiction": FUTIAN,
        "enquiry_ends_at": (now + timedelta(days=30)).isoformat(),
        "submission_ends_at": (now + timedelta(days=45)).isoformat(),
        "opening_at": (now + timedelta(days=45)).isoformat(),
    }
    made = await market.created(client, "/v1/needs", there.officer, draft)
    answer = await market.publish(client, there.officer, made["id"])
    assert answer.status_code == 201, answer.text
    return f"/v1/needs/{made['id']}"


async def test_nothing_that_the_public_reads_says_who_asked(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await _in_futian(client, there)
    need_id = path.rpartition("/")[2]
    asker = (await seeded(client)).party("enterprise")
    asked = {"text": {"zh": "接口文档在哪里？", "en": "Where are the interfaces described?"}}
    made = await market.created(client, f"{path}/questions", there.bidder, asked)
    answer = {"text": {"en": "In an annex."}}
    await market.created(client, f"/v1/questions/{made['id']}/answer", there.officer, answer)

    async def public() -> dict[str, str]:
        listed = (await client.get("/v1/events?limit=100&after=0")).json()["data"]
        return {one["type"]: str(one) for one in listed if one["object"] in {made["id"], need_id}}

    async def told() -> bool:
        return "question.answered" in await public()

    assert await comes_true(told, within_s=10)
    said = [str(await public())]
    said += [(await client.get(place)).text for place in (f"{path}/questions", path)]
    assert set(await public()) == {"need.published", "question.answered"}
    for text in said:
        assert asker.organisation_id not in text
        assert not any(person.id in text for person in asker.people)


async def test_the_authority_is_told_of_a_question_and_not_of_who_asked(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await _in_futian(client, there)
    asker = (await seeded(client)).party("enterprise")
    asked = {"text": {"en": "Where are the interfaces described?"}}
    made = await market.created(client, f"{path}/questions", there.bidder, asked)

    async def of_it(who: dict[str, str]) -> list[str | None]:
        feed = await client.get("/v1/events?limit=100&after=0", headers=who)
        return [
            one["organisation_id"] for one in feed.json()["data"] if one["object"] == made["id"]
        ]

    async def told() -> bool:
        return bool(await of_it(there.officer))

    assert await comes_true(told, within_s=10)
    assert await of_it(there.officer) == [None]
    assert await of_it(await bearer(client, "auditor", "auditor")) == [None]
    assert await of_it(there.bidder) == [asker.organisation_id]


async def test_the_log_does_not_say_who_asked(
    client: httpx.AsyncClient, there: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    path = await _in_futian(client, there)
    asker = (await seeded(client)).party("enterprise")
    capsys.readouterr()
    asked = {"text": {"en": "Where are the interfaces described?"}}

    await market.created(client, f"{path}/questions", there.bidder, asked)

    lines = capsys.readouterr().err
    assert f'"path":"{path}/questions"' in lines
    people, clients = [one.id for one in asker.people], [one.id for one in asker.clients]
    for name in (asker.organisation_id, *people, *clients):
        assert name not in lines


async def test_what_waits_for_an_answer_is_listed_apart(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await _in_futian(client, there)
    ids = [
        (await market.created(client, f"{path}/questions", there.bidder, {"text": {"en": text}}))[
            "id"
        ]
        for text in ("Which?", "When?")
    ]
    answer = {"text": {"en": "This."}}
    await market.created(client, f"/v1/questions/{ids[0]}/answer", there.officer, answer)

    async def listed(query: str) -> list[str]:
        found: Any = (await client.get(f"{path}/questions{query}")).json()["data"]
        return [one["id"] for one in found]

    assert await listed("?in_state=asked") == [ids[1]]
    assert await listed("?in_state=answered") == [ids[0]]
    assert await listed("") == [ids[1], ids[0]]


async def test_a_need_takes_offers_for_longer_when_it_was_answered_late(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await _in_futian(client, there)
    asked = {"text": {"en": "Which?"}}
    made = await market.created(client, f"{path}/questions", there.bidder, asked)
    operator = await bearer(client, "platform", "operator")
    late = (datetime.now(UTC) + timedelta(days=46)).isoformat()
    moved = await client.post("/v1/sandbox/clock", json={"now": late}, headers=operator)
    assert moved.status_code in {200, 201}, moved.text
    closed = (await client.get(path)).json()

    answer = {"text": {"en": "This."}}
    await market.created(client, f"/v1/questions/{made['id']}/answer", there.officer, answer)

    again = (await client.get(path)).json()
    assert (closed["state"], again["state"]) == ("closed", "published")
    assert again["submission_ends_at"] > closed["submission_ends_at"]
    assert again["opening_at"] == again["submission_ends_at"]
    assert (again["version"], again["content_version"]) == (closed["version"] + 1, 1)
