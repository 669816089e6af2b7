"""Read drawdowns: facts for the rules, locked; views, as row-level security lets one see."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Text,
    any_,
    bindparam,
    case,
    func,
    select,
)

from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.tables import document
from ecosystem.finance import queries as facilities
from ecosystem.finance.drawing.model import (
    Accepted,
    DisburseFacts,
    Disbursement,
    DrawdownDraft,
    DrawdownFacts,
    Filed,
    Measured,
    Proved,
    RequestFacts,
    Shown,
    State,
)
from ecosystem.finance.drawing.rules import DrawdownMissing
from ecosystem.finance.drawing.tables import drawdown
from ecosystem.finance.model import FacilityFacts
from ecosystem.milestones import queries as milestones
from ecosystem.outcomes.demonstrating import queries as demonstrating
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import money, revision
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_FACILITY: Final = bindparam("facility_id", type_=Text)
_KEY: Final = (drawdown.c.authority_id == _AUTHORITY, drawdown.c.id == _ID)
_OF_FACILITY: Final = (drawdown.c.authority_id == _AUTHORITY, drawdown.c.facility_id == _FACILITY)
_SUMMARY: Final[tuple[ColumnElement[Any], ...]] = (
    drawdown.c.id,
    drawdown.c.version,
    drawdown.c.state,
    drawdown.c.facility_id,
    drawdown.c.part,
    money_json(drawdown.c.amount, drawdown.c.currency).label("amount"),
    instant(drawdown.c.requested_at).label("requested_at"),
    drawdown.c.disbursed_on,
)
_STEPS: Final = ("approved", "refused", "withdrawn", "disbursed")
_one = (
    select(
        *_SUMMARY,
        drawdown.c.presented,
        drawdown.c.requested_by,
        *(instant(drawdown.c[f"{step}_at"]).label(f"{step}_at") for step in _STEPS),
        *(drawdown.c[f"{step}_by"] for step in _STEPS),
        drawdown.c.proofs,
        drawdown.c.refused_reason,
        drawdown.c.bank_reference,
        case(
            (drawdown.c.kept.is_(None), None),
            else_=money_json(drawdown.c.kept, drawdown.c.currency),
        ).label("kept"),
        drawdown.c.fees,
    )
    .where(*_KEY)
    .subquery("one")
)
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
DRAWDOWNS: Final = page_of(select(*_SUMMARY).where(*_OF_FACILITY))
"""A page of the drawdowns of a facility."""
_FACILITY_OF: Final = Statement(select(drawdown.c.facility_id).where(*_KEY))
_LOCKED: Final = Statement(select(drawdown).where(*_KEY).with_for_update())
_OF_PART: Final = Statement(
    select(func.coalesce(func.sum(drawdown.c.amount), 0)).where(
        *_OF_FACILITY,
        drawdown.c.part.is_not_distinct_from(bindparam("part", type_=Text)),
        drawdown.c.state.in_(["requested", "approved", "disbursed"]),
    )
)
_PAID_BY: Final = Statement(
    select(drawdown.c.id).where(
        *_OF_FACILITY, drawdown.c.bank_reference == bindparam("bank_reference", type_=Text)
    )
)
_FILED: Final = Statement(
    select(document.c.id, document.c.sha256).where(
        document.c.authority_id == _AUTHORITY,
        document.c.contract_id == bindparam("contract_id", type_=Text),
        document.c.organisation_id == bindparam("organisation_id", type_=Text),
        document.c.id == any_(bindparam("ids", type_=ARRAY(Text))),
    )
)


async def view(tx: Tx, drawdown_id: str) -> Record:
    """Return a drawdown's JSON as `body`, and its version. Refuses with DrawdownMissing."""
    return _found(await tx.row(_VIEW, authority_id=_owner(drawdown_id), id=drawdown_id))


async def request_facts(tx: Tx, facility_id: str, asked: DrawdownDraft) -> RequestFacts:
    """Lock a facility in its contract; return what a request is checked against.

    Refuses with FacilityMissing.
    """
    facts, row = await facilities.locked_within(tx, facility_id)
    part = await tx.value(
        _OF_PART, authority_id=row["authority_id"], facility_id=facility_id, part=asked.part
    )
    presented = [one.document_id for one in asked.presents]
    return RequestFacts(
        facility=facts,
        terms=facilities.terms_of(row),
        asked=asked,
        reserved_of_part=f"{part:f}",
        proved=await _proved(tx, facts, documents=presented),
    )


async def locked(tx: Tx, drawdown_id: str, *, expected: int | None) -> tuple[DrawdownFacts, Record]:
    """Lock a drawdown's facility in its contract, then itself.

    Returns what a step is checked against, and its row.

    Refuses with DrawdownMissing, or RevisionStale where `expected` is another version.
    """
    authority = _owner(drawdown_id)
    facility_id = await tx.value(_FACILITY_OF, authority_id=authority, id=drawdown_id)
    if facility_id is None:
        raise _missing()
    facts, of = await facilities.locked_within(tx, facility_id)
    row = _found(await tx.row(_LOCKED, authority_id=authority, id=drawdown_id))
    revision.check(expected, actual=row["version"])
    return DrawdownFacts(
        drawdown_id=drawdown_id,
        facility=facts,
        terms=facilities.terms_of(of),
        state=State(row["state"]),
        part=row["part"],
        amount=money.of(row["amount"], row["currency"]),
        presented=msgspec.json.decode(row["presented"], type=tuple[Shown, ...]),
        requested_by=row["requested_by"],
        approved_by=row["approved_by"],
        proved=await _proved(tx, facts),
    ), row


async def disburse_facts(
    tx: Tx, facts: DrawdownFacts, row: Record, asked: Disbursement
) -> DisburseFacts:
    """Return what the disbursement of a locked drawdown is checked against."""
    place = {"authority_id": row["authority_id"], "facility_id": row["facility_id"]}
    return DisburseFacts(
        drawdown=facts,
        asked=asked,
        approved_at=row["approved_at"],
        drawn_before=facts.facility.disbursed,
        disburses=await tx.value(_PAID_BY, **place, bank_reference=asked.bank_reference),
    )


async def _proved(tx: Tx, facts: FacilityFacts, *, documents: Iterable[str] = ()) -> Proved:
    accepted = await milestones.accepted(tx, facts.contract_id)
    verified = await demonstrating.verified(tx, facts.contract_id)
    newest = {
        one.metric: one
        for one in sorted(verified, key=lambda one: (one.period.ends_on, one.period.starts_on))
    }
    filed = await tx.rows(
        _FILED, authority_id=authority_of(facts.contract_id), contract_id=facts.contract_id,
        organisation_id=facts.borrower_id, ids=list(documents),
    )  # fmt: skip
    return Proved(
        contract_state=ContractState(facts.contract_state),
        milestones=tuple(
            Accepted(id=one.id, version=one.version, milestone=one.code, share=one.share)
            for one in accepted
        ),
        metrics=tuple(
            Measured(id=one.id, version=one.version, metric=one.metric, value=one.value)
            for _, one in sorted(newest.items())
        ),
        documents=tuple(Filed(id=row["id"], sha256=row["sha256"]) for row in filed),
    )


def _owner(drawdown_id: str) -> int:
    return owner(drawdown_id, "drawdown", otherwise=DrawdownMissing)


def _found(row: Record | None) -> Record:
    if row is None:
        raise _missing()
    return row


def _missing() -> DrawdownMissing:
    return DrawdownMissing("No drawdown that the caller may know of bears this identifier.")
