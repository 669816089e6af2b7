"""Check the ledger by its invariants, and write it as a journal that others check."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Final

from ecosystem.budgets import queries as budgets
from ecosystem.cli import place
from ecosystem.cli.trouble import Trouble
from ecosystem.finance.books import queries as finance
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.export import queries as export
from ecosystem.ledger.export.journals import journal
from ecosystem.payments.books import queries as books
from ecosystem.runtime import settings
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings

INVARIANTS = {
    **ledger.INVARIANTS,
    **budgets.INVARIANTS,
    **books.INVARIANTS,
    **finance.INVARIANTS,
}
"""What must hold of the money in this house, room by room."""
COUNT: Final = len(INVARIANTS) + 1
"""With the one that computes every calculation again."""


def check(parsed: argparse.Namespace) -> int:
    """Run every invariant of the ledger; 1 where one found something."""
    with place.reachable(settings.load(file=parsed.settings)) as chosen:
        found = asyncio.run(_violations(chosen))
    if parsed.json:
        _say(json.dumps({"violations": found}, ensure_ascii=False, default=str))
    else:
        for line in found:
            _say(f"violated: {line}")
        _say(f"{COUNT} invariants, {len(found)} violations.")
    return 1 if found else 0


def write(parsed: argparse.Namespace) -> int:
    """Write the whole ledger as a journal of beancount or hledger."""
    with place.reachable(settings.load(file=parsed.settings)) as chosen:
        text = asyncio.run(_journal(chosen, parsed))
    if parsed.output is None:
        sys.stdout.write(text)
        return 0
    file: Path = parsed.output
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Trouble(f"{file} cannot be written: {error.strerror}.") from None
    return 0


async def _violations(chosen: Settings) -> list[str]:
    opened = Database(chosen.database_url or "", chosen)
    try:
        async with opened.reading(books.PURPOSE) as tx:
            found = list[str]()
            for at, (sentence, statement) in enumerate(INVARIANTS.items(), start=1):
                _progress(at, sentence)
                found += [str(one) for one in await ledger.check(tx, {sentence: statement})]
            _progress(COUNT, books.RECOMPUTES)
            return [*found, *[str(one) for one in await books.miscomputed(tx)]]
    finally:
        await opened.close()


async def _journal(chosen: Settings, parsed: argparse.Namespace) -> str:
    opened = Database(chosen.database_url or "", chosen)
    try:
        async with opened.reading(books.PURPOSE) as tx:
            lines = journal(await export.accounts(tx), await export.entries(tx), form=parsed.format)
            return "".join(f"{line}\n" for line in lines)
    finally:
        await opened.close()


def _progress(at: int, sentence: str) -> None:
    """Tell whoever watches a terminal how far it is; programs read only the result."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{at}/{COUNT} {sentence[:70]}")
        if at == COUNT:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
