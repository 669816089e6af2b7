"""Read payments: facts for the rules, locked; views, as far as row-level security lets one see."""

from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Text,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.canonical import canonical
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.rules import ContractMissing
from ecosystem.contracts.shares import lead_of
from ecosystem.contracts.tables import contract
from ecosystem.identity.model import OrganisationState
from ecosystem.identity.tables import organisation
from ecosystem.outcomes import queries as outcomes
from ecosystem.outcomes.model import READS
from ecosystem.payments.calculation import Calculation, Proof
from ecosystem.payments.covering.tables import awaited
from ecosystem.payments.disputing.tables import payment_dispute
from ecosystem.payments.dividing.tables import EARNED, EXCESS
from ecosystem.payments.model import (
    PaymentFacts,
    PaymentKind,
    SettleFacts,
    Settlement,
    State,
)
from ecosystem.payments.references import queries as references
from ecosystem.payments.returning.queries import VIEW
from ecosystem.payments.rules import CalculationMissing, PaymentMissing
from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import money, revision
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_KEY: Final = (payment.c.authority_id == _AUTHORITY, payment.c.id == _ID)
_OF_CONTRACT: Final = (payment.c.authority_id == _AUTHORITY, payment.c.contract_id == _CONTRACT)
_CALCULATED: Final = (
    calculation.c.authority_id == _AUTHORITY,
    calculation.c.contract_id == _CONTRACT,
)
_later = calculation.alias("later")
_SUPERSEDING: Final = (
    _later.c.authority_id == calculation.c.authority_id,
    _later.c.supersedes == calculation.c.id,
)
_HOLDING: Final = (
    payment_dispute.c.authority_id == payment.c.authority_id,
    payment_dispute.c.held_id == payment.c.id,
    payment_dispute.c.state == "open",
)
_PRICE: Final = payment.c.kind == PaymentKind.OUTCOME.value
STANDS: Final = ~exists().where(*_SUPERSEDING)


_SUMMARY: Final = (
    payment.c.id,
    payment.c.version,
    payment.c.state,
    payment.c.kind,
    payment.c.contract_id,
    payment.c.payee_id,
    money_json(payment.c.amount, payment.c.currency).label("amount"),
    money_json(payment.c.paid, payment.c.currency).label("paid"),
    payment.c.calculation_id,
    instant(payment.c.computed_at).label("computed_at"),
    payment.c.due_on,
    payment.c.settled_on,
)
_STEPS_TAKEN: Final = (
    "claimed", "approved", "rejected", "instructed", "settled", "received",
)  # fmt: skip
_BESIDE: Final = bindparam("beside", type_=Text)


def _told_whom(paid_to: ColumnElement[str], payee: ColumnElement[str]) -> ColumnElement[str | None]:
    """Return who was paid, but to a lender `beside` nothing of another lender."""
    return case((paid_to.in_([payee, func.coalesce(_BESIDE, paid_to)]), paid_to), else_=None)


_settlements = (
    select(
        VIEW.c.bank_reference,
        VIEW.c.settled_on,
        _told_whom(VIEW.c.paid_to_id, VIEW.c.payee_id).label("paid_to_id"),
        VIEW.c.amount,
        VIEW.c.returned,
    )
    .where(VIEW.c.authority_id == _AUTHORITY, VIEW.c.payment_id == _ID)
    .order_by(VIEW.c.version)
    .subquery("settlements")
)
_one = (
    select(
        *_SUMMARY,
        payment.c.authority_id.label("authority_number"),
        money_json(payment.c.taken_back, payment.c.currency).label("taken_back"),
        money_json(payment.c.earned, payment.c.currency).label("earned"),
        money_json(payment.c.owed_before, payment.c.currency).label("owed_before"),
        *(instant(payment.c[f"{step}_at"]).label(f"{step}_at") for step in _STEPS_TAKEN),
        *(payment.c[f"{step}_by"] for step in _STEPS_TAKEN),
        payment.c.rejected_reason,
        _told_whom(payment.c.paid_to_id, payment.c.payee_id).label("paid_to_id"),
        payment.c.bank_reference,
        select(func.coalesce(func.json_agg(_settlements.table_valued()), func.json_build_array()))
        .scalar_subquery()
        .label("settlements"),
        instant(payment.c.returned_at).label("returned_at"),
        instant(payment.c.reversed_at).label("reversed_at"),
    )
    .where(*_KEY)
    .subquery("one")
)
_HIDES: Final = exists(
    select(VIEW.c.version)
    .where(VIEW.c.authority_id == _AUTHORITY, VIEW.c.payment_id == _ID)
    .where(_told_whom(VIEW.c.paid_to_id, VIEW.c.payee_id).is_(None))
) | (_one.c.instructed_at.is_not(None) & _one.c.paid_to_id.is_(None))
_VIEW: Final = Statement(
    select(json_row(_one).label("body"), _one.c.version, _HIDES.label("hides"))
)
PAYMENTS: Final = page_of(select(*_SUMMARY).where(*_OF_CONTRACT))
"""A page of the payments of a contract."""
CALCULATIONS: Final = page_of(
    select(
        calculation.c.id,
        calculation.c.kind,
        calculation.c.late_payment_id,
        calculation.c.ordinal,
        calculation.c.supersedes,
        _later.c.id.label("superseded_by"),
        money_json(calculation.c.total, calculation.c.currency).label("total"),
        calculation.c.document["digest"].label("digest"),
        instant(calculation.c.recorded_at).label("recorded_at"),
    )
    .outerjoin(_later, and_(*_SUPERSEDING))
    .where(*_CALCULATED)
)
"""A page of the calculations of a contract, also of those that others supersede."""
_PROOFS: Final = case(
    (
        outcomes.is_seen(calculation.c.authority_id, calculation.c.contract_id),
        calculation.c.proofs,
    )
).label("proofs")
"""The observations behind a calculation's aggregates, for who reads these as they were reported."""
_EXPLANATION: Final = Statement(
    select(calculation.c.document, _PROOFS)
    .join(
        payment,
        (payment.c.authority_id == calculation.c.authority_id)
        & (payment.c.calculation_id == calculation.c.id),
    )
    .where(*_KEY)
)
_DOCUMENT: Final = Statement(
    select(calculation.c.document, _PROOFS).where(
        calculation.c.authority_id == _AUTHORITY, calculation.c.id == _ID
    )
)


_PAYABLE: Final = [
    one.value for one in (State.COMPUTED, State.CLAIMED, State.APPROVED, State.RETURNED)
]
_DIVIDED: Final = """(SELECT sum(part.earned) FROM payee_total AS part
      WHERE part.authority_id = contract.authority_id AND part.contract_id = contract.id)"""
_OWED: Final = payment.c.amount - payment.c.paid - payment.c.taken_back


def _sum(of: ColumnElement[Any], *chosen: ColumnElement[bool]) -> Any:
    return money_json(
        select(func.coalesce(func.sum(of), 0))
        .where(*_OF_CONTRACT, _PRICE, *chosen)
        .scalar_subquery(),
        contract.c.currency,
    )


_earned = (
    select(func.coalesce(func.sum(calculation.c.total), 0))
    .where(*_CALCULATED, STANDS, calculation.c.kind == PaymentKind.OUTCOME.value)
    .scalar_subquery()
)
_interest = (
    select(func.coalesce(func.sum(calculation.c.total), 0))
    .where(*_CALCULATED, STANDS, calculation.c.kind == PaymentKind.INTEREST.value)
    .scalar_subquery()
)
_withheld = (
    select(
        func.coalesce(func.sum(cast(calculation.c.document["withheld"].as_string(), Numeric)), 0)
    )
    .where(*_CALCULATED, STANDS)
    .scalar_subquery()
)
_SEES: Final = """EXISTS (
    SELECT FROM calculation AS seen WHERE seen.authority_id = contract.authority_id
      AND seen.contract_id = contract.id AND seen.kind = 'outcome')"""
_OVERPAID: Final = f"""CASE WHEN {_SEES} THEN coalesce((
    SELECT greatest(total.owed - {
    EARNED.format(divided=_DIVIDED, of="contract", contract="contract.id")
}, 0)
    FROM payment_total AS total WHERE total.authority_id = contract.authority_id
      AND total.contract_id = contract.id), 0) ELSE 0 END"""  # noqa: S608 - every word is ours
"""Nothing for who sees no calculation."""
_OVERPAID_BY: Final = f"""(SELECT coalesce(json_agg(json_build_object('payee_id', one.payee_id,
    'amount', money_json(one.excess, contract.currency)) ORDER BY one.payee_id), '[]')
  FROM (SELECT of_payee.payee_id, {EXCESS.format(of="of_payee")} AS excess
    FROM payee_total AS of_payee WHERE of_payee.authority_id = contract.authority_id
      AND of_payee.contract_id = contract.id AND {_SEES} AND EXISTS (
        SELECT FROM payment AS own WHERE own.authority_id = of_payee.authority_id
          AND own.contract_id = of_payee.contract_id AND own.payee_id = of_payee.payee_id)
  ) AS one WHERE one.excess > 0)"""  # noqa: S608 - every word is ours
"""Of those whose payments the caller sees."""
_totals = (
    select(
        contract.c.id.label("contract_id"),
        money_json(contract.c.price, contract.c.currency).label("value"),
        money_json(_earned, contract.c.currency).label("earned"),
        _sum(_OWED, payment.c.state.in_(_PAYABLE)).label("payable"),
        _sum(_OWED, payment.c.state == State.INSTRUCTED.value).label("in_transit"),
        _sum(payment.c.paid).label("paid"),
        _sum(payment.c.paid, payment.c.received_at.is_not(None)).label("received"),
        money_json(_withheld, contract.c.currency).label("withheld"),
        money_json(_interest, contract.c.currency).label("late_interest"),
        money_json(literal_column(_OVERPAID, Numeric), contract.c.currency).label("overpaid"),
        literal_column(_OVERPAID_BY, JSON).label("overpaid_by"),
        money_json(awaited(contract), contract.c.currency).label("awaited"),
    )
    .where(contract.c.authority_id == _AUTHORITY, contract.c.id == _CONTRACT)
    .where(contract.c.activated_at.is_not(None))
    .subquery("totals")
)
_TOTALS: Final = Statement(select(json_row(_totals)).select_from(_totals))
_LOCKED: Final = Statement(
    select(
        payment,
        contract.c.programme_id,
        contract.c.need_id,
        organisation.c.state.label("payee_state"),
        select(payment_dispute.c.id).where(*_HOLDING).scalar_subquery().label("dispute_id"),
    )
    .join(
        contract,
        (contract.c.authority_id == payment.c.authority_id)
        & (contract.c.id == payment.c.contract_id),
    )
    .join(organisation, organisation.c.id == payment.c.payee_id)
    .where(*_KEY)
    .with_for_update(of=payment)
)


async def view(tx: Tx, payment_id: str, *, seen_by: Actor) -> Record:
    """Return a payment's JSON as `body`, its version, and whether it hides another lender.

    Refuses with PaymentMissing.
    """
    lends = seen_by.kind is OrganisationKind.FINANCIAL_INSTITUTION
    return _found(
        await tx.row(
            _VIEW, authority_id=owner_of(payment_id), id=payment_id,
            beside=seen_by.organisation_id if lends else None,
        )
    )  # fmt: skip


async def explanation(
    tx: Tx, payment_id: str, *, proofs: bool, seen_by: Actor
) -> tuple[bytes, bool]:
    """Return the calculation behind a payment, as it was made, and whether proofs are in it.

    With `proofs` the observations behind its aggregates are in it, where there are any and the
    reader may know them. Refuses with PaymentMissing.
    """
    row = await tx.row(
        _EXPLANATION,
        authority_id=owner_of(payment_id),
        id=payment_id,
        **contracts.reads_as(seen_by, scope=READS),
    )
    return _told(_found(row), proofs=proofs)


async def document(
    tx: Tx, calculation_id: str, *, proofs: bool, seen_by: Actor
) -> tuple[bytes, bool]:
    """Return a calculation as `explanation` does. Refuses with CalculationMissing."""
    authority = owner(calculation_id, "calculation", otherwise=CalculationMissing)
    reads_as = contracts.reads_as(seen_by, scope=READS)
    row = await tx.row(_DOCUMENT, authority_id=authority, id=calculation_id, **reads_as)
    if row is None:
        raise CalculationMissing("No calculation that the caller may know of is called so.")
    return _told(row, proofs=proofs)


def _told(row: Record, *, proofs: bool) -> tuple[bytes, bool]:
    document: bytes = row["document"]
    if not proofs or row["proofs"] is None:
        return document, False
    made = msgspec.json.decode(document, type=Calculation)
    beside = msgspec.json.decode(row["proofs"], type=tuple[Proof, ...])
    return canonical(msgspec.structs.replace(made, proofs=beside)), True


async def totals(tx: Tx, contract_id: str) -> bytes:
    """Return where the money of a contract is, as JSON, as far as the caller may know.

    Refuses with ContractMissing.
    """
    authority = owner(contract_id, "contract", otherwise=ContractMissing)
    found: bytes | None = await tx.value(_TOTALS, authority_id=authority, contract_id=contract_id)
    if found is None:
        raise ContractMissing("No such contract is in force.")
    return found


async def locked(
    tx: Tx, payment_id: str, *, expected: int | None = None
) -> tuple[PaymentFacts, Record]:
    """Lock a payment for change; return what a step is checked against, and its row.

    The row has its contract's `programme_id`. Refuses with PaymentMissing, or RevisionStale
    where `expected` is another version.
    """
    row = _found(await tx.row(_LOCKED, authority_id=owner_of(payment_id), id=payment_id))
    revision.check(expected, actual=row["version"])
    facts = PaymentFacts(
        payment_id=payment_id,
        contract_id=row["contract_id"],
        authority_number=row["authority_id"],
        payee_id=row["payee_id"],
        is_payee_verified=row["payee_state"] == OrganisationState.VERIFIED,
        state=State(row["state"]),
        kind=PaymentKind(row["kind"]),
        amount=money.of(row["amount"], row["currency"]),
        paid=money.of(row["paid"], row["currency"]).amount,
        taken_back=money.of(row["taken_back"], row["currency"]).amount,
        **{name: row[name] for name in _AS_THEY_ARE},
    )
    return facts, row


_AS_THEY_ARE: Final = (
    "claimed_by", "approved_by", "instructed_at", "bank_reference", "settled_on", "received_at",
    "paid_to_id", "dispute_id", "due_on",
)  # fmt: skip


async def settle_facts(tx: Tx, payment: PaymentFacts, asked: Settlement) -> SettleFacts:
    """Return what the settlement of a locked payment is checked against."""
    settles = await references.settled_by(
        tx, asked.bank_reference, authority=payment.authority_number
    )
    return SettleFacts(payment=payment, asked=asked, settles=settles)


def payee_of(terms: ContractTerms) -> str:
    """Return the supplier that is paid what is not divided: the one that leads, or the only one."""
    lead = lead_of(terms, "supplier")
    if lead is None:
        message = "a contract without a supplier"
        raise LookupError(message)
    return lead


def owner_of(payment_id: str) -> int:
    """Return the authority of a payment. Refuses with PaymentMissing."""
    return owner(payment_id, "payment", otherwise=PaymentMissing)


def _found(row: Record | None) -> Record:
    if row is None:
        raise PaymentMissing("No payment that the caller may know of bears this identifier.")
    return row
