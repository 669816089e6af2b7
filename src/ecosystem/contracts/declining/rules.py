"""When a winner is called to sign, when its award falls, and what refuses that."""

from datetime import datetime

from ecosystem.awards.falling.model import Lapse
from ecosystem.awards.model import State as AwardState
from ecosystem.awards.rules import check_final, own
from ecosystem.contracts.declining.model import (
    Called,
    CallFacts,
    CancelFacts,
    Cancelled,
    FallFacts,
    Fell,
)
from ecosystem.contracts.model import State
from ecosystem.contracts.rules import AwardContracted, ProposalOpen, check_draft
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal


class CalledBefore(Refusal):
    """Who won was called upon to sign this draft."""

    kind = Kind.CONFLICT
    remedy = "Wait until `sign_by`; a draft that is worded anew may be called for anew."


class WinnerSigned(Refusal):
    """Who won has signed a draft of the award."""

    kind = Kind.CONFLICT
    remedy = "Have the other parties sign it."


class NotWinner(Refusal):
    """The caller's organisation does not lead the offer that was awarded."""

    kind = Kind.FORBIDDEN
    remedy = "Have the lead of the awarded offer decline."


class AwarderDeclines(Refusal):
    """Who proposed or approved an award for the authority cannot decline it for its winner."""

    kind = Kind.FORBIDDEN
    remedy = "Have another signatory of the lead decline."


class WinnerNotCalled(Refusal):
    """Who won was not called upon to sign a draft of the award as it is worded."""

    kind = Kind.CONFLICT
    remedy = "Draft the contract, and POST /v1/contracts/{contract_id}/signature-call."


class SigningAwaited(Refusal):
    """Who won may still sign."""

    kind = Kind.CONFLICT
    remedy = "Wait until `sign_by` of the draft."


class CallerLapses(Refusal):
    """Who proposed the award or called upon the winner cannot let it lapse."""

    kind = Kind.FORBIDDEN
    remedy = "Have another person with the role approver decide."


def call(facts: CallFacts, *, by: Actor, at: datetime) -> Called:
    """Call upon who won to sign a draft, until the time that the rules of the place give.

    Refuses with NotAuthority, ContractCancelled, ContractInForce, ProposalOpen, WinnerSigned,
    CalledBefore, in that order.
    """
    del at
    own(facts.authority_number, by)
    check_draft(facts.state)
    if facts.open_proposal_id is not None:
        raise ProposalOpen(f"{facts.open_proposal_id} waits for an answer.")
    if not facts.unsigned:
        raise WinnerSigned("Nobody who won has still to sign.")
    if facts.is_called:
        raise CalledBefore("There is a call for the draft as it is worded.")
    return Called(
        sign_by=facts.sign_by,
        called_by=control.hand(by),
        unsigned=facts.unsigned,
        reason=facts.reason,
    )


def decline(facts: FallFacts, *, by: Actor, at: datetime) -> Fell:
    """Decline a final award for the offer that won it.

    Refuses with NotWinner, AwarderDeclines, as `check_final` does, with AwardContracted, and
    with WinnerSigned where the lead has signed a draft.
    """
    if by.organisation_id != facts.lead_id:
        raise NotWinner("The caller's organisation does not lead the awarded offer.")
    if control.is_own(by, facts.proposed_by) or control.is_own(by, facts.approved_by):
        raise AwarderDeclines("The caller proposed or approved this award for the authority.")
    _check_standing(facts, at=at)
    if any(facts.lead_id not in one.unsigned for one in facts.drafts):
        raise WinnerSigned("The caller's organisation has signed a draft.")
    return Fell(
        state=AwardState.CANCELLED,
        lapse=Lapse.DECLINED,
        reason=facts.reason,
        fallen_by=control.hand(by),
        unsigned=(),
    )


def lapse(facts: FallFacts, *, by: Actor, at: datetime) -> Fell:
    """Let a final award lapse that its winner has not signed in its time.

    Refuses with NotAuthority, as `check_final` does, with AwardContracted, WinnerSigned,
    WinnerNotCalled, CallerLapses, SigningAwaited.
    """
    own(facts.authority_number, by)
    _check_standing(facts, at=at)
    if any(not one.unsigned for one in facts.drafts):
        raise WinnerSigned("Every member of the awarded offer has signed a draft.")
    called = [one for one in facts.drafts if one.sign_by is not None]
    if not called:
        raise WinnerNotCalled(f"{len(facts.drafts)} drafts, and no call.")
    if any(control.is_own(by, one) for one in (facts.proposed_by, *(c.called_by for c in called))):
        raise CallerLapses("The caller proposed the award, or called upon the winner.")
    waits = [one.sign_by for one in called if one.sign_by is not None and at < one.sign_by]
    if waits:
        raise SigningAwaited(f"The winner may sign until {shown(max(waits))}.")
    return Fell(
        state=AwardState.CANCELLED,
        lapse=Lapse.UNSIGNED,
        reason=facts.reason,
        fallen_by=control.hand(by),
        unsigned=tuple(sorted({who for one in called for who in one.unsigned})),
    )


def cancel(facts: CancelFacts, *, by: Actor, at: datetime) -> Cancelled:
    """End a draft whose award has fallen; requires that it is one."""
    del by
    if facts.state is not State.DRAFT:
        raise ValueError("the contract is no draft any more")
    return Cancelled(state=State.CANCELLED, ended_at=at)


def _check_standing(facts: FallFacts, *, at: datetime) -> None:
    if facts.is_contracted:
        raise AwardContracted(f"The award {facts.award_id} has an active contract.")
    check_final(_kept(facts.state), facts.standstill_ends_at, at=at)


def _kept(state: AwardState) -> str:
    """Return what is kept of an award that stands so."""
    return "published" if state in {AwardState.STANDSTILL, AwardState.FINAL} else state.value
