"""Load calendars and profiles from files, and give profiles to places."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import Insert, insert

from ecosystem.catalogue.model import FileFlawed, Flaw
from ecosystem.catalogue.profiles import queries, reading
from ecosystem.catalogue.profiles.model import Calendar, Profile
from ecosystem.catalogue.tables import (
    jurisdiction_profile,
    procurement_profile,
    working_calendar,
)
from ecosystem.runtime.database import Statement, Tx


def _given(table: Any) -> Insert:
    return insert(table).values({column.key: bindparam(column.key) for column in table.columns})


def _upsert(table: Any, *, key: str) -> Statement:
    given = _given(table)
    rest = {
        column.key: getattr(given.excluded, column.key)
        for column in table.columns
        if column.key != key
    }
    return Statement(given.on_conflict_do_update(index_elements=[key], set_=rest))


_KEEP_CALENDAR: Final = _upsert(working_calendar, key="id")
_KEEP_PROFILE: Final = _upsert(procurement_profile, key="id")
_GIVE: Final = _upsert(jurisdiction_profile, key="code")
_GIVE_FIRST: Final = Statement(_given(jurisdiction_profile).on_conflict_do_nothing())


async def load_shipped(tx: Tx) -> None:
    """Load the calendars and profiles that come with the package."""
    calendars, profiles = _shipped()
    for calendar in calendars:
        await _keep_calendar(tx, calendar)
    for profile in profiles:
        await _keep_profile(tx, profile)


@cache
def _shipped() -> tuple[tuple[Calendar, ...], tuple[Profile, ...]]:
    """Return what comes with the package, in the order of the files' names; read once."""
    folder = files("ecosystem.catalogue") / "files"

    def contents(kind: str) -> Iterator[bytes]:
        for one in sorted((folder / kind).iterdir(), key=lambda file: file.name):
            yield one.read_bytes()

    return (
        tuple(reading.read_calendar(content) for content in contents("calendars")),
        tuple(reading.read_profile(content) for content in contents("profiles")),
    )


async def load(tx: Tx, content: bytes) -> str:
    """Load a calendar or a profile, whichever YAML says; return its identifier.

    Refuses with FileFlawed, which names every line at fault, before anything is written.
    """
    if "years" in reading.members(content):
        return await load_calendar(tx, content)
    return await load_profile(tx, content)


async def load_calendar(tx: Tx, content: bytes) -> str:
    """Load a calendar from YAML, in place of one of the same name. Refuses with FileFlawed."""
    return await _keep_calendar(tx, reading.read_calendar(content))


async def _keep_calendar(tx: Tx, calendar: Calendar) -> str:
    await tx.run(_KEEP_CALENDAR, id=calendar.id, content=msgspec.json.encode(calendar))
    return calendar.id


async def load_profile(tx: Tx, content: bytes) -> str:
    """Load a profile from YAML, in place of one of the same name.

    Refuses with FileFlawed, also where its calendar is not loaded.
    """
    return await _keep_profile(tx, reading.read_profile(content))


async def _keep_profile(tx: Tx, profile: Profile) -> str:
    if profile.calendar not in await queries.calendars(tx):
        detail = f"There is no calendar {profile.calendar}. Load it first."
        raise FileFlawed((Flaw(1, detail),))
    encode = msgspec.json.encode
    await tx.run(
        _KEEP_PROFILE,
        id=profile.id, calendar=profile.calendar, title=encode(profile.title),
        note=None if profile.note is None else encode(profile.note),
        laws=encode(profile.laws), rules=encode(profile.rules),
    )  # fmt: skip
    return profile.id


async def give(tx: Tx, profiles: Mapping[str, str], *, anew: bool = True) -> None:
    """Give places their profiles, by the code of each; those below them inherit it.

    Not `anew`: a place that was given another keeps it, as where the shipped tree is loaded
    again and an operator has decided otherwise. Requires that places and profiles are known.
    """
    rows = [{"code": code, "profile_id": profile} for code, profile in profiles.items()]
    await tx.many(_GIVE if anew else _GIVE_FIRST, rows)
