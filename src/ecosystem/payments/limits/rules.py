"""Who may set which approval limit."""

from datetime import datetime

from ecosystem.payments.limits.model import LimitFacts, LimitSet
from ecosystem.values import control, money
from ecosystem.values.actor import Actor, Role
from ecosystem.values.refusal import Kind, Refusal


class ApproverUnknown(Refusal):
    """The limit is for somebody who is no person of the authority."""

    kind = Kind.UNMET
    remedy = "Name a person of your organisation, or nobody for all approvers."


class LimitForOneself(Refusal):
    """Nobody sets a limit of their own."""

    kind = Kind.FORBIDDEN
    remedy = (
        "Another treasurer must set it. One who approves as well sets a limit for all once "
        "another has set her own."
    )


class AboveLimit(Refusal):
    """The payment is more than the caller may approve at once."""

    kind = Kind.FORBIDDEN
    remedy = "An approver with a higher limit must approve; GET /v1/approval-limits lists them."


def set_limit(facts: LimitFacts, *, by: Actor, at: datetime) -> LimitSet:
    """Set a limit. Refuses with LimitForOneself, ApproverUnknown, then as `money.check` does."""
    del at
    asked = facts.asked
    if control.is_own(by, asked.person_id):
        raise LimitForOneself("The limit would be the caller's own.", pointer="/person_id")
    if asked.person_id is None and by.has(Role.APPROVER) and not facts.is_limited:
        said = "The caller approves as well, and a limit for all would be her own."
        raise LimitForOneself(said, pointer="/person_id")
    if not facts.is_of_authority:
        raise ApproverUnknown("Nobody of the organisation is meant.", pointer="/person_id")
    money.check(asked.most, pointer="/most")
    return LimitSet(person_id=asked.person_id, most=asked.most, set_by=control.hand(by))
