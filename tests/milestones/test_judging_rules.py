"""How far a submission may be accepted, and when a milestone is all accepted."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.catalogue.profiles.model import Counting, Span
from ecosystem.milestones.judging import rules
from ecosystem.milestones.judging.model import Delivery, JudgeFacts, Qualification
from ecosystem.milestones.model import Finding, Judgement, State, Timeliness
from ecosystem.milestones.rules import MilestoneNotOwned
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text

AT = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
DUE_AT = datetime(2027, 2, 28, 16, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
WORDS = Text(zh="见记录")
OFFICER = Actor(
    organisation_id="org_city",
    organisation_number=7,
    kind=OrganisationKind.GOVERNMENT,
    verified=True,
    jurisdiction="440300",
    client_id="client_city",
    person_id="person_officer",
)


def _why(*parts: str) -> Judgement:
    findings = tuple(Finding(part=part, reasons=WORDS, remedy=WORDS) for part in parts)
    return Judgement(reasons=WORDS, remedy=WORDS, findings=findings)


def _facts(**changed: Any) -> JudgeFacts:
    facts: dict[str, Any] = {
        "authority_number": 7,
        "state": State.SUBMITTED,
        "starts_at": DUE_AT - timedelta(days=90),
        "due_at": DUE_AT,
        "time_zone": "Asia/Shanghai",
        "submitted_at": AT - timedelta(hours=1),
        "delivered_at": DUE_AT,
        "submitted_by": "person_delivery",
        "accepted_share": "0",
        "accepted_delivery_at": None,
        "deliverables": ("report", "data", "code"),
        "accepted_deliverables": (),
        "metrics": (),
        "verification_asked": False,
        "verification": None,
        "deemed_at": None,
        "deemed_after": None,
        "judgement": _why("data"),
    }
    return JudgeFacts(**(facts | changed))


def _part(**changed: Any) -> Qualification:
    asked: dict[str, Any] = {"deliverables": ("report",), "rest": _why("data")}
    return Qualification(**(asked | changed))


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"authority_number": 8, "state": State.PLANNED}, MilestoneNotOwned),
        ({"state": State.PLANNED, "delivered_at": None}, rules.NotSubmitted),
        ({"state": State.ACCEPTED, "submitted_by": "person_officer"}, rules.NotSubmitted),
        ({"state": State.REJECTED}, rules.NotSubmitted),
        ({"submitted_by": "person_officer", "deemed_at": AT}, rules.SubmittedOneself),
        ({"verified_hand": "person_officer", "deemed_at": AT}, rules.VerifiedOneself),
        ({"deemed_at": AT}, rules.PeriodLapsed),
    ],
)
def test_a_judgement_is_refused_for_its_first_reason(
    changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    for judge in (rules.accept, rules.accept_part, rules.reject):
        with pytest.raises(refusal):
            judge(_facts(qualification=_part(), **changed), by=OFFICER, at=AT)


@pytest.mark.parametrize("finding", [None, "refused"])
def test_what_is_to_be_verified_is_accepted_once_it_is_confirmed(finding: str | None) -> None:
    facts = _facts(verification_asked=True, verification=finding, qualification=_part())
    confirmed = _facts(verification_asked=True, verification="confirmed")

    for judge in (rules.accept, rules.accept_part):
        with pytest.raises(rules.VerificationMissing):
            judge(facts, by=OFFICER, at=AT)

    assert rules.reject(facts, by=OFFICER, at=AT).state is State.REJECTED
    assert rules.accept(confirmed, by=OFFICER, at=AT).state is State.ACCEPTED


def test_silence_accepts_as_of_the_end_of_its_period_and_not_before() -> None:
    span = Span(law="law", days=30, counted=Counting.CALENDAR)
    facts = _facts(is_deemed=True, deemed_at=AT, deemed_after=span)

    accepted = rules.accept(facts, by=OFFICER, at=AT + timedelta(hours=3))

    assert (accepted.accepted_at, accepted.deemed) == (AT, span)
    with pytest.raises(ValueError, match="silence"):
        rules.accept(facts, by=OFFICER, at=AT - TICK)


@pytest.mark.parametrize(
    ("late", "expected"), [(timedelta(0), Timeliness.MET), (TICK, Timeliness.NOT_MET)]
)
def test_lateness_counts_to_delivery_and_not_to_acceptance(
    late: timedelta, expected: Timeliness
) -> None:
    facts = _facts(delivered_at=DUE_AT + late)

    accepted = rules.accept(facts, by=OFFICER, at=AT + timedelta(days=90))

    assert accepted.timeliness is expected
    assert accepted.lateness.days == (1 if late else 0)


@pytest.mark.parametrize(
    ("judgement", "refusal"),
    [
        (_why(), rules.FindingsMissing),
        (_why("sources"), rules.PartUnfit),
        (_why("data", "data"), rules.PartUnfit),
    ],
    ids=["none", "another's", "twice"],
)
def test_where_there_are_several_parts_a_rejection_speaks_of_each_that_fails(
    judgement: Judgement, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.reject(_facts(judgement=judgement), by=OFFICER, at=AT)

    alone = rules.reject(_facts(judgement=_why(), deliverables=("data",)), by=OFFICER, at=AT)
    by_metric = _facts(judgement=_why("quality"), metrics=("quality",))
    assert (alone.state, alone.reasons) == (State.REJECTED, WORDS)
    assert rules.reject(by_metric, by=OFFICER, at=AT).findings[0].part == "quality"


@pytest.mark.parametrize(
    ("changed", "asked", "refusal"),
    [
        ({}, {"deliverables": ("sources",)}, rules.PartUnfit),
        ({}, {"deliverables": ("data", "data")}, rules.PartUnfit),
        ({"accepted_deliverables": ("report",), "accepted_share": "0.4"}, {}, rules.PartUnfit),
        ({}, {"share": "0"}, rules.ShareUnfit),
        ({}, {"share": "1"}, rules.ShareUnfit),
        ({"accepted_share": "0.4"}, {"share": "0.6"}, rules.ShareUnfit),
        ({}, {"deliverables": ("report", "data", "code"), "share": "0.9"}, rules.PartUnfit),
        ({}, {"rest": None}, rules.RestUnexplained),
        ({}, {"rest": _why()}, rules.FindingsMissing),
        ({}, {"rest": _why("report")}, rules.PartUnfit),
    ],
)
def test_a_part_that_is_none_is_refused(
    changed: dict[str, Any], asked: dict[str, Any], refusal: type[Refusal]
) -> None:
    facts = _facts(qualification=_part(**asked), **changed)

    assert not rules.is_of_the_rest(facts)
    with pytest.raises(refusal):
        rules.accept_part(facts, by=OFFICER, at=AT)


def test_deliverables_count_alike_where_no_share_is_given() -> None:
    first = rules.accept_part(_facts(qualification=_part()), by=OFFICER, at=AT)

    assert (first.state, first.share, first.accepted_share) == (
        State.PARTLY_ACCEPTED, "0.3333", "0.3333",
    )  # fmt: skip
    assert first.deliverables == ("report",)


@given(st.permutations(["report", "data", "code"]), st.integers(min_value=1, max_value=3))
def test_parts_add_up_to_the_whole(order: list[str], at_once: int) -> None:
    state: dict[str, Any] = {"accepted_share": "0", "accepted_deliverables": ()}
    shares = list[Decimal]()

    while order:
        named, order = order[:at_once], order[at_once:]
        asked = _part(deliverables=tuple(named), rest=_why(*order) if order else None)
        facts = _facts(qualification=asked, **state)
        assert rules.is_of_the_rest(facts) is (not order)
        judge = rules.accept_part if order else rules.accept
        judged = judge(facts, by=OFFICER, at=AT)
        shares.append(Decimal(judged.share))
        state = {
            "accepted_share": f"{sum(shares):f}",
            "accepted_deliverables": (*state["accepted_deliverables"], *judged.deliverables),
        }

    assert sum(shares) == 1
    assert min(shares) > 0
    assert set(state["accepted_deliverables"]) == {"report", "data", "code"}


def test_a_milestone_is_delivered_with_the_latest_of_its_parts() -> None:
    parts = {"accepted_share": "0.4", "accepted_deliverables": ("report",)}

    accepted = rules.accept(_facts(accepted_delivery_at=DUE_AT + TICK, **parts), by=OFFICER, at=AT)

    assert (accepted.share, accepted.delivered_at) == ("0.6", DUE_AT + TICK)
    assert accepted.timeliness is Timeliness.NOT_MET


def test_the_authority_accepts_another_delivery_than_was_claimed() -> None:
    asked = Qualification(delivery=Delivery(delivered_at=DUE_AT + TICK, reason=WORDS))
    facts = _facts(qualification=asked)

    accepted = rules.accept(facts, by=OFFICER, at=AT)

    assert rules.is_of_the_rest(facts)
    assert (accepted.delivered_at, accepted.dispute) == (DUE_AT + TICK, WORDS)
    assert (accepted.timeliness, accepted.lateness.days) == (Timeliness.NOT_MET, 1)


@pytest.mark.parametrize(
    "delivered_at",
    [DUE_AT - timedelta(days=90) - TICK, DUE_AT, AT],
    ids=["before the contract", "as claimed", "after the submission"],
)
def test_a_delivery_that_cannot_be_is_not_accepted(delivered_at: datetime) -> None:
    asked = Qualification(delivery=Delivery(delivered_at=delivered_at, reason=WORDS))

    with pytest.raises(rules.DeliveryUnfit):
        rules.accept(_facts(qualification=asked), by=OFFICER, at=AT)


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (Qualification(), rules.NothingQualified),
        (Qualification(share="1", rest=_why("data")), rules.ShareUnfit),
    ],
    ids=["nothing", "a rest of all"],
)
def test_a_qualified_acceptance_says_something_of_its_own(
    asked: Qualification, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.check_qualified(_facts(qualification=asked))
