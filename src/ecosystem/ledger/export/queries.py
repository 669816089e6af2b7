"""Read the whole ledger, for a journal."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec
from sqlalchemy import Integer, Text, bindparam, func, select, tuple_

from ecosystem.ledger.export.model import Account, Entry
from ecosystem.ledger.tables import ledger_account, transfer
from ecosystem.runtime.database import Statement, Tx

_AT_ONCE: Final = 5_000
_ACCOUNTS: Final = Statement(
    select(
        ledger_account.c.authority_id.label("authority"),
        ledger_account.c.id,
        ledger_account.c.kind,
        ledger_account.c.owner_ref,
        ledger_account.c.programme_id,
        ledger_account.c.currency,
        (ledger_account.c.credits - ledger_account.c.debits).label("held"),
    ).order_by(ledger_account.c.authority_id, ledger_account.c.id)
)
_ENTRIES: Final = Statement(
    select(
        transfer.c.authority_id.label("authority"),
        transfer.c.id,
        func.date(func.timezone("UTC", transfer.c.valid_at)).label("on"),
        transfer.c.act,
        transfer.c.reference,
        transfer.c.reverses_id,
        transfer.c.debit_id,
        transfer.c.credit_id,
        transfer.c.amount,
        transfer.c.currency,
    )
    .where(
        tuple_(transfer.c.authority_id, transfer.c.id)
        > tuple_(bindparam("after_authority", type_=Integer), bindparam("after_id", type_=Text))
    )
    .order_by(transfer.c.authority_id, transfer.c.id)
    .limit(_AT_ONCE)
)


async def accounts(tx: Tx) -> list[Account]:
    """Return every account with what its columns say."""
    rows = await tx.rows(_ACCOUNTS)
    return [msgspec.convert(dict(row), Account) for row in rows]


async def entries(tx: Tx) -> AsyncIterator[list[Entry]]:
    """Yield every transfer, in the order of their identifiers, some thousands at a time.

    Requires one snapshot for all.
    """
    after = (0, "")
    while rows := await tx.rows(_ENTRIES, after_authority=after[0], after_id=after[1]):
        page = [Entry(**row) for row in rows]
        yield page
        after = (page[-1].authority, page[-1].id)
