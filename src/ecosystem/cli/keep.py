"""Look after an installation: schema and catalogue."""

import argparse
import asyncio

import msgspec

from ecosystem.catalogue.actions import Loaded, load_jurisdictions
from ecosystem.catalogue.model import FileFlawed, Flaw
from ecosystem.catalogue.profiles import actions as profiles
from ecosystem.catalogue.profiles.reading import members
from ecosystem.cli import place
from ecosystem.cli.saying import say
from ecosystem.cli.trouble import Trouble
from ecosystem.migrations import run as migrations
from ecosystem.runtime import settings
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings


def migrate(parsed: argparse.Namespace) -> int:
    """Bring the database to the newest schema."""
    with place.database(settings.load(file=parsed.settings)):
        say(f"The database has the newest schema, {migrations.newest()}.")
    return 0


def load_catalogue(parsed: argparse.Namespace) -> int:
    """Load jurisdictions, a profile or a calendar; 1 where a line is at fault, and nothing is."""
    try:
        content = parsed.file.read_bytes()
    except OSError as error:
        raise Trouble(f"{parsed.file} cannot be read: {error.strerror}. Check the path.") from None
    with place.reachable(settings.load(file=parsed.settings), begins=True) as chosen:
        loaded = asyncio.run(_load(chosen, content))
    if parsed.json:
        say(msgspec.json.encode(loaded).decode())
    elif isinstance(loaded, Loaded):
        say(f"{loaded.places} places loaded, {loaded.added} of them new.")
    elif isinstance(loaded, _Named):
        say(f"{loaded.id} loaded.")
    else:
        for flaw in loaded.flaws:
            say(f"{parsed.file}:{flaw.line}: {flaw.detail}")
        say(f"Nothing is loaded: {len(loaded.flaws)} faults.")
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
