"""Drafts change, published needs are amended by versions: rules with plain values, then HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.needs.amending import differences, rules
from ecosystem.needs.amending.model import AmendFacts, ChangeFacts, NeedChange
from ecosystem.needs.model import NeedDraft, State
from ecosystem.needs.rules import NeedUnsound, NotDraft, NotPublished
from ecosystem.values.text import Text
from tests.conventions import market
from tests.conventions.market import Market
from tests.needs.drafts import AT, OFFICER, PEOPLE, holding, lot, need

SAID = Text(en="Because.")
LOT_ID = "lot_01890a5d000070008000000000000000"
NEWS = Text(zh="修订", en="Amended")


def amend_facts(
    after: NeedDraft | None = None, *, profile: str = "sandbox", **changed: Any
) -> AmendFacts:
    facts = AmendFacts(
        authority_number=7,
        state=State.PUBLISHED,
        before=need(),
        after=need(title=NEWS) if after is None else after,
        lot_ids=(LOT_ID,),
        reason=SAID,
        unknown_standards=(),
        in_force=holding(profile),
        programme_available="20000000.00",
    )
    return msgspec.structs.replace(facts, **changed)


def test_what_changes_is_named_by_place_with_before_and_after() -> None:
    after = need(title=NEWS, lots=(lot(title=NEWS),))

    found = {one.pointer: (one.before, one.after) for one in differences.between(need(), after)}

    assert set(found) == {"/title/zh", "/title/en", "/lots/0/title/zh", "/lots/0/title/en"}
    assert found["/title/en"] == ("Continuous operation of the city data platform", "Amended")


def test_what_is_longer_or_shorter_differs_where_one_has_nothing() -> None:
    assert [
        (one.pointer, one.before, one.after)
        for one in differences.found({"a/b": [1], "c": 2}, {"a/b": [1, {"d": 3}]})
    ] == [("/a~1b/1", None, {"d": 3}), ("/c", 2, None)]


VALUES = st.recursive(
    st.integers(0, 3) | st.booleans() | st.text("ab~/", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab~/"), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES, VALUES)
def test_there_are_differences_exactly_between_values_that_differ(one: Any, other: Any) -> None:
    assert list(differences.found(one, one)) == []
    assert bool(list(differences.found(one, other))) is (one != other)


def test_an_amendment_leaves_the_time_that_the_law_asks_for() -> None:
    # Fifteen days after the 16th end with Tuesday the 31st, at midnight in Shanghai.
    facts = amend_facts(profile="cn-government-procurement", before=_in_china(), after=_in_china())
    facts = msgspec.structs.replace(facts, after=msgspec.structs.replace(facts.after, title=NEWS))

    amended = rules.amend(facts, by=OFFICER, at=datetime(2026, 3, 16, 9, tzinfo=UTC))

    assert amended.is_extended
    assert amended.submission_ends_at == datetime(2026, 3, 31, 16, tzinfo=UTC)
    assert amended.opening_at == amended.submission_ends_at
    assert "/submission_ends_at" in {one.pointer for one in amended.differences}


def test_an_amendment_of_dates_alone_moves_nothing_by_itself() -> None:
    later = datetime(2026, 3, 25, 16, tzinfo=UTC)
    after = msgspec.structs.replace(_in_china(), submission_ends_at=later, opening_at=later)
    facts = amend_facts(after, profile="cn-government-procurement", before=_in_china())

    amended = rules.amend(facts, by=OFFICER, at=datetime(2026, 3, 16, 9, tzinfo=UTC))

    assert (amended.submission_ends_at, amended.is_extended) == (later, False)


def test_an_amendment_opens_offers_no_later_than_the_law_allows() -> None:
    after = msgspec.structs.replace(_in_china(), opening_at=datetime(2026, 3, 24, tzinfo=UTC))
    facts = amend_facts(after, profile="cn-government-procurement", before=_in_china())

    with pytest.raises(NeedUnsound) as caught:
        rules.amend(facts, by=OFFICER, at=datetime(2026, 3, 16, 9, tzinfo=UTC))

    assert [(one.pointer, one.code) for one in caught.value.faults] == [
        ("/opening_at", "opening_too_late")
    ]


def _in_china() -> NeedDraft:
    return need(
        lots=(lot(price_formula="lowest_ratio/1"),),
        enquiry_ends_at=datetime(2026, 3, 11, 16, tzinfo=UTC),
        submission_ends_at=datetime(2026, 3, 23, 16, tzinfo=UTC),
        opening_at=datetime(2026, 3, 23, 16, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (need(), ("", "nothing_changed")),
        (need(sector="public_services"), ("/sector", "not_amendable")),
        (need(jurisdiction="440304"), ("/jurisdiction", "not_amendable")),
        (need(openers=PEOPLE[:2]), ("/openers", "not_amendable")),
        (
            need(submission_ends_at=AT + timedelta(days=19)),
            ("/submission_ends_at", "deadline_shortened"),
        ),
        (need(enquiry_ends_at=AT), ("/enquiry_ends_at", "date_has_passed")),
        (need(lots=(lot(), lot())), ("/lots", "not_amendable")),
        (
            need(enquiry_ends_at=AT + timedelta(days=30)),
            ("/submission_ends_at", "dates_out_of_order"),
        ),
    ],
)
def test_an_amendment_that_breaks_a_rule_is_refused_at_its_place(
    after: NeedDraft, fault: tuple[str, str]
) -> None:
    ids = tuple(f"{LOT_ID[:-1]}{place}" for place in range(len(after.lots)))
    facts = amend_facts(after, lot_ids=ids, programme_available="90000000.00")

    with pytest.raises(NeedUnsound) as caught:
        rules.amend(facts, by=OFFICER, at=AT)

    assert {(one.pointer, one.code) for one in caught.value.faults} == {fault}


def test_an_amendment_names_a_form_that_is_there() -> None:
    with pytest.raises(NeedUnsound) as caught:
        rules.amend(amend_facts(is_form_known=False), by=OFFICER, at=AT)

    assert [(one.pointer, one.code) for one in caught.value.faults] == [
        ("/contract_form", "form_unknown")
    ]


@pytest.mark.parametrize("state", [one for one in State if one is not State.PUBLISHED])
def test_only_what_takes_offers_is_amended(state: State) -> None:
    with pytest.raises(NotPublished):
        rules.amend(amend_facts(state=state), by=OFFICER, at=AT)


@pytest.mark.parametrize("state", [one for one in State if one is not State.DRAFT])
def test_only_a_draft_is_changed_freely(state: State) -> None:
    facts = ChangeFacts(
        authority_number=7, state=state, before=need(), after=need(), lot_ids=(LOT_ID,)
    )

    with pytest.raises(NotDraft):
        rules.change(facts, by=OFFICER, at=AT)


def test_what_is_left_out_of_a_change_stays() -> None:
    changes = msgspec.convert({"title": {"en": "New"}, "estimated_value": None}, NeedChange)

    after = rules.changed(need(), changes)

    assert after == need(title=Text(en="New"))


@pytest.fixture(scope="module")
def kept() -> dict[str, Market]:
    return {}


@pytest.fixture
async def there(client: httpx.AsyncClient, kept: dict[str, Market]) -> Market:
    if not kept:
        kept["market"] = await market.make(client)
    return kept["market"]


async def drafted(client: httpx.AsyncClient, there: Market, *, publish: bool) -> str:
    made = await market.created(client, "/v1/needs", there.officer, there.draft)
    if publish:
        await market.publish(client, there.officer, made["id"])
    return f"/v1/needs/{made['id']}"


async def test_a_draft_is_changed_by_what_is_given_and_its_lots_keep_their_names(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there, publish=False)
    before = (await client.get(path, headers=there.officer)).json()
    lots = [{**there.draft["lots"][0], "title": {"en": title}} for title in ("One", "Two")]
    headers = {**there.officer, "Content-Type": "application/merge-patch+json"}

    changed = await client.patch(path, json={"lots": lots}, headers=headers | {"If-Match": '"v1"'})
    two = (await client.get(path, headers=there.officer)).json()
    again = await client.patch(
        path, json={"lots": lots[:1]}, headers=headers | {"If-Match": '"v2"'}
    )
    one = (await client.get(path, headers=there.officer)).json()

    assert (changed.status_code, again.status_code) == (200, 200), changed.text + again.text
    assert [lot["id"] for lot in two["lots"]][:1] == [lot["id"] for lot in before["lots"]]
    assert two["value"]["amount"] == "24000000.00"
    assert [lot["id"] for lot in one["lots"]] == [lot["id"] for lot in before["lots"]]
    assert (one["version"], one["title"]) == (3, before["title"])
    assert (await market.publish(client, there.officer, path.rpartition("/")[2])).status_code == 201


async def test_an_amendment_is_a_version_with_a_reason_and_its_differences_for_everyone(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there, publish=True)
    asked = {
        "reason": {"en": "A slip."},
        "changes": {"title": {"zh": "城市数据平台运营", "en": "New"}},
    }

    answer = await client.post(
        f"{path}/amendments", json=asked, headers={**there.officer, "If-Match": '"v2"'}
    )
    need_now = (await client.get(path)).json()
    (amendment,) = (await client.get(f"{path}/amendments")).json()["data"]

    assert (answer.status_code, answer.json()["version"]) == (201, 3), answer.text
    assert (need_now["title"]["en"], need_now["content_version"]) == ("New", 3)
    assert (amendment["version"], amendment["reason"]) == (3, {"en": "A slip."})
    assert {one["pointer"]: one["after"] for one in amendment["differences"]} == {
        "/title/zh": "城市数据平台运营",
        "/title/en": "New",
    }


async def test_of_two_amendments_under_one_etag_one_takes_effect(
    client: httpx.AsyncClient, there: Market
) -> None:
    path = await drafted(client, there, publish=True)

    def amend(title: str) -> Any:
        asked = {"reason": {"en": "A slip."}, "changes": {"title": {"en": title}}}
        return client.post(
            f"{path}/amendments", json=asked, headers={**there.officer, "If-Match": '"v2"'}
        )

    answers = await asyncio.gather(*(amend(f"Title {number}") for number in range(4)))

    assert sorted(one.status_code for one in answers) == [201, 412, 412, 412]
    assert len((await client.get(f"{path}/amendments")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("publish", "method", "code"),
    [(True, "PATCH", "not_draft"), (False, "POST", "not_published")],
)
async def test_each_state_has_its_own_way_to_change(
    client: httpx.AsyncClient, there: Market, *, publish: bool, method: str, code: str
) -> None:
    path = await drafted(client, there, publish=publish)
    change: dict[str, Any] = {"title": {"en": "New"}}
    body = change if method == "PATCH" else {"reason": {"en": "A slip."}, "changes": change}
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"

    answer = await client.request(
        method, path if method == "PATCH" else f"{path}/amendments", json=body,
        headers={**there.officer, "If-Match": "*", "Content-Type": kind},
    )  # fmt: skip

    assert (answer.status_code, answer.json()["code"]) == (409, code)
