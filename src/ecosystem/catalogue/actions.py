"""Load the catalogue from files; what is there already is brought up to date."""

from importlib.resources import files
from typing import Any, Final

import msgspec
import yaml
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from ecosystem.catalogue.model import Jurisdiction, Standard
from ecosystem.catalogue.tables import jurisdiction, standard
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values.text import Text


class _Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in the file: its code, its name, and the places within."""

    code: str
    name: Text
    within: tuple["_Place", ...] = ()


def _upsert(table: Any, *columns: str) -> Statement:
    given = insert(table).values({name: bindparam(name) for name in columns})
    rest = {name: getattr(given.excluded, name) for name in columns[1:]}
    return Statement(given.on_conflict_do_update(index_elements=[columns[0]], set_=rest))


_KEEP_JURISDICTION: Final = _upsert(jurisdiction, "code", "parent_code", "path", "name")
_KEEP_STANDARD: Final = _upsert(standard, "code", "publisher", "name")


async def load_shipped(tx: Tx) -> None:
    """Load the tree of jurisdictions and the list of standards that come with the package."""
    folder = files("ecosystem.catalogue") / "files"
    await load_jurisdictions(tx, (folder / "jurisdictions.yaml").read_bytes())
    await load_standards(tx, (folder / "standards.yaml").read_bytes())


async def load_jurisdictions(tx: Tx, content: bytes) -> None:
    """Load a tree of jurisdictions from YAML: places, each with the places within it."""
    places = msgspec.convert(yaml.safe_load(content), tuple[_Place, ...])
    rows = [place for root in places for place in _below(root, parent=None, path="/")]
    await tx.many(
        _KEEP_JURISDICTION,
        [
            {
                "code": row.code,
                "parent_code": row.parent_code,
                "path": row.path,
                "name": msgspec.json.encode(row.name),
            }
            for row in rows
        ],
    )


async def load_standards(tx: Tx, content: bytes) -> None:
    """Load a list of standards from YAML."""
    rows = msgspec.convert(yaml.safe_load(content), tuple[Standard, ...])
    await tx.many(
        _KEEP_STANDARD,
        [
            {
                "code": row.code,
                "publisher": row.publisher,
                "name": msgspec.json.encode(row.name),
            }
            for row in rows
        ],
    )


def _below(place: _Place, *, parent: str | None, path: str) -> list[Jurisdiction]:
    here = f"{path}{place.code}/"
    found = [Jurisdiction(code=place.code, parent_code=parent, path=here, name=place.name)]
    for child in place.within:
        found += _below(child, parent=place.code, path=here)
    return found
