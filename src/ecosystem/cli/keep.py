"""Look after an installation: schema, health, ledger."""

import argparse
import asyncio
import json
import sys
import urllib.error
import urllib.request

from ecosystem.cli import place
from ecosystem.cli.trouble import Trouble
from ecosystem.ledger import queries as ledger
from ecosystem.migrations import run as migrations
from ecosystem.runtime import settings
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings


def migrate(parsed: argparse.Namespace) -> int:
    """Bring the database to the newest schema."""
    with place.database(settings.load(file=parsed.settings)):
        _say(f"The database has the newest schema, {migrations.newest()}.")
    return 0


def health(parsed: argparse.Namespace) -> int:
    """Ask a running service whether it is ready; 0 where it is."""
    url = (parsed.url or settings.load().public_url).rstrip("/") + "/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - the operator's own
            _say(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise Trouble(f"{url} answers {error.code}: not ready.") from None
    except OSError as error:
        raise Trouble(f"{url} does not answer: {error}.") from None
    return 0


def check_ledger(parsed: argparse.Namespace) -> int:
    """Run every invariant of the ledger; 1 where one found something."""
    with place.database(settings.load(file=parsed.settings)) as (chosen, _):
        found = asyncio.run(_violations(chosen))
    if parsed.json:
        _say(json.dumps({"violations": found}, ensure_ascii=False, default=str))
    else:
        for line in found:
            _say(f"violated: {line}")
        _say(f"{len(ledger.INVARIANTS)} invariants, {len(found)} violations.")
    return 1 if found else 0


async def _violations(chosen: Settings) -> list[str]:
    opened = Database(chosen.database_url or "", chosen)
    try:
        async with opened.reading() as tx:
            return [str(one) for one in await ledger.check(tx)]
    finally:
        await opened.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
