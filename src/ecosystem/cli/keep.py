"""Look after an installation: schema, health, ledger."""

import argparse
import asyncio
import json
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Final

from ecosystem.budgets import queries as budgets
from ecosystem.cli import place
from ecosystem.cli.trouble import Trouble
from ecosystem.ledger import queries as ledger
from ecosystem.migrations import run as migrations
from ecosystem.payments.books import queries as books
from ecosystem.runtime import settings
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings

_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is asked instead
_UNPROXIED: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))

INVARIANTS = {**ledger.INVARIANTS, **budgets.INVARIANTS, **books.INVARIANTS}
"""What must hold of the money in this house, room by room."""


def migrate(parsed: argparse.Namespace) -> int:
    """Bring the database to the newest schema."""
    with place.database(settings.load(file=parsed.settings)):
        _say(f"The database has the newest schema, {migrations.newest()}.")
    return 0


def health(parsed: argparse.Namespace) -> int:
    """Ask a running service whether it is ready; 0 where it is."""
    url = (parsed.url or _own_address(settings.load())).rstrip("/") + "/health/ready"
    if not url.startswith(("http://", "https://")):
        raise Trouble(f"{url} is no address; give one such as http://127.0.0.1:8080 in --url.")
    try:
        with _UNPROXIED.open(url, timeout=5) as answer:
            _say(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise Trouble(f"{url} answers {error.code}: not ready.") from None
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise Trouble(f"{url} does not answer: {reason}. Check that the service runs.") from None
    return 0


def _own_address(chosen: Settings) -> str:
    host = _LOOPBACK.get(chosen.host, chosen.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{chosen.port}"


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


async def _violations(chosen: Settings) -> list[str]:
    opened = Database(chosen.database_url or "", chosen)
    try:
        async with opened.reading(books.PURPOSE) as tx:
            return [str(one) for one in await ledger.check(tx, INVARIANTS)]
    finally:
        await opened.close()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
