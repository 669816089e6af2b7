"""Load the catalogue from files; what is there already is brought up to date."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
import yaml
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from ecosystem.catalogue import queries, tree
from ecosystem.catalogue.model import Standard
from ecosystem.catalogue.profiles import actions as profiles
from ecosystem.catalogue.profiles import queries as profile_queries
from ecosystem.catalogue.tables import jurisdiction, standard
from ecosystem.runtime.database import Statement, Tx


class Loaded(msgspec.Struct, frozen=True):
    """How many places a file has, and how many of them were not known before."""

    places: int
    added: int


def _upsert(table: Any, *columns: str) -> Statement:
    given = insert(table).values({name: bindparam(name) for name in columns})
    rest = {name: getattr(given.excluded, name) for name in columns[1:]}
    return Statement(given.on_conflict_do_update(index_elements=[columns[0]], set_=rest))


_KEEP_JURISDICTION: Final = _upsert(jurisdiction, "code", "parent_code", "path", "name")
_KEEP_STANDARD: Final = _upsert(standard, "code", "publisher", "name")


async def load_shipped(tx: Tx) -> None:
    """Load the profiles, the tree of jurisdictions and the standards of the package."""
    places, standards = _shipped()
    await profiles.load_shipped(tx)
    await _keep_places(tx, places, anew=False)
    await _keep_standards(tx, standards)


@cache
def _shipped() -> tuple[tree.Tree, tuple[Standard, ...]]:
    """Return the jurisdictions and the standards of the package; read once."""
    folder = files("ecosystem.catalogue") / "files"
    places = tree.read((folder / "jurisdictions.yaml").read_bytes())
    standards = yaml.safe_load((folder / "standards.yaml").read_bytes())
    return places, msgspec.convert(standards, tuple[Standard, ...])


async def load_jurisdictions(tx: Tx, content: bytes, *, anew: bool = True) -> Loaded:
    """Load a tree of jurisdictions from YAML: add its places, and bring their names up to date.

    A place is never removed or moved, for organisations and needs stand in it. The profiles
    that it gives replace others where it is loaded `anew`. Refuses with TreeFlawed, which
    names every line at fault, before anything is written.
    """
    return await _keep_places(tx, tree.read(content), anew=anew)


async def _keep_places(tx: Tx, read: tree.Tree, *, anew: bool) -> Loaded:
    parents = await queries.parents(tx)
    known = await profile_queries.known(tx)
    flaws = (*tree.moved(read, parents=parents), *tree.strange(read, profiles=known))
    if flaws:
        raise tree.TreeFlawed(flaws)
    await tx.many(
        _KEEP_JURISDICTION,
        [
            {
                "code": place.code,
                "parent_code": place.parent_code,
                "path": place.path,
                "name": msgspec.json.encode(place.name),
            }
            for place in read.places
        ],
    )
    await profiles.give(tx, read.profiles, anew=anew)
    added = sum(place.code not in parents for place in read.places)
    return Loaded(places=len(read.places), added=added)


async def _keep_standards(tx: Tx, rows: tuple[Standard, ...]) -> None:
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
