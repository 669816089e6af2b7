"""What may become of a need, and what refuses it."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.needs import soundness
from ecosystem.needs.attachments import documents
from ecosystem.needs.model import (
    CancelFacts,
    Cancelled,
    Drafted,
    DraftFacts,
    KeyFacts,
    KeyRegistered,
    Lot,
    LotDraft,
    Published,
    PublishFacts,
    Readiness,
    State,
)
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault, Kind, Refusal

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


class AwardStands(Refusal):
    """An award of the need is published, and not set aside."""

    kind = Kind.CONFLICT
    remedy = "Let what is awarded go on: a reviewer alone sets it aside. Other lots may stay open."


class NotPublished(Refusal):
    """The need is not open to the market."""

    kind = Kind.CONFLICT
    remedy = "This can be done while a need is published."


class KeyUnchanged(Refusal):
    """This is the officer's key already."""

    kind = Kind.CONFLICT
    remedy = "Register a new key only when the old one is to be replaced."


class KeyNotHeld(Refusal):
    """The officer has not shown that the private half of the key is hers."""

    kind = Kind.UNMET
    remedy = "Ask for a challenge, open it with the private key, and send what it holds in time."


def draft(facts: DraftFacts, *, by: Actor, at: datetime) -> Drafted:
    """Accept what an officer wrote as a draft.

    Refuses with NeedUnsound, which lists every fault of the content at once.
    """
    del by, at
    unknown = documents.faults(facts.asked.documents, files=())
    faults = (*soundness.content_faults(facts.asked), *unknown)
    if faults:
        message = f"{len(faults)} rules on the content are not met."
        raise NeedUnsound(message, faults=faults)
    lots = tuple(
        lot_of(lot, lot_id=lot_id)
        for lot, lot_id in zip(facts.asked.lots, facts.lot_ids, strict=True)
    )
    value = sum((lot.ceiling.decimal() for lot in lots), Decimal(0))
    return Drafted(
        state=State.DRAFT, lots=lots, currency=lots[0].ceiling.currency, value=f"{value:f}"
    )


def lot_of(lot: LotDraft, *, lot_id: str) -> Lot:
    """Return a lot as its officer wrote it, with its identifier."""
    return Lot(id=lot_id, **{name: getattr(lot, name) for name in lot.__struct_fields__})


def publish(facts: PublishFacts, *, by: Actor, at: datetime) -> Published:
    """Make a draft public.

    Refuses with NeedNotOwned, NotDraft, or NeedUnsound with every unmet rule at once,
    checked in that order.
    """
    check_draft(facts.authority_number, facts.state, by=by)
    if faults := unmet(facts, at=at):
        message = f"{len(faults)} rules for publication are not met."
        raise NeedUnsound(message, faults=faults)
    return Published(
        state=State.PUBLISHED,
        published_at=at,
        openers=facts.openers,
        threshold=max(facts.asked.threshold, facts.in_force.rules.openers.threshold),
        profile_id=facts.in_force.profile_id,
        warnings=soundness.warnings(facts.asked),
        documents=documents.dated(facts.documents, at=at),
        waits_for_answers=facts.in_force.rules.unanswered_questions.stop_the_close,
    )


def unmet(facts: PublishFacts, *, at: datetime) -> tuple[Fault, ...]:
    """Return every rule that a publication at a time would not meet."""
    content = tuple(soundness.content_faults(facts.asked))
    return (*content, *soundness.unready(facts, at=at))


def readiness(facts: PublishFacts, *, by: Actor, at: datetime) -> Readiness:
    """Say what a publication at a time would say. Refuses with NeedNotOwned."""
    check_own(facts.authority_number, by=by)
    errors = unmet(facts, at=at)
    if facts.state is not State.DRAFT:
        errors = (Fault("", NotDraft.code(), f"The need is {facts.state}. {NotDraft.remedy}"),)
    return Readiness(
        is_ready=not errors,
        profile_id=facts.in_force.profile_id,
        errors=errors,
        warnings=soundness.warnings(facts.asked),
    )


def check_draft(authority_number: int, state: State, *, by: Actor) -> None:
    """Refuse with NeedNotOwned or NotDraft unless a need is a draft of the caller's."""
    check_own(authority_number, by=by)
    if state is not State.DRAFT:
        message = f"The need is {state}."
        raise NotDraft(message)


def check_published(authority_number: int, state: str, *, by: Actor) -> None:
    """Refuse with NeedNotOwned or NotPublished unless a need is the caller's and takes offers."""
    check_own(authority_number, by=by)
    if state != State.PUBLISHED:
        message = f"The need is {state}."
        raise NotPublished(message)


def is_published_already(facts: PublishFacts, *, by: Actor) -> bool:
    """Tell whether publishing again changes nothing: it is public, and the caller's own."""
    return facts.state is State.PUBLISHED and facts.authority_number == by.organisation_number


def cancel(facts: CancelFacts, *, by: Actor, at: datetime) -> Cancelled:
    """Withdraw a need for a reason. Refuses with NeedNotOwned or NeedOver, in that order."""
    del at
    check_own(facts.authority_number, by=by)
    if facts.state not in _OPEN:
        message = f"The need is {facts.state}."
        raise NeedOver(message)
    return Cancelled(state=State.CANCELLED, reason=facts.reason)


def register_key(facts: KeyFacts, *, by: Actor, at: datetime) -> KeyRegistered:
    """Register an officer's opening key. Refuses with KeyNotHeld or KeyUnchanged."""
    del at
    if not facts.is_held:
        message = "The answer is not what a challenge of the last minutes has sealed to this key."
        raise KeyNotHeld(message, pointer="/answer")
    if facts.current == facts.public_key:
        message = "The key is registered already."
        raise KeyUnchanged(message)
    return KeyRegistered(public_key=facts.public_key, person_id=by.person_id or "")


def check_own(authority_number: int, *, by: Actor) -> None:
    """Refuse with NeedNotOwned unless a need is the caller's."""
    if by.organisation_number != authority_number:
        message = "The caller's organisation is not the authority of this need."
        raise NeedNotOwned(message)
