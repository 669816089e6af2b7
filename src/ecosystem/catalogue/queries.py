"""Read the catalogue."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    any_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array as pg_array

from ecosystem.catalogue.profiles.queries import profile_of
from ecosystem.catalogue.rules import JurisdictionUnknown
from ecosystem.catalogue.tables import jurisdiction, standard
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.paging import page_of

_CODES: Final = bindparam("codes", type_=ARRAY(Text))

JURISDICTIONS: Final = page_of(
    select(
        jurisdiction.c.code,
        jurisdiction.c.parent_code,
        jurisdiction.c.path,
        jurisdiction.c.name,
        profile_of(jurisdiction.c.code).label("profile_id"),
    ).where(
        or_(
            bindparam("below", type_=Text) == literal("", literal_execute=True),
            jurisdiction.c.path.like(func.concat("%/", bindparam("below", type_=Text), "/%")),
        )
    ),
    key="code",
)
STANDARDS: Final = page_of(
    select(standard.c.code, standard.c.publisher, standard.c.name), key="code"
)


def known_standards(codes: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return, within a statement, those of an array of codes that are in the catalogue."""
    known = select(func.array_agg(standard.c.code)).where(standard.c.code == any_(codes))
    return known.scalar_subquery()


def is_place(code: ColumnElement[str]) -> ColumnElement[bool]:
    """Return, within a statement, whether a jurisdiction is in the tree."""
    return exists().where(jurisdiction.c.code == code)


def places_of(code: ColumnElement[str]) -> ColumnElement[Any]:
    """Return, within a statement, a jurisdiction and all above it, from the root down.

    Of one that is in no tree, itself alone.
    """
    path = func.trim(jurisdiction.c.path, literal("/", literal_execute=True))
    codes = select(func.string_to_array(path, literal("/", literal_execute=True)))
    known = codes.where(jurisdiction.c.code == code).scalar_subquery()
    return func.coalesce(known, pg_array([code]), type_=ARRAY(Text))


_KNOWN_STANDARDS: Final = Statement(select(known_standards(_CODES)))
_PARENTS: Final = Statement(select(jurisdiction.c.code, jurisdiction.c.parent_code))
_PATH: Final = Statement(
    select(jurisdiction.c.path).where(jurisdiction.c.code == bindparam("code"))
)


async def parents(tx: Tx) -> dict[str, str | None]:
    """Return the parent of every jurisdiction, by code; of a root, None."""
    return {row["code"]: row["parent_code"] for row in await tx.rows(_PARENTS)}


async def unknown_standards(tx: Tx, codes: Iterable[str]) -> tuple[str, ...]:
    """Return those of `codes` that are in no catalogue, sorted."""
    asked = sorted(set(codes))
    if not asked:
        return ()
    known: list[str] | None = await tx.value(_KNOWN_STANDARDS, codes=asked)
    return not_known(asked, known)


def not_known(codes: Iterable[str], known: Collection[str] | None) -> tuple[str, ...]:
    """Return those of `codes` that are not among the `known_standards` of them, sorted."""
    return tuple(code for code in sorted(set(codes)) if code not in (known or ()))


async def sought(tx: Tx, code: str | None, *, parameter: str) -> None:
    """Refuse with JurisdictionUnknown where a query names a jurisdiction that there is not.

    Nothing named is nothing sought.
    """
    if code and await jurisdiction_path(tx, code) is None:
        detail = f"{parameter} names no jurisdiction: {code}."
        raise JurisdictionUnknown(detail, parameter=parameter)


async def jurisdiction_path(tx: Tx, code: str) -> str | None:
    """Return the path of a jurisdiction, or None where it is not in the tree."""
    path: str | None = await tx.value(_PATH, code=code)
    return path
