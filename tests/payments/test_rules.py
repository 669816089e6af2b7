"""What is earned, what is paid of it, and who may take which step."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.payments import rules, stepping
from ecosystem.payments.calculation import AcceptedMilestone, VerifiedObservation
from ecosystem.payments.engine import FactsDoubled
from ecosystem.payments.model import (
    ComputeFacts,
    PaymentFacts,
    RejectFacts,
    SettleFacts,
    Settlement,
    State,
    Step,
    StepFacts,
    StepMade,
    Unsent,
)
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.money import Money
from ecosystem.values.period import Period
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text
from tests.payments.builders import FEBRUARY, JANUARY, milestone, observation, rule

AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
TODAY = AT.date()
PAYEE, CITY = "org_payee", "org_city"
RULES = (
    rule("fixed", code="opening", milestone="opening", amount="800.00"),
    rule("unit_price", code="units", metric="units", price="1.00", maximum="500.00"),
    rule("excess_days", code="late", metric="late", allowed_days=0, per_day="10.00"),
    rule(
        "composite", code="both", amount="100.00",
        parts=[
            {"metric": "units", "weight": "0.5", "worst": "0", "best": "100"},
            {"metric": "late", "weight": "0.5", "worst": "10", "best": "0"},
        ],
    ),
)  # fmt: skip


def _actor(organisation: str, number: int, person: str | None, role: Role) -> Actor:
    return Actor(
        organisation_id=organisation,
        organisation_number=number,
        kind=OrganisationKind.GOVERNMENT if organisation == CITY else OrganisationKind.ENTERPRISE,
        verified=True,
        jurisdiction="440300",
        client_id=f"client_of_{organisation}",
        person_id=person,
        roles=(role,),
    )


DELIVERY = _actor(PAYEE, 9, "person_delivery", Role.DELIVERY)
APPROVER = _actor(CITY, 7, "person_approver", Role.APPROVER)
TREASURER = _actor(CITY, 7, "person_treasurer", Role.TREASURER)
STRANGER = _actor("org_other", 8, "person_other", Role.DELIVERY)


def _facts(
    *proved: AcceptedMilestone | VerifiedObservation,
    steps: tuple[Step, ...] = (),
    value: str = "10000.00",
    among: tuple[PaymentRule, ...] = RULES,
) -> StepFacts:
    return StepFacts(
        rules=among,
        currency="CNY",
        contract_value=value,
        steps=steps,
        milestones=tuple(one for one in proved if isinstance(one, AcceptedMilestone)),
        observations=tuple(one for one in proved if isinstance(one, VerifiedObservation)),
    )


def _calculated(facts: StepFacts) -> tuple[StepMade, ...]:
    return rules.calculate(facts, by=DELIVERY, at=AT)


def _after(facts: StepFacts) -> tuple[Step, ...]:
    """Return the steps that stand once the facts are calculated."""
    steps = {step.ordinal: step for step in facts.steps}
    for one in _calculated(facts):
        steps[one.ordinal] = stepping.step_of(
            one.calculation, calculation_id=f"calculation_{one.ordinal}", ordinal=one.ordinal
        )
    return tuple(steps[ordinal] for ordinal in sorted(steps))


def _earned(steps: tuple[Step, ...]) -> Decimal:
    return sum((Decimal(step.total) for step in steps), Decimal(0))


def test_a_fact_is_calculated_once() -> None:
    first = _after(_facts(milestone("opening")))

    assert _earned(first) == 800
    assert _calculated(_facts(milestone("opening"), steps=first)) == ()


def test_a_new_version_that_says_the_same_is_calculated_once() -> None:
    first = _after(_facts(observation("40", metric="units")))
    again = msgspec.structs.replace(observation("40", metric="units"), version=2)

    assert _calculated(_facts(again, steps=first)) == ()


def test_a_new_period_begins_a_step_and_the_same_period_joins_one() -> None:
    units = observation("40", metric="units")
    first = _after(_facts(units))
    later = observation("2", metric="late", period=FEBRUARY)
    second = _after(_facts(units, later, steps=first))
    [joined] = _calculated(_facts(units, later, observation("0", metric="late"), steps=first))[:1]

    assert [step.ordinal for step in second] == [1, 2]
    assert (joined.ordinal, joined.supersedes) == (1, first[0].calculation_id)


def test_what_needs_several_metrics_is_paid_when_the_last_is_verified() -> None:
    units, late = observation("100", metric="units"), observation("0", metric="late")
    first = _after(_facts(units))
    both = _after(_facts(units, late, steps=first))

    assert _earned(first) == 100
    assert _earned(both) == 200


def test_a_correction_recalculates_every_later_step_that_it_touches() -> None:
    first = _after(_facts(observation("500", metric="units")))
    later = observation("300", metric="units", period=FEBRUARY)
    capped = _after(_facts(observation("500", metric="units"), later, steps=first))
    corrected = _facts(observation("100", metric="units"), later, steps=capped)

    assert [step.total for step in capped] == ["500.00", "0.00"]
    assert [(one.ordinal, one.calculation.total) for one in _calculated(corrected)] == [
        (1, "100.00"),
        (2, "300.00"),
    ]


def test_a_fact_that_is_void_leaves_an_empty_step() -> None:
    first = _after(_facts(observation("40", metric="units")))

    [emptied] = _calculated(_facts(steps=first))

    assert (emptied.ordinal, emptied.calculation.total) == (1, "0.00")


def test_observations_that_share_days_are_refused_though_in_different_steps() -> None:
    quarter = Period(date(2026, 1, 1), date(2026, 4, 1))
    first = _after(_facts(observation("40", metric="units")))
    doubled = observation("90", metric="units", period=quarter)

    with pytest.raises(FactsDoubled):
        _calculated(_facts(observation("40", metric="units"), doubled, steps=first))


_PERIODS = (JANUARY, FEBRUARY, Period(date(2026, 3, 1), date(2026, 4, 1)))
_readings = st.dictionaries(
    st.tuples(st.sampled_from(("units", "late")), st.sampled_from(_PERIODS)),
    st.integers(0, 400),
    min_size=1,
)


@given(readings=_readings, wrong=st.integers(0, 400), data=st.data())
def test_a_corrected_past_is_worth_what_the_true_past_is_worth(
    readings: dict[tuple[str, Period], int], wrong: int, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(sorted(readings, key=str)))
    corrected = data.draw(st.sampled_from(order))
    true, false = _told(order, readings), _told(order, {**readings, corrected: wrong})
    mended = _after(
        _facts(
            *(observation(str(readings[key]), metric=key[0], period=key[1]) for key in order),
            steps=false,
        )
    )

    assert [step.digest for step in mended] == [step.digest for step in true]
    assert _earned(mended) <= 10000
    known = [fact.metric + str(fact.period) for step in mended for fact in step.observations]
    assert sorted(known) == sorted(metric + str(period) for metric, period in readings)


def _told(
    order: list[tuple[str, Period]], readings: dict[tuple[str, Period], int]
) -> tuple[Step, ...]:
    """Return the steps after readings have become known one by one."""
    steps: tuple[Step, ...] = ()
    known: list[VerifiedObservation] = []
    for key in order:
        known.append(observation(str(readings[key]), metric=key[0], period=key[1]))
        steps = _after(_facts(*known, steps=steps))
    return steps


def _due(earned: str, owed: str, *unsent: str) -> ComputeFacts:
    return ComputeFacts(
        contract_id="contract",
        payee_id=PAYEE,
        calculation_id="calculation",
        currency="CNY",
        earned=earned,
        owed=owed,
        unsent=tuple(
            Unsent(payment_id=f"payment_{amount}", amount=Money(amount, "CNY")) for amount in unsent
        ),
    )


@pytest.mark.parametrize(
    ("facts", "reversed_", "amount"),
    [
        (_due("800.00", "0", "300.00"), (), "800.00"),
        (_due("800.00", "500.00", "500.00"), (), "300.00"),
        (_due("500.00", "500.00"), (), None),
        (_due("400.00", "500.00"), (), None),
        (_due("400.00", "500.00", "200.00"), ("payment_200.00",), "100.00"),
        (_due("300.00", "500.00", "200.00"), ("payment_200.00",), None),
        (_due("100.00", "500.00", "150.00", "200.00"),
         ("payment_150.00", "payment_200.00"), None),
    ],
)  # fmt: skip
def test_the_difference_is_paid_and_what_is_too_much_is_taken_back(
    facts: ComputeFacts, reversed_: tuple[str, ...], amount: str | None
) -> None:
    computed = rules.compute(facts, by=DELIVERY, at=AT)

    assert computed.reversed == reversed_
    assert computed.amount == (None if amount is None else Money(amount, "CNY"))
    if computed.amount is not None:
        due = Decimal(facts.earned) - Decimal(computed.owed_before)
        assert computed.amount.decimal() == due


def _payment(state: State, **changed: Any) -> PaymentFacts:
    given: dict[str, Any] = {
        "payment_id": "payment",
        "contract_id": "contract",
        "authority_number": 7,
        "payee_id": PAYEE,
        "state": state,
        "amount": Money("800.00", "CNY"),
        "claimed_by": None,
        "approved_by": None,
        "instructed_at": None,
        "bank_reference": None,
        "settled_on": None,
        "received_at": None,
    }
    return PaymentFacts(**(given | changed))


def _settling(
    payment: PaymentFacts, *, on: date = TODAY, settles: str | None = None
) -> SettleFacts:
    asked = Settlement(bank_reference="ICBC 1", settled_on=on)
    return SettleFacts(payment=payment, asked=asked, settles=settles)


Decide = Callable[..., Any]


@pytest.mark.parametrize(
    ("decide", "facts", "by", "refusal"),
    [
        (rules.claim, _payment(State.COMPUTED), STRANGER, rules.NotPayee),
        (rules.claim, _payment(State.CLAIMED), DELIVERY, rules.PaymentOutOfTurn),
        (rules.approve, _payment(State.CLAIMED), DELIVERY, rules.PaymentNotOwned),
        (rules.approve, _payment(State.COMPUTED), APPROVER, rules.PaymentOutOfTurn),
        (rules.approve, _payment(State.CLAIMED, claimed_by="person_approver"), APPROVER,
         rules.ClaimedBySame),
        (rules.reject, RejectFacts(payment=_payment(State.APPROVED), reason=Text(en="no")),
         APPROVER, rules.PaymentOutOfTurn),
        (rules.reject, RejectFacts(payment=_payment(State.CLAIMED), reason=Text(en="no")),
         DELIVERY, rules.PaymentNotOwned),
        (rules.instruct, _payment(State.CLAIMED), TREASURER, rules.PaymentOutOfTurn),
        (rules.instruct, _payment(State.APPROVED, approved_by="person_treasurer"), TREASURER,
         rules.ApprovedBySame),
        (rules.settle, _settling(_payment(State.APPROVED)), TREASURER, rules.PaymentOutOfTurn),
        (rules.settle, _settling(_payment(State.INSTRUCTED, instructed_at=AT)), DELIVERY,
         rules.PaymentNotOwned),
        (rules.settle, _settling(_payment(State.INSTRUCTED, instructed_at=AT), settles="payment_x"),
         TREASURER, rules.BankReferenceUsed),
        (rules.settle,
         _settling(_payment(State.INSTRUCTED, instructed_at=AT), on=date(2026, 5, 30)),
         TREASURER, rules.SettlementMisdated),
        (rules.settle,
         _settling(_payment(State.INSTRUCTED, instructed_at=AT), on=date(2026, 6, 3)),
         TREASURER, rules.SettlementMisdated),
        (rules.settle,
         _settling(
             _payment(State.SETTLED, bank_reference="ICBC 2", settled_on=TODAY)
         ), TREASURER, rules.SettledOtherwise),
        (rules.receive, _payment(State.INSTRUCTED), DELIVERY, rules.PaymentOutOfTurn),
        (rules.receive, _payment(State.SETTLED), STRANGER, rules.NotPayee),
        (rules.receive, _payment(State.SETTLED, received_at=AT), DELIVERY, rules.ReceivedBefore),
    ],
)  # fmt: skip
def test_a_step_out_of_turn_or_by_the_wrong_hand_is_refused(
    decide: Decide, facts: Any, by: Actor, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        decide(facts, by=by, at=AT)


def test_a_program_of_the_payee_may_claim() -> None:
    program = msgspec.structs.replace(DELIVERY, person_id=None)

    claimed = rules.claim(_payment(State.COMPUTED), by=program, at=AT)

    assert claimed.claimed_by == program.client_id


@pytest.mark.parametrize("on", [date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 2)])
def test_a_bank_may_count_days_on_the_other_side_of_the_date_line(on: date) -> None:
    facts = _settling(_payment(State.INSTRUCTED, instructed_at=AT), on=on)

    settled = rules.settle(facts, by=TREASURER, at=AT)

    assert settled is not None
    assert settled.settled_on == on


def test_the_same_settlement_again_decides_nothing() -> None:
    settled = _payment(State.SETTLED, bank_reference="ICBC 1", settled_on=TODAY)

    assert rules.settle(_settling(settled, settles="payment"), by=TREASURER, at=AT) is None
