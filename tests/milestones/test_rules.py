"""When a milestone may be submitted, accepted and rejected; when it is met."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.contracts.form_shapes import TermsMilestone
from ecosystem.contracts.model import Evidence
from ecosystem.milestones import rules
from ecosystem.milestones.model import (
    JudgeFacts,
    Judgement,
    Moment,
    PlanFacts,
    State,
    Submission,
    SubmitFacts,
    Timeliness,
)
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.period import EARLIEST, LATEST
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text

AT = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
DUE_AT = datetime(2027, 2, 28, 16, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
WORDS = Text(zh="见记录")
DOCUMENT = "document_01890a5d00007000800000000000000d"
CONTRACT = "contract_01890a5d00007000800000000000000c"
OFFICER = Actor(
    organisation_id="org_city",
    organisation_number=7,
    kind=OrganisationKind.GOVERNMENT,
    verified=True,
    jurisdiction="440300",
    client_id="client_city",
    person_id="person_officer",
)


def _submission(**changed: Any) -> SubmitFacts:
    asked: dict[str, Any] = {
        "documents": (DOCUMENT,), "delivered_at": AT - TICK, "declaration": WORDS,
    }  # fmt: skip
    facts: dict[str, Any] = {
        "role": "supplier",
        "state": State.PLANNED,
        "due_at": DUE_AT,
        "evidence_asked": ("report",),
        "evidence": (Evidence(id=DOCUMENT, sha256="0" * 64),),
    }
    of_asked = {name: value for name, value in changed.items() if name in asked}
    of_facts = {name: value for name, value in changed.items() if name in facts}
    return SubmitFacts(asked=Submission(**(asked | of_asked)), **(facts | of_facts))


def _judgement(**changed: Any) -> JudgeFacts:
    facts: dict[str, Any] = {
        "authority_number": 7,
        "state": State.SUBMITTED,
        "due_at": DUE_AT,
        "delivered_at": DUE_AT,
        "submitted_by": "person_delivery",
        "judgement": Judgement(reasons=WORDS, remedy=WORDS),
    }
    return JudgeFacts(**(facts | changed))


def test_a_milestone_is_in_time_until_its_day_ends_in_china() -> None:
    terms = TermsMilestone(
        code="takeover", kind="delivery", title=WORDS, due_on=date(2027, 2, 28),
        acceptance_days=10, evidence=(),
    )  # fmt: skip

    planned = rules.plan(PlanFacts(contract_id=CONTRACT, terms=terms), by=OFFICER, at=AT)

    assert (planned.state, planned.due_at) == (State.PLANNED, DUE_AT)


@pytest.mark.parametrize("state", [State.PLANNED, State.REJECTED])
def test_what_is_planned_or_rejected_can_be_submitted(state: State) -> None:
    submitted = rules.submit(_submission(state=state), by=OFFICER, at=AT)

    assert (submitted.state, submitted.submitted_at) == (State.SUBMITTED, AT)
    assert submitted.delivered_at == AT - TICK


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"role": None, "state": State.ACCEPTED}, rules.NotSupplier),
        ({"role": "verifier"}, rules.NotSupplier),
        ({"state": State.SUBMITTED, "delivered_at": AT + TICK}, rules.MilestoneNotOpen),
        ({"state": State.ACCEPTED}, rules.MilestoneNotOpen),
        ({"delivered_at": AT + TICK, "evidence": ()}, rules.DeliveredLater),
        ({"evidence": ()}, rules.EvidenceUnknown),
        ({"documents": (), "evidence": ()}, rules.EvidenceMissing),
        ({"evidence_asked": ("report", "data")}, rules.EvidenceMissing),
    ],
)
def test_an_unsound_submission_is_refused_for_its_first_reason(
    changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.submit(_submission(**changed), by=OFFICER, at=AT)


def test_where_the_terms_ask_for_no_evidence_none_is_needed() -> None:
    facts = _submission(evidence_asked=(), documents=(), evidence=())

    assert rules.submit(facts, by=OFFICER, at=AT).evidence == ()


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"authority_number": 8, "state": State.PLANNED}, rules.MilestoneNotOwned),
        ({"state": State.PLANNED, "delivered_at": None}, rules.NotSubmitted),
        ({"state": State.ACCEPTED, "submitted_by": "person_officer"}, rules.NotSubmitted),
        ({"state": State.REJECTED}, rules.NotSubmitted),
        ({"submitted_by": "person_officer"}, rules.SubmittedOneself),
    ],
)
def test_a_judgement_is_refused_for_its_first_reason(
    changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    for judge in (rules.accept, rules.reject):
        with pytest.raises(refusal):
            judge(_judgement(**changed), by=OFFICER, at=AT)


@pytest.mark.parametrize(
    ("late", "expected"), [(timedelta(0), Timeliness.MET), (TICK, Timeliness.NOT_MET)]
)
def test_lateness_counts_to_delivery_and_not_to_acceptance(
    late: timedelta, expected: Timeliness
) -> None:
    facts = _judgement(delivered_at=DUE_AT + late)

    accepted = rules.accept(facts, by=OFFICER, at=AT + timedelta(days=90))

    assert accepted.timeliness is expected


def test_a_rejection_says_why_and_what_would_satisfy() -> None:
    rejected = rules.reject(_judgement(), by=OFFICER, at=AT)

    assert (rejected.state, rejected.reasons, rejected.remedy) == (State.REJECTED, WORDS, WORDS)


@pytest.mark.parametrize(
    ("state", "delivered", "at", "expected"),
    [
        (State.PLANNED, None, DUE_AT, None),
        (State.PLANNED, None, DUE_AT + TICK, Timeliness.NOT_MET),
        (State.SUBMITTED, DUE_AT, DUE_AT + TICK, None),
        (State.SUBMITTED, DUE_AT + TICK, DUE_AT + TICK, Timeliness.NOT_MET),
        (State.REJECTED, DUE_AT - TICK, DUE_AT, None),
        (State.REJECTED, DUE_AT - TICK, DUE_AT + TICK, Timeliness.NOT_MET),
        (State.ACCEPTED, DUE_AT, DUE_AT + TICK, Timeliness.MET),
        (State.ACCEPTED, DUE_AT + TICK, DUE_AT + TICK, Timeliness.NOT_MET),
    ],
)
def test_by_its_date_a_milestone_is_met_or_not_or_neither_yet(
    state: State, delivered: datetime | None, at: datetime, expected: Timeliness | None
) -> None:
    assert rules.timeliness(state, due_at=DUE_AT, delivered_at=delivered, at=at) is expected


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_a_moment_is_a_position(position: int) -> None:
    assert rules.moment(f"position:{position}") == Moment(position=position)


@given(
    st.datetimes(
        min_value=EARLIEST.replace(tzinfo=None),
        max_value=LATEST.replace(tzinfo=None) - TICK,
        timezones=st.just(UTC),
    )
)
def test_a_moment_is_a_time(at: datetime) -> None:
    written: str = msgspec.to_builtins(at)

    assert rules.moment(written) == Moment(at=at)


@given(st.text())
def test_any_other_text_is_refused_as_unclear(text: str) -> None:
    try:
        found = rules.moment(text)
    except rules.MomentUnclear:
        return

    assert (found.at is None) != (found.position is None)
