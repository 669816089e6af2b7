"""Check the ledger by its invariants, and write it as a journal that others check."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TextIO

from ecosystem.budgets import queries as budgets
from ecosystem.cli import place
from ecosystem.cli.saying import progress, say
from ecosystem.cli.trouble import Trouble
from ecosystem.finance.books import queries as finance
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.export import queries as export
from ecosystem.ledger.export.journals import Journal
from ecosystem.ledger.export.model import Format
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
        say(json.dumps({"violations": found}, ensure_ascii=False, default=str))
    else:
        for line in found:
            say(f"violated: {line}")
        say(f"{COUNT} invariants, {len(found)} violations.")
    return 1 if found else 0


def write(parsed: argparse.Namespace) -> int:
    """Write the whole ledger as a journal of beancount or hledger.

    A file bears the ending `.part` until it is whole.
    """
    file: Path | None = parsed.output
    with place.reachable(settings.load(file=parsed.settings)) as chosen:
        if file is None:
            asyncio.run(_journal(chosen, sys.stdout, form=parsed.format))
            return 0
        part = file.with_name(f"{file.name}.part")
        try:
            with part.open("w", encoding="utf-8") as written:
                asyncio.run(_journal(chosen, written, form=parsed.format))
            part.replace(file)
        except OSError as error:
            raise Trouble(f"{file} cannot be written: {error.strerror}.") from None
        finally:
            part.unlink(missing_ok=True)
    return 0


async def _violations(chosen: Settings) -> list[str]:
    opened = Database(chosen.database_url or "", place.patient(chosen))
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


async def _journal(chosen: Settings, to: TextIO, *, form: Format) -> None:
    opened = Database(chosen.database_url or "", place.patient(chosen))
    try:
        async with opened.reading(books.PURPOSE) as tx:
            journal = Journal(await export.accounts(tx), form=form)
            _write(to, journal.opened())
            async for page in export.entries(tx):
                _write(to, journal.moved(page))
            _write(to, journal.held())
    finally:
        await opened.close()


def _write(to: TextIO, lines: Iterable[str]) -> None:
    to.writelines(f"{line}\n" for line in lines)


def _progress(at: int, sentence: str) -> None:
    progress(f"{at}/{COUNT} {sentence[:70]}")
    if at == COUNT:
        progress()
