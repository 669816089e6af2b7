"""Read the ledger: what accounts hold, what was moved, and whether all of it is sound."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ClauseElement,
    ColumnElement,
    Integer,
    any_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy import Text as SqlText

from ecosystem.ledger.model import (
    SOURCES,
    AccountKind,
    AccountName,
    Balance,
    Leg,
    MoveFacts,
    ReversalFacts,
    Transfer,
    Violation,
)
from ecosystem.ledger.rules import TransferMissing
from ecosystem.ledger.tables import ledger_account, transfer
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values import money
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_HELD: Final = ledger_account.c.credits - ledger_account.c.debits
_SOURCES: Final = [literal(str(kind), literal_execute=True) for kind in sorted(SOURCES)]
NAMES: Final = ("programmes", "kinds", "owners", "currencies")
"""The parameters by which a statement is told many accounts, a list each."""


def _given(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=ARRAY(SqlText))


_locked = func.ledger_accounts_locked(_AUTHORITY, *(_given(name) for name in NAMES)).table_valued(
    *ledger_account.c, name="locked"
)
_LOCKED: Final = Statement(
    select(
        _locked.c.id,
        _locked.c.kind,
        _locked.c.owner_ref,
        _locked.c.programme_id,
        _locked.c.currency,
        (_locked.c.credits - _locked.c.debits).label("held"),
    )
)
_OF_OWNER: Final = Statement(
    select(ledger_account.c.kind, func.sum(_HELD).label("held"))
    .where(
        ledger_account.c.authority_id == _AUTHORITY,
        ledger_account.c.owner_ref == bindparam("owner_ref"),
        ledger_account.c.currency == bindparam("currency"),
    )
    .group_by(ledger_account.c.kind)
)
_BALANCE: Final = Statement(
    select(_HELD).where(
        ledger_account.c.authority_id == _AUTHORITY,
        ledger_account.c.owner_ref == bindparam("owner_ref"),
        ledger_account.c.kind == bindparam("kind"),
        ledger_account.c.programme_id == bindparam("programme_id"),
        ledger_account.c.currency == bindparam("currency"),
    )
)
_debited = ledger_account.alias("debited")
_credited = ledger_account.alias("credited")
_later = transfer.alias("later")
_TRANSFERS: Final = Statement(
    select(
        transfer.c.id,
        transfer.c.act,
        transfer.c.amount,
        transfer.c.currency,
        transfer.c.programme_id,
        transfer.c.reference,
        transfer.c.reverses_id,
        _debited.c.kind.label("debit_kind"),
        _debited.c.owner_ref.label("debit_owner"),
        _credited.c.kind.label("credit_kind"),
        _credited.c.owner_ref.label("credit_owner"),
        _later.c.id.is_not(None).label("is_reversed"),
    )
    .join(
        _debited,
        (_debited.c.authority_id == transfer.c.authority_id)
        & (_debited.c.id == transfer.c.debit_id),
    )
    .join(
        _credited,
        (_credited.c.authority_id == transfer.c.authority_id)
        & (_credited.c.id == transfer.c.credit_id),
    )
    .outerjoin(
        _later,
        (_later.c.authority_id == transfer.c.authority_id)
        & (_later.c.reverses_id == transfer.c.id),
    )
    .where(
        transfer.c.authority_id == _AUTHORITY,
        or_(
            transfer.c.id == any_(_given("ids")),
            transfer.c.reference == bindparam("reference", type_=SqlText),
        ),
    )
    .order_by(transfer.c.id)
)
Place = tuple[AccountName, str]


def held_by_kind(*kinds: AccountKind) -> ColumnElement[Any]:
    """Return what accounts of these kinds hold together; for a select over `ledger_account`."""
    chosen = ledger_account.c.kind.in_([literal(str(kind), literal_execute=True) for kind in kinds])
    return func.coalesce(func.sum(_HELD).filter(chosen), literal(0, literal_execute=True))


async def balance(tx: Tx, account: AccountName, *, currency: str) -> Decimal:
    """Return what an account holds; nothing where it was never opened."""
    held: Decimal | None = await tx.value(
        _BALANCE,
        authority_id=authority_of(account.programme_id),
        owner_ref=account.owner_ref,
        kind=account.kind,
        programme_id=account.programme_id,
        currency=currency,
    )
    return Decimal(0) if held is None else held


async def balances(
    tx: Tx, owner_ref: str, *, authority: int, currency: str
) -> Mapping[AccountKind, Decimal]:
    """Return what is held for one owner, such as a contract, by kind; every kind is there."""
    rows = await tx.rows(_OF_OWNER, authority_id=authority, owner_ref=owner_ref, currency=currency)
    held = {AccountKind(row["kind"]): row["held"] for row in rows}
    return MappingProxyType({kind: held.get(kind, Decimal(0)) for kind in AccountKind})


async def transfers(tx: Tx, reference: str, *, authority: int) -> tuple[Transfer, ...]:
    """Return the transfers that bear a reference, the oldest first."""
    rows = await tx.rows(_TRANSFERS, authority_id=authority, ids=[], reference=reference)
    return tuple(_transfer(row) for row in rows)


async def reversal_facts(tx: Tx, transfer_ids: Sequence[str]) -> ReversalFacts:
    """Return what a reversal of these transfers is checked against.

    Refuses with TransferMissing.
    """
    authority = owner(transfer_ids[0], "transfer", otherwise=TransferMissing)
    rows = await tx.rows(_TRANSFERS, authority_id=authority, ids=list(transfer_ids), reference=None)
    found = {row["id"]: _transfer(row) for row in rows}
    for one in transfer_ids:
        if one not in found:
            message = f"There is no transfer {one}."
            raise TransferMissing(message)
    return ReversalFacts(transfers=tuple(found[one] for one in transfer_ids))


async def locked(
    tx: Tx, legs: Sequence[Leg], *, authority: int
) -> tuple[MoveFacts, Mapping[Place, str]]:
    """Lock every account that `legs` name, in the order of their identifiers.

    Where one of them is not open yet, none is locked and nothing found. Returns what the move is
    checked against, and the identifier of each account.

    """
    rows = await tx.rows(_LOCKED, authority_id=authority, **named(places(legs)))
    found = sorted(((_place(row), row) for row in rows), key=_by_place)
    facts = MoveFacts(
        legs=tuple(legs),
        balances=tuple(
            Balance(account, currency, f"{row['held']:f}") for (account, currency), row in found
        ),
    )
    return facts, {place: row["id"] for place, row in found}


async def hold(tx: Tx, accounts: Sequence[Place], *, authority: int) -> bool:
    """Lock accounts as `locked` does; tell whether all of them are open, and so are locked."""
    return bool(await tx.rows(_LOCKED, authority_id=authority, **named(accounts)))


def places(legs: Iterable[Leg]) -> tuple[Place, ...]:
    """Return the accounts that `legs` name, each with its currency, once and in order."""
    return tuple(
        sorted(
            {(account, leg.amount.currency) for leg in legs for account in (leg.debit, leg.credit)}
        )
    )


def named(accounts: Sequence[Place]) -> dict[str, list[str]]:
    """Return accounts as the parameters that NAMES lists."""
    return {
        "programmes": [account.programme_id for account, _ in accounts],
        "kinds": [str(account.kind) for account, _ in accounts],
        "owners": [account.owner_ref for account, _ in accounts],
        "currencies": [currency for _, currency in accounts],
    }


def _by_place(found: tuple[Place, Record]) -> Place:
    return found[0]


def _place(row: Record) -> Place:
    name = AccountName(AccountKind(row["kind"]), row["owner_ref"], row["programme_id"])
    return name, row["currency"]


def _transfer(row: Record) -> Transfer:
    programme_id = row["programme_id"]
    return Transfer(
        id=row["id"],
        leg=Leg(
            debit=AccountName(AccountKind(row["debit_kind"]), row["debit_owner"], programme_id),
            credit=AccountName(AccountKind(row["credit_kind"]), row["credit_owner"], programme_id),
            amount=money.of(row["amount"], row["currency"]),
            reverses_id=row["reverses_id"],
        ),
        act=row["act"],
        reference=row["reference"],
        is_reversed=row["is_reversed"],
    )


_sides = union_all(
    select(
        transfer.c.authority_id,
        transfer.c.debit_id.label("account_id"),
        transfer.c.amount.label("debits"),
        literal(0, literal_execute=True).label("credits"),
    ),
    select(
        transfer.c.authority_id,
        transfer.c.credit_id.label("account_id"),
        literal(0, literal_execute=True).label("debits"),
        transfer.c.amount.label("credits"),
    ),
).subquery("sides")
_fold = (
    select(
        _sides.c.authority_id,
        _sides.c.account_id,
        func.sum(_sides.c.debits).label("debits"),
        func.sum(_sides.c.credits).label("credits"),
    )
    .group_by(_sides.c.authority_id, _sides.c.account_id)
    .subquery("fold")
)
_reversed = transfer.alias("reversed")


def _zero_sums(*by: ColumnElement[Any]) -> ClauseElement:
    held = func.sum(_HELD)
    return select(*by, held.label("held")).group_by(*by).having(held != 0)


def _unequal_columns() -> ClauseElement:
    debits, credits_ = func.coalesce(_fold.c.debits, 0), func.coalesce(_fold.c.credits, 0)
    return (
        select(
            ledger_account.c.id,
            ledger_account.c.debits,
            debits.label("debits_moved"),
            ledger_account.c.credits,
            credits_.label("credits_moved"),
        )
        .outerjoin(
            _fold,
            (_fold.c.authority_id == ledger_account.c.authority_id)
            & (_fold.c.account_id == ledger_account.c.id),
        )
        .where((ledger_account.c.debits != debits) | (ledger_account.c.credits != credits_))
    )


def _overdrawn() -> ClauseElement:
    standing = case((ledger_account.c.kind.in_(_SOURCES), -_HELD), else_=_HELD)
    return select(ledger_account.c.id, ledger_account.c.kind, _HELD.label("held")).where(
        standing < 0
    )


def _inexact_reversals() -> ClauseElement:
    return (
        select(transfer.c.id, transfer.c.reverses_id)
        .outerjoin(
            _reversed,
            (_reversed.c.authority_id == transfer.c.authority_id)
            & (_reversed.c.id == transfer.c.reverses_id)
            & (_reversed.c.debit_id == transfer.c.credit_id)
            & (_reversed.c.credit_id == transfer.c.debit_id)
            & (_reversed.c.amount == transfer.c.amount),
        )
        .where(transfer.c.reverses_id.is_not(None), _reversed.c.id.is_(None))
    )


def _repeated_reversals() -> ClauseElement:
    return (
        select(transfer.c.reverses_id, func.count().label("times"))
        .where(transfer.c.reverses_id.is_not(None))
        .group_by(transfer.c.authority_id, transfer.c.reverses_id)
        .having(func.count() > 1)
    )


def _strayed() -> ClauseElement:
    fits = (ledger_account.c.programme_id == transfer.c.programme_id) & (
        ledger_account.c.currency == transfer.c.currency
    )
    return (
        select(transfer.c.id, ledger_account.c.id.label("account_id"))
        .join(
            ledger_account,
            (ledger_account.c.authority_id == transfer.c.authority_id)
            & or_(
                ledger_account.c.id == transfer.c.debit_id,
                ledger_account.c.id == transfer.c.credit_id,
            ),
        )
        .where(~fits)
    )


INVARIANTS: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        "In each currency, debits and credits of an authority are equal.": Statement(
            _zero_sums(ledger_account.c.authority_id, ledger_account.c.currency)
        ),
        "Whatever was appropriated to a programme is in one of its accounts.": Statement(
            _zero_sums(ledger_account.c.programme_id, ledger_account.c.currency)
        ),
        "The columns of an account equal the sum of its transfers.": Statement(_unequal_columns()),
        "No account is overdrawn.": Statement(_overdrawn()),
        "A transfer is reversed exactly.": Statement(_inexact_reversals()),
        "A transfer is reversed once.": Statement(_repeated_reversals()),
        "A transfer stays in its programme and its currency.": Statement(_strayed()),
    }
)
"""What holds of every ledger: each statement selects the places where it does not."""


async def check(tx: Tx, invariants: Mapping[str, Statement] = INVARIANTS) -> list[Violation]:
    """Return every place where an invariant does not hold; nothing where the books are sound."""
    return [
        Violation(invariant, {name: str(value) for name, value in row.items()})
        for invariant, statement in invariants.items()
        for row in await tx.rows(statement)
    ]
