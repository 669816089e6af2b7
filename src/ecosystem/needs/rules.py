"""What may become of a need, and what refuses it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.needs.model import (
    Answered,
    AnswerFacts,
    Asked,
    AskFacts,
    CancelFacts,
    Cancelled,
    CriterionKind,
    Drafted,
    DraftFacts,
    KeyFacts,
    KeyRegistered,
    Lot,
    LotDraft,
    NeedDraft,
    Published,
    PublishFacts,
    State,
)
from ecosystem.values import money
from ecosystem.values.actor import Actor
from ecosystem.values.period import is_within_reach
from ecosystem.values.refusal import Fault, Kind, Refusal

THRESHOLD: Final = 2
"""How many openers act together.

Source: UNCITRAL Guide to Enactment of the Model Law, article 42, speaks of simultaneous
action of authorised persons; that it takes two is this platform's stricter rule.
"""
_WHOLE: Final = Decimal(100)
_OPEN: Final = frozenset(
    {State.DRAFT, State.PUBLISHED, State.CLOSED, State.OPENED, State.EVALUATED}
)


class NeedMissing(Refusal):
    """There is no such need, or it is not published."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class NeedNotOwned(Refusal):
    """The need belongs to another authority."""

    kind = Kind.FORBIDDEN
    remedy = "Only the authority that published a need may do this."


class NeedUnsound(Refusal):
    """The content of the need breaks a rule."""

    kind = Kind.UNMET
    remedy = "Mend each place that `errors` lists."


class NotDraft(Refusal):
    """The need is not a draft any more."""

    kind = Kind.CONFLICT
    remedy = "What is published can be amended or cancelled, not published again."


class NeedOver(Refusal):
    """The need has already come to its end."""

    kind = Kind.CONFLICT
    remedy = "A need that is awarded or cancelled stays so."


class EnquiryOver(Refusal):
    """The time for questions has passed."""

    kind = Kind.GONE
    remedy = "Questions are taken until `enquiry_ends_at`."


class NotPublished(Refusal):
    """The need is not open to the market."""

    kind = Kind.CONFLICT
    remedy = "This can be done while a need is published."


class OwnNeed(Refusal):
    """An authority cannot ask itself."""

    kind = Kind.FORBIDDEN
    remedy = "Another organisation must ask."


class QuestionMissing(Refusal):
    """There is no such question on this need."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class AnsweredBefore(Refusal):
    """The question has an answer, and answers are not rewritten."""

    kind = Kind.CONFLICT
    remedy = "Ask and answer a new question."


class KeyUnchanged(Refusal):
    """This is the officer's key already."""

    kind = Kind.CONFLICT
    remedy = "Register a new key only when the old one is to be replaced."


def draft(facts: DraftFacts, *, by: Actor, at: datetime) -> Drafted:
    """Accept what an officer wrote as a draft.

    Refuses with NeedUnsound, which lists every fault of the content at once.
    """
    del by, at
    faults = tuple(_faults(facts.asked))
    if faults:
        message = f"{len(faults)} rules on the content are not met."
        raise NeedUnsound(message, faults=faults)
    lots = tuple(
        Lot(
            id=lot_id,
            title=lot.title,
            ceiling=lot.ceiling,
            criteria=lot.criteria,
            outcomes=lot.outcomes,
        )
        for lot, lot_id in zip(facts.asked.lots, facts.lot_ids, strict=True)
    )
    value = sum((lot.ceiling.decimal() for lot in lots), Decimal(0))
    return Drafted(
        state=State.DRAFT, lots=lots, currency=lots[0].ceiling.currency, value=f"{value:f}"
    )


def publish(facts: PublishFacts, *, by: Actor, at: datetime) -> Published:
    """Make a draft public.

    Refuses with NeedNotOwned, NotDraft, or NeedUnsound with every unmet rule at once,
    checked in that order.
    """
    _own(facts.authority_number, by)
    if facts.state is not State.DRAFT:
        message = f"The need is {facts.state}."
        raise NotDraft(message)
    faults = (*_faults(facts.asked), *_unready(facts, at))
    if faults:
        message = f"{len(faults)} rules for publication are not met."
        raise NeedUnsound(message, faults=faults)
    return Published(
        state=State.PUBLISHED, published_at=at, openers=facts.openers, threshold=THRESHOLD
    )


def cancel(facts: CancelFacts, *, by: Actor, at: datetime) -> Cancelled:
    """Withdraw a need for a reason. Refuses with NeedNotOwned or NeedOver, in that order."""
    del at
    _own(facts.authority_number, by)
    if facts.state not in _OPEN:
        message = f"The need is {facts.state}."
        raise NeedOver(message)
    return Cancelled(state=State.CANCELLED, reason=facts.reason)


def ask(facts: AskFacts, *, by: Actor, at: datetime) -> Asked:
    """Put a question. Refuses with OwnNeed, NotPublished or EnquiryOver, in that order."""
    if by.organisation_number == facts.authority_number:
        message = "The asker belongs to the authority."
        raise OwnNeed(message)
    if facts.state is not State.PUBLISHED:
        message = f"The need is {facts.state}."
        raise NotPublished(message)
    if at >= facts.enquiry_ends_at:
        message = f"Questions were taken until {facts.enquiry_ends_at.isoformat()}."
        raise EnquiryOver(message)
    return Asked(text=facts.text, asked_by=by.organisation_id)


def answer(facts: AnswerFacts, *, by: Actor, at: datetime) -> Answered:
    """Answer a question in public. Refuses with NeedNotOwned or AnsweredBefore, in that order."""
    del at
    _own(facts.authority_number, by)
    if facts.is_answered:
        message = "The question was answered."
        raise AnsweredBefore(message)
    return Answered(answer=facts.answer, answered_by=by.person_id or by.client_id)


def register_key(facts: KeyFacts, *, by: Actor, at: datetime) -> KeyRegistered:
    """Register an officer's opening key. Refuses with KeyUnchanged."""
    del at
    if facts.current == facts.public_key:
        message = "The key is registered already."
        raise KeyUnchanged(message)
    return KeyRegistered(public_key=facts.public_key, person_id=by.person_id or "")


def _own(authority_number: int, by: Actor) -> None:
    if by.organisation_number != authority_number:
        message = "The caller's organisation is not the authority of this need."
        raise NeedNotOwned(message)


def _faults(asked: NeedDraft) -> Iterator[Fault]:
    """Yield what is wrong with the content by itself."""
    currency = asked.lots[0].ceiling.currency
    for index, lot in enumerate(asked.lots):
        yield from _lot_faults(lot, pointer=f"/lots/{index}", currency=currency)
    if len(set(asked.openers)) != len(asked.openers):
        yield Fault("/openers", "opener_twice", "Name each opener once.")
    for name in ("enquiry_ends_at", "submission_ends_at", "opening_at"):
        if not is_within_reach(getattr(asked, name)):
            yield Fault(f"/{name}", "date_out_of_reach", "Let it be of the years 1900 to 2199.")
    if not asked.enquiry_ends_at < asked.submission_ends_at <= asked.opening_at:
        yield Fault(
            "/submission_ends_at",
            "dates_out_of_order",
            "Let enquiry_ends_at be before submission_ends_at, and opening_at not before that.",
        )


def _lot_faults(lot: LotDraft, *, pointer: str, currency: str) -> Iterator[Fault]:
    try:
        ceiling = money.check(lot.ceiling, pointer=f"{pointer}/ceiling")
    except Refusal as refusal:
        yield from refusal.faults
        return
    if ceiling == 0:
        yield Fault(f"{pointer}/ceiling/amount", "ceiling_is_zero", "Give a ceiling above zero.")
    if lot.ceiling.currency != currency:
        yield Fault(
            f"{pointer}/ceiling/currency", "currencies_differ", f"Use {currency} in every lot."
        )
    yield from _criteria_faults(lot, pointer=f"{pointer}/criteria")
    yield from _twice((one.metric for one in lot.outcomes), pointer=f"{pointer}/outcomes")


def _criteria_faults(lot: LotDraft, *, pointer: str) -> Iterator[Fault]:
    total = sum((Decimal(one.weight) for one in lot.criteria), Decimal(0))
    if total != _WHOLE:
        yield Fault(
            pointer, "weights_do_not_add_up", f"The weights add to {total}; they must add to 100."
        )
    for index, one in enumerate(lot.criteria):
        if (one.kind is CriterionKind.REQUIREMENT) != (Decimal(one.weight) == 0):
            yield Fault(
                f"{pointer}/{index}/weight",
                "weight_of_requirement",
                "A requirement is met or not and weighs 0; everything else weighs more.",
            )
    yield from _twice((one.code for one in lot.criteria), pointer=pointer)
    sought = {one.metric for one in lot.outcomes}
    for index, one in enumerate(lot.criteria):
        if one.kind is CriterionKind.METRIC_COMMITMENT and one.code not in sought:
            yield Fault(
                f"{pointer}/{index}/code",
                "metric_unknown",
                f"{one.code} is no metric of the lot's outcomes; commit to one that is sought.",
            )


def _twice(codes: Iterator[str], *, pointer: str) -> Iterator[Fault]:
    for code, count in Counter(codes).items():
        if count > 1:
            yield Fault(pointer, "code_twice", f"{code} is used {count} times; use it once.")


def _unready(facts: PublishFacts, at: datetime) -> Iterator[Fault]:
    """Yield what stands in the way of publication, beyond the content itself."""
    asked = facts.asked
    if asked.enquiry_ends_at <= at:
        yield Fault("/enquiry_ends_at", "date_has_passed", "Let enquiry_ends_at be in the future.")
    if not facts.is_jurisdiction_known:
        yield Fault("/jurisdiction", "jurisdiction_unknown", "Use a code of /v1/jurisdictions.")
    for code in facts.unknown_standards:
        yield Fault("/standards", "standard_unknown", f"{code} is not in /v1/standards.")
    ready = {opener.person_id for opener in facts.openers}
    for index, person in enumerate(asked.openers):
        if person not in ready:
            yield Fault(
                f"/openers/{index}",
                "opener_not_ready",
                "Name a person of this authority with the role opener and an opening key.",
            )
    yield from _budget_faults(facts)


def _budget_faults(facts: PublishFacts) -> Iterator[Fault]:
    if facts.programme_available is None:
        yield Fault(
            "/programme_id", "programme_unknown",
            "Name a budget programme of this authority, in the currency of the lots.",
        )  # fmt: skip
    elif Decimal(facts.programme_available) < Decimal(facts.value):
        yield Fault(
            "/programme_id", "budget_too_small",
            f"The programme has {facts.programme_available} left; the lots come to {facts.value}.",
        )  # fmt: skip
