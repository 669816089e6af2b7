"""The ledger as a journal: beancount adds it up by itself, and finds what is wrong."""

import os
import re
import shutil
import subprocess
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader

from ecosystem.ledger.export import queries
from ecosystem.ledger.export.journals import Journal
from ecosystem.ledger.export.model import Account, Entry, Format
from ecosystem.payments.books.queries import PURPOSE
from ecosystem.runtime.database import Database
from tests.payments.agreement import accept, agree, verify
from tests.payments.steps import instructed, settle

pytestmark = pytest.mark.anyio
POSTING = re.compile(r"    (\S+)  (-?[\d.]+) (\w{3})(?: = (-?[\d.]+) \3)?")
Books = tuple[list[Account], list[Entry]]


@pytest.fixture
async def books(database: Database, tmp_path: Path) -> Books:
    """A ledger in which money was appropriated, obligated, payable, paid and taken back."""
    agreed = await agree(database, tmp_path)
    await accept(database, agreed, "opening")
    await settle(database, agreed, await instructed(database, agreed))
    await verify(database, agreed, "matters", "100")
    await verify(database, agreed, "late-days", "5")
    async with database.reading(PURPOSE) as tx:
        pages = [page async for page in queries.entries(tx)]
        return await queries.accounts(tx), [one for page in pages for one in page]


def written(books: Books, form: Format) -> str:
    accounts, entries = books
    journal = Journal(accounts, form=form)
    lines = [*journal.opened(), *journal.moved(entries[:3]), *journal.moved(entries[3:])]
    return "".join(f"{line}\n" for line in [*lines, *journal.held()])


async def test_beancount_checks_the_journal_without_an_error(books: Books) -> None:
    entries, errors, _ = loader.load_string(written(books, "beancount"))

    accounts, transfers = books
    kinds = [type(one).__name__ for one in entries]
    assert errors == []
    assert kinds.count("Transaction") == len(transfers) > 5
    assert kinds.count("Balance") == len(accounts)


async def test_beancount_finds_a_transfer_that_is_missing(books: Books) -> None:
    accounts, transfers = books

    _, errors, _ = loader.load_string(written((accounts, transfers[:-1]), "beancount"))

    assert len(errors) == 2
    assert all("Balance failed" in one.message for one in errors)


async def test_the_journal_of_hledger_balances_and_holds_what_it_asserts(books: Books) -> None:
    text = written(books, "hledger")

    held, last = defaultdict[tuple[str, str], Decimal](Decimal), Decimal(0)
    declared = set(re.findall(r"^account (\S+)$", text, re.MULTILINE))
    for account, amount, currency, asserted in POSTING.findall(text):
        assert account in declared
        held[account, currency] += Decimal(amount)
        last += Decimal(amount)
        if asserted:
            assert held[account, currency] == Decimal(asserted)
    assert last == 0
    assert len(POSTING.findall(text)) == 2 * len(books[1]) + len(books[0])
    assert sum(held.values()) == 0


@pytest.fixture
def hledger() -> str:
    """The program itself; skipped where there is none, unless REQUIRE_HLEDGER is set."""
    path = shutil.which("hledger")
    if path is None and not os.environ.get("REQUIRE_HLEDGER"):
        pytest.skip("there is no hledger")
    assert path is not None, "there is no hledger"
    return path


async def test_hledger_checks_the_journal_and_finds_a_transfer_that_is_missing(
    hledger: str, books: Books, tmp_path: Path
) -> None:
    def checked(among: Books) -> subprocess.CompletedProcess[str]:
        journal = tmp_path / "ledger.journal"
        journal.write_text(written(among, "hledger"), encoding="utf-8")
        command = [hledger, "check", "--strict", "--file", str(journal)]
        return subprocess.run(command, capture_output=True, check=False, text=True)

    accounts, transfers = books
    sound, missing = checked(books), checked((accounts, transfers[:-1]))

    assert (sound.returncode, sound.stderr) == (0, "")
    assert missing.returncode != 0
    assert "balance assertion" in missing.stderr
