"""Read needs: facts for the rules, locked; views for people, made by PostgreSQL."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    any_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)

from ecosystem.budgets import queries as budgets
from ecosystem.catalogue import queries as catalogue
from ecosystem.catalogue import shelf
from ecosystem.catalogue.profiles import days
from ecosystem.catalogue.profiles import queries as profiles
from ecosystem.catalogue.profiles.model import InForce
from ecosystem.identity import queries as identity
from ecosystem.needs.attachments.documents import Document, DocumentNamed
from ecosystem.needs.model import (
    CancelFacts,
    FormCited,
    KeyFacts,
    NeedDraft,
    Opener,
    PublishFacts,
    State,
)
from ecosystem.needs.rules import NeedMissing
from ecosystem.needs.tables import need, opening_key, question
from ecosystem.runtime.columns import json_row, money
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values import revision
from ecosystem.values.actor import Actor, Role
from ecosystem.values.identifiers import owner
from ecosystem.values.money import Money
from ecosystem.values.text import Text as Words

AT: Final = bindparam("at", type_=DateTime(timezone=True))
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
OWN: Final = bindparam("own", type_=Integer)


def state_now(at: ColumnElement[Any] = AT) -> ColumnElement[Any]:
    """Return a need's state at a time: what is published closes by the clock."""
    is_past = (need.c.state == "published") & (need.c.submission_ends_at <= at)
    return case((is_past, literal("closed", literal_execute=True)), else_=need.c.state)


SUMMARY: Final = (
    need.c.id,
    need.c.version,
    state_now().label("state"),
    need.c.title,
    need.c.sector,
    need.c.operation,
    need.c.phase,
    need.c.jurisdiction,
    need.c.authority_id.label("authority_number"),
    money(need.c.value, need.c.currency).label("value"),
    need.c.published_at,
    need.c.enquiry_ends_at,
    need.c.submission_ends_at,
)
_WHOLE: Final = (
    *SUMMARY,
    need.c.description,
    need.c.lots,
    need.c.invited_kinds,
    need.c.invited_offers,
    need.c.standards,
    need.c.data_resources,
    need.c.documents,
    need.c.contract_form,
    need.c.programme_id,
    need.c.opening_at,
    need.c.openers,
    need.c.threshold,
    money(need.c.estimated_value, need.c.currency).label("estimated_value"),
    need.c.profile_id,
    need.c.waits_for_answers,
    need.c.content_version,
    need.c.warnings,
    need.c.client_sealing_required,
    need.c.envelopes,
    need.c.cancelled_reason,
)
SEEN: Final = or_(need.c.published_at.is_not(None), need.c.authority_id == OWN)
"""What the reader may know of: what has been public, and of its own whatever there is."""

_one = select(*_WHOLE).where(need.c.authority_id == _AUTHORITY, need.c.id == bindparam("id"), SEEN)
_one_seen = _one.subquery("one")
VIEW: Final = Statement(select(json_row(_one_seen), _one_seen.c.version, _one_seen.c.state))


def _texts(documents: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the array of the texts that a JSON array holds."""
    one = func.json_array_elements_text(documents).column_valued("one")
    return func.array(select(one).scalar_subquery())


_NONE: Final = literal(0, Integer, literal_execute=True)
_unanswered = select(func.count()).where(
    question.c.authority_id == need.c.authority_id,
    question.c.need_id == need.c.id,
    question.c.answer.is_(None),
)
UNANSWERED: Final = case(
    (need.c.waits_for_answers, _unanswered.scalar_subquery()), else_=_NONE
).label("unanswered")
"""How many questions keep a need's offers sealed."""
_ROW: Final = (
    *(column for column in need.c if column.computed is None),
    state_now().label("state_now"),
    UNANSWERED,
)
_LOCKED: Final = Statement(
    select(*_ROW)
    .where(need.c.authority_id == _AUTHORITY, need.c.id == bindparam("id"), SEEN)
    .with_for_update()
)
_SHARED: Final = Statement(
    select(*_ROW)
    .where(need.c.authority_id == _AUTHORITY, need.c.id == bindparam("id"), SEEN)
    .with_for_update(read=True, key_share=True)
)
_able = select(func.json_object_agg(opening_key.c.person_id, opening_key.c.public_key)).where(
    opening_key.c.authority_id == need.c.authority_id,
    opening_key.c.person_id == any_(_texts(need.c.openers_asked)),
    identity.holds(opening_key.c.person_id, role=Role.OPENER, authority=opening_key.c.authority_id),
)
_beside = select(
    *_ROW,
    catalogue.is_place(need.c.jurisdiction).label("is_place"),
    catalogue.known_standards(_texts(need.c.standards)).label("known_standards"),
    budgets.left(
        need.c.programme_id, authority_id=need.c.authority_id, currency=need.c.currency
    ).label("available"),
    _able.scalar_subquery().label("able"),
).where(need.c.authority_id == _AUTHORITY, need.c.id == bindparam("id"), SEEN)
_BESIDE: Final = Statement(_beside)
_TO_PUBLISH: Final = Statement(_beside.with_for_update(of=need))
"""A need, locked, with what its publication is checked against beside it."""
_OWN_KEY: Final = Statement(
    select(opening_key.c.public_key)
    .where(opening_key.c.authority_id == _AUTHORITY)
    .where(opening_key.c.person_id == bindparam("person_id"))
    .with_for_update()
)


def own_number(by: Actor | None) -> int:
    """Return the number whose drafts the reader may see; -1 for who has none."""
    return by.organisation_number if by is not None else -1


async def view(tx: Tx, need_id: str, *, seen_by: Actor | None, at: datetime) -> Record:
    """Return a need's JSON, version and state. Refuses with NeedMissing."""
    authority = owner(need_id, "need", otherwise=NeedMissing)
    row = await tx.row(VIEW, authority_id=authority, id=need_id, own=own_number(seen_by), at=at)
    return _found(row)


async def locked(
    tx: Tx, need_id: str, *, seen_by: Actor, at: datetime, expected: int | None = None
) -> Record:
    """Lock a need for change and return its row, with `state_now`.

    Refuses with NeedMissing, or RevisionStale where `expected` is another version.
    """
    authority = owner(need_id, "need", otherwise=NeedMissing)
    row = _found(
        await tx.row(_LOCKED, authority_id=authority, id=need_id, own=own_number(seen_by), at=at)
    )
    revision.check(expected, actual=row["version"])
    return row


async def held(tx: Tx, need_id: str, *, seen_by: Actor, at: datetime) -> Record:
    """Return a need's row, held so that nobody changes it before this transaction ends."""
    authority = owner(need_id, "need", otherwise=NeedMissing)
    return _found(
        await tx.row(_SHARED, authority_id=authority, id=need_id, own=own_number(seen_by), at=at)
    )


async def publish_facts(
    tx: Tx, need_id: str, *, by: Actor, at: datetime, expected: int | None
) -> tuple[PublishFacts, int]:
    """Lock a need; return what its publication is checked against, and its version.

    Refuses with NeedMissing, or RevisionStale where `expected` is another version.
    """
    authority = owner(need_id, "need", otherwise=NeedMissing)
    row = _found(
        await tx.row(_TO_PUBLISH, authority_id=authority, id=need_id, own=own_number(by), at=at)
    )
    revision.check(expected, actual=row["version"])
    return await _publish_facts(tx, row, at=at), row["version"]


async def readiness_facts(tx: Tx, need_id: str, *, by: Actor, at: datetime) -> PublishFacts:
    """Return what a publication would be checked against. Refuses with NeedMissing."""
    authority = owner(need_id, "need", otherwise=NeedMissing)
    row = _found(
        await tx.row(_BESIDE, authority_id=authority, id=need_id, own=own_number(by), at=at)
    )
    return await _publish_facts(tx, row, at=at)


async def _publish_facts(tx: Tx, row: Record, *, at: datetime) -> PublishFacts:
    asked, available = asked_of(row), row["available"]
    return PublishFacts(
        authority_number=row["authority_id"],
        state=State(row["state_now"]),
        asked=asked,
        unknown_standards=catalogue.not_known(asked.standards, row["known_standards"]),
        is_jurisdiction_known=row["is_place"],
        in_force=await rules_on(tx, asked.jurisdiction, at=at, until=asked.opening_at),
        programme_available=None if available is None else f"{available:f}",
        value=f"{row['value']:f}",
        documents=documents_of(row),
        openers=_openers(asked.openers, row),
        is_form_known=is_shipped(asked.contract_form),
    )


async def rules_on(tx: Tx, jurisdiction: str, *, at: datetime, until: datetime) -> InForce:
    """Return the rules that hold for what is published at a time, with the days until another."""
    found = await profiles.profile_at(tx, jurisdiction=jurisdiction, at=at)
    return _with_days(found, first=at, last=until)


async def rules_of(tx: Tx, row: Record) -> InForce:
    """Return the rules that a published need was published under, and stays under."""
    at = row["published_at"]
    found = await profiles.profile_kept(tx, row["profile_id"], at=at)
    return _with_days(found, first=at, last=row["opening_at"])


def _with_days(found: InForce, *, first: datetime, last: datetime) -> InForce:
    kept = days.within(found.calendar, first=first.year, last=last.year)
    return msgspec.structs.replace(found, calendar=kept)


def is_shipped(form: FormCited) -> bool:
    """Tell whether a standard-form contract ships in a version."""
    return (form.id, form.version) in shelf.names()


def cancel_facts(row: Record, reason: Words) -> CancelFacts:
    """Return what the cancellation of a locked need is checked against."""
    return CancelFacts(
        authority_number=row["authority_id"], state=State(row["state_now"]), reason=reason
    )


async def key_facts(tx: Tx, public_key: str, *, is_held: bool, by: Actor) -> KeyFacts:
    """Return what the registration of the caller's opening key is checked against."""
    current = await tx.value(
        _OWN_KEY, authority_id=by.organisation_number, person_id=by.person_id or ""
    )
    return KeyFacts(public_key=public_key, current=current, is_held=is_held)


def asked_of(row: Record) -> NeedDraft:
    """Return a need's row as what its officer asked for."""
    return msgspec.convert(
        {
            **{name: _json(row, name) for name in DOCUMENTS},
            **{name: row[name] for name in SCALARS},
            "lots": [
                {name: value for name, value in lot.items() if name != "id"}
                for lot in _json(row, "lots")
            ],
            "documents": [
                {name: one[name] for name in DocumentNamed.__struct_fields__}
                for one in _json(row, "documents")
            ],
            "openers": _json(row, "openers_asked"),
            "estimated_value": _estimate(row),
        },
        NeedDraft,
    )


def documents_of(row: Record) -> tuple[Document, ...]:
    """Return the documents of a need's row."""
    return msgspec.json.decode(row["documents"], type=tuple[Document, ...])


DOCUMENTS: Final = (
    "title", "description", "invited_kinds", "invited_offers", "standards", "data_resources",
    "contract_form",
)  # fmt: skip
SCALARS: Final = (
    "sector", "operation", "phase", "jurisdiction", "programme_id", "enquiry_ends_at",
    "submission_ends_at", "opening_at", "threshold", "client_sealing_required", "envelopes",
)  # fmt: skip


def _estimate(row: Record) -> Money | None:
    estimate = row["estimated_value"]
    return None if estimate is None else Money(f"{estimate:f}", row["currency"])


def _openers(asked: Iterable[str], row: Record) -> tuple[Opener, ...]:
    keys = msgspec.json.decode(row["able"] or b"{}", type=dict[str, str])
    return tuple(Opener(person, keys[person]) for person in asked if person in keys)


def _found(row: Record | None) -> Record:
    if row is None:
        message = "No such need is published."
        raise NeedMissing(message)
    return row


def _json(row: Record, name: str) -> Any:
    return msgspec.json.decode(row[name])
