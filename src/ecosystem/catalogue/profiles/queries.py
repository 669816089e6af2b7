"""Read profiles: which one holds in a place, and what it says."""

from datetime import date, datetime
from functools import lru_cache
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Text, bindparam, func, literal, select

from ecosystem.catalogue.profiles.days import day_of
from ecosystem.catalogue.profiles.model import Calendar, InForce, Rules
from ecosystem.catalogue.profiles.rules import ProfileMissing, in_force
from ecosystem.catalogue.tables import (
    jurisdiction,
    jurisdiction_profile,
    procurement_profile,
    working_calendar,
)
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Ahead, Record, Statement, Tx
from ecosystem.runtime.paging import page_of

DEFAULT: Final = "platform"
"""The profile that holds where a place is given none, nor any place above it."""

_above = jurisdiction.alias("above")
_here = jurisdiction.alias("here")


def _default() -> ColumnElement[str]:
    return literal(DEFAULT, literal_execute=True)


def profile_of(code: ColumnElement[str]) -> ColumnElement[str]:
    """Return, within a statement, the profile that holds in a jurisdiction."""
    nearest = (
        select(jurisdiction_profile.c.profile_id)
        .join(_above, _above.c.code == jurisdiction_profile.c.code)
        .join(_here, func.starts_with(_here.c.path, _above.c.path))
        .where(_here.c.code == code)
        .order_by(func.length(_above.c.path).desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(nearest, _default())


_given = (
    select(func.json_agg(jurisdiction_profile.c.code))
    .where(jurisdiction_profile.c.profile_id == procurement_profile.c.id)
    .scalar_subquery()
)
_SUMMARY: Final = (
    procurement_profile.c.id,
    procurement_profile.c.title,
    func.coalesce(_given, func.json_build_array()).label("jurisdictions"),
    (procurement_profile.c.id == _default()).label("is_default"),
)
PROFILES: Final = page_of(select(*_SUMMARY))
_WITH_CALENDAR: Final = working_calendar.c.id == procurement_profile.c.calendar
_one = (
    select(
        *_SUMMARY,
        procurement_profile.c.note,
        procurement_profile.c.laws,
        procurement_profile.c.rules,
        working_calendar.c.content.label("calendar"),
    )
    .join(working_calendar, _WITH_CALENDAR)
    .where(procurement_profile.c.id == bindparam("id", type_=Text))
    .subquery("one")
)
_VIEW: Final = Statement(select(json_row(_one)).select_from(_one))
_said = select(
    procurement_profile.c.id, procurement_profile.c.rules, working_calendar.c.content
).join(working_calendar, _WITH_CALENDAR)
_IN_FORCE: Final = Statement(
    _said.where(procurement_profile.c.id == profile_of(bindparam("code", type_=Text)))
)
BY_ID: Final = Ahead(_said.where(procurement_profile.c.id == bindparam("id", type_=Text)), by="id")
"""What a profile says, and its calendar."""
_KNOWN: Final = Statement(select(procurement_profile.c.id))
_CALENDARS: Final = Statement(select(working_calendar.c.id))


async def view(tx: Tx, profile_id: str) -> bytes:
    """Return a profile's JSON. Refuses with ProfileMissing."""
    found: bytes | None = await tx.value(_VIEW, id=profile_id)
    if found is None:
        message = f"There is no profile {profile_id}."
        raise ProfileMissing(message)
    return found


async def profile_for(tx: Tx, *, jurisdiction: str, on: date) -> InForce:
    """Return the rules that hold in a jurisdiction for what is published on a day.

    Its own profile, or that of the nearest place above; the platform's where there is none,
    and for a code that is in no tree.
    """
    row = await _holding(tx, jurisdiction)
    return _in_force(row, on=on)


async def profile_at(tx: Tx, *, jurisdiction: str, at: datetime) -> InForce:
    """Return the rules that hold for what is published at a time: on the day that it is there."""
    row = await _holding(tx, jurisdiction)
    return _in_force(row, on=day_of(at, calendar=_calendar(row)))


async def profile_kept(tx: Tx, profile_id: str, *, at: datetime) -> InForce:
    """Return what a profile said for what was published at a time. Refuses with ProfileMissing."""
    row = await tx.row(BY_ID, id=profile_id)
    if row is None:
        message = f"There is no profile {profile_id}."
        raise ProfileMissing(message)
    return _in_force(row, on=day_of(at, calendar=_calendar(row)))


async def _holding(tx: Tx, jurisdiction: str) -> Record:
    row = await tx.row(_IN_FORCE, code=jurisdiction)
    if row is None:
        message = f"the catalogue lacks the profile {DEFAULT}"
        raise LookupError(message)
    return row


def _in_force(row: Record, *, on: date) -> InForce:
    rules = in_force(_rules(row["rules"]), on=on)
    return InForce(profile_id=row["id"], rules=rules, calendar=_calendar(row))


def _calendar(row: Record) -> Calendar:
    return _days(row["content"])


# There are few, and what is calculated reads them again and again: they are made of JSON once.
@lru_cache(maxsize=128)
def _rules(document: bytes) -> tuple[Rules, ...]:
    return msgspec.json.decode(document, type=tuple[Rules, ...])


@lru_cache(maxsize=128)
def _days(document: bytes) -> Calendar:
    return msgspec.json.decode(document, type=Calendar)


async def known(tx: Tx) -> frozenset[str]:
    """Return the identifiers of all profiles."""
    return frozenset([row["id"] for row in await tx.rows(_KNOWN)])


async def calendars(tx: Tx) -> frozenset[str]:
    """Return the identifiers of all calendars."""
    return frozenset([row["id"] for row in await tx.rows(_CALENDARS)])
