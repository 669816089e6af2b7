"""Read facilities: facts for the rules, locked; views, as far as row-level security lets one."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Integer, Text, bindparam, exists, func, select

from ecosystem.awards import queries as awards
from ecosystem.awards.tables import award
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.tables import contract_departure
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.shares import lead_of, suppliers
from ecosystem.contracts.tables import contract
from ecosystem.finance.drawing.tables import drawdown
from ecosystem.finance.model import (
    FacilityDraft,
    FacilityFacts,
    FinancingWon,
    OfferFacts,
    State,
    Terms,
)
from ecosystem.finance.rules import FacilityMissing
from ecosystem.finance.tables import facility, facility_total
from ecosystem.ledger.model import AccountKind, AccountName
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.columns import money as money_json
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import money, revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_ORGANISATION: Final = bindparam("organisation_id", type_=Text)
_KEY: Final = (facility.c.authority_id == _AUTHORITY, facility.c.id == _ID)
_OF_TOTAL: Final = (
    (facility_total.c.authority_id == facility.c.authority_id)
    & (facility_total.c.facility_id == facility.c.id)
)  # fmt: skip
_RESERVED: Final = func.coalesce(facility_total.c.reserved, 0)
_DISBURSED: Final = (
    select(func.coalesce(func.sum(drawdown.c.amount), 0))
    .where(
        drawdown.c.authority_id == facility.c.authority_id,
        drawdown.c.facility_id == facility.c.id,
        drawdown.c.state == "disbursed",
    )
    .scalar_subquery()
)
_SUMMARY: Final[tuple[ColumnElement[Any], ...]] = (
    facility.c.id,
    facility.c.version,
    facility.c.state,
    facility.c.contract_id,
    facility.c.lender_id,
    facility.c.borrower_id,
    money_json(facility.c.amount, facility.c.currency).label("amount"),
    money_json(_RESERVED, facility.c.currency).label("reserved"),
    instant(facility.c.offered_at).label("offered_at"),
)
_one = (
    select(
        *_SUMMARY,
        facility.c.award_id,
        facility.c.terms,
        facility.c.offered_by,
        *(instant(facility.c[f"{one}_at"]).label(f"{one}_at") for one in ("agreed", "refused")),
        facility.c.agreed_by,
        facility.c.refused_by,
        facility.c.refused_reason,
        instant(facility.c.closed_at).label("closed_at"),
        facility.c.closed_by,
    )
    .outerjoin(facility_total, _OF_TOTAL)
    .where(*_KEY)
    .subquery("one")
)
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
FACILITIES: Final = page_of(select(*_SUMMARY).outerjoin(facility_total, _OF_TOTAL))
"""A page of facilities, as far as row-level security lets one see."""
_HAS_LEFT: Final = exists().where(
    contract_departure.c.authority_id == facility.c.authority_id,
    contract_departure.c.contract_id == facility.c.contract_id,
    contract_departure.c.organisation_id == facility.c.borrower_id,
)
_LOCKED: Final = Statement(
    select(
        facility,
        contract.c.state.label("contract_state"),
        _RESERVED.label("reserved"),
        _DISBURSED.label("disbursed"),
        _HAS_LEFT.label("has_left"),
    )
    .join(
        contract,
        (contract.c.authority_id == facility.c.authority_id)
        & (contract.c.id == facility.c.contract_id),
    )
    .outerjoin(facility_total, _OF_TOTAL)
    .where(*_KEY)
    .with_for_update(of=facility)
)
_HOLD_CONTRACT: Final = Statement(
    select(contract.c.id)
    .join(
        facility,
        (facility.c.authority_id == contract.c.authority_id)
        & (facility.c.contract_id == contract.c.id),
    )
    .where(*_KEY)
    .with_for_update(read=True, of=contract)
)
_HELD: Final = Statement(
    select(facility.c.id)
    .where(
        facility.c.authority_id == _AUTHORITY,
        facility.c.id == func.any(bindparam("named", type_=ARRAY(Text))),
    )
    .order_by(facility.c.id)
    .with_for_update()
)
_OF_AWARD: Final = Statement(
    select(
        exists().where(
            facility.c.authority_id == _AUTHORITY,
            facility.c.award_id == bindparam("award_id", type_=Text),
        )
    )
)
_LED_BY: Final = Statement(
    select(award.c.lead_id).where(
        award.c.authority_id == _AUTHORITY, award.c.id == bindparam("award_id", type_=Text)
    )
)


async def view(tx: Tx, facility_id: str) -> Record:
    """Return a facility's JSON as `body`, and its version. Refuses with FacilityMissing."""
    return _found(await tx.row(_VIEW, authority_id=number(facility_id), id=facility_id))


async def offer_facts(
    tx: Tx, contract_id: str, asked: FacilityDraft, *, by: Actor, at: datetime
) -> OfferFacts:
    """Return what an offer is checked against. Refuses with ContractMissing, as `awards.final`."""
    await contracts.see(tx, contract_id, by=by)
    terms, row = await contracts.terms(tx, contract_id)
    return OfferFacts(
        contract_id=contract_id,
        contract_state=ContractState(row["state"]),
        currency=row["currency"],
        suppliers=suppliers(terms),
        milestones=tuple(one.code for one in terms.milestones),
        metrics=tuple(one.code for one in terms.metrics),
        asked=asked,
        won=await _won(tx, row, terms, at=at),
    )


async def locked(
    tx: Tx, facility_id: str, *, expected: int | None = None
) -> tuple[FacilityFacts, Record]:
    """Lock a facility; return what a step is checked against, and its row.

    Refuses with FacilityMissing, or RevisionStale where `expected` is another version.
    """
    row = _found(await tx.row(_LOCKED, authority_id=number(facility_id), id=facility_id))
    revision.check(expected, actual=row["version"])
    facts = FacilityFacts(
        facility_id=facility_id,
        state=State(row["state"]),
        contract_id=row["contract_id"],
        contract_state=ContractState(row["contract_state"]),
        lender_id=row["lender_id"],
        borrower_id=row["borrower_id"],
        amount=money.of(row["amount"], row["currency"]),
        offered_by=row["offered_by"],
        reserved=f"{row['reserved']:f}",
        disbursed=f"{row['disbursed']:f}",
        has_left=row["has_left"],
    )
    return facts, row


async def locked_within(
    tx: Tx, facility_id: str, *, expected: int | None = None
) -> tuple[FacilityFacts, Record]:
    """Hold the contract of a facility as it stands, then do as `locked`.

    Who is just leaving the contract, or what suspends or ends it, is waited for.
    """
    await tx.value(_HOLD_CONTRACT, authority_id=number(facility_id), id=facility_id)
    return await locked(tx, facility_id, expected=expected)


async def hold(tx: Tx, facility_ids: Collection[str], *, authority: int) -> None:
    """Lock facilities in the order of their identifiers, before any of them changes."""
    await tx.rows(_HELD, authority_id=authority, named=list(facility_ids))


def terms_of(row: Record) -> Terms:
    """Return the terms of a facility's row."""
    return msgspec.json.decode(row["terms"], type=Terms)


def account(kind: AccountKind, facility_id: str, *, of: str | None = None) -> AccountName:
    """Return an account in the book of a facility, by default for the whole of it."""
    return AccountName(kind, of or facility_id, facility_id)


def number(facility_id: str) -> int:
    """Return the number of the authority of a facility. Refuses with FacilityMissing."""
    return owner(facility_id, "facility", otherwise=FacilityMissing)


async def _won(tx: Tx, row: Record, terms: ContractTerms, *, at: datetime) -> FinancingWon | None:
    award_id = row["financing_award_id"]
    if award_id is None:
        return None
    found = await awards.final(tx, award_id, at=at)
    if found.financing is None:
        return None
    return FinancingWon(
        award_id=award_id,
        lender_id=lead_of(terms, "lender") or found.lead_id,
        awarded_to=found.lead_id,
        financing=found.financing,
        signed_by=await tx.value(
            _LED_BY, authority_id=authority_of(row["award_id"]), award_id=row["award_id"]
        ),
        has_facility=await tx.value(
            _OF_AWARD, authority_id=authority_of(award_id), award_id=award_id
        ),
    )


def _found(row: Record | None) -> Record:
    if row is None:
        raise FacilityMissing("No facility that the caller may know of bears this identifier.")
    return row
