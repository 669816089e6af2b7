"""Read disputes: facts for the rules, locked; views for people."""

from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import Integer, Text, bindparam, exists, func, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.form_shapes import MemberShare
from ecosystem.contracts.shares import consortium_of
from ecosystem.contracts.tables import CALCULATION, contract
from ecosystem.payments.calculating import queries as calculating
from ecosystem.payments.calculation import Calculation
from ecosystem.payments.disputing.model import (
    DisputeDraft,
    DisputeFacts,
    Payable,
    Proposal,
    State,
    WholeFacts,
)
from ecosystem.payments.disputing.rules import DisputeMissing
from ecosystem.payments.disputing.tables import payment_dispute
from ecosystem.payments.dividing import queries as dividing
from ecosystem.payments.dividing.model import DueFacts
from ecosystem.payments.dividing.parting import shares_in
from ecosystem.payments.dividing.rules import dues
from ecosystem.payments.model import PaymentKind
from ecosystem.payments.model import State as PaymentState
from ecosystem.payments.queries import owner_of, payee_of
from ecosystem.payments.rules import CalculationMissing
from ecosystem.payments.tables import calculation, payment
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
    "reason", "opened_by", "opened_for", "disputed_calculation_id", "proposed_reason",
    "proposed_by", "released_id", "agreed_by",
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


_REJECTED: Final = Statement(
    select(payment.c.contract_id, payment.c.payee_id).where(
        payment.c.authority_id == _AUTHORITY,
        payment.c.id == bindparam("id", type_=Text),
        payment.c.kind == PaymentKind.OUTCOME.value,
        payment.c.state == PaymentState.REJECTED.value,
    )
)
_later = calculation.alias("later")
_CALCULATION: Final = Statement(
    select(
        calculation.c.id,
        calculation.c.contract_id,
        calculation.c.ordinal,
        calculation.c.kind,
        calculation.c.document,
        select(_later.c.id)
        .where(
            _later.c.authority_id == calculation.c.authority_id,
            _later.c.supersedes == calculation.c.id,
        )
        .scalar_subquery()
        .label("superseded_by"),
    ).where(
        calculation.c.authority_id == _AUTHORITY, calculation.c.id == bindparam("id", type_=Text)
    )
)
_PAYABLE: Final = Statement(
    select(payment.c.id, payment.c.payee_id, payment.c.amount, payment.c.currency)
    .join(
        calculation,
        (calculation.c.authority_id == payment.c.authority_id)
        & (calculation.c.id == payment.c.calculation_id),
    )
    .where(
        payment.c.authority_id == _AUTHORITY,
        payment.c.contract_id == bindparam("contract_id", type_=Text),
        payment.c.kind == PaymentKind.OUTCOME.value,
        payment.c.state.in_([PaymentState.COMPUTED.value, PaymentState.CLAIMED.value]),
        calculation.c.ordinal == bindparam("ordinal", type_=Integer),
        ~exists().where(
            payment_dispute.c.authority_id == payment.c.authority_id,
            payment_dispute.c.held_id == payment.c.id,
            payment_dispute.c.state == "open",
        ),
    )
    .order_by(payment.c.id)
    .with_for_update(of=payment)
)


async def unpaid(tx: Tx, payment_id: str) -> str | None:
    """Return what the payee of a payment has earned and is not owed; None but of a rejected one.

    Locks the contract of a rejected payment, so that nothing else pays the same meanwhile.
    Refuses with PaymentMissing.
    """
    row = await tx.row(_REJECTED, authority_id=owner_of(payment_id), id=payment_id)
    if row is None:
        return None
    async with tx.allowing("purpose", CALCULATION):
        terms, held = await calculating.contract_locked(tx, row["contract_id"])
        due = DueFacts(
            contract_id=row["contract_id"], steps=await calculating.step_facts(tx, terms, held),
            made=(), ids=(), lead_id=payee_of(terms), together=consortium_of(terms, "supplier"),
            accounts=await dividing.accounts(tx, row["contract_id"]),
        )  # fmt: skip
    found = next((one for one in dues(due) if one.payee_id == row["payee_id"]), None)
    if found is None:
        return "0"
    answers_for = Decimal(0) if found.answers_for is UNSET else Decimal(found.answers_for)
    return f"{max(Decimal(found.earned) - Decimal(found.owed) - answers_for, Decimal(0)):f}"


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
        opened_for=row["opened_for"],
        proposed_hand=row["proposed_hand"],
        asked=asked,
    )
    return facts, row


async def disputed(tx: Tx, calculation_id: str) -> Record:
    """Return the row of a calculation that the caller sees. Refuses with CalculationMissing."""
    authority = owner(calculation_id, "calculation", otherwise=CalculationMissing)
    row = await tx.row(_CALCULATION, authority_id=authority, id=calculation_id)
    if row is None:
        raise CalculationMissing("No calculation that the caller may know of is called so.")
    return row


async def whole_facts(tx: Tx, row: Record, asked: DisputeDraft) -> WholeFacts:
    """Lock the payments of a calculation's step; return what a dispute of it is checked against.

    Whoever disputes it all holds what is other members', in a transaction that sees every payment.
    """
    made = msgspec.json.decode(row["document"], type=Calculation)
    terms, _ = await contracts.terms(tx, row["contract_id"])
    lead_id, authority = payee_of(terms), authority_of(row["id"])
    payable = await tx.rows(
        _PAYABLE,
        authority_id=authority, contract_id=row["contract_id"], ordinal=row["ordinal"],
    )  # fmt: skip
    return WholeFacts(
        calculation_id=row["id"],
        contract_id=row["contract_id"],
        authority_number=authority,
        lead_id=lead_id,
        kind=PaymentKind(row["kind"]),
        superseded_by=row["superseded_by"],
        total=made.payable(),
        shares=shares_in(made) or (MemberShare(organisation_id=lead_id, share="100"),),
        payable=tuple(
            Payable(
                payment_id=one["id"],
                payee_id=one["payee_id"],
                amount=money.of(one["amount"], one["currency"]),
            )
            for one in payable
        ),
        asked=asked,
    )


def _named(dispute_id: str) -> dict[str, Any]:
    authority = owner(dispute_id, "dispute", otherwise=DisputeMissing)
    return {"authority_id": authority, "id": dispute_id}


def _found(row: Record | None) -> Record:
    if row is None:
        raise DisputeMissing("No dispute that the caller may know of bears this identifier.")
    return row
