"""Who assigns what a contract will pay, who acknowledges it, who gives it back."""

from datetime import datetime

from ecosystem.contracts.model import State as ContractState
from ecosystem.finance.assigning.model import (
    Acknowledged,
    Assigned,
    AssignFacts,
    AssignmentFacts,
    Ended,
    EndFacts,
    State,
)
from ecosystem.finance.model import State as FacilityState
from ecosystem.finance.rules import ContractNotRunning, borrower, within
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class AssignmentMissing(Refusal):
    """There is no such assignment, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/contracts/{id}/assignments answered."


class AssignedBefore(Refusal):
    """The claims of this supplier under the contract are assigned already."""

    kind = Kind.CONFLICT
    remedy = "Have the lender to whom they are assigned release them first."


class AssignmentOutOfTurn(Refusal):
    """The assignment is not in the state in which this is done."""

    kind = Kind.CONFLICT
    remedy = "Take the steps in order: notice, acknowledgement, release."


class NotDebtor(Refusal):
    """Another authority owes what was assigned."""

    kind = Kind.FORBIDDEN
    remedy = "The authority of the contract must do this."


class NotAssignee(Refusal):
    """The claims are assigned to another organisation."""

    kind = Kind.FORBIDDEN
    remedy = "The lender to whom they are assigned must do this."


def assign(facts: AssignFacts, *, by: Actor, at: datetime) -> Assigned:
    """Assign what a contract will pay to the borrower, and notify its authority.

    Refuses with NotBorrower, FacilityOutOfTurn, ContractNotRunning, AssignedBefore.
    """
    del at
    facility = facts.facility
    borrower(facility, by)
    within(facility, FacilityState.AGREED)
    if facility.contract_state not in {ContractState.ACTIVE, ContractState.SUSPENDED}:
        raise ContractNotRunning(f"The contract is {facility.contract_state}.")
    if facts.standing is not None:
        raise AssignedBefore(f"{facts.standing} stands.")
    return Assigned(
        state=State.NOTIFIED,
        contract_id=facility.contract_id,
        assignor_id=facility.borrower_id,
        assignee_id=facility.lender_id,
        notified_by=control.hand(by),
    )


def acknowledge(facts: AssignmentFacts, *, by: Actor, at: datetime) -> Acknowledged:
    """Take note of an assignment: the lender is paid from now on.

    Refuses with NotDebtor, AssignmentOutOfTurn.
    """
    del at
    _debtor(facts, by)
    _in(facts, State.NOTIFIED)
    return Acknowledged(state=State.ACKNOWLEDGED, acknowledged_by=control.hand(by))


def refuse(facts: EndFacts, *, by: Actor, at: datetime) -> Ended:
    """Do not accept the notice. Refuses with NotDebtor, AssignmentOutOfTurn."""
    del at
    _debtor(facts.assignment, by)
    _in(facts.assignment, State.NOTIFIED)
    return Ended(state=State.REFUSED, ended_by=control.hand(by), reason=facts.reason)


def release(facts: EndFacts, *, by: Actor, at: datetime) -> Ended:
    """Give the claims back. Refuses with NotAssignee, AssignmentOutOfTurn."""
    del at
    if by.organisation_id != facts.assignment.assignee_id:
        raise NotAssignee("The caller's organisation is not the lender.")
    _in(facts.assignment, State.NOTIFIED, State.ACKNOWLEDGED)
    return Ended(state=State.RELEASED, ended_by=control.hand(by), reason=facts.reason)


def _debtor(facts: AssignmentFacts, by: Actor) -> None:
    if by.organisation_number != facts.authority_number:
        raise NotDebtor("The caller's organisation is not the authority of the contract.")


def _in(facts: AssignmentFacts, *states: State) -> None:
    if facts.state not in states:
        raise AssignmentOutOfTurn(f"The assignment is {facts.state}.")
