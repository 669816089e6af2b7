"""What is announced of a deduction, who replies to it, and who decides what is kept."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from ecosystem.catalogue.profiles import days
from ecosystem.payments.deducting.model import (
    Announced,
    AnnounceFacts,
    Decided,
    DecideFacts,
    DeductedLine,
    DeductedPart,
    NoticeFacts,
    Replied,
    ReplyFacts,
    State,
    Superseded,
    SupersedeFacts,
)
from ecosystem.payments.rules import NotPayee, PaymentNotOwned
from ecosystem.values import control, money
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal


class DeductionMissing(Refusal):
    """There is no such deduction, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/contracts/{id}/deductions answered."


class DeductionOutOfTurn(Refusal):
    """The deduction is not in the state from which this is done."""

    kind = Kind.CONFLICT
    remedy = "Each payee replies once to what is announced; only replies are decided, once."


class DeductionFinal(Refusal):
    """The time to reply is over, and the deduction is final."""

    kind = Kind.CONFLICT
    remedy = "Reply before `reply_ends_at`; what is final stays, unless its facts are corrected."


class AnnouncedBySame(Refusal):
    """Nobody decides on a deduction or a reply that is an act of their own."""

    kind = Kind.FORBIDDEN
    remedy = "Another person must decide."


class RepliesOpen(Refusal):
    """Others on whom a part of the deduction falls may still reply."""

    kind = Kind.CONFLICT
    remedy = "Decide when all of them have replied, or after `reply_ends_at`."


class ReplyUnanswered(Refusal):
    """The decision does not answer exactly those who have replied."""

    kind = Kind.UNMET
    remedy = "Give in `answers` one answer to each that has replied, and none to anybody else."


class KeptPartUnfit(Refusal):
    """What would be kept is no part of the deduction."""

    kind = Kind.UNMET
    remedy = "Keep from nothing to all of the deduction, in its currency."


def is_changed(facts: AnnounceFacts) -> bool:
    """Tell whether a calculation deducts anything else than the one that it supersedes."""
    return _said(facts.lines) != _said(facts.before)


def announce(facts: AnnounceFacts, *, by: Actor, at: datetime) -> Announced | None:
    """Give notice of what is deducted; None where nothing is that was not dropped before."""
    deducted = -sum((Decimal(one.amount) for one in facts.lines), Decimal(0))
    amount = deducted - Decimal(facts.dropped)
    if amount <= 0:
        return None
    return Announced(
        state=State.ANNOUNCED,
        amount=money.of(amount, facts.currency),
        reply_ends_at=days.end_of(facts.reply, after=at, calendar=facts.calendar),
        announced_by=control.hand(by),
    )


def supersede(facts: SupersedeFacts, *, by: Actor, at: datetime) -> Superseded:
    """End a notice, because another calculation deducts something else."""
    del by, at
    return Superseded(state=State.SUPERSEDED, calculation_id=facts.calculation_id)


def reply(facts: ReplyFacts, *, by: Actor, at: datetime) -> Replied:
    """Reply to a deduction, for oneself: what another has said stays what it is.

    Refuses with NotPayee, DeductionOutOfTurn or DeductionFinal, in that order.
    """
    notice = facts.notice
    if by.organisation_id not in _affected(notice.parts):
        raise NotPayee("No part of the deduction falls on the caller's organisation.")
    _in(notice, State.ANNOUNCED, State.REPLIED)
    if by.organisation_id in {one.organisation_id for one in notice.heard}:
        raise DeductionOutOfTurn("The caller's organisation has replied.")
    if at >= notice.reply_ends_at:
        raise DeductionFinal(f"The time to reply ended at {shown(notice.reply_ends_at)}.")
    return Replied(
        state=State.REPLIED, organisation_id=by.organisation_id, replied_by=control.hand(by)
    )


def decide(facts: DecideFacts, *, by: Actor, at: datetime) -> Decided:
    """Decide what of a deduction is kept, once all have been heard, and answer each.

    Refuses with PaymentNotOwned, DeductionOutOfTurn, AnnouncedBySame, RepliesOpen,
    ReplyUnanswered, KeptPartUnfit, or as `money.check` does, in that order.
    """
    notice, kept = facts.notice, facts.asked.kept
    if by.organisation_number != notice.authority_number:
        raise PaymentNotOwned("The caller's organisation is not the authority of the contract.")
    _in(notice, State.REPLIED)
    if control.is_own(by, notice.announced_by):
        raise AnnouncedBySame("An act of the caller has brought this deduction.")
    if any(control.is_own(by, one.replied_by) for one in notice.heard):
        raise AnnouncedBySame("The caller has replied to this deduction.")
    _refuse_unheard(notice, at=at)
    _refuse_unanswered(facts)
    amount, whole = money.check(kept, pointer="/kept"), notice.amount.decimal()
    if kept.currency != notice.amount.currency or amount > whole:
        said = f"{notice.amount.amount} {notice.amount.currency} is deducted."
        raise KeptPartUnfit(said, pointer="/kept")
    return Decided(
        state=State.DECIDED,
        kept=money.of(amount, kept.currency),
        dropped=money.of(whole - amount, kept.currency),
        decided_by=control.hand(by),
    )


def _affected(parts: Iterable[DeductedPart]) -> frozenset[str]:
    """Return whose payments fall."""
    return frozenset(one.organisation_id for one in parts if Decimal(one.amount) > 0)


def _refuse_unheard(notice: NoticeFacts, *, at: datetime) -> None:
    open_to = _affected(notice.parts) - {one.organisation_id for one in notice.heard}
    if open_to and at < notice.reply_ends_at:
        until = shown(notice.reply_ends_at)
        raise RepliesOpen(f"Until {until} may reply: {', '.join(sorted(open_to))}.")


def _refuse_unanswered(facts: DecideFacts) -> None:
    is_divided = len(facts.notice.parts) > 1
    heard = {one.organisation_id for one in facts.notice.heard if is_divided}
    answered = [one.organisation_id for one in facts.asked.answers]
    if sorted(heard) != sorted(answered):
        said = ", ".join(sorted(heard)) or "nobody beside `reasons`"
        raise ReplyUnanswered(f"To be answered: {said}.", pointer="/answers")


def _in(notice: NoticeFacts, *states: State) -> None:
    if notice.state not in states:
        raise DeductionOutOfTurn(f"The deduction is {notice.state}.")


def _said(lines: tuple[DeductedLine, ...]) -> Counter[tuple[str, str]]:
    """Return what lines deduct by which rules, in whatever order and from whatever version."""
    return Counter((one.rule, one.amount) for one in lines)
