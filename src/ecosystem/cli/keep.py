"""Look after an installation: schema, catalogue and ledger."""

import argparse
import asyncio
import json
import sys

import msgspec

from ecosystem.budgets import queries as budgets
from ecosystem.catalogue.actions import Loaded, load_jurisdictions
from ecosystem.catalogue.model import FileFlawed, Flaw
from ecosystem.catalogue.profiles import actions as profiles
from ecosystem.catalogue.profiles.reading import members
from ecosystem.cli import place
from ecosystem.cli.trouble import Trouble
from ecosystem.ledger import queries as ledger
from ecosystem.migrations import run as migrations
from ecosystem.payments.books import queries as books
from ecosystem.runtime import settings
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings

INVARIANTS = {**ledger.INVARIANTS, **budgets.INVARIANTS, **books.INVARIANTS}
"""What must hold of the money in this house, room by room."""


def migrate(parsed: argparse.Namespace) -> int:
    """Bring the database to the newest schema."""
    with place.database(settings.load(file=parsed.settings)):
        _say(f"The database has the newest schema, {migrations.newest()}.")
    return 0


def check_ledger(parsed: argparse.Namespace) -> int:
    """Run every invariant of the ledger; 1 where one found something."""
    with place.reachable(settings.load(file=parsed.settings)) as chosen:
        found = asyncio.run(_violations(chosen))
    if parsed.json:
        _say(json.dumps({"violations": found}, ensure_ascii=False, default=str))
    else:
        for line in found:
            _say(f"violated: {line}")
        _say(f"{len(INVARIANTS)} invariants, {len(found)} violations.")
    return 1 if found else 0


def load_catalogue(parsed: argparse.Namespace) -> int:
    """Load jurisdictions, a profile or a calendar; 1 where a line is at fault, and nothing is."""
    try:
        content = parsed.file.read_bytes()
    except OSError as error:
        raise Trouble(f"{parsed.file} cannot be read: {error.strerror}. Check the path.") from None
    with place.reachable(settings.load(file=parsed.settings)) as chosen:
        loaded = asyncio.run(_load(chosen, content))
    if parsed.json:
        _say(msgspec.json.encode(loaded).decode())
    elif isinstance(loaded, Loaded):
        _say(f"{loaded.places} places loaded, {loaded.added} of them new.")
    elif isinstance(loaded, _Named):
        _say(f"{loaded.id} loaded.")
    else:
        for flaw in loaded.flaws:
            _say(f"{parsed.file}:{flaw.line}: {flaw.detail}")
        _say(f"Nothing is loaded: {len(loaded.flaws)} faults.")
    return 1 if isinstance(loaded, _Flawed) else 0


class _Flawed(msgspec.Struct, frozen=True):
    flaws: tuple[Flaw, ...]


class _Named(msgspec.Struct, frozen=True):
    id: str


async def _load(chosen: Settings, content: bytes) -> Loaded | _Named | _Flawed:
    opened = Database(chosen.database_url or "", chosen)
    try:
        async with opened.transaction() as tx:
            if members(content):
                return _Named(await profiles.load(tx, content))
            return await load_jurisdictions(tx, content)
    except FileFlawed as flawed:
        return _Flawed(flawed.flaws)
    finally:
        await opened.close()


async def _violations(chosen: Settings) -> list[str]:
    opened = Database(chosen.database_url or "", chosen)
    try:
        async with opened.reading(books.PURPOSE) as tx:
            return [str(one) for one in await ledger.check(tx, INVARIANTS)]
    finally:
        await opened.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
