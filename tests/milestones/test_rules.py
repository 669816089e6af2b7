"""When a milestone may be submitted, accepted and rejected; when it is met."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ecosystem.catalogue.profiles.model import Calendar, Counting, Span, Weekday
from ecosystem.contracts.form_shapes import TermsMilestone
from ecosystem.contracts.model import Evidence
from ecosystem.milestones import rules
from ecosystem.milestones.model import (
    PlanFacts,
    State,
    Submission,
    SubmitFacts,
    Timeliness,
)
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text

AT = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
DUE_AT = datetime(2027, 2, 28, 16, 0, tzinfo=UTC)
STARTS_AT = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
CHINA = "Asia/Shanghai"
BRUSSELS = "Europe/Brussels"
TICK = timedelta(microseconds=1)
LAST = DUE_AT - TICK
WORDS = Text(zh="见记录")
CALENDAR = Calendar(
    id="cn", title=WORDS, time_zone=CHINA, weekend=(Weekday.SATURDAY, Weekday.SUNDAY), years=()
)
DOCUMENT = "document_01890a5d00007000800000000000000d"
MILESTONE = "milestone_01890a5d00007000800000000000000f"
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
        "milestone_id": MILESTONE,
        "role": "supplier",
        "state": State.PLANNED,
        "rounds": 0,
        "starts_at": STARTS_AT,
        "due_at": DUE_AT,
        "time_zone": CHINA,
        "blocked_by": (),
        "verification_asked": False,
        "acceptance_days": 10,
        "deemed": None,
        "calendar": CALENDAR,
        "deliverables_left": ("report",),
        "evidence": (Evidence(id=DOCUMENT, sha256="0" * 64),),
    }
    of_asked = {name: value for name, value in changed.items() if name in asked}
    of_facts = {name: value for name, value in changed.items() if name in facts}
    return SubmitFacts(asked=Submission(**(asked | of_asked)), **(facts | of_facts))


def test_a_milestone_is_in_time_until_its_day_ends_where_the_contract_counts() -> None:
    terms = TermsMilestone(
        code="takeover", kind="delivery", title=WORDS, due_on=date(2027, 2, 28),
        acceptance_days=10, evidence=(),
    )  # fmt: skip

    facts = PlanFacts(
        contract_id=CONTRACT, terms=terms, starts_on=date(2027, 1, 1), profile_id="sandbox",
        time_zone=CHINA,
    )  # fmt: skip
    planned = rules.plan(facts, by=OFFICER, at=AT)

    assert (planned.state, planned.due_at) == (State.PLANNED, DUE_AT)
    assert planned.starts_at == STARTS_AT


@pytest.mark.parametrize("state", [State.PLANNED, State.REJECTED, State.PARTLY_ACCEPTED])
def test_what_is_planned_rejected_or_accepted_in_part_can_be_submitted(state: State) -> None:
    submitted = rules.submit(_submission(state=state, rounds=2), by=OFFICER, at=AT)

    assert (submitted.state, submitted.submitted_at) == (State.SUBMITTED, AT)
    assert submitted.round == 3
    assert submitted.delivered_at == AT - TICK


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"role": None, "state": State.ACCEPTED}, rules.NotSupplier),
        ({"role": "verifier"}, rules.NotSupplier),
        ({"state": State.SUBMITTED, "delivered_at": AT + TICK}, rules.MilestoneNotOpen),
        ({"state": State.ACCEPTED, "blocked_by": ("takeover",)}, rules.MilestoneNotOpen),
        ({"blocked_by": ("takeover",), "delivered_at": AT + TICK}, rules.PredecessorOpen),
        ({"delivered_at": AT + TICK, "evidence": ()}, rules.DeliveredLater),
        ({"evidence": ()}, rules.EvidenceUnknown),
        ({"documents": (), "evidence": ()}, rules.EvidenceMissing),
        ({"deliverables_left": ("report", "data")}, rules.EvidenceMissing),
        ({"delivered_at": STARTS_AT - TICK, "evidence": ()}, rules.DeliveredBefore),
        (
            {"deliverables_left": (), "documents": (), "evidence": (), "delivered_at": LAST},
            rules.BackdatingUnproved,
        ),
    ],
)
def test_an_unsound_submission_is_refused_for_its_first_reason(
    changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.submit(_submission(**changed), by=OFFICER, at=AT)


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        (Counting.ELAPSED, AT + timedelta(days=5)),
        (Counting.WORKING, datetime(2027, 3, 8, 16, 0, tzinfo=UTC)),
        (Counting.CALENDAR, datetime(2027, 3, 8, 16, 0, tzinfo=UTC)),
    ],
)
def test_silence_accepts_after_the_period_of_the_place(
    counted: Counting, expected: datetime
) -> None:
    span = Span(law="law", days=5, counted=counted)

    submitted = rules.submit(_submission(deemed=span), by=OFFICER, at=AT)

    assert submitted.deemed_at == expected
    assert submitted.judge_by == datetime(2027, 3, 11, 16, 0, tzinfo=UTC)
    for never in (_submission(), _submission(deemed=span, verification_asked=True)):
        assert rules.submit(never, by=OFFICER, at=AT).deemed_at is None


def test_where_the_terms_ask_for_no_evidence_none_is_needed() -> None:
    facts = _submission(deliverables_left=(), documents=(), evidence=())

    assert rules.submit(facts, by=OFFICER, at=AT).evidence == ()


def test_what_the_person_declares_has_a_digest_of_its_own() -> None:
    declared = [
        rules.submit(_submission(**changed), by=OFFICER, at=AT).digest
        for changed in (
            {}, {"delivered_at": AT - 2 * TICK}, {"rounds": 1}, {"declaration": Text(en="Other")},
        )
    ]  # fmt: skip

    assert len(set(declared)) == 4
    assert rules.submit(_submission(), by=OFFICER, at=AT + TICK).digest == declared[0]


@pytest.mark.parametrize(
    ("zone", "due_on", "delivered_at", "days", "words"),
    [
        (CHINA, date(2027, 2, 28), DUE_AT, 0, "2027-03-01, due by 2027-02-28"),
        (CHINA, date(2027, 2, 28), DUE_AT + TICK, 1, "2027-03-01 - 2027-02-28 = 1 days late"),
        (CHINA, date(2027, 2, 28), DUE_AT + timedelta(days=1), 2, "2027-03-02 - 2027-02-28"),
        # The clocks of Brussels go forward on 2027-03-28: that day has 23 hours.
        (BRUSSELS, date(2027, 3, 27), datetime(2027, 3, 28, 21, 59, tzinfo=UTC), 1, "2027-03-28"),
        (BRUSSELS, date(2027, 3, 27), datetime(2027, 3, 28, 22, 0, tzinfo=UTC), 2, "2027-03-29"),
    ],
    ids=["at the end", "a tick later", "a day later", "short day", "after the short day"],
)
def test_lateness_counts_days_of_the_contract_to_the_delivery(
    zone: str, due_on: date, delivered_at: datetime, days: int, words: str
) -> None:
    due_at = rules.end_of(due_on, time_zone=zone)

    late = rules.lateness(due_at=due_at, delivered_at=delivered_at, time_zone=zone)

    assert (late.days, late.due_on, late.time_zone) == (days, due_on, zone)
    assert str(late.words.en).startswith(words)


@pytest.mark.parametrize(
    ("state", "delivered", "at", "expected"),
    [
        (State.PLANNED, None, DUE_AT, None),
        (State.PLANNED, None, DUE_AT + TICK, Timeliness.NOT_MET),
        (State.SUBMITTED, DUE_AT, DUE_AT + TICK, None),
        (State.SUBMITTED, DUE_AT + TICK, DUE_AT + TICK, Timeliness.NOT_MET),
        (State.REJECTED, DUE_AT - TICK, DUE_AT, None),
        (State.REJECTED, DUE_AT - TICK, DUE_AT + TICK, Timeliness.NOT_MET),
        (State.PARTLY_ACCEPTED, DUE_AT, DUE_AT, None),
        (State.PARTLY_ACCEPTED, DUE_AT, DUE_AT + TICK, Timeliness.NOT_MET),
        (State.ACCEPTED, DUE_AT, DUE_AT + TICK, Timeliness.MET),
        (State.ACCEPTED, DUE_AT + TICK, DUE_AT + TICK, Timeliness.NOT_MET),
    ],
)
def test_by_its_date_a_milestone_is_met_or_not_or_neither_yet(
    state: State, delivered: datetime | None, at: datetime, expected: Timeliness | None
) -> None:
    assert rules.timeliness(state, due_at=DUE_AT, delivered_at=delivered, at=at) is expected
