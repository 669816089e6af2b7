"""What of a payment can be disputed, and who settles it."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.contracts.shares import Part, divided
from ecosystem.payments.disputing.model import (
    CalculationDisputed,
    DisputeFacts,
    HeldPart,
    Opened,
    OpenFacts,
    Proposed,
    Resolved,
    State,
    WholeFacts,
)
from ecosystem.payments.model import PaymentKind
from ecosystem.payments.model import State as PaymentState
from ecosystem.payments.rules import PaymentDisputed, PaymentOutOfTurn
from ecosystem.values import control, money
from ecosystem.values.actor import Actor, Role
from ecosystem.values.refusal import Kind, Refusal


class DisputeMissing(Refusal):
    """There is no such dispute, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/contracts/{id}/payment-disputes answered."


class DisputedPartUnfit(Refusal):
    """The amount is no part of the payment."""

    kind = Kind.UNMET
    remedy = (
        "Dispute more than nothing, and no more than the payment, in its currency; of a rejected "
        "one, no more than is earned and not paid since."
    )


class NotOfDispute(Refusal):
    """The caller speaks for neither side of the dispute."""

    kind = Kind.FORBIDDEN
    remedy = "An approver of the authority, or whoever delivers for the payee, must do this."


class DisputeSettled(Refusal):
    """The dispute is resolved already."""

    kind = Kind.CONFLICT
    remedy = "What was agreed stays; read the dispute for it."


class PayablePartUnfit(Refusal):
    """What is proposed is no part of what is disputed."""

    kind = Kind.UNMET
    remedy = "Propose from nothing to all of the disputed amount, in its currency."


class NothingProposed(Refusal):
    """There is no proposal to agree to."""

    kind = Kind.CONFLICT
    remedy = "Propose what of the disputed amount is payable."


class OwnResolution(Refusal):
    """Nobody agrees to a proposal of their own, or of their own organisation."""

    kind = Kind.FORBIDDEN
    remedy = "Another person of the other side must agree, or propose something else."


class OwnOpening(Refusal):
    """Nobody answers for one side whose own hand has opened the dispute for another."""

    kind = Kind.FORBIDDEN
    remedy = "Another person of the same side must do this."


class NotOfCalculation(Refusal):
    """The calculation is not the caller's to dispute as a whole."""

    kind = Kind.FORBIDDEN
    remedy = "An approver of the authority or the lead's delivery must; dispute your own payment."


class CalculationSuperseded(Refusal):
    """Another calculation of the same step has taken the place of this one."""

    kind = Kind.CONFLICT
    remedy = "Dispute the calculation that supersedes it."


_DISPUTABLE: Final = frozenset({PaymentState.COMPUTED, PaymentState.CLAIMED, PaymentState.REJECTED})


def open_dispute(facts: OpenFacts, *, by: Actor, at: datetime) -> Opened:
    """Hold a part of a payment; of one that was rejected, what is to be talked about after all.

    Refuses with NotOfDispute, PaymentOutOfTurn, PaymentDisputed, DisputedPartUnfit, or as
    `money.check` does, in that order.
    """
    del at
    payment, asked = facts.payment, facts.asked.amount
    leads = by.organisation_id == facts.lead_id and by.has(Role.DELIVERY)
    if not (leads or _buys(payment.authority_number, by) or _is_payee(payment.payee_id, by)):
        raise NotOfDispute("The caller neither approves for the authority, nor delivers.")
    if payment.state not in _DISPUTABLE:
        raise PaymentOutOfTurn(f"The payment is {payment.state}.")
    if payment.dispute_id is not None:
        raise PaymentDisputed(f"{payment.dispute_id} holds this payment already.")
    if payment.kind is PaymentKind.INTEREST:
        raise DisputedPartUnfit("Late interest is not disputed in part: reject it.")
    amount, whole = money.check(asked, pointer="/amount"), payment.amount.decimal()
    if asked.currency != payment.amount.currency or not 0 < amount <= whole:
        said = f"The payment is {payment.amount.amount} {payment.amount.currency}."
        raise DisputedPartUnfit(said, pointer="/amount")
    rejected = payment.state is PaymentState.REJECTED
    if rejected and amount > Decimal(facts.unpaid or 0):
        said = f"{facts.unpaid or 0} {asked.currency} is earned and in no payment."
        raise DisputedPartUnfit(said, pointer="/amount")
    goes_on = amount < whole and not rejected
    return Opened(
        state=State.OPEN,
        held=money.of(amount, asked.currency),
        rest=money.of(whole - amount, asked.currency) if goes_on else None,
        opened_by=control.hand(by),
        opened_for=by.organisation_id,
    )


def dispute_calculation(facts: WholeFacts, *, by: Actor, at: datetime) -> CalculationDisputed:
    """Hold each member's part of an amount by the shares; the parts add to it exactly.

    Refuses with NotOfCalculation, CalculationSuperseded, DisputedPartUnfit, or as `money.check`
    does, in that order.
    """
    del at
    leads = by.organisation_id == facts.lead_id and by.has(Role.DELIVERY)
    if not (leads or _buys(facts.authority_number, by)):
        raise NotOfCalculation("The caller neither approves for the authority, nor leads.")
    if facts.superseded_by is not None:
        raise CalculationSuperseded(f"{facts.superseded_by} supersedes it.")
    if facts.kind is PaymentKind.INTEREST:
        raise DisputedPartUnfit("Late interest is not disputed in part: reject it.")
    asked, total = facts.asked.amount, facts.total
    amount = money.check(asked, pointer="/amount")
    if asked.currency != total.currency or not 0 < amount <= total.decimal():
        said = f"The calculation comes to {total.amount} {total.currency}."
        raise DisputedPartUnfit(said, pointer="/amount")
    return CalculationDisputed(
        parts=tuple(part for one in divided(asked, facts.shares) for part in _held(one, facts)),
        opened_by=control.hand(by),
        opened_for=by.organisation_id,
    )


def _held(one: Part, facts: WholeFacts) -> Iterator[HeldPart]:
    """Yield what is held of a member's payments, of the largest first."""
    own = [each for each in facts.payable if each.payee_id == one.organisation_id]
    left = one.amount.decimal()
    for each in sorted(own, key=lambda each: (-each.amount.decimal(), each.payment_id)):
        taken = min(left, each.amount.decimal())
        if taken:
            yield HeldPart(
                payment_id=each.payment_id,
                payee_id=each.payee_id,
                amount=money.of(taken, one.amount.currency),
            )
        left -= taken
    if left:
        currency = one.amount.currency
        part, rest = money.said(one.amount.decimal(), currency), money.said(left, currency)
        said = (
            f"Of the part of {one.organisation_id}, {part}, {rest} is approved, "
            "paid, held or not payable: dispute less, or each payment by itself."
        )
        raise DisputedPartUnfit(said, pointer="/amount")


def propose(facts: DisputeFacts, *, by: Actor, at: datetime) -> Proposed:
    """Propose what is payable; a new proposal takes the place of the one before.

    Refuses with NotOfDispute, OwnOpening, DisputeSettled, PayablePartUnfit, or as `money.check`
    does.
    """
    del at
    _side(facts, by)
    if facts.asked is None:
        raise NothingProposed("No amount is proposed.")
    payable = facts.asked.payable
    amount = money.check(payable, pointer="/payable")
    if payable.currency != facts.held.currency or amount > facts.held.decimal():
        said = f"{facts.held.amount} {facts.held.currency} is disputed."
        raise PayablePartUnfit(said, pointer="/payable")
    return Proposed(
        state=State.OPEN,
        payable=money.of(amount, payable.currency),
        proposed_by=by.organisation_id,
    )


def resolve(facts: DisputeFacts, *, by: Actor, at: datetime) -> Resolved:
    """Agree to what the other side proposes.

    Refuses with NotOfDispute, OwnOpening, DisputeSettled, NothingProposed or OwnResolution, in
    that order.
    """
    del at
    _side(facts, by)
    if facts.proposed is None:
        raise NothingProposed("Neither side has proposed anything.")
    if control.is_of_own_house(by, facts.proposed_by):
        raise OwnResolution("The caller's organisation has proposed this.")
    if control.is_own(by, facts.proposed_hand):
        raise OwnResolution("The caller has proposed this, for the other side.")
    left = facts.held.decimal() - Decimal(facts.proposed.amount)
    return Resolved(
        state=State.RESOLVED,
        payable=facts.proposed,
        forgone=money.of(left, facts.held.currency),
        agreed_by=by.organisation_id,
    )


def _buys(authority_number: int, by: Actor) -> bool:
    return by.organisation_number == authority_number and by.has(Role.APPROVER)


def _is_payee(payee_id: str, by: Actor) -> bool:
    return by.organisation_id == payee_id and by.has(Role.DELIVERY)


def _side(facts: DisputeFacts, by: Actor) -> None:
    """Refuse whoever stands on neither side or on both, and whatever comes after the end."""
    if not (_buys(facts.authority_number, by) or _is_payee(facts.payee_id, by)):
        raise NotOfDispute("The caller neither approves for the authority, nor delivers.")
    if by.organisation_id != facts.opened_for and control.is_own(by, facts.opened_by):
        raise OwnOpening("The caller has opened this dispute for another side.")
    if facts.state is not State.OPEN:
        raise DisputeSettled("Both sides have agreed.")
