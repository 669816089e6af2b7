"""Read what comes back of loans: facts for the rules, and views."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Integer, Text, and_, bindparam, func, select

from ecosystem.finance import queries as facilities
from ecosystem.finance.assigning import queries as assigning
from ecosystem.finance.drawing.rules import DrawdownMissing
from ecosystem.finance.drawing.tables import drawdown
from ecosystem.finance.model import FacilityFacts, FeeDue
from ecosystem.finance.rules import FacilityMissing
from ecosystem.finance.servicing import rules
from ecosystem.finance.servicing.model import (
    DrawnLoan,
    Paid,
    Position,
    ReceiveFacts,
    RepaymentDraft,
    RestateFacts,
    RestatementDraft,
    Scheduled,
)
from ecosystem.finance.servicing.rules import NotDisbursed, RepaymentMissing
from ecosystem.finance.servicing.tables import repayment, repayment_schedule
from ecosystem.finance.tables import facility
from ecosystem.finance.undoing.queries import UNDONE
from ecosystem.finance.undoing.rules import stays
from ecosystem.finance.waterfall import Application
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_FACILITY: Final = bindparam("facility_id", type_=Text)
_latest = (
    select(
        repayment_schedule.c.drawdown_id,
        func.max(repayment_schedule.c.ordinal).label("ordinal"),
    )
    .where(repayment_schedule.c.authority_id == _AUTHORITY)
    .where(repayment_schedule.c.facility_id == _FACILITY)
    .group_by(repayment_schedule.c.drawdown_id)
    .subquery("latest")
)
_first = repayment_schedule.alias("first")
_LOANS: Final = Statement(
    select(
        drawdown.c.id,
        drawdown.c.fees,
        _first.c.document.label("first"),
        repayment_schedule.c.document,
        repayment_schedule.c.ordinal,
        repayment_schedule.c.repaid_before,
    )
    .join(_latest, _latest.c.drawdown_id == drawdown.c.id)
    .join(
        repayment_schedule,
        and_(
            repayment_schedule.c.authority_id == drawdown.c.authority_id,
            repayment_schedule.c.drawdown_id == drawdown.c.id,
            repayment_schedule.c.ordinal == _latest.c.ordinal,
        ),
    )
    .join(
        _first,
        and_(
            _first.c.authority_id == drawdown.c.authority_id,
            _first.c.drawdown_id == drawdown.c.id,
            _first.c.ordinal == 1,
        ),
    )
    .where(drawdown.c.authority_id == _AUTHORITY, drawdown.c.facility_id == _FACILITY)
    .order_by(drawdown.c.id)
)
_APPLIED: Final = Statement(
    select(repayment.c.received_on, repayment.c.document, UNDONE.label("undone"))
    .where(repayment.c.authority_id == _AUTHORITY, repayment.c.facility_id == _FACILITY)
    .order_by(repayment.c.ordinal)
)
_BY_REFERENCE: Final = Statement(
    select(repayment.c.id).where(
        repayment.c.authority_id == _AUTHORITY,
        repayment.c.facility_id == _FACILITY,
        repayment.c.bank_reference == bindparam("bank_reference", type_=Text),
    )
)
_SUMMARY: Final[tuple[ColumnElement[Any], ...]] = (
    repayment.c.id,
    repayment.c.facility_id,
    repayment.c.source,
    repayment.c.payment_id,
    money_json(repayment.c.amount, repayment.c.currency).label("amount"),
    repayment.c.received_on,
    money_json(repayment.c.surplus, repayment.c.currency).label("surplus"),
    money_json(UNDONE, repayment.c.currency).label("returned"),
    instant(repayment.c.recorded_at).label("recorded_at"),
)
REPAYMENTS: Final = page_of(
    select(*_SUMMARY).where(
        repayment.c.authority_id == _AUTHORITY, repayment.c.facility_id == _FACILITY
    )
)
"""A page of what came in under a facility."""
_one = (
    select(
        *_SUMMARY,
        repayment.c.bank_reference,
        repayment.c.document.label("application"),
        repayment.c.recorded_by,
    )
    .where(repayment.c.authority_id == _AUTHORITY, repayment.c.id == _ID)
    .subquery("one")
)
_VIEW: Final = Statement(select(json_row(_one)).select_from(_one))
SCHEDULES: Final = page_of(
    select(
        repayment_schedule.c.id,
        repayment_schedule.c.drawdown_id,
        repayment_schedule.c.ordinal,
        repayment_schedule.c.reason,
        repayment_schedule.c.document["loan"].label("loan"),
        repayment_schedule.c.document["instalments"].label("instalments"),
        repayment_schedule.c.made_by,
        instant(repayment_schedule.c.made_at).label("made_at"),
    ).where(
        repayment_schedule.c.authority_id == _AUTHORITY,
        repayment_schedule.c.drawdown_id == bindparam("drawdown_id", type_=Text),
    )
)
"""A page of the schedules of a drawdown, also of those that others have taken the place of."""
_PLACE: Final = Statement(
    select(facility.c.currency).where(
        facility.c.authority_id == _AUTHORITY, facility.c.id == _FACILITY
    )
)
_FACILITY_OF: Final = Statement(
    select(drawdown.c.facility_id).where(
        drawdown.c.authority_id == _AUTHORITY, drawdown.c.id == _ID
    )
)


async def view(tx: Tx, repayment_id: str) -> bytes:
    """Return the JSON of a repayment. Refuses with RepaymentMissing."""
    authority = owner(repayment_id, "repayment", otherwise=RepaymentMissing)
    found: bytes | None = await tx.value(_VIEW, authority_id=authority, id=repayment_id)
    if found is None:
        raise RepaymentMissing("No repayment that the caller may know of is called so.")
    return found


async def seen(tx: Tx, facility_id: str) -> str:
    """Return the currency of a facility that the caller sees. Refuses with FacilityMissing."""
    authority = facilities.number(facility_id)
    found: str | None = await tx.value(_PLACE, authority_id=authority, facility_id=facility_id)
    if found is None:
        raise FacilityMissing("No facility that the caller may know of bears this identifier.")
    return found


async def seen_drawdown(tx: Tx, drawdown_id: str) -> str:
    """Return the facility of a drawdown that the caller sees. Refuses with DrawdownMissing."""
    authority = owner(drawdown_id, "drawdown", otherwise=DrawdownMissing)
    found: str | None = await tx.value(_FACILITY_OF, authority_id=authority, id=drawdown_id)
    if found is None:
        raise DrawdownMissing("No drawdown that the caller may know of is called so.")
    return found


async def position(tx: Tx, facility_id: str, *, on: date) -> Position:
    """Return what is owed under a facility on a day. Refuses with FacilityMissing."""
    currency = await seen(tx, facility_id)
    known = await loans(tx, facility_id)
    return rules.position(facility_id, known, currency=currency, on=on)


async def close_facts(tx: Tx, facility_id: str, *, expected: int | None, on: date) -> FacilityFacts:
    """Lock a facility; return what its closure is checked against.

    Refuses with FacilityMissing, or RevisionStale where `expected` is another version.
    """
    facts, _ = await facilities.locked(tx, facility_id, expected=expected)
    owed = rules.claims(await loans(tx, facility_id), on=on, early=True)
    return msgspec.structs.replace(
        facts,
        owed=f"{sum((Decimal(one.amount) for one in owed), Decimal(0)):f}",
        is_assigned=await assigning.secures(tx, facility_id),
    )


async def receive_facts(
    tx: Tx,
    facts: FacilityFacts,
    row: Record,
    asked: RepaymentDraft,
    *,
    payment_id: str | None = None,
    payment_version: int | None = None,
) -> tuple[ReceiveFacts, int]:
    """Return what money that came in under a locked facility is checked against, and its ordinal.

    What an authority pays is never too late to be applied: it counts from the last day at least.
    """
    place = {"authority_id": row["authority_id"], "facility_id": facts.facility_id}
    before = await tx.rows(_APPLIED, **place)
    last_on = before[-1]["received_on"] if before else None
    if payment_id is not None and last_on is not None:
        asked = msgspec.structs.replace(asked, received_on=max(last_on, asked.received_on))
    recorded = (
        await tx.value(_BY_REFERENCE, **place, bank_reference=asked.bank_reference)
        if payment_id is None
        else None
    )
    return ReceiveFacts(
        facility=facts,
        repays_early=facilities.terms_of(row).repays_early,
        asked=asked,
        payment_id=payment_id,
        payment_version=payment_version,
        loans=await loans(tx, facts.facility_id),
        last_on=last_on,
        recorded=recorded,
    ), len(before) + 1


async def restate_facts(tx: Tx, drawdown_id: str, asked: RestatementDraft) -> RestateFacts:
    """Lock a drawdown's facility; return what a restatement is checked against.

    Refuses with DrawdownMissing, NotDisbursed.
    """
    facility_id = await seen_drawdown(tx, drawdown_id)
    facts, row = await facilities.locked(tx, facility_id)
    found = [one for one in await loans(tx, facility_id) if one.drawdown_id == drawdown_id]
    if not found:
        raise NotDisbursed("Nothing of it was paid out.")
    return RestateFacts(facility=facts, terms=facilities.terms_of(row), loan=found[0], asked=asked)


async def loans(tx: Tx, facility_id: str) -> tuple[DrawnLoan, ...]:
    """Return what was disbursed under a facility, with all that was paid of it."""
    place = {"authority_id": authority_of(facility_id), "facility_id": facility_id}
    paid = _paid(await tx.rows(_APPLIED, **place))
    return tuple(_loan(row, paid[row["id"]]) for row in await tx.rows(_LOANS, **place))


def _paid(rows: Iterable[Record]) -> dict[str, list[Paid]]:
    found = defaultdict[str, list[Paid]](list)
    for row in rows:
        applied = msgspec.json.decode(row["document"], type=Application)
        for line in applied.lines:
            if paid := stays(line, gone=row["undone"]):
                one = Paid(rank=line.rank, on=row["received_on"], amount=f"{paid:f}")
                found[line.of].append(one)
    return found


def _loan(row: Record, paid: list[Paid]) -> DrawnLoan:
    return DrawnLoan(
        drawdown_id=row["id"],
        loan=msgspec.json.decode(row["first"], type=Scheduled).loan,
        fees=msgspec.json.decode(row["fees"], type=tuple[FeeDue, ...]),
        ordinal=row["ordinal"],
        instalments=msgspec.json.decode(row["document"], type=Scheduled).instalments,
        repaid_before=f"{row['repaid_before']:f}",
        paid=tuple(paid),
    )
