"""Read the transfers of a programme, each with its effect on the figures and its event."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from ecosystem.budgets import queries as budgets
from ecosystem.budgets.explaining.rules import TransfersClosed
from ecosystem.budgets.shifting.queries import reads_as
from ecosystem.history.tables import event
from ecosystem.identity import queries as identity
from ecosystem.ledger.model import AccountKind
from ecosystem.ledger.tables import ledger_account, transfer
from ecosystem.runtime.columns import instant, json_of
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_PROGRAMME: Final = bindparam("programme_id", type_=Text)
_from = ledger_account.alias("source")
_into = ledger_account.alias("target")
_OUTSIDE: Final = (AccountKind.APPROPRIATION, AccountKind.AVAILABLE, AccountKind.COMMITTED)
_TYPES: Final = {
    "appropriate": "programme.appropriated",
    "transfer": "programme.shifted",
    "carry_forward": "programme.shifted",
    "lapse": "programme.shifted",
    "correction": "programme.shifted",
    "commit": "programme.committed",
    "release": "programme.released",
    "obligate": "programme.obligated",
    "raise": "programme.adjusted",
    "lower": "programme.adjusted",
}
_NAMED: Final = ("appropriation_id", "shift_id", "award_id", "contract_id")
"""The facts of an event of a programme that a transfer's reference can be."""


def _word(text: str) -> ColumnElement[str]:
    return literal(text, literal_execute=True)


def _within(side: Any, kinds: tuple[AccountKind, ...], *, outside: bool = False) -> Any:
    words = [_word(str(kind)) for kind in kinds]
    found = side.c.kind.not_in(words) if outside else side.c.kind.in_(words)
    return func.cast(found, Integer)


def _effect(*kinds: AccountKind, outside: bool = False, sign: int = 1) -> ColumnElement[Any]:
    """Return by how much what these accounts hold together has changed."""
    more = _within(_into, kinds, outside=outside) - _within(_from, kinds, outside=outside)
    moved = transfer.c.amount * more * literal(sign, literal_execute=True)
    return func.cast(moved, Text)


_EFFECT: Final = json_of(
    appropriated=_effect(AccountKind.APPROPRIATION, sign=-1),
    available=_effect(AccountKind.AVAILABLE),
    committed=_effect(AccountKind.COMMITTED),
    obligated=_effect(*_OUTSIDE, outside=True),
    spent=_effect(AccountKind.DISBURSED),
)
_type = case(_TYPES, value=transfer.c.act, else_=_word(""))
_of_programme = and_(
    event.c.stream == transfer.c.programme_id,
    event.c.type == _type,
    or_(
        false(),
        *(event.c.body["facts"][_word(name)].astext == transfer.c.reference for name in _NAMED),
    ),
)
_cause = (
    select(
        json_of(
            id=event.c.id, type=event.c.type, stream=event.c.stream, version=event.c.version
        ).label("cause")
    )
    .where(
        event.c.authority_id == transfer.c.authority_id,
        event.c.recorded_at == transfer.c.recorded_at,
        event.c.stream.in_([
            transfer.c.programme_id, transfer.c.reference, _from.c.owner_ref, _into.c.owner_ref,
        ]),
        or_(_of_programme, event.c.stream != transfer.c.programme_id),
    )
    .order_by(_of_programme.desc(), (event.c.stream == transfer.c.reference).desc(),
              event.c.version.desc())
    .limit(1)
    .lateral("why")
)  # fmt: skip


def _side(account: Any) -> ColumnElement[Any]:
    return json_of(kind=account.c.kind, owner_id=account.c.owner_ref)


TRANSFERS: Final = page_of(
    select(
        transfer.c.id,
        transfer.c.act,
        money_json(transfer.c.amount, transfer.c.currency).label("amount"),
        _side(_from).label("source"),
        _side(_into).label("target"),
        transfer.c.reference,
        transfer.c.reverses_id,
        _EFFECT.label("effect"),
        _cause.c.cause,
        instant(transfer.c.valid_at).label("valid_at"),
        instant(transfer.c.recorded_at).label("recorded_at"),
    )
    .join(
        _from,
        and_(_from.c.authority_id == transfer.c.authority_id, _from.c.id == transfer.c.debit_id),
    )
    .join(
        _into,
        and_(_into.c.authority_id == transfer.c.authority_id, _into.c.id == transfer.c.credit_id),
    )
    .outerjoin(_cause, true())
    .where(_from.c.authority_id == _AUTHORITY, _from.c.programme_id == _PROGRAMME)
)
_READS: Final = Statement(
    select(
        or_(
            bindparam("own", type_=Integer) == _AUTHORITY,
            identity.is_overseen(_AUTHORITY, bindparam("oversees", type_=Text)),
        )
    )
)


async def opened(tx: Tx, programme_id: str, *, by: Actor) -> int:
    """Return the authority of a programme whose transfers the caller may read.

    Refuses with ProgrammeMissing or TransfersClosed.
    """
    authority = await budgets.there(tx, programme_id)
    if not await tx.value(_READS, authority_id=authority, **reads_as(by)):
        raise TransfersClosed("The caller is neither the authority nor its auditor.")
    return authority
