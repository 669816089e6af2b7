"""Open accounts, move money between them, and take moves back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ARRAY, Integer, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from ecosystem.ledger import queries, rules
from ecosystem.ledger.model import AccountName, Leg
from ecosystem.ledger.tables import ledger_account, transfer
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of


def _opening() -> Statement:
    """Return the statement that opens those of the named accounts that are not there yet."""
    arrays = (bindparam(name, type_=ARRAY(Text)) for name in ("ids", *queries.NAMES))
    columns = ("id", "programme_id", "kind", "owner_ref", "currency")
    name = func.unnest(*arrays).table_valued(*columns, name="name").render_derived()
    authority = bindparam("authority_id", type_=Integer)
    is_open = (
        select(ledger_account.c.id)
        .where(
            ledger_account.c.authority_id == authority,
            *(ledger_account.c[column] == name.c[column] for column in columns[1:]),
        )
        .exists()
    )
    given = [name.c[column] for column in columns]
    missing = select(authority.label("authority_id"), *given).where(~is_open)
    return Statement(
        insert(ledger_account)
        .from_select(["authority_id", *columns], missing, include_defaults=False)
        .on_conflict_do_nothing()
    )


_OPEN: Final = _opening()
_TRANSFER: Final = inserting(transfer)


async def hold(tx: Tx, accounts: Collection[AccountName], *, currency: str) -> None:
    """Lock accounts of one authority in the order of their identifiers; open what is not there.

    For whoever moves money among them more than once: before the first move.
    """
    await hold_all(tx, [(account, currency) for account in accounts])


async def hold_all(tx: Tx, accounts: Collection[queries.Place]) -> None:
    """Do as `hold` with accounts that have each its currency."""
    places = sorted(accounts)
    authority = authority_of(places[0][0].programme_id)
    if tx.held.issuperset(places):
        return
    if not await queries.hold(tx, places, authority=authority):
        await _open(tx, places, authority=authority)
        await queries.hold(tx, places, authority=authority)
    tx.held.update(places)


async def move(
    tx: Tx,
    legs: Sequence[Leg],
    *,
    by: Actor,
    at: datetime,
    act: str,
    reference: str,
    valid_at: datetime | None = None,
) -> tuple[str, ...]:
    """Move money leg by leg, and return the identifiers of the transfers in that order.

    All legs are of one authority, and each stays in one programme. `act` says in a word what
    was done, `reference` why: the identifier of a payment, the digest of a calculation.
    Call it once in a transaction, after whatever else is locked there, or `hold` before it.

    Refuses with NothingToMove, AmountTooFine, CurrencyUnknown or FundsInsufficient.
    Effects: opens accounts that are new; locks all accounts, in the order of their
    identifiers, until the transaction ends; one transfer a leg.
    """
    authority = authority_of(legs[0].debit.programme_id)
    facts, ids = await queries.locked(tx, legs, authority=authority)
    if not ids:
        await _open(tx, queries.places(legs), authority=authority)
        facts, ids = await queries.locked(tx, legs, authority=authority)
    rules.move(facts, by=by, at=at)
    # Sorted, so that identifiers tell the order of the legs even within one millisecond.
    transfer_ids = sorted(mint("transfer", authority=authority) for _ in legs)
    rows = [
        {
            "authority_id": authority,
            "id": transfer_id,
            "act": leg.act or act,
            "debit_id": ids[leg.debit, leg.amount.currency],
            "credit_id": ids[leg.credit, leg.amount.currency],
            "amount": leg.amount.decimal(),
            "programme_id": leg.debit.programme_id,
            "currency": leg.amount.currency,
            "reverses_id": leg.reverses_id,
            "reference": leg.reference or reference,
            "moved_by": by.person_id or by.client_id,
            "valid_at": valid_at or at,
            "recorded_at": at,
        }
        for transfer_id, leg in zip(transfer_ids, legs, strict=True)
    ]
    await tx.many(_TRANSFER, rows)
    return tuple(transfer_ids)


async def reverse(
    tx: Tx,
    transfer_ids: Sequence[str],
    *,
    by: Actor,
    at: datetime,
    act: str,
    reference: str,
) -> tuple[str, ...]:
    """Take transfers of one authority back, the last first; return the transfers that do so.

    Refuses with TransferMissing, ReversedBefore, then as `move` does.
    """
    facts = await queries.reversal_facts(tx, transfer_ids)
    legs = rules.reverse(facts, by=by, at=at)
    return await move(tx, legs, by=by, at=at, act=act, reference=reference)


async def _open(tx: Tx, accounts: Sequence[queries.Place], *, authority: int) -> None:
    ids = [mint("account", authority=authority) for _ in accounts]
    await tx.run(_OPEN, authority_id=authority, ids=ids, **queries.named(accounts))
