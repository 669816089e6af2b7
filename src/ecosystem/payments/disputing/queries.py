"""Read disputes: facts for the rules, locked; views for people."""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Integer, Text, bindparam, func, select

from ecosystem.contracts.tables import contract
from ecosystem.payments.disputing.model import DisputeFacts, Proposal, State
from ecosystem.payments.disputing.rules import DisputeMissing
from ecosystem.payments.disputing.tables import payment_dispute
from ecosystem.payments.tables import payment
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import money, revision
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_KEY: Final = (
    payment_dispute.c.authority_id == _AUTHORITY,
    payment_dispute.c.id == bindparam("id", type_=Text),
)
_AS_THEY_ARE: Final = (
    "id", "version", "state", "contract_id", "payee_id", "disputed_id", "held_id", "rest_id",
    "reason", "opened_by", "proposed_reason", "proposed_by", "released_id", "agreed_by",
)  # fmt: skip
_VIEW: Final = (
    *(payment_dispute.c[name] for name in _AS_THEY_ARE),
    *(
        money_json(payment_dispute.c[name], payment_dispute.c.currency).label(name)
        for name in ("amount", "proposed_payable", "payable")
    ),
    *(
        instant(payment_dispute.c[name]).label(name)
        for name in ("opened_at", "proposed_at", "resolved_at")
    ),
)
_one = select(*_VIEW).where(*_KEY).subquery("one")
_ONE: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
DISPUTES: Final = page_of(
    select(*_VIEW).where(
        payment_dispute.c.authority_id == _AUTHORITY,
        payment_dispute.c.contract_id == bindparam("contract_id", type_=Text),
    )
)
"""A page of the disputes of a contract that the reader may know of."""
_FORGONE: Final = Statement(
    select(func.coalesce(func.sum(payment_dispute.c.amount - payment_dispute.c.payable), 0)).where(
        payment_dispute.c.authority_id == _AUTHORITY,
        payment_dispute.c.contract_id == bindparam("contract_id", type_=Text),
    )
)
_LOCKED: Final = Statement(
    select(
        payment_dispute,
        contract.c.programme_id,
        payment.c.calculation_id,
        payment.c.owed_before,
    )
    .join(
        contract,
        (contract.c.authority_id == payment_dispute.c.authority_id)
        & (contract.c.id == payment_dispute.c.contract_id),
    )
    .join(
        payment,
        (payment.c.authority_id == payment_dispute.c.authority_id)
        & (payment.c.id == payment_dispute.c.held_id),
    )
    .where(*_KEY)
    .with_for_update(of=payment_dispute)
)


async def forgone(tx: Tx, contract_id: str) -> Decimal:
    """Return what the payee of a contract has forgone in disputes."""
    found: Decimal = await tx.value(
        _FORGONE, authority_id=authority_of(contract_id), contract_id=contract_id
    )
    return found


async def view(tx: Tx, dispute_id: str) -> Record:
    """Return a dispute's JSON as `body`, and its version. Refuses with DisputeMissing."""
    return _found(await tx.row(_ONE, **_named(dispute_id)))


async def locked(
    tx: Tx, dispute_id: str, *, expected: int | None, asked: Proposal | None = None
) -> tuple[DisputeFacts, Record]:
    """Lock a dispute; return what a step is checked against, and its row.

    The row has the `programme_id` of its contract, and the `calculation_id` and `owed_before` of
    the payment that is held. Refuses with DisputeMissing, or RevisionStale where `expected` is
    another version.
    """
    row = _found(await tx.row(_LOCKED, **_named(dispute_id)))
    revision.check(expected, actual=row["version"])
    proposed, currency = row["proposed_payable"], row["currency"]
    facts = DisputeFacts(
        state=State(row["state"]),
        authority_number=row["authority_id"],
        payee_id=row["payee_id"],
        held=money.of(row["amount"], currency),
        proposed=None if proposed is None else money.of(proposed, currency),
        proposed_by=row["proposed_by"],
        opened_by=row["opened_by"],
        proposed_hand=row["proposed_hand"],
        asked=asked,
    )
    return facts, row


def _named(dispute_id: str) -> dict[str, Any]:
    authority = owner(dispute_id, "dispute", otherwise=DisputeMissing)
    return {"authority_id": authority, "id": dispute_id}


def _found(row: Record | None) -> Record:
    if row is None:
        raise DisputeMissing("No dispute that the caller may know of bears this identifier.")
    return row
