"""Who reports what, who verifies it, and what a correction does."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from ecosystem.contracts.rules import NotParty
from ecosystem.outcomes import rules
from ecosystem.outcomes.model import (
    Channel,
    JudgeFacts,
    Other,
    Report,
    ReportFacts,
    Standing,
    State,
)
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.period import Period
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text

AT = datetime(2027, 4, 1, 1, 0, tzinfo=UTC)
WORDS = Text(zh="见记录")
FIRST = "observation_01890a5d000070008000000000000001"
SECOND = "observation_01890a5d000070008000000000000002"


def _actor(organisation: str, *roles: Role) -> Actor:
    return Actor(
        organisation_id=organisation,
        organisation_number=7,
        kind=OrganisationKind.THINK_TANK,
        verified=True,
        jurisdiction="440300",
        client_id="client_one",
        person_id="person_one",
        roles=roles,
    )


SUPPLIER = _actor("org_supplier", Role.DELIVERY)
VERIFIER = _actor("org_verifier", Role.VERIFIER)


def _report(**changed: Any) -> ReportFacts:
    asked: dict[str, Any] = {
        "period": Period(date(2027, 1, 1), date(2027, 4, 1)),
        "value": "91.5",
        "source": "monitor",
        "method": WORDS,
        "supersedes": None,
    }
    facts: dict[str, Any] = {
        "role": "supplier",
        "starts_on": date(2027, 1, 1),
        "ends_on": date(2030, 1, 1),
        "standing": None,
        "client_profile": None,
    }
    of_asked = {name: value for name, value in changed.items() if name in asked}
    of_facts = {name: value for name, value in changed.items() if name in facts}
    return ReportFacts(asked=Report(**(asked | of_asked)), **(facts | of_facts))


def _standing(value: str = "91.50", *, by: str = "org_supplier") -> Standing:
    return Standing(id=FIRST, value=value, reported_by=by)


def _judge(**changed: Any) -> JudgeFacts:
    facts: dict[str, Any] = {
        "role": "verifier",
        "state": State.REPORTED,
        "reported_by": "org_supplier",
        "reported_hand": "person_two",
        "is_superseded": False,
        "others": (),
        "reason": WORDS,
    }
    return JudgeFacts(**(facts | changed))


def test_the_supplier_reports_a_period_that_has_just_ended() -> None:
    reported = rules.report(_report(), by=SUPPLIER, at=AT)

    assert (reported.state, reported.value) == (State.REPORTED, "91.5")


@pytest.mark.parametrize(
    ("role", "by"),
    [
        (None, SUPPLIER),
        ("verifier", VERIFIER),
        ("lender", SUPPLIER),
        ("buyer", SUPPLIER),
        ("supplier", _actor("org_supplier", Role.OFFICER)),
    ],
)
def test_only_delivery_of_the_supplier_and_officers_of_the_authority_report(
    role: str | None, by: Actor
) -> None:
    with pytest.raises(rules.NotReporter):
        rules.report(_report(role=role), by=by, at=AT)

    officer = _actor("org_city", Role.OFFICER)
    assert rules.report(_report(role="buyer"), by=officer, at=AT).state is State.REPORTED


def test_a_program_reports_by_itself_with_a_client_of_the_profile_high() -> None:
    program = msgspec.structs.replace(SUPPLIER, person_id=None)

    for profile in ("basic", None):
        with pytest.raises(rules.ProgramUnfit):
            rules.report(_report(client_profile=profile), by=program, at=AT)
    assert rules.report(_report(), by=SUPPLIER, at=AT).channel is Channel.PERSON
    machine = rules.report(_report(client_profile="high"), by=program, at=AT)
    assert machine.channel is Channel.MACHINE


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [
        (date(2027, 1, 1), date(2027, 1, 1)),
        (date(2027, 2, 1), date(2027, 1, 1)),
        (date(2026, 12, 31), date(2027, 2, 1)),
        (date(2029, 12, 1), date(2030, 1, 2)),
        (date(2027, 3, 1), date(2027, 4, 2)),
    ],
)
def test_a_period_holds_days_of_the_term_that_are_over(starts_on: date, ends_on: date) -> None:
    with pytest.raises(rules.PeriodUnfit):
        rules.report(_report(period=Period(starts_on, ends_on)), by=SUPPLIER, at=AT)


def test_the_same_value_is_the_same_report_however_it_is_written() -> None:
    facts = _report(standing=_standing("91.50"))

    assert rules.is_repeated(facts)
    assert rules.report(facts, by=SUPPLIER, at=AT).value == "91.5"


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"standing": _standing("91.6")}, rules.ObservationDiffers),
        ({"supersedes": FIRST}, rules.NothingToCorrect),
        ({"supersedes": SECOND, "standing": _standing()}, rules.NothingToCorrect),
        ({"supersedes": FIRST, "standing": _standing(by="org_city")}, rules.NotOwnReport),
    ],
)
def test_one_value_stands_for_a_place(changed: dict[str, Any], refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        rules.report(_report(**changed), by=SUPPLIER, at=AT)


def test_a_correction_is_never_a_repetition() -> None:
    facts = _report(supersedes=FIRST, standing=_standing("91.5"))

    assert not rules.is_repeated(facts)
    assert rules.report(facts, by=SUPPLIER, at=AT).supersedes == FIRST


@pytest.mark.parametrize("state", [State.REPORTED, State.DISPUTED])
def test_what_is_verified_takes_over_from_what_it_corrects(state: State) -> None:
    facts = _judge(state=state, others=(Other(id=FIRST, is_corrected=True),))

    verified = rules.verify(facts, by=VERIFIER, at=AT)

    assert (verified.state, verified.replaces) == (State.VERIFIED, (FIRST,))
    assert verified.verified_by == "org_verifier"


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"role": None}, rules.NotVerifier),
        ({"role": "supplier", "reported_by": "org_verifier"}, rules.NotVerifier),
        ({"reported_by": "org_verifier", "state": State.VOID}, rules.OwnReport),
        ({"reported_hand": "person_one", "state": State.VOID}, rules.OwnReport),
        ({"state": State.VERIFIED}, rules.ObservationNotOpen),
        ({"state": State.VOID}, rules.ObservationNotOpen),
        ({"is_superseded": True}, rules.ObservationNotOpen),
        ({"others": (Other(id=FIRST, is_corrected=False),)}, rules.PeriodVerified),
    ],
)
def test_a_verification_is_refused_for_its_first_reason(
    changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.verify(_judge(**changed), by=VERIFIER, at=AT)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"role": None}, NotParty),
        ({"role": "verifier"}, rules.VerifierJudges),
        ({"reported_by": "org_verifier"}, rules.OwnReport),
        ({"reported_hand": "person_one"}, rules.OwnReport),
        ({"state": State.VERIFIED}, rules.ObservationNotOpen),
        ({"state": State.DISPUTED}, rules.ObservationNotOpen),
        ({"is_superseded": True}, rules.ObservationNotOpen),
    ],
)
def test_a_dispute_is_refused_for_its_first_reason(
    changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.dispute(_judge(**{"role": "lender", **changed}), by=VERIFIER, at=AT)

    assert rules.dispute(_judge(role="lender"), by=VERIFIER, at=AT).state is State.DISPUTED


def test_what_is_reported_or_disputed_is_annulled_and_nothing_else() -> None:
    for state in (State.VERIFIED, State.VOID):
        with pytest.raises(rules.ObservationNotOpen):
            rules.annul(_judge(state=state), by=VERIFIER, at=AT)

    for state in (State.REPORTED, State.DISPUTED):
        annulled = rules.annul(_judge(state=state), by=VERIFIER, at=AT)
        assert (annulled.state, annulled.annulled_by) == (State.VOID, "org_verifier")


@pytest.mark.parametrize("own", [{"disputed_by": "org_verifier"}, {"disputed_hand": "person_one"}])
def test_nobody_resolves_its_own_dispute(own: dict[str, str]) -> None:
    facts = _judge(state=State.DISPUTED, **own)

    for resolve in (rules.verify, rules.annul):
        with pytest.raises(rules.OwnDispute):
            resolve(facts, by=VERIFIER, at=AT)
