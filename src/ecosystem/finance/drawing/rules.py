"""When a facility may be drawn: conditions are met by facts, and refused by name."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from msgspec import UNSET

from ecosystem.contracts.model import State as ContractState
from ecosystem.finance.drawing.model import (
    Approved,
    Disbursed,
    DisburseFacts,
    DrawdownFacts,
    Proof,
    Proved,
    Refused,
    RefuseFacts,
    Requested,
    RequestFacts,
    Shown,
    State,
    Withdrawn,
)
from ecosystem.finance.model import (
    Condition,
    DocumentPresented,
    FeeDue,
    MetricVerified,
    MilestoneAccepted,
    Part,
    Terms,
)
from ecosystem.finance.model import State as FacilityState
from ecosystem.finance.rules import ContractNotRunning, borrower, lender, supplying, within
from ecosystem.finance.schedules import months_later, rounded
from ecosystem.values import control, money
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault, Kind, Refusal

_WHOLE: Final = "100"
_NOTHING: Final = Decimal(0)
_DATE_LINE: Final = timedelta(days=1)
"""By how much a bank's day can differ from that of UTC."""


class DrawdownMissing(Refusal):
    """There is no such drawdown, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/facilities/{id}/drawdowns answered."


class PartUnknown(Refusal):
    """The facility has no such part, or the request does not name one."""

    kind = Kind.UNMET
    remedy = "Name a part of the facility's terms; none where they have none."


class AboveFacility(Refusal):
    """More is asked for than is left of the facility, or of its part."""

    kind = Kind.CONFLICT
    remedy = "Ask for no more than is left, or withdraw another request."


class OtherCurrency(Refusal):
    """The facility is in another currency."""

    kind = Kind.UNMET
    remedy = "Ask in the currency of the facility."


class NothingDrawn(Refusal):
    """An amount of nothing is asked for."""

    kind = Kind.UNMET
    remedy = "Ask for an amount above zero."


class ConditionUnmet(Refusal):
    """A condition of the drawdown is not met."""

    kind = Kind.UNMET
    remedy = "Meet each condition that `errors` names; verified facts alone prove one."


class PresentedAmiss(Refusal):
    """A document is presented for what is no condition of this part, or twice for one."""

    kind = Kind.UNMET
    remedy = "Present one document for each condition that asks for one."


class DrawdownOutOfTurn(Refusal):
    """The drawdown is not in the state from which this is done."""

    kind = Kind.CONFLICT
    remedy = "Take the steps in order: request, approval, disbursement."


class RequestedBySame(Refusal):
    """Nobody approves a drawdown that they have requested."""

    kind = Kind.FORBIDDEN
    remedy = "Another person must approve."


class DrawdownApprovedBySame(Refusal):
    """Nobody pays out on an approval of their own."""

    kind = Kind.FORBIDDEN
    remedy = "Another person of the lender must disburse."


class DisbursementMisdated(Refusal):
    """The money cannot have left on that day."""

    kind = Kind.UNMET
    remedy = "Give the day on which the bank paid: not before the approval, not after today."


class DisbursementDoubled(Refusal):
    """The bank reference disburses another drawdown of the facility."""

    kind = Kind.CONFLICT
    remedy = "Give the reference of the transaction that paid out this drawdown."


def request(facts: RequestFacts, *, by: Actor, at: datetime) -> Requested:
    """Ask for a part of the facility.

    Refuses with NotBorrower, FacilityOutOfTurn, BorrowerLeft, ContractNotRunning, PartUnknown,
    OtherCurrency, AmountTooFine, NothingDrawn, AboveFacility, PresentedAmiss, ConditionUnmet, in
    that order.
    """
    del at
    borrower(facts.facility, by)
    within(facts.facility, FacilityState.AGREED)
    supplying(facts.facility)
    _running(facts.proved)
    part = part_of(facts.terms, facts.asked.part)
    _fits(facts, part)
    presented = _presented(facts, part)
    proofs(part, presented, facts.proved)
    return Requested(state=State.REQUESTED, presented=presented, requested_by=control.hand(by))


def approve(facts: DrawdownFacts, *, by: Actor, at: datetime) -> Approved:
    """Agree to pay out.

    Refuses with NotLender, DrawdownOutOfTurn, RequestedBySame, BorrowerLeft, ContractNotRunning,
    ConditionUnmet, in that order.
    """
    del at
    lender(facts.facility, by)
    _in(facts, State.REQUESTED)
    if control.is_own(by, facts.requested_by):
        raise RequestedBySame("The caller has requested this drawdown.")
    supplying(facts.facility)
    _running(facts.proved)
    met = proofs(part_of(facts.terms, facts.part), facts.presented, facts.proved)
    return Approved(state=State.APPROVED, proofs=met, approved_by=control.hand(by))


def refuse(facts: RefuseFacts, *, by: Actor, at: datetime) -> Refused:
    """Do not pay out. Refuses with NotLender, DrawdownOutOfTurn."""
    del at
    lender(facts.drawdown.facility, by)
    _in(facts.drawdown, State.REQUESTED, State.APPROVED)
    return Refused(state=State.REFUSED, refused_by=control.hand(by), reason=facts.reason)


def withdraw(facts: DrawdownFacts, *, by: Actor, at: datetime) -> Withdrawn:
    """Take a request back before it is paid out. Refuses with NotBorrower, DrawdownOutOfTurn."""
    del at
    borrower(facts.facility, by)
    _in(facts, State.REQUESTED, State.APPROVED)
    return Withdrawn(state=State.WITHDRAWN, withdrawn_by=control.hand(by))


def disburse(facts: DisburseFacts, *, by: Actor, at: datetime) -> Disbursed:
    """Record that the money was paid out, less the fees that are kept back.

    Each drawdown bears fees by its part of the amount; what all bear adds up to the fee. Refuses
    with NotLender, DrawdownOutOfTurn, DrawdownApprovedBySame, BorrowerLeft, ContractNotRunning,
    ConditionUnmet, DisbursementDoubled, DisbursementMisdated, in that order.
    """
    drawdown, asked = facts.drawdown, facts.asked
    lender(drawdown.facility, by)
    _in(drawdown, State.APPROVED)
    if control.is_own(by, drawdown.approved_by):
        raise DrawdownApprovedBySame("The caller has approved this drawdown.")
    supplying(drawdown.facility)
    _running(drawdown.proved)
    proofs(part_of(drawdown.terms, drawdown.part), drawdown.presented, drawdown.proved)
    if facts.disburses is not None:
        raise DisbursementDoubled(
            f"{asked.bank_reference} disburses {facts.disburses}.", pointer="/bank_reference"
        )
    _dated(facts, at)
    fees = tuple(_fees(facts))
    kept = sum((fee for month, fee in fees if month == 0), _NOTHING)
    currency = drawdown.amount.currency
    return Disbursed(
        state=State.DISBURSED,
        disbursed_by=control.hand(by),
        disbursed_on=asked.disbursed_on,
        bank_reference=asked.bank_reference,
        kept=money.of(kept, currency),
        fees=tuple(
            FeeDue(due_on=months_later(asked.disbursed_on, month), amount=money.of(fee, currency))
            for month, fee in fees
            if month and fee
        ),
    )


def part_of(terms: Terms, code: str | None) -> Part:
    """Return a part of the terms, or the whole where they have none. Refuses PartUnknown."""
    if not terms.drawdowns and code is None:
        return Part(code="whole", share=_WHOLE)
    for part in terms.drawdowns:
        if part.code == code:
            return part
    raise PartUnknown(
        f"The parts are {', '.join(one.code for one in terms.drawdowns) or 'none'}.",
        pointer="/part",
    )


def amount_of(terms: Terms, part: Part) -> Decimal:
    """Return the amount of a part; those of all parts add up to the facility's."""
    if not terms.drawdowns:
        return terms.amount.decimal()
    shares = tuple(Decimal(one.share) for one in terms.drawdowns)
    amounts = money.split(terms.amount.decimal(), shares, currency=terms.amount.currency)
    return amounts[terms.drawdowns.index(part)]


def proofs(part: Part, presented: tuple[Shown, ...], proved: Proved) -> tuple[Proof, ...]:
    """Return by what each condition of a part is met. Refuses with ConditionUnmet."""
    met = [(one, _proof(one, presented, proved)) for one in part.conditions]
    faults = tuple(
        Fault(f"/conditions/{one.code}", "condition_unmet", _unmet(one))
        for one, proof in met
        if proof is None
    )
    if faults:
        raise ConditionUnmet(" ".join(one.detail for one in faults), faults=faults)
    return tuple(proof for _, proof in met if proof is not None)


def _proof(one: Condition, presented: tuple[Shown, ...], proved: Proved) -> Proof | None:
    match one:
        case MilestoneAccepted():
            whole = [
                fact for fact in proved.milestones
                if fact.milestone == one.milestone and Decimal(fact.share) == 1
            ]  # fmt: skip
            return _by(one, whole[0].id, whole[0].version) if whole else None
        case MetricVerified():
            good = [fact for fact in proved.metrics if fact.metric == one.metric]
            good = [fact for fact in good if _is_good(one, Decimal(fact.value))]
            return _by(one, good[0].id, good[0].version) if good else None
        case DocumentPresented():
            shown = [fact for fact in presented if fact.condition == one.code]
            return _by(one, shown[0].document_id, None) if shown else None


def _by(one: Condition, fact: str, version: int | None) -> Proof:
    return Proof(condition=one.code, by=fact, version=version)


def _is_good(one: MetricVerified, value: Decimal) -> bool:
    if one.at_least is not UNSET:
        return value >= Decimal(one.at_least)
    return one.at_most is not UNSET and value <= Decimal(one.at_most)


def _unmet(one: Condition) -> str:
    match one:
        case MilestoneAccepted():
            return f"{one.code}: the milestone {one.milestone} is not accepted."
        case MetricVerified(at_least=least) if least is not UNSET:
            return f"{one.code}: no verified value of {one.metric} is the newest and >= {least}."
        case MetricVerified():
            return f"{one.code}: no verified value of {one.metric} is the newest and in bounds."
        case DocumentPresented():
            return f"{one.code}: no document of the borrower is presented."


def _fits(facts: RequestFacts, part: Part) -> None:
    asked, amount = facts.asked.amount, facts.facility.amount
    if asked.currency != amount.currency:
        raise OtherCurrency(f"The facility is in {amount.currency}.", pointer="/amount/currency")
    wanted = money.check(asked, pointer="/amount")
    if wanted == 0:
        raise NothingDrawn("The amount is zero.", pointer="/amount/amount")
    left = min(
        amount.decimal() - Decimal(facts.facility.reserved),
        amount_of(facts.terms, part) - Decimal(facts.reserved_of_part),
    )
    if wanted > left:
        raise AboveFacility(f"{left:f} {amount.currency} is left.", pointer="/amount/amount")
    kept = sum((_part_of(fee.amount, asked, amount) for fee in facts.terms.fees if not fee.month),
               _NOTHING)  # fmt: skip
    if kept >= wanted:
        raise NothingDrawn(f"Fees of {kept:f} would take all of it.", pointer="/amount/amount")


def _part_of(fee: money.Money, asked: money.Money, whole: money.Money) -> Decimal:
    """Return the most that a drawdown bears of a fee: rounding may move a coin of it."""
    exact = Fraction(fee.decimal()) * Fraction(asked.decimal()) / Fraction(whole.decimal())
    return rounded(exact, fee.currency) + Decimal(1).scaleb(-money.places(fee.currency))


def _presented(facts: RequestFacts, part: Part) -> tuple[Shown, ...]:
    known = {one.id: one.sha256 for one in facts.proved.documents}
    asking = {one.code for one in part.conditions if isinstance(one, DocumentPresented)}
    shown = dict[str, Shown]()
    for index, one in enumerate(facts.asked.presents):
        place = f"/presents/{index}"
        if one.condition not in asking or one.condition in shown:
            raise PresentedAmiss(
                f"{one.condition} asks for no document, or has one.", pointer=f"{place}/condition"
            )
        if one.document_id not in known:
            raise PresentedAmiss(
                "The borrower has filed no such document under the contract.",
                pointer=f"{place}/document_id",
            )
        shown[one.condition] = Shown(
            condition=one.condition, document_id=one.document_id, sha256=known[one.document_id]
        )
    return tuple(shown.values())


def _fees(facts: DisburseFacts) -> Iterator[tuple[int, Decimal]]:
    """Yield what a drawdown bears of each fee: what is borne after it, less what was before."""
    drawdown, before = facts.drawdown, Fraction(Decimal(facts.drawn_before))
    whole = Fraction(drawdown.terms.amount.decimal())
    after = before + Fraction(drawdown.amount.decimal())
    for fee in drawdown.terms.fees:
        total, currency = Fraction(fee.amount.decimal()), fee.amount.currency
        borne = [rounded(total * drawn / whole, currency) for drawn in (after, before)]
        yield fee.month, borne[0] - borne[1]


def _dated(facts: DisburseFacts, at: datetime) -> None:
    told, on = facts.approved_at or at, facts.asked.disbursed_on
    if not (told - _DATE_LINE).date() <= on <= (at + _DATE_LINE).date():
        raise DisbursementMisdated(
            f"It was approved on {told.date()}, and today is {at.date()}.", pointer="/disbursed_on"
        )


def _running(proved: Proved) -> None:
    if proved.contract_state is not ContractState.ACTIVE:
        raise ContractNotRunning(f"The contract is {proved.contract_state}.")


def _in(facts: DrawdownFacts, *states: State) -> None:
    if facts.state not in states:
        raise DrawdownOutOfTurn(f"The drawdown is {facts.state}.")
