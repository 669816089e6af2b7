"""What may become of a turn, and what refuses it."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec import UNSET

from ecosystem.contracts.changes.model import Side
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.turning.model import (
    Kind,
    Proposed,
    ProposeFacts,
    Replied,
    ReplyFacts,
    State,
    Turned,
    TurnFacts,
    Withdrawn,
)
from ecosystem.values import control
from ecosystem.values.actor import Actor, Role
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind as RefusalKind
from ecosystem.values.refusal import Refusal

_FROM: Final = {
    Kind.SUSPENSION: frozenset({ContractState.ACTIVE}),
    Kind.RESUMPTION: frozenset({ContractState.SUSPENDED}),
    Kind.TERMINATION: frozenset({ContractState.ACTIVE, ContractState.SUSPENDED}),
    Kind.COMPLETION: frozenset({ContractState.ACTIVE}),
}
_TO: Final = {
    Kind.SUSPENSION: ContractState.SUSPENDED,
    Kind.RESUMPTION: ContractState.ACTIVE,
    Kind.TERMINATION: ContractState.TERMINATED,
    Kind.COMPLETION: ContractState.COMPLETED,
}
_PROPOSES: Final = {"authority": (Role.OFFICER,), "supplier": (Role.DELIVERY, Role.SIGNATORY)}
_APPROVES: Final = {"authority": Role.APPROVER, "supplier": Role.SIGNATORY}
_OTHER: Final[dict[Side, Side]] = {"authority": "supplier", "supplier": "authority"}
_DAY: Final = timedelta(days=1)


class TurnMissing(Refusal):
    """There is no such turn, or it is a proposal between others."""

    kind = RefusalKind.MISSING
    remedy = "Use an identifier of GET /v1/contracts/{id}/turns."


class NotTurning(Refusal):
    """The caller does not propose this turn."""

    kind = RefusalKind.FORBIDDEN
    remedy = "An officer of the authority proposes it; of a termination also a supplier's people."


class TurnUnfit(Refusal):
    """The contract stands so that it cannot take this turn."""

    kind = RefusalKind.CONFLICT
    remedy = "Suspend, end or complete an active contract; resume or end a suspended one."


class TurnOpen(Refusal):
    """Another turn of this contract is proposed."""

    kind = RefusalKind.CONFLICT
    remedy = "Approve or withdraw that one first."


class TurnUngrounded(Refusal):
    """The rules of the place know no such ground for this turn, or not for this side."""

    kind = RefusalKind.UNMET
    remedy = "Name a ground of `endings` in the profile of the need, or of a right that stands."


class RightLapsed(Refusal):
    """The right that the termination rests on has lapsed."""

    kind = RefusalKind.CONFLICT
    remedy = "Withdraw the turn; read GET /v1/contracts/{id}/rights-to-end for what stands."


class TurnOver(Refusal):
    """The turn is in force, or withdrawn."""

    kind = RefusalKind.CONFLICT
    remedy = "Read what became of it."


class NotReplying(Refusal):
    """The caller has nothing to reply to here."""

    kind = RefusalKind.FORBIDDEN
    remedy = "The side that has not proposed a termination may reply to it, once."


class NotApproving(Refusal):
    """The turn is not the caller's to approve."""

    kind = RefusalKind.FORBIDDEN
    remedy = "An approver of the authority, or a signatory of a supplier, approves for its side."


class ProposedTurn(Refusal):
    """Nobody approves what the same person has proposed."""

    kind = RefusalKind.FORBIDDEN
    remedy = "Have another person approve."


class ReplyAwaited(Refusal):
    """The other side may still reply."""

    kind = RefusalKind.CONFLICT
    remedy = "Wait for its reply, or until `reply_by`."


class NotTurnsSide(Refusal):
    """The turn was proposed by another organisation."""

    kind = RefusalKind.FORBIDDEN
    remedy = "Only who proposed a turn withdraws it."


class ContractSuspended(Refusal):
    """The contract is suspended."""

    kind = RefusalKind.CONFLICT
    remedy = "Wait until it is resumed; its dates move by the days of the suspension."


class ContractEnded(Refusal):
    """The contract has ended."""

    kind = RefusalKind.CONFLICT
    remedy = "What was accepted before stays payable; nothing new is submitted."


class MilestonesOpen(Refusal):
    """Milestones wait to be judged, or are not accepted yet."""

    kind = RefusalKind.CONFLICT
    remedy = "Judge what is submitted; to complete while others are planned takes an agreement."


class PaymentsOpen(Refusal):
    """Payments of the contract are not settled yet."""

    kind = RefusalKind.CONFLICT
    remedy = (
        "Settle each payment first; dispute what was rejected and is earned, or complete by "
        "agreement."
    )


def propose(facts: ProposeFacts, *, by: Actor, at: datetime) -> Proposed:
    """Propose a turn of a contract.

    Refuses with NotTurning, TurnUnfit, TurnOpen or TurnUngrounded, in that order.
    """
    asked, side = facts.asked, _side(facts, by)
    if facts.state not in _FROM[asked.kind]:
        raise TurnUnfit(f"The contract is {facts.state}.")
    if facts.open_turn_id is not None:
        raise TurnOpen(f"{facts.open_turn_id} is proposed.")
    ground = _ground(facts, side)
    by_both = ground.by_both if ground else asked.by_agreement
    days = ground.reply_days if ground else 0
    return Proposed(
        state=State.PROPOSED,
        side=side,
        approved_by_side=_OTHER[side] if by_both else side,
        proposed_by=control.hand(by),
        reply_by=at + _DAY * days if days else None,
        right_id=ground.right_id if ground else None,
    )


def reply(facts: ReplyFacts, *, by: Actor, at: datetime) -> Replied:
    """Say what the other side thinks of a termination.

    Refuses with NotReplying or TurnOver, in that order.
    """
    del at
    turn = facts.turn
    if not _is_of(turn, by, _OTHER[turn.side]) or turn.reply_by is None or turn.has_reply:
        raise NotReplying("The caller's side has proposed it, replied, or has no time to reply.")
    _refuse_over(turn)
    return Replied(replied_by=control.hand(by), reply=facts.reply)


def approve(facts: TurnFacts, *, by: Actor, at: datetime) -> Turned:
    """Bring a turn into force.

    Refuses with NotApproving, ProposedTurn, TurnOver, TurnUnfit, RightLapsed or ReplyAwaited, in
    that order.
    """
    side = facts.approved_by_side
    if not (_is_of(facts, by, side) and by.has(_APPROVES[side])):
        raise NotApproving(f"It takes the approval of the {side}.")
    if control.is_own(by, facts.proposed_by):
        raise ProposedTurn("The caller has proposed this turn.")
    _refuse_over(facts)
    if facts.contract_state not in _FROM[facts.kind]:
        raise TurnUnfit(f"The contract is {facts.contract_state}.")
    if facts.has_lapsed:
        raise RightLapsed("What the right arose from is no longer so.")
    if facts.reply_by is not None and not facts.has_reply and at < facts.reply_by:
        raise ReplyAwaited(f"The other side may reply until {shown(facts.reply_by)}.")
    days = _days(facts, at)
    return Turned(
        state=State.IN_FORCE,
        approved_by=control.hand(by),
        contract_state=_TO[facts.kind],
        moved_days=days,
        ends_on=facts.ends_on + _DAY * days,
    )


def withdraw(facts: TurnFacts, *, by: Actor, at: datetime) -> Withdrawn:
    """Take a proposal back. Refuses with NotTurnsSide or TurnOver, in that order."""
    del at
    if by.organisation_id != facts.organisation_id:
        raise NotTurnsSide("The caller's organisation has not proposed this.")
    _refuse_over(facts)
    return Withdrawn(state=State.WITHDRAWN, withdrawn_by=control.hand(by))


def _days(facts: TurnFacts, at: datetime) -> int:
    """Return the days of a suspension that ends; a day begun is a day."""
    if facts.kind is not Kind.RESUMPTION or facts.suspended_at is None:
        return 0
    return -(-(at - facts.suspended_at) // _DAY)


def _side(facts: ProposeFacts, by: Actor) -> Side:
    if by.organisation_number == facts.authority_number and _proposes(by, "authority"):
        return "authority"
    supplies = by.organisation_id == facts.supplier_id and _proposes(by, "supplier")
    if supplies and facts.asked.kind is Kind.TERMINATION:
        return "supplier"
    raise NotTurning("The caller has no such role on a side that proposes this.")


def _proposes(by: Actor, side: Side) -> bool:
    return any(map(by.has, _PROPOSES[side]))


class _Ground(NamedTuple):
    by_both: bool
    reply_days: int
    right_id: str | None


def _ground(facts: ProposeFacts, side: Side) -> _Ground | None:
    """Return the ground of a termination; None for other turns."""
    asked = facts.asked
    takes = asked.kind in {Kind.SUSPENSION, Kind.TERMINATION}
    if takes != (asked.ground is not UNSET):
        needs, has = f"A {asked.kind} takes a ground.", f"A {asked.kind} takes no ground."
        raise TurnUngrounded(needs if takes else has, pointer="/ground")
    if asked.by_agreement and asked.kind is not Kind.COMPLETION:
        message = "A termination by agreement has a ground of its own."
        raise TurnUngrounded(message, pointer="/by_agreement")
    if asked.kind is Kind.TERMINATION:
        return _termination(facts, side)
    known = [one.code for one in facts.grounds.suspension]
    if takes and asked.ground not in known:
        raise TurnUngrounded(f"The grounds are {', '.join(known)}.", pointer="/ground")
    return None


def _termination(facts: ProposeFacts, side: Side) -> _Ground:
    """Return a ground of the profile, else of a right that stands.

    Of a right the other side may reply for as long as the terms give notice, and for no less
    than on any ground of the profile.
    """
    asked, those = facts.asked.ground, {"either", side}
    held = {one.code: one for one in facts.grounds.termination if one.holder in those}
    rights = {one.code: one for one in facts.rights if one.holder in those}
    if asked is not UNSET and asked in held:
        ground = held[asked]
        return _Ground(by_both=ground.by_both, reply_days=ground.reply_days, right_id=None)
    if asked is not UNSET and asked in rights:
        right = rights[asked]
        days = [one.reply_days for one in facts.grounds.termination]
        reply_days = max(right.notice_days, *days, 0)
        return _Ground(by_both=False, reply_days=reply_days, right_id=right.right_id)
    known = ", ".join([*held, *rights])
    raise TurnUngrounded(f"The {side}'s grounds are {known}.", pointer="/ground")


def _is_of(facts: TurnFacts, by: Actor, side: Side) -> bool:
    if side == "authority":
        return by.organisation_number == facts.authority_number
    return by.organisation_id == facts.supplier_id


def _refuse_over(facts: TurnFacts) -> None:
    if facts.state is not State.PROPOSED:
        raise TurnOver(f"The turn is {facts.state}.")
