"""What holds between payments and the ledger: statements that must select nothing."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Numeric,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    select,
    text,
)

from ecosystem.contracts.tables import CALCULATION, contract
from ecosystem.ledger.model import AccountKind, Violation
from ecosystem.ledger.tables import ledger_account
from ecosystem.payments.books.division import DIVIDED
from ecosystem.payments.engine import EngineUnknown, recompute
from ecosystem.payments.late.guard import STANDING
from ecosystem.payments.model import PaymentKind, State
from ecosystem.payments.tables import calculation, payment, payment_total
from ecosystem.runtime.database import Statement, Tx
from ecosystem.values.refusal import Refusal

PURPOSE: Final = {"purpose": CALCULATION}
"""The settings of a transaction that sees every payment, which these statements need."""
_OWED: Final = (
    State.COMPUTED, State.CLAIMED, State.APPROVED, State.INSTRUCTED, State.SETTLED,
    State.RETURNED, State.REVERSED,
)  # fmt: skip


_STANDING: Final = payment.c.amount - payment.c.taken_back
_LEFT: Final = _STANDING - payment.c.paid


def _paid(*states: State, of: ColumnElement[Any] = _STANDING) -> ColumnElement[Any]:
    """Return the sum of a contract's payments in these states, or of what `of` says of each."""
    return (
        select(func.coalesce(func.sum(of), 0))
        .where(payment.c.authority_id == contract.c.authority_id)
        .where(payment.c.contract_id == contract.c.id)
        .where(payment.c.kind == PaymentKind.OUTCOME.value)
        .where(payment.c.state.in_([str(state) for state in states]))
        .scalar_subquery()
    )


def _held(kind: AccountKind) -> ColumnElement[Any]:
    """Return what a contract's accounts of a kind hold."""
    return (
        select(func.coalesce(func.sum(ledger_account.c.credits - ledger_account.c.debits), 0))
        .where(ledger_account.c.authority_id == contract.c.authority_id)
        .where(ledger_account.c.owner_ref == contract.c.id)
        .where(ledger_account.c.currency == contract.c.currency)
        .where(ledger_account.c.kind == str(kind))
        .scalar_subquery()
    )


def _differing(kind: AccountKind, *states: State, of: ColumnElement[Any]) -> Statement:
    said = _paid(*states, of=of)
    columns = (contract.c.id, _held(kind).label("held"), said.label("paid"))
    return Statement(select(*columns).where(_held(kind) != said))


def _miscounted() -> Statement:
    counted = func.coalesce(payment_total.c.owed, 0)
    of_contract = and_(
        payment_total.c.authority_id == contract.c.authority_id,
        payment_total.c.contract_id == contract.c.id,
    )
    columns = (contract.c.id, counted.label("owed"), _paid(*_OWED).label("paid"))
    return Statement(
        select(*columns)
        .select_from(contract.outerjoin(payment_total, of_contract))
        .where(counted != _paid(*_OWED))
    )


_LINES: Final = """
FROM calculation
CROSS JOIN json_array_elements(document->'lines') AS line
JOIN LATERAL json_array_elements(document->'rules') AS rule ON rule->>'code' = line->>'rule'
WHERE line->>'shape' = '{shape}' AND NOT EXISTS (
  SELECT FROM calculation AS later
  WHERE later.authority_id = calculation.authority_id AND later.supersedes = calculation.id)
GROUP BY calculation.authority_id, contract_id, line->>'rule'"""
_SUM: Final = "sum((line->>'amount')::numeric)"


def _standing(shape: str, *, sign: str, most: str) -> Statement:
    """Select contracts where the lines of a rule of this shape come to less than 0, or too much."""
    amount = f"{sign}{_SUM}"
    return Statement(
        text(
            f"SELECT contract_id, line->>'rule' AS rule, {amount} AS held "
            f"{_LINES.format(shape=shape)} "
            f"HAVING {amount} < 0 OR {amount} > max((rule->>'{most}')::numeric)"
        )
    )


def _moved_otherwise() -> Statement:
    """Select payments whose steps have not moved what they say.

    What the bank returns, or gives back of what it had paid, has moved back.
    """
    taken = {
        "compute": "payment.amount",
        "instruct": "CASE WHEN instructed_at IS NOT NULL THEN payment.amount - taken_back "
        "ELSE paid END",
        "settle": "paid",
        "reverse": "taken_back",
        "reject": "CASE WHEN rejected_at IS NOT NULL THEN payment.amount ELSE 0 END",
    }
    acts = ", ".join(f"('{act}', {done})" for act, done in taken.items())
    return Statement(
        text(
            "SELECT payment.id, step.act, coalesce(sum(moved.amount), 0) AS moved "  # noqa: S608
            f"FROM payment CROSS JOIN LATERAL (VALUES {acts}) AS step(act, done) "
            "LEFT JOIN LATERAL (SELECT CASE WHEN transfer.act IN ('return', 'give_back') "
            "THEN -transfer.amount ELSE transfer.amount END AS amount "
            "FROM transfer WHERE transfer.authority_id = payment.authority_id "
            "AND transfer.reference = payment.id AND (transfer.act = step.act "
            "OR (step.act = 'instruct' AND transfer.act = 'return') "
            "OR (step.act = 'settle' AND transfer.act = 'give_back')) "
            "AND transfer.currency = payment.currency) "
            "AS moved ON true "
            "GROUP BY payment.authority_id, payment.id, step.act, step.done "
            "HAVING coalesce(sum(moved.amount), 0) <> step.done"
        )
    )


def _mispaid() -> Statement:
    """Select payments of which more or less is paid than stands of the bank's settlements."""
    return Statement(
        text(
            "SELECT payment.id, payment.paid, sum(part.amount) AS standing "  # noqa: S608
            f"FROM payment LEFT JOIN ({STANDING}) AS part "
            "ON part.authority_id = payment.authority_id AND part.payment_id = payment.id "
            "GROUP BY payment.authority_id, payment.id, payment.paid "
            "HAVING coalesce(sum(part.amount), 0) <> payment.paid "
            "OR min(part.amount) < 0"
        )
    )


def _overpaid() -> Statement:
    """Select contracts whose payments come to more than what was signed."""
    columns = (contract.c.id, contract.c.price, _paid(*_OWED).label("paid"))
    return Statement(select(*columns).where(_paid(*_OWED) > contract.c.price))


def _unexplained() -> Statement:
    """Select payments without a calculation of their contract whose digest is of its document."""
    digest = (
        "sha256(convert_to(replace(document::text, '\"digest\":\"' || encode(digest, 'hex') || "
        "'\"', '\"digest\":\"\"'), 'UTF8'))"
    )
    return Statement(
        text(
            "SELECT payment.id, calculation.id AS calculation_id FROM payment "  # noqa: S608
            "LEFT JOIN calculation ON calculation.authority_id = payment.authority_id "
            "AND calculation.id = payment.calculation_id "
            "AND calculation.contract_id = payment.contract_id "
            f"WHERE calculation.id IS NULL OR digest <> {digest}"
        )
    )


def _withheld() -> Statement:
    """Select contracts whose account holds anything else than what stands withheld."""
    later = calculation.alias("later")
    superseded = exists().where(
        later.c.authority_id == calculation.c.authority_id,
        later.c.supersedes == calculation.c.id,
    )
    kept = cast(calculation.c.document["withheld"].as_string(), Numeric)
    said = (
        select(func.coalesce(func.sum(kept), 0))
        .where(calculation.c.authority_id == contract.c.authority_id)
        .where(calculation.c.contract_id == contract.c.id, ~superseded)
        .scalar_subquery()
    )
    held = _held(AccountKind.WITHHELD)
    return Statement(
        select(contract.c.id, held.label("held"), said.label("said")).where(held != said)
    )


def _unannounced() -> Statement:
    """Select calculations that deduct something, in a step of which no notice was given."""
    return Statement(
        text(
            "SELECT calculation.id, calculation.contract_id FROM calculation "  # noqa: S608
            "WHERE NOT EXISTS (SELECT FROM deduction_notice AS notice "
            "WHERE notice.authority_id = calculation.authority_id "
            "AND notice.contract_id = calculation.contract_id "
            "AND notice.ordinal = calculation.ordinal) AND 0 > (SELECT "
            f"coalesce({_SUM}, 0) FROM json_array_elements(calculation.document->'lines') AS line "
            "WHERE line->>'stage' = 'deductions')"
        )
    )


INVARIANTS: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        "A contract's payable money is what nobody has instructed of its payments.": _differing(
            AccountKind.PAYABLE,
            State.COMPUTED,
            State.CLAIMED,
            State.APPROVED,
            State.RETURNED,
            of=_LEFT,
        ),
        "A contract's money in transit is its payments that the bank has not settled.": _differing(
            AccountKind.IN_TRANSIT, State.INSTRUCTED, of=_LEFT
        ),
        "A contract's disbursed money is what of its payments was settled and stays.": _differing(
            AccountKind.DISBURSED, *_OWED, of=payment.c.paid
        ),
        "What is paid of a payment was settled, and did not come back.": _mispaid(),
        "What a contract's calculations withhold is in its account.": _withheld(),
        "A contract owes the sum of its payments.": _miscounted(),
        "A contract owes no more than was signed.": _overpaid(),
        "Each step of a payment has moved what it says.": _moved_otherwise(),
        "A payment has a calculation, whose digest is that of its document.": _unexplained(),
        "Whatever is deducted was announced to the payee.": _unannounced(),
        "No more of an advance is recovered than was paid.": _standing(
            "advance", sign="", most="amount"
        ),
        "No more is retained than a contract allows, nor more released than was retained.": (
            _standing("retention", sign="-", most="limit")
        ),
        **DIVIDED,
    }
)
"""For `ledger.queries.check`, in a transaction with PURPOSE."""

RECOMPUTES: Final = "Every calculation says what is computed from its own rules and facts."
_AT_ONCE: Final = 200
_DOCUMENTS: Final = Statement(
    select(calculation.c.id, calculation.c.document)
    .where(calculation.c.id > bindparam("after", type_=Text))
    .order_by(calculation.c.id)
    .limit(_AT_ONCE)
)


async def miscomputed(tx: Tx) -> list[Violation]:
    """Return the calculations that say anything else than the engine computes from them.

    Those of another engine are for the release that has it. In a transaction with PURPOSE.
    """
    found, after = list[Violation](), ""
    while rows := await tx.rows(_DOCUMENTS, after=after):
        for row in rows:
            if said := _differs(row["document"]):
                found.append(Violation(RECOMPUTES, {"id": row["id"], "said": said}))
        after = rows[-1]["id"]
    return found


def _differs(document: bytes) -> str:
    try:
        differences = recompute(document).differences
    except EngineUnknown:
        return ""
    except Refusal as refusal:
        return refusal.detail
    return "" if not differences else msgspec.json.encode(differences[0]).decode()
