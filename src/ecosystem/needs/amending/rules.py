"""Whether a need may change, how it then stands, and what refuses it."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET

from ecosystem.catalogue.profiles import days
from ecosystem.needs import rules, soundness
from ecosystem.needs.amending import differences
from ecosystem.needs.amending.model import (
    Amended,
    AmendFacts,
    Changed,
    ChangeFacts,
    NeedChange,
)
from ecosystem.needs.attachments import documents
from ecosystem.needs.attachments.documents import Document
from ecosystem.needs.model import Lot, NeedDraft
from ecosystem.needs.rules import NeedUnsound
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money
from ecosystem.values.period import shown
from ecosystem.values.refusal import Fault

_STAYING: Final = (
    "sector", "operation", "phase", "jurisdiction", "openers", "threshold",
    "client_sealing_required", "envelopes",
)  # fmt: skip
"""What a published need is found by, ruled by, or sealed to."""
_DATES: Final = frozenset({"/enquiry_ends_at", "/submission_ends_at", "/opening_at"})


def changed(asked: NeedDraft, changes: NeedChange) -> NeedDraft:
    """Return what an officer asked for, with what changes in its place."""
    given = {
        name: value
        for name in changes.__struct_fields__
        if (value := getattr(changes, name)) is not UNSET
    }
    return msgspec.structs.replace(asked, **given)


def change(facts: ChangeFacts, *, by: Actor, at: datetime) -> Changed:
    """Change a draft.

    Refuses with NeedNotOwned, NotDraft, or NeedUnsound with every fault of the content at
    once, in that order.
    """
    del at
    rules.check_draft(facts.authority_number, facts.state, by=by)
    unsound = documents.faults(facts.after.documents, files=facts.files)
    _check((*soundness.content_faults(facts.after), *unsound))
    lots, value = _lots(facts)
    return Changed(
        state=facts.state,
        lots=lots,
        currency=lots[0].ceiling.currency,
        value=value,
        documents=_documents(facts, at=None),
        differences=differences.between(facts.before, facts.after),
    )


def amend(facts: AmendFacts, *, by: Actor, at: datetime) -> Amended:
    """Change a published need, for everyone to see.

    The deadline moves to where the rules of the place ask it to be, unless dates alone
    change. Refuses with NeedNotOwned, NotPublished, or NeedUnsound with every unmet rule at
    once, in that order.
    """
    rules.check_published(facts.authority_number, facts.state, by=by)
    after = _extended(facts, at=at)
    _check(tuple(_faults(facts, after, at=at)))
    lots, value = _lots(facts)
    return Amended(
        state=facts.state,
        lots=lots,
        currency=lots[0].ceiling.currency,
        value=value,
        documents=_documents(facts, at=at),
        differences=differences.between(facts.before, after),
        reason=facts.reason,
        submission_ends_at=after.submission_ends_at,
        opening_at=after.opening_at,
        is_extended=after.submission_ends_at > facts.after.submission_ends_at,
    )


def _check(faults: tuple[Fault, ...]) -> None:
    if faults:
        raise NeedUnsound(f"{len(faults)} rules on the change are not met.", faults=faults)


def _extended(facts: AmendFacts, *, at: datetime) -> NeedDraft:
    """Return the need as asked for, with the time that the rules ask to be left."""
    after = facts.after
    altered = {one.pointer for one in differences.between(facts.before, after)}
    if altered <= _DATES:
        return after
    span = facts.in_force.rules.amendment
    earliest = days.end_of(span, after=at, calendar=facts.in_force.calendar)
    moved = max(after.submission_ends_at, earliest)
    return msgspec.structs.replace(
        after, submission_ends_at=moved, opening_at=max(moved, after.opening_at)
    )


def _faults(facts: AmendFacts, after: NeedDraft, *, at: datetime) -> Iterator[Fault]:
    before = facts.before
    value = Money(f"{_value(after):f}", after.lots[0].ceiling.currency)
    yield from soundness.content_faults(after)
    yield from documents.faults(after.documents, files=facts.files)
    yield from documents.lost(before.documents, after.documents)
    yield from soundness.terms_faults(after, facts.in_force)
    yield from soundness.budget_faults(facts.programme_available, value=value)
    yield from soundness.catalogue_faults(
        after, unknown_standards=facts.unknown_standards, is_form_known=facts.is_form_known
    )
    for name in _STAYING:
        if getattr(before, name) != getattr(after, name):
            detail = f"{name} stays as it was published. Cancel the need and publish another."
            yield Fault(f"/{name}", "not_amendable", detail)
    if len(before.lots) != len(after.lots):
        detail = f"Offers are made for the {len(before.lots)} lots that were published."
        yield Fault("/lots", "not_amendable", detail)
    if after.submission_ends_at < before.submission_ends_at:
        detail = f"Let it be {shown(before.submission_ends_at)} or later."
        yield Fault("/submission_ends_at", "deadline_shortened", detail)
    if after.enquiry_ends_at != before.enquiry_ends_at and after.enquiry_ends_at <= at:
        yield Fault("/enquiry_ends_at", "date_has_passed", "Let enquiry_ends_at be in the future.")
    if before == after:
        yield Fault("", "nothing_changed", "Change at least one member.")


def _documents(facts: ChangeFacts, *, at: datetime | None) -> tuple[Document, ...]:
    return documents.shown(facts.after.documents, files=facts.files, before=facts.documents, at=at)


def _lots(facts: ChangeFacts) -> tuple[tuple[Lot, ...], str]:
    pairs = zip(facts.after.lots, facts.lot_ids, strict=True)
    lots = tuple(rules.lot_of(lot, lot_id=lot_id) for lot, lot_id in pairs)
    return lots, f"{_value(facts.after):f}"


def _value(asked: NeedDraft) -> Decimal:
    return sum((lot.ceiling.decimal() for lot in asked.lots), Decimal(0))
