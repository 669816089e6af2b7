"""What is earned, what is paid of it, and what refuses a step on the way."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec import UNSET

from ecosystem.contracts.form_shapes import MemberShare
from ecosystem.payments import engine
from ecosystem.payments.calculation import Calculation, Facts
from ecosystem.payments.limits.rules import AboveLimit
from ecosystem.payments.model import (
    Approved,
    Claimed,
    Computed,
    ComputeFacts,
    Instructed,
    PaymentFacts,
    Received,
    Rejected,
    RejectFacts,
    Reversed,
    ReverseFacts,
    Settled,
    SettleFacts,
    State,
    Step,
    StepFacts,
    StepMade,
)
from ecosystem.payments.stepping import Batch, Earlier, batches, step_of
from ecosystem.values import control, money
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal

_NOTHING: Final = Decimal(0)
_DATE_LINE: Final = timedelta(days=1)
"""By how much a bank's day can differ from that of UTC."""


class PaymentMissing(Refusal):
    """There is no such payment, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/contracts/{id}/payments answered."


class CalculationMissing(Refusal):
    """There is no such calculation, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/contracts/{id}/calculations answered."


class NotPayee(Refusal):
    """The payment is due to another organisation."""

    kind = Kind.FORBIDDEN
    remedy = "The payee itself must do this."


class PaymentNotOwned(Refusal):
    """Another authority pays this."""

    kind = Kind.FORBIDDEN
    remedy = "The authority of the contract must do this."


class PaymentOutOfTurn(Refusal):
    """The payment is not in the state from which this is done."""

    kind = Kind.CONFLICT
    remedy = (
        "Take the steps in order: claim, approval, instruction, settlement, receipt. What was "
        "rejected and is earned comes with the next fact, or is disputed."
    )


class PaymentDisputed(Refusal):
    """The payment is held by a dispute."""

    kind = Kind.CONFLICT
    remedy = "Resolve the dispute: propose what is payable, and have the other side agree."


class ClaimedBySame(Refusal):
    """Nobody approves a claim of their own."""

    kind = Kind.FORBIDDEN
    remedy = "Another person must approve."


class ApprovedBySame(Refusal):
    """Nobody instructs the bank on an approval of their own."""

    kind = Kind.FORBIDDEN
    remedy = "Another person must instruct."


class EarnedLess(Refusal):
    """The payee is owed, or was paid, more than it has earned."""

    kind = Kind.CONFLICT
    remedy = (
        "Leave this payment: it is taken back by itself, and what the payee has earned of it is "
        "payable anew."
    )


class PayeeNotVerified(Refusal):
    """The payee's organisation is not verified, or suspended."""

    kind = Kind.CONFLICT
    remedy = "Wait until the platform's operator has verified it again."


class BankReferenceUsed(Refusal):
    """The bank reference has settled a payment, or given back money, already."""

    kind = Kind.CONFLICT
    remedy = (
        "Give the reference of the transaction that carried out this payment; "
        "resolve an item of a report with a note alone."
    )


class SettledOtherwise(Refusal):
    """The payment is settled by another transaction."""

    kind = Kind.CONFLICT
    remedy = "Ask the bank for the money back if it has paid twice."


class SettlementMisdated(Refusal):
    """The money cannot have left on that day."""

    kind = Kind.UNMET
    remedy = "Give the day on which the bank paid: not before the instruction, not after today."


class ReceivedBefore(Refusal):
    """The receipt is confirmed already."""

    kind = Kind.CONFLICT
    remedy = "One confirmation is enough."


def calculate(facts: StepFacts, *, by: Actor, at: datetime) -> tuple[StepMade, ...]:
    """Calculate what is proved and not yet calculated, and again whatever that changes.

    What was calculated before is calculated again by the rules that held for it, whatever
    changes the contract has had since; what is new, by those that hold now. Returns the new
    calculations in the order of the days of their steps; none where nothing changed.
    Refuses with FactsDoubled where two observations of a metric share a day, and as
    `engine.calculate` does.
    """
    del by, at
    _refuse_doubled(facts)
    made, earlier = list[StepMade](), Earlier()
    for batch in batches(facts):
        step = batch.step
        if step is None or made or not (batch.is_unchanged() and earlier.are_before(step)):
            calculation = _calculate(facts, batch, earlier)
            supersedes = None if step is None else step.calculation_id
            if step is None or calculation.digest != step.digest:
                made.append(
                    StepMade(ordinal=batch.ordinal, supersedes=supersedes, calculation=calculation)
                )
            step = step_of(calculation, calculation_id="", ordinal=batch.ordinal)
        earlier.add(step)
    return tuple(made)


def compute(facts: ComputeFacts, *, by: Actor, at: datetime) -> Computed:
    """Make a payment of what is earned and not owed yet.

    Where less is earned than is owed, payments that the bank was not told of are reversed, as
    far as needed; what is then still owed too much waits to be set off.
    """
    del by, at
    answers_for = _NOTHING if facts.answers_for is UNSET else Decimal(facts.answers_for)
    due = Decimal(facts.earned) - Decimal(facts.owed) - answers_for
    taken_back = list[str]()
    for one in facts.unsent:
        if due >= 0:
            break
        due += one.amount.decimal()
        taken_back.append(one.payment_id)
    return Computed(
        reversed=tuple(taken_back),
        owed_before=f"{Decimal(facts.earned) - due:f}",
        amount=money.of(due, facts.currency) if due > 0 else None,
    )


def is_excessive(facts: ComputeFacts) -> bool:
    """Tell whether something is to be taken back of what a payee is owed."""
    return bool(facts.unsent) and Decimal(facts.earned) < Decimal(facts.owed)


def reverse(facts: ReverseFacts, *, by: Actor, at: datetime) -> Reversed:
    """Take back a payment that is too much, or that others take the place of."""
    del by, at
    return Reversed(state=State.REVERSED, calculation_id=facts.calculation_id)


def claim(facts: PaymentFacts, *, by: Actor, at: datetime) -> Claimed:
    """Ask for the money. For a payee that has left the contract its lender may do so as well.

    Refuses with NotPayee, PaymentOutOfTurn or PaymentDisputed, in that order.
    """
    del at
    if facts.creditor_id is None or by.organisation_id != facts.creditor_id:
        _payee(facts, by)
    _in(facts, State.COMPUTED)
    _free(facts)
    return Claimed(state=State.CLAIMED, claimed_by=control.hand(by), due_on=facts.due_on)


def approve(facts: PaymentFacts, *, by: Actor, at: datetime) -> Approved:
    """Agree to pay, or to pay again what the bank has refused or given back, and no more.

    Nothing is approved while its payee is owed more than it has earned. Refuses with
    PaymentNotOwned, PaymentOutOfTurn, ClaimedBySame, EarnedLess or AboveLimit, in that order.
    """
    del at
    _own(facts, by)
    _in(facts, State.CLAIMED, State.RETURNED)
    if control.is_own(by, facts.claimed_by):
        raise ClaimedBySame("The caller has claimed this payment.")
    if Decimal(facts.excess):
        raise EarnedLess(f"It has earned {facts.excess} {facts.amount.currency} less.")
    if facts.limit is not None and facts.owed().decimal() > Decimal(facts.limit):
        raise AboveLimit(f"The caller may approve {facts.limit} {facts.amount.currency} at once.")
    return Approved(state=State.APPROVED, approved_by=control.hand(by))


def reject(facts: RejectFacts, *, by: Actor, at: datetime) -> Rejected:
    """Refuse to pay.

    Refuses with PaymentNotOwned, PaymentOutOfTurn or PaymentDisputed, in that order.
    """
    del at
    _own(facts.payment, by)
    _in(facts.payment, State.COMPUTED, State.CLAIMED)
    _free(facts.payment)
    return Rejected(state=State.REJECTED, rejected_by=control.hand(by), reason=facts.reason)


def instruct(facts: PaymentFacts, *, by: Actor, at: datetime) -> Instructed:
    """Tell the bank to pay.

    Refuses with PaymentNotOwned, PaymentOutOfTurn, ApprovedBySame or PayeeNotVerified, in
    that order.
    """
    del at
    _own(facts, by)
    _in(facts, State.APPROVED)
    if control.is_own(by, facts.approved_by):
        raise ApprovedBySame("The caller has approved this payment.")
    if not facts.is_payee_verified:
        raise PayeeNotVerified(f"{facts.payee_id} is not verified.")
    return Instructed(state=State.INSTRUCTED, instructed_by=control.hand(by))


def is_repeated(facts: SettleFacts) -> bool:
    """Tell whether the same settlement is recorded already."""
    payment, asked = facts.payment, facts.asked
    return payment.state is State.SETTLED and (payment.bank_reference, payment.settled_on) == (
        asked.bank_reference,
        asked.settled_on,
    )


def settle(facts: SettleFacts, *, by: Actor, at: datetime) -> Settled | None:
    """Record that the bank has paid; None where the same settlement is recorded already.

    Refuses with PaymentNotOwned, SettledOtherwise, PaymentOutOfTurn, BankReferenceUsed or
    SettlementMisdated, in that order.
    """
    payment, asked = facts.payment, facts.asked
    _own(payment, by)
    if is_repeated(facts):
        return None
    if payment.state is State.SETTLED:
        raise SettledOtherwise(
            f"{payment.bank_reference} settled the payment on {payment.settled_on}."
        )
    _in(payment, State.INSTRUCTED)
    if facts.settles is not None:
        raise BankReferenceUsed(
            f"{asked.bank_reference} settles {facts.settles}.", pointer="/bank_reference"
        )
    told = payment.instructed_at or at
    if not (told - _DATE_LINE).date() <= asked.settled_on <= (at + _DATE_LINE).date():
        raise SettlementMisdated(
            f"The bank was told on {told.date()}, and today is {at.date()}.", pointer="/settled_on"
        )
    return Settled(
        state=State.SETTLED,
        amount=payment.owed(),
        settled_by=control.hand(by),
        bank_reference=asked.bank_reference,
        settled_on=asked.settled_on,
    )


def receive(facts: PaymentFacts, *, by: Actor, at: datetime) -> Received:
    """Confirm to have the money.

    Refuses with NotPayee, PaymentOutOfTurn or ReceivedBefore, in that order.
    """
    del at
    _payee(facts, by, who=facts.paid_to_id)
    _in(facts, State.SETTLED)
    if facts.received_at is not None:
        raise ReceivedBefore(f"The receipt was confirmed on {shown(facts.received_at)}.")
    return Received(received_by=control.hand(by))


def _refuse_doubled(facts: StepFacts) -> None:
    """Refuse as the engine does, also what would double in different steps."""
    engine.known(Facts(milestones=facts.milestones, observations=facts.observations))


def _calculate(facts: StepFacts, batch: Batch, earlier: Earlier) -> Calculation:
    step = batch.step
    return earlier.calculate(
        facts.rules if step is None else step.rules,
        Facts(
            milestones=batch.milestones,
            observations=batch.observations,
            days=batch.days,
            reliefs=batch.reliefs,
        ),
        currency=facts.currency,
        contract_value=Decimal(facts.contract_value),
        taxes=facts.taxes if step is None else step.taxes,
        shares=facts.shares if step is None else _shares(step),
    )


def _shares(step: Step) -> tuple[MemberShare, ...]:
    """Return the shares by which a step was first divided."""
    return tuple(
        MemberShare(organisation_id=one.organisation_id, share=one.share) for one in step.division
    )


def _payee(facts: PaymentFacts, by: Actor, *, who: str | None = None) -> None:
    if by.organisation_id != (who or facts.payee_id):
        raise NotPayee("The caller's organisation is not the payee.")


def _own(facts: PaymentFacts, by: Actor) -> None:
    if by.organisation_number != facts.authority_number:
        raise PaymentNotOwned("The caller's organisation is not the authority of this payment.")


def _in(facts: PaymentFacts, *states: State) -> None:
    if facts.state not in states:
        raise PaymentOutOfTurn(f"The payment is {facts.state}.")


def _free(facts: PaymentFacts) -> None:
    if facts.dispute_id is not None:
        raise PaymentDisputed(f"{facts.dispute_id} holds this payment.")
