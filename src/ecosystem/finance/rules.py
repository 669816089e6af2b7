"""On what terms a lender may lend, and what refuses a step of a facility."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec import UNSET

from ecosystem.contracts.model import State as ContractState
from ecosystem.finance.model import (
    Agreed,
    Closed,
    DocumentPresented,
    FacilityFacts,
    FeeAgreed,
    MetricVerified,
    MilestoneAccepted,
    Offered,
    OfferFacts,
    Part,
    Refused,
    RefuseFacts,
    State,
    Terms,
)
from ecosystem.finance.schedules import DayCount
from ecosystem.offers.model import Drawdown, Financing
from ecosystem.values import control, money
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault, Kind, Refusal

_WHOLE: Final = Decimal(100)


class FacilityMissing(Refusal):
    """There is no such facility, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/facilities answered."


class ContractNotRunning(Refusal):
    """The contract is not in force, or stands still."""

    kind = Kind.CONFLICT
    remedy = "Lend on a contract that is active."


class TermsUnsound(Refusal):
    """The terms of the facility contradict themselves or the contract."""

    kind = Kind.UNMET
    remedy = "Correct each place that `errors` names."


class FinancingNotWon(Refusal):
    """No financing was awarded with this contract, or others lead those who lend."""

    kind = Kind.FORBIDDEN
    remedy = "Offer terms of your own, or have the lead of the awarded financing do this."


class FinancingTaken(Refusal):
    """The awarded financing has its facility already."""

    kind = Kind.CONFLICT
    remedy = "Use the facility that exists; a further one has terms of its own."


class OwnBorrower(Refusal):
    """Nobody lends to itself."""

    kind = Kind.FORBIDDEN
    remedy = "Another institution must lend to this supplier."


class BorrowerUnpaid(Refusal):
    """Nothing will be paid to that borrower under the contract, or not what was awarded."""

    kind = Kind.UNMET
    remedy = "Name one of those who supply; leave it out for what was awarded, or for the lead."


class BorrowerLeft(Refusal):
    """The borrower has left the contract, which earns it nothing more."""

    kind = Kind.CONFLICT
    remedy = "Lend to who supplies now; what was drawn is repaid as it was agreed."


class NotBorrower(Refusal):
    """The facility is another organisation's to draw."""

    kind = Kind.FORBIDDEN
    remedy = "The borrower itself must do this."


class NotLender(Refusal):
    """The facility is another organisation's to lend."""

    kind = Kind.FORBIDDEN
    remedy = "The lender itself must do this."


class FacilityOutOfTurn(Refusal):
    """The facility is not in the state in which this is done."""

    kind = Kind.CONFLICT
    remedy = "Take the steps in order: offer, agreement, drawdowns, repayment, closure."


class FacilityInUse(Refusal):
    """Something is still owed, asked for, or assigned under the facility."""

    kind = Kind.CONFLICT
    remedy = "Settle what GET /v1/facilities/{id}/position shows, and release the assignment."


def offer(facts: OfferFacts, *, by: Actor, at: datetime) -> Offered:
    """Offer a facility; the one that was awarded with the contract is agreed at once.

    Who leads the suppliers since has signed for no loan, and who leads the lenders since is none
    that the borrower has signed with: then it agrees first. Refuses with ContractNotRunning,
    BorrowerUnpaid, OwnBorrower, FinancingNotWon, FinancingTaken, TermsUnsound.
    """
    del at
    if facts.contract_state is not ContractState.ACTIVE:
        raise ContractNotRunning(f"The contract is {facts.contract_state}.")
    borrower_id, asked = _borrowing(facts), facts.asked.terms
    if by.organisation_id == borrower_id:
        raise OwnBorrower("The caller's organisation is the borrower.")
    if asked is not UNSET:
        _sound(asked, facts)
        return _offered(borrower_id, asked, State.OFFERED, None, by=by)
    won = facts.won
    if won is None or won.lender_id != by.organisation_id:
        raise FinancingNotWon("The contract has no financing that the caller leads.")
    if won.has_facility:
        raise FinancingTaken(f"{won.award_id} has a facility.")
    has_signed = won.signed_by in {None, borrower_id} and won.awarded_to in {None, won.lender_id}
    state = State.AGREED if has_signed else State.OFFERED
    return _offered(borrower_id, as_awarded(won.financing), state, won.award_id, by=by)


def agree(facts: FacilityFacts, *, by: Actor, at: datetime) -> Agreed:
    """Agree to what was offered.

    Refuses with NotBorrower, FacilityOutOfTurn, BorrowerLeft, ContractNotRunning, in that order.
    """
    del at
    borrower(facts, by)
    within(facts, State.OFFERED)
    supplying(facts)
    if facts.contract_state is not ContractState.ACTIVE:
        raise ContractNotRunning(f"The contract is {facts.contract_state}.")
    return Agreed(state=State.AGREED, agreed_by=control.hand(by))


def refuse(facts: RefuseFacts, *, by: Actor, at: datetime) -> Refused:
    """Refuse what was offered, or take it back. Refuses with NotLender, FacilityOutOfTurn."""
    del at
    if by.organisation_id != facts.facility.borrower_id:
        lender(facts.facility, by)
    within(facts.facility, State.OFFERED)
    return Refused(state=State.REFUSED, refused_by=control.hand(by), reason=facts.reason)


def close(facts: FacilityFacts, *, by: Actor, at: datetime) -> Closed:
    """Close what nobody owes anything under. Refuses NotLender, FacilityOutOfTurn, FacilityInUse.

    What was reserved and not disbursed is still asked for.
    """
    del at
    lender(facts, by)
    within(facts, State.AGREED)
    asked = Decimal(facts.reserved) - Decimal(facts.disbursed)
    if asked or Decimal(facts.owed) or facts.is_assigned:
        currency = facts.amount.currency
        owed, open_ = money.said(Decimal(facts.owed), currency), money.said(asked, currency)
        raise FacilityInUse(
            f"{owed} is owed, {open_} is asked for, and the claims are assigned."
            if facts.is_assigned
            else f"{owed} is owed, {open_} is asked for; the claims are not assigned."
        )
    undrawn = facts.amount.decimal() - Decimal(facts.disbursed)
    return Closed(
        state=State.CLOSED,
        closed_by=control.hand(by),
        undrawn=money.of(undrawn, facts.amount.currency),
    )


def as_awarded(financing: Financing) -> Terms:
    """Return the terms of a facility that grows from an offer of financing.

    Offers charge a twelfth of the rate each month, and keep all fees back at the drawdown. What
    an offer says in words alone is proved by a document.
    """
    has_fees = financing.fees.decimal() > 0
    return Terms(
        amount=financing.amount,
        annual_rate=financing.annual_rate,
        day_count=DayCount.THIRTY_360,
        tenor_months=financing.tenor_months,
        grace_months=financing.grace_months,
        repayment=financing.repayment,
        fees=(FeeAgreed(0, financing.fees),) if has_fees else (),
        security=financing.security,
        drawdowns=tuple(
            _part(number, one) for number, one in enumerate(financing.drawdowns, start=1)
        ),
    )


def borrower(facts: FacilityFacts, by: Actor) -> None:
    """Refuse with NotBorrower whoever else acts."""
    if by.organisation_id != facts.borrower_id:
        raise NotBorrower("The caller's organisation is not the borrower.")


def supplying(facts: FacilityFacts) -> None:
    """Refuse with BorrowerLeft where the borrower earns nothing more."""
    if facts.has_left:
        raise BorrowerLeft(f"{facts.borrower_id} has left the contract.")


def lender(facts: FacilityFacts, by: Actor) -> None:
    """Refuse with NotLender whoever else acts."""
    if by.organisation_id != facts.lender_id:
        raise NotLender("The caller's organisation is not the lender.")


def within(facts: FacilityFacts, *states: State) -> None:
    """Refuse with FacilityOutOfTurn in any other state."""
    if facts.state not in states:
        raise FacilityOutOfTurn(f"The facility is {facts.state}.")


def _borrowing(facts: OfferFacts) -> str:
    """Return who borrows. Refuses with BorrowerUnpaid."""
    lead_id, asked = facts.suppliers[0], facts.asked
    if asked.borrower_id is UNSET:
        return lead_id
    those = facts.suppliers if asked.terms is not UNSET else (lead_id,)
    if asked.borrower_id not in those:
        raise BorrowerUnpaid(f"It is paid to: {', '.join(those)}.", pointer="/borrower_id")
    return asked.borrower_id


def _offered(
    borrower_id: str, terms: Terms, state: State, award_id: str | None, *, by: Actor
) -> Offered:
    return Offered(
        state=state,
        award_id=award_id,
        lender_id=by.organisation_id,
        borrower_id=borrower_id,
        terms=terms,
        offered_by=control.hand(by),
    )


def _part(number: int, drawdown: Drawdown) -> Part:
    code = f"condition-{number}"
    condition = (
        DocumentPresented(code=code, description=drawdown.condition)
        if drawdown.milestone is UNSET
        else MilestoneAccepted(code=code, milestone=drawdown.milestone)
    )
    return Part(code=f"part-{number}", share=drawdown.share, conditions=(condition,))


def _sound(terms: Terms, facts: OfferFacts) -> None:
    faults = (*_amount_faults(terms, facts), *_fee_faults(terms), *_part_faults(terms, facts))
    if faults:
        raise TermsUnsound(f"{len(faults)} places are wrong.", faults=faults)


def _amount_faults(terms: Terms, facts: OfferFacts) -> Iterator[Fault]:
    place = "/terms/amount"
    yield from _money_faults(terms.amount, place)
    if terms.amount.currency != facts.currency:
        detail = f"Use {facts.currency}, the currency of the contract."
        yield Fault(f"{place}/currency", "currency_mixed", detail)
    if terms.amount.decimal() == 0:
        yield Fault(f"{place}/amount", "amount_is_zero", "Give an amount above zero.")
    if terms.grace_months >= terms.tenor_months:
        yield Fault("/terms/grace_months", "grace_too_long", "Let it end before the tenor does.")


def _fee_faults(terms: Terms) -> Iterator[Fault]:
    for index, fee in enumerate(terms.fees):
        place = f"/terms/fees/{index}"
        yield from _money_faults(fee.amount, f"{place}/amount")
        if fee.amount.currency != terms.amount.currency:
            yield Fault(f"{place}/amount/currency", "currency_mixed", "Use one currency.")
        if fee.month > terms.tenor_months:
            yield Fault(f"{place}/month", "after_the_tenor", "Have it due within the tenor.")
    kept = sum((one.amount.decimal() for one in terms.fees if one.month == 0), Decimal(0))
    if kept and kept >= terms.amount.decimal():
        yield Fault("/terms/fees", "fees_take_all", "Keep back less than the amount.")


def _money_faults(amount: money.Money, place: str) -> Iterator[Fault]:
    try:
        money.check(amount, pointer=place)
    except Refusal as refusal:
        yield from refusal.faults


def _part_faults(terms: Terms, facts: OfferFacts) -> Iterator[Fault]:
    total = sum((Decimal(one.share) for one in terms.drawdowns), Decimal(0))
    if terms.drawdowns and total != _WHOLE:
        detail = f"The shares add to {total}, not to 100."
        yield Fault("/terms/drawdowns", "drawdowns_do_not_add_up", detail)
    seen = set[str]()
    for index, part in enumerate(terms.drawdowns):
        place = f"/terms/drawdowns/{index}"
        if Decimal(part.share) == 0:
            yield Fault(f"{place}/share", "share_is_zero", "Give a share above zero.")
        if part.code in seen:
            yield Fault(f"{place}/code", "code_is_doubled", "Give each part a code of its own.")
        seen.add(part.code)
        yield from _condition_faults(part, facts, place)


def _condition_faults(part: Part, facts: OfferFacts, place: str) -> Iterator[Fault]:
    codes = [one.code for one in part.conditions]
    for index, one in enumerate(part.conditions):
        at = f"{place}/conditions/{index}"
        if one.code in codes[:index]:
            yield Fault(f"{at}/code", "code_is_doubled", "Give each condition its own code.")
        if isinstance(one, MilestoneAccepted) and one.milestone not in facts.milestones:
            yield Fault(f"{at}/milestone", "not_in_the_contract", "Name one of its milestones.")
        if isinstance(one, MetricVerified):
            if one.metric not in facts.metrics:
                yield Fault(f"{at}/metric", "not_in_the_contract", "Name one of its metrics.")
            if (one.at_least is UNSET) == (one.at_most is UNSET):
                yield Fault(at, "bound_unclear", "Give `at_least` or `at_most`, one of them.")
