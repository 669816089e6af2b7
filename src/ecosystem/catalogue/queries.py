"""Read the catalogue."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select

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
    ).where(jurisdiction.c.path.like(func.concat("%/", bindparam("below", type_=Text), "%"))),
    key="code",
)
STANDARDS: Final = page_of(
    select(standard.c.code, standard.c.publisher, standard.c.name), key="code"
)
_KNOWN_STANDARDS: Final = Statement(
    select(func.array_agg(standard.c.code)).where(standard.c.code == any_(_CODES))
)
_PATH: Final = Statement(
    select(jurisdiction.c.path).where(jurisdiction.c.code == bindparam("code"))
)


async def unknown_standards(tx: Tx, codes: Iterable[str]) -> tuple[str, ...]:
    """Return those of `codes` that are in no catalogue, sorted."""
    asked = sorted(set(codes))
    if not asked:
        return ()
    known: list[str] = await tx.value(_KNOWN_STANDARDS, codes=asked) or []
    return tuple(code for code in asked if code not in known)


async def jurisdiction_path(tx: Tx, code: str) -> str | None:
    """Return the path of a jurisdiction, or None where it is not in the tree."""
    path: str | None = await tx.value(_PATH, code=code)
    return path
