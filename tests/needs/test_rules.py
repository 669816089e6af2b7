"""What may become of a need: each rule, with plain values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.needs import rules
from ecosystem.needs.model import (
    CancelFacts,
    Criterion,
    CriterionKind,
    DraftFacts,
    KeyFacts,
    Opener,
    PublishFacts,
    State,
)
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text
from tests.needs.drafts import AT, BIDDER, OFFICER, PEOPLE, holding, lot, need

SAID = Text(en="Because.")


def criterion(kind: CriterionKind, weight: str, *, code: str = "one") -> Criterion:
    return Criterion(code=code, kind=kind, name=SAID, weight=weight)


def draft_facts(**changed: Any) -> DraftFacts:
    asked = need(**changed)
    ids = tuple(f"lot_01890a5d0000700080000000000000{n:02x}" for n in range(len(asked.lots)))
    return DraftFacts(asked=asked, lot_ids=ids)


def publish_facts(**changed: Any) -> PublishFacts:
    facts = PublishFacts(
        authority_number=7,
        state=State.DRAFT,
        asked=need(),
        unknown_standards=(),
        is_jurisdiction_known=True,
        in_force=holding("sandbox"),
        programme_available="20000000.00",
        value="12000000.00",
        openers=tuple(Opener(person, "k" * 43) for person in PEOPLE),
    )
    return msgspec.structs.replace(facts, **changed)


def faults(caught: pytest.ExceptionInfo[Refusal]) -> set[tuple[str, str]]:
    return {(fault.pointer, fault.code) for fault in caught.value.faults}


def test_a_sound_draft_is_worth_the_sum_of_its_lots() -> None:
    drafted = rules.draft(draft_facts(lots=(lot(), lot())), by=OFFICER, at=AT)

    assert (drafted.state, drafted.value, drafted.currency) == (State.DRAFT, "24000000.00", "CNY")
    assert len({one.id for one in drafted.lots}) == 2


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (
            {"criteria": (criterion(CriterionKind.PRICE, "90"),)},
            ("/lots/0/criteria", "weights_do_not_add_up"),
        ),
        (
            {
                "criteria": (
                    criterion(CriterionKind.PRICE, "100"),
                    criterion(CriterionKind.QUALITY, "0", code="two"),
                )
            },
            ("/lots/0/criteria/1/weight", "weight_of_requirement"),
        ),
        (
            {
                "criteria": (
                    criterion(CriterionKind.PRICE, "50"),
                    criterion(CriterionKind.QUALITY, "50"),
                )
            },
            ("/lots/0/criteria", "code_twice"),
        ),
        (
            {"criteria": (criterion(CriterionKind.METRIC_COMMITMENT, "100", code="unsought"),)},
            ("/lots/0/criteria/0/code", "metric_unknown"),
        ),
        ({"outcomes": need().lots[0].outcomes * 2}, ("/lots/0/outcomes", "code_twice")),
        ({"price_formula": "quality_to_price/1"}, ("/lots/0/point_value", "point_value")),
        ({"point_value": "100.00"}, ("/lots/0/point_value", "point_value")),
    ],
)
def test_an_unsound_lot_is_refused_at_its_place(
    changed: dict[str, Any], fault: tuple[str, str]
) -> None:
    with pytest.raises(rules.NeedUnsound) as caught:
        rules.draft(draft_facts(lots=(lot(**changed),)), by=OFFICER, at=AT)

    assert faults(caught) == {fault}


@given(st.lists(st.integers(1, 99), min_size=1, max_size=6))
def test_weights_are_accepted_exactly_when_they_add_to_a_hundred(weights: list[int]) -> None:
    criteria = tuple(
        criterion(CriterionKind.QUALITY, str(weight), code=f"c{index}")
        for index, weight in enumerate(weights)
    )
    facts = draft_facts(lots=(lot(criteria=criteria),))

    try:
        rules.draft(facts, by=OFFICER, at=AT)
    except rules.NeedUnsound:
        assert sum(map(Decimal, weights)) != 100
    else:
        assert sum(weights) == 100


def test_a_draft_that_is_ready_is_published_with_its_openers() -> None:
    published = rules.publish(publish_facts(), by=OFFICER, at=AT)

    assert published.state is State.PUBLISHED
    assert published.published_at == AT
    assert [one.person_id for one in published.openers] == list(PEOPLE)
    assert published.threshold == 2


def test_every_rule_that_is_not_met_is_said_at_once() -> None:
    facts = publish_facts(
        unknown_standards=("GB/T 0",),
        is_form_known=False,
        is_jurisdiction_known=False,
        programme_available="1.00",
        openers=(),
        asked=need(enquiry_ends_at=AT - timedelta(days=1)),
    )

    with pytest.raises(rules.NeedUnsound) as caught:
        rules.publish(facts, by=OFFICER, at=AT)

    assert faults(caught) == {
        ("/enquiry_ends_at", "date_has_passed"),
        ("/jurisdiction", "jurisdiction_unknown"),
        ("/standards", "standard_unknown"),
        ("/contract_form", "form_unknown"),
        ("/openers/0", "opener_not_ready"),
        ("/openers/1", "opener_not_ready"),
        ("/openers/2", "opener_not_ready"),
        ("/programme_id", "budget_too_small"),
    }


@pytest.mark.parametrize(
    ("changed", "by", "refusal"),
    [
        ({}, BIDDER, rules.NeedNotOwned),
        ({"state": State.CLOSED}, OFFICER, rules.NotDraft),
        ({"state": State.PUBLISHED}, BIDDER, rules.NeedNotOwned),
        ({"programme_available": None}, OFFICER, rules.NeedUnsound),
    ],
)
def test_a_publication_is_refused(
    changed: dict[str, Any], by: Actor, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.publish(publish_facts(**changed), by=by, at=AT)


@pytest.mark.parametrize("state", [State.AWARDED, State.CONTRACTED, State.CANCELLED])
def test_what_has_come_to_its_end_is_not_cancelled(state: State) -> None:
    facts = CancelFacts(authority_number=7, state=state, reason=SAID)

    with pytest.raises(rules.NeedOver):
        rules.cancel(facts, by=OFFICER, at=AT)


def test_the_same_key_is_not_registered_again() -> None:
    with pytest.raises(rules.KeyUnchanged):
        rules.register_key(KeyFacts(public_key="k", current="k", is_held=True), by=OFFICER, at=AT)


def china(**changed: Any) -> PublishFacts:
    """What is published in China on Monday the 2nd of March 2026, and meets its rules."""
    asked = {
        "lots": (lot(price_formula="lowest_ratio/1"),),
        "enquiry_ends_at": datetime(2026, 3, 11, 16, tzinfo=UTC),
        "submission_ends_at": datetime(2026, 3, 23, 16, tzinfo=UTC),
        **changed,
    }
    asked.setdefault("opening_at", asked["submission_ends_at"])
    facts = publish_facts(asked=need(**asked))
    return msgspec.structs.replace(facts, in_force=holding("cn-government-procurement"))


def test_what_meets_the_rules_of_a_place_is_published_under_them_with_a_warning() -> None:
    published = rules.publish(china(), by=OFFICER, at=AT)

    assert published.profile_id == "cn-government-procurement"
    assert [(one.pointer, one.code) for one in published.warnings] == [
        ("/lots/0/price_formula", "formula_is_relative")
    ]


@pytest.mark.parametrize(
    ("changed", "fault", "earliest"),
    [
        # Twenty days after the 2nd end with the 22nd, a Sunday, so with Monday the 23rd.
        (
            {"submission_ends_at": datetime(2026, 3, 23, 15, 59, tzinfo=UTC)},
            ("/submission_ends_at", "submission_too_short"),
            "2026-03-23T16:00:00",
        ),
        # Seven working days after the 2nd end with Wednesday the 11th.
        (
            {"enquiry_ends_at": datetime(2026, 3, 11, 15, 59, tzinfo=UTC)},
            ("/enquiry_ends_at", "enquiry_too_short"),
            "2026-03-11T16:00:00",
        ),
        (
            {"enquiry_ends_at": datetime(2026, 3, 22, tzinfo=UTC)},
            ("/submission_ends_at", "answering_too_short"),
            "2026-03-25T16:00:00",
        ),
        # Offers are opened when their submission ends, and not a second later.
        (
            {"opening_at": datetime(2026, 3, 23, 16, 0, 1, tzinfo=UTC)},
            ("/opening_at", "opening_too_late"),
            "2026-03-23T16:00:00Z or earlier: 0 days (elapsed) from the end of submission",
        ),
        ({"openers": PEOPLE[:2]}, ("/openers", "openers_too_few"), "at least 3"),
        ({"lots": need().lots}, ("/lots/0/price_formula", "formula_not_allowed"), "lowest_ratio/1"),
        (
            {
                "lots": (
                    lot(
                        price_formula="lowest_ratio/1",
                        criteria=(
                            criterion(CriterionKind.PRICE, "9.99"),
                            criterion(CriterionKind.QUALITY, "90.01", code="two"),
                        ),
                    ),
                )
            },
            ("/lots/0/criteria", "price_weighs_too_little"),
            "at least 10",
        ),
    ],
)
def test_a_rule_of_the_place_that_is_not_met_names_what_would_meet_it(
    changed: dict[str, Any], fault: tuple[str, str], earliest: str
) -> None:
    with pytest.raises(rules.NeedUnsound) as caught:
        rules.publish(china(**changed), by=OFFICER, at=AT)

    assert faults(caught) == {fault}
    found = next(iter(caught.value.faults))
    assert earliest in found.detail


@pytest.mark.parametrize(("asked", "other"), list(permutations(Envelopes)))
def test_a_profile_requires_two_envelopes_or_forbids_them(
    asked: Envelopes, other: Envelopes
) -> None:
    law = holding("sandbox")
    rule = msgspec.structs.replace(law.rules.envelopes, allowed=(other,))
    of_place = msgspec.structs.replace(
        law, rules=msgspec.structs.replace(law.rules, envelopes=rule)
    )
    facts = publish_facts(asked=need(envelopes=asked), in_force=of_place)

    with pytest.raises(rules.NeedUnsound) as caught:
        rules.publish(facts, by=OFFICER, at=AT)

    assert faults(caught) == {("/envelopes", "envelopes_not_allowed")}
    elsewhere = publish_facts(asked=need(envelopes=asked))
    assert rules.publish(elsewhere, by=OFFICER, at=AT).state is State.PUBLISHED


@pytest.mark.parametrize(
    ("estimate", "fault"),
    [
        (Money("12000000.01", "CNY"), ("/estimated_value/amount", "estimate_above_ceilings")),
        (Money("0.00", "CNY"), ("/estimated_value/amount", "estimate_above_ceilings")),
        (Money("1.00", "EUR"), ("/estimated_value/currency", "currencies_differ")),
        (Money("1.001", "CNY"), ("/estimated_value/amount", "amount_too_fine")),
    ],
)
def test_an_estimate_lies_within_the_ceilings(estimate: Money, fault: tuple[str, str]) -> None:
    with pytest.raises(rules.NeedUnsound) as caught:
        rules.draft(draft_facts(estimated_value=estimate), by=OFFICER, at=AT)

    assert faults(caught) == {fault}
    rules.draft(draft_facts(estimated_value=Money("1.00", "CNY")), by=OFFICER, at=AT)


def test_readiness_says_what_publication_would() -> None:
    soon = china(submission_ends_at=datetime(2026, 3, 20, tzinfo=UTC))

    assert rules.readiness(china(), by=OFFICER, at=AT).is_ready
    assert [one.code for one in rules.readiness(soon, by=OFFICER, at=AT).errors] == [
        "submission_too_short"
    ]
    with pytest.raises(rules.NeedNotOwned):
        rules.readiness(soon, by=BIDDER, at=AT)
