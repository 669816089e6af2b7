"""Read budget programmes: facts for the rules, locked; views for people, made by PostgreSQL."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    select,
    true,
)

from ecosystem.budgets.model import (
    AdjustmentFacts,
    AppropriationDraft,
    AppropriationFacts,
    CommitmentFacts,
)
from ecosystem.budgets.rules import ProgrammeMissing
from ecosystem.budgets.tables import appropriation, programme
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.model import AccountKind, AccountName
from ecosystem.ledger.tables import ledger_account, transfer
from ecosystem.runtime.columns import instant, json_row, money
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.identifiers import owner
from ecosystem.values.money import Money

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_KEY: Final = (programme.c.authority_id == _AUTHORITY, programme.c.id == bindparam("id"))
_OBLIGATED: Final = tuple(
    kind
    for kind in AccountKind
    if kind not in {AccountKind.APPROPRIATION, AccountKind.AVAILABLE, AccountKind.COMMITTED}
)


def _whole() -> Select[Any]:
    of_programme = and_(
        ledger_account.c.authority_id == programme.c.authority_id,
        ledger_account.c.programme_id == programme.c.id,
        ledger_account.c.currency == programme.c.currency,
    )
    held = (
        select(
            (-ledger.held_by_kind(AccountKind.APPROPRIATION)).label("appropriated"),
            ledger.held_by_kind(AccountKind.COMMITTED).label("committed"),
            ledger.held_by_kind(*_OBLIGATED).label("obligated"),
            ledger.held_by_kind(AccountKind.DISBURSED).label("spent"),
            ledger.held_by_kind(AccountKind.AVAILABLE).label("available"),
        )
        .where(of_programme)
        .lateral("held")
    )
    return select(
        programme.c.id,
        programme.c.version,
        programme.c.authority_id.label("authority_number"),
        programme.c.name,
        programme.c.fiscal_year,
        programme.c.sector,
        programme.c.operation,
        programme.c.phase,
        programme.c.currency,
        *(money(amount, programme.c.currency).label(amount.name) for amount in held.c),
    ).select_from(programme.join(held, true()))


_one = _whole().where(*_KEY).subquery("one")
_body = json_row(_one)
# Money moves without a new version of the programme; an ETag's mark is made of letters.
_mark = func.translate(func.left(func.md5(func.cast(_body, Text)), 16), "0123456789", "ghijklmnop")
_VIEW: Final = Statement(select(_body.label("body"), _one.c.version, _mark.label("mark")))
PROGRAMMES: Final = page_of(_whole())
PROGRAMMES_OF_YEAR: Final = page_of(
    _whole().where(programme.c.fiscal_year == bindparam("fiscal_year", type_=Integer))
)
_past = programme.alias("past")
SAME: Final = tuple(
    _past.c[name] == programme.c[name] for name in ("authority_id", "sector", "operation", "phase")
)
"""That a programme, `past`, is the same one in another year."""
_FOLLOWED: Final = Statement(
    select(
        exists(
            select(programme.c.id)
            .join(_past, and_(*SAME, _past.c.fiscal_year == programme.c.fiscal_year - 1))
            .where(*_KEY)
        )
    )
)
_taken_back = transfer.alias("taken_back")
_given = transfer.alias("given")
CORRECTED: Final = exists(
    select(_taken_back.c.id)
    .join(
        _given,
        and_(
            _given.c.authority_id == _taken_back.c.authority_id,
            _given.c.id == _taken_back.c.reverses_id,
        ),
    )
    .where(
        _given.c.authority_id == appropriation.c.authority_id,
        _given.c.reference == appropriation.c.id,
    )
)
"""Whether an appropriation was taken back."""
APPROPRIATIONS: Final = page_of(
    select(
        appropriation.c.id,
        appropriation.c.programme_id,
        money(appropriation.c.amount, appropriation.c.currency).label("amount"),
        appropriation.c.reason,
        appropriation.c.assessment_id,
        appropriation.c.departs_because,
        appropriation.c.appropriated_by,
        instant(appropriation.c.appropriated_at).label("appropriated_at"),
        CORRECTED.label("is_corrected"),
    ).where(
        appropriation.c.authority_id == _AUTHORITY,
        appropriation.c.programme_id == bindparam("programme_id", type_=Text),
    )
)
_THERE: Final = Statement(select(programme.c.authority_id).where(*_KEY))
_LOCKED: Final = Statement(select(programme).where(*_KEY).with_for_update(key_share=True))


def left(
    programme_id: ColumnElement[str],
    *,
    authority_id: ColumnElement[int],
    currency: ColumnElement[str],
) -> ColumnElement[Decimal]:
    """Return, within a statement, what `available` returns; null for None."""
    account = ledger_account.c
    held = select(account.credits - account.debits).where(
        account.authority_id == programme.c.authority_id,
        account.owner_ref == programme.c.id,
        account.kind == AccountKind.AVAILABLE.value,
        account.programme_id == programme.c.id,
        account.currency == programme.c.currency,
    )
    found = select(func.coalesce(held.scalar_subquery(), 0)).where(
        programme.c.authority_id == authority_id,
        programme.c.id == programme_id,
        programme.c.currency == currency,
    )
    return found.scalar_subquery()


_LEFT: Final = Statement(
    select(
        left(
            bindparam("id", type_=Text),
            authority_id=_AUTHORITY,
            currency=bindparam("currency", type_=Text),
        )
    )
)
INVARIANTS: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        "An account's programme exists, in the account's currency.": Statement(
            select(ledger_account.c.id, ledger_account.c.programme_id)
            .outerjoin(
                programme,
                (programme.c.authority_id == ledger_account.c.authority_id)
                & (programme.c.id == ledger_account.c.programme_id)
                & (programme.c.currency == ledger_account.c.currency),
            )
            .where(
                programme.c.id.is_(None),
                # The other books of the ledger are those of facilities.
                ~ledger_account.c.programme_id.startswith("facility_", autoescape=True),
            )
        )
    }
)
"""What the ledger cannot know; for `ledger.queries.check`."""


async def view(tx: Tx, programme_id: str) -> Record:
    """Return a programme's JSON, its version, and a mark of where its money is.

    Refuses with ProgrammeMissing.
    """
    authority = owner(programme_id, "programme", otherwise=ProgrammeMissing)
    return _found(await tx.row(_VIEW, authority_id=authority, id=programme_id))


async def available(tx: Tx, programme_id: str, *, authority: int, currency: str) -> Decimal | None:
    """Return what a programme has left, without a lock.

    None where the authority has no such programme, or it is in another currency.
    """
    has: Decimal | None = await tx.value(
        _LEFT, authority_id=authority, id=programme_id, currency=currency
    )
    return has


async def there(tx: Tx, programme_id: str) -> int:
    """Return the number of the authority of a programme. Refuses with ProgrammeMissing."""
    authority = owner(programme_id, "programme", otherwise=ProgrammeMissing)
    _found(await tx.row(_THERE, authority_id=authority, id=programme_id))
    return authority


async def locked(tx: Tx, programme_id: str, *, expected: int | None = None) -> Record:
    """Lock a programme for change and return its row.

    Refuses with ProgrammeMissing, or RevisionStale where `expected` is another version.
    """
    authority = owner(programme_id, "programme", otherwise=ProgrammeMissing)
    row = _found(await tx.row(_LOCKED, authority_id=authority, id=programme_id))
    revision.check(expected, actual=row["version"])
    return row


async def appropriation_facts(
    tx: Tx, row: Record, asked: AppropriationDraft, *, appropriation_id: str
) -> AppropriationFacts:
    """Return what an appropriation to a locked programme is checked against."""
    followed = await tx.value(_FOLLOWED, authority_id=row["authority_id"], id=row["id"])
    return AppropriationFacts(
        appropriation_id=appropriation_id,
        authority_number=row["authority_id"],
        fiscal_year=row["fiscal_year"],
        currency=row["currency"],
        is_followed=followed,
        asked=asked,
    )


async def commitment_facts(
    tx: Tx, row: Record, *, award_id: str, amount: Money, contract_id: str | None = None
) -> CommitmentFacts:
    """Return what a change of a locked programme's commitment to an award is checked against."""
    programme_id, currency = row["id"], row["currency"]
    left = await ledger.balance(tx, available_in(programme_id), currency=currency)
    promised = committed_to(award_id, programme_id=programme_id)
    committed = await ledger.balance(tx, promised, currency=currency)
    return CommitmentFacts(
        currency=currency,
        available=f"{left:f}",
        committed=f"{committed:f}",
        award_id=award_id,
        contract_id=contract_id,
        amount=amount,
    )


async def adjustment_facts(
    tx: Tx, row: Record, *, contract_id: str, before: Money, after: Money
) -> AdjustmentFacts:
    """Return what a change of what a locked programme owes a contract is checked against."""
    programme_id, currency = row["id"], row["currency"]
    left = await ledger.balance(tx, available_in(programme_id), currency=currency)
    bound = encumbered_by(contract_id, programme_id=programme_id)
    encumbered = await ledger.balance(tx, bound, currency=currency)
    return AdjustmentFacts(
        currency=currency,
        available=f"{left:f}",
        encumbered=f"{encumbered:f}",
        contract_id=contract_id,
        before=before,
        after=after,
    )


def appropriated_to(programme_id: str) -> AccountName:
    """Return the account that a programme's money comes from."""
    return AccountName(AccountKind.APPROPRIATION, programme_id, programme_id)


def available_in(programme_id: str) -> AccountName:
    """Return the account of what a programme has left."""
    return AccountName(AccountKind.AVAILABLE, programme_id, programme_id)


def committed_to(award_id: str, *, programme_id: str) -> AccountName:
    """Return the account of what a programme has promised to an award."""
    return AccountName(AccountKind.COMMITTED, award_id, programme_id)


def encumbered_by(contract_id: str, *, programme_id: str) -> AccountName:
    """Return the account of what is bound by a contract and not yet earned."""
    return AccountName(AccountKind.ENCUMBERED, contract_id, programme_id)


def _found(row: Record | None) -> Record:
    if row is None:
        message = "No authority has such a programme."
        raise ProgrammeMissing(message)
    return row
