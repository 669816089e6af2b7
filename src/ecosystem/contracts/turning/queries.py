"""Read turns: facts for the rules, locked; views, made by PostgreSQL."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Integer, Text, bindparam, exists, or_, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.queries import rules_of
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.rights import queries as rights
from ecosystem.contracts.rights.tables import right_to_end
from ecosystem.contracts.shares import suppliers
from ecosystem.contracts.tables import contract
from ecosystem.contracts.turning.model import (
    Kind,
    ProposeFacts,
    State,
    Stood,
    TurnDraft,
    TurnFacts,
)
from ecosystem.contracts.turning.rules import TurnMissing
from ecosystem.contracts.turning.tables import contract_turn
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_of = contract_turn.c
_SUMMARY: Final[list[ColumnElement[Any]]] = [
    _of.id, _of.version, _of.contract_id, _of.kind, _of.state, _of.side, _of.ground,
    _of.by_agreement, _of.reason, _of.proposed_at, _of.ended_at,
]  # fmt: skip
_WHOLE: Final[list[ColumnElement[Any]]] = [
    *_SUMMARY,
    _of.organisation_id, _of.proposed_by, _of.approved_by_side, _of.reply_by, _of.reply,
    _of.replied_by, _of.replied_at, _of.ended_by, _of.moved_days, _of.right_id,
]  # fmt: skip
_KEY: Final = (_of.authority_id == _AUTHORITY, _of.id == _ID)
_SEEN: Final = or_(
    _of.state == "in_force", contracts.is_concerned(_of.authority_id, _of.contract_id)
)
_one = select(*_WHOLE).where(*_KEY, _SEEN).subquery("one")
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
TURNS: Final = page_of(
    select(*_SUMMARY).where(_of.authority_id == _AUTHORITY, _of.contract_id == _CONTRACT, _SEEN)
)
"""A page of the turns of a contract, as far as the reader may see them."""
_OF_CONTRACT: Final = Statement(select(_of.contract_id).where(*_KEY, _SEEN))
_HAS_LAPSED: Final = _of.right_id.is_not(None) & ~exists().where(
    right_to_end.c.authority_id == _of.authority_id,
    right_to_end.c.id == _of.right_id,
    right_to_end.c.state == "standing",
)
_LOCKED: Final = Statement(
    select(contract_turn, _HAS_LAPSED.label("has_lapsed"))
    .where(*_KEY)
    .with_for_update(of=contract_turn)
)
_OPEN: Final = Statement(
    select(_of.id).where(
        _of.authority_id == _AUTHORITY, _of.contract_id == _CONTRACT, _of.state == "proposed"
    )
)
_STATE: Final = Statement(
    select(contract.c.state)
    .where(contract.c.authority_id == _AUTHORITY, contract.c.id == _CONTRACT)
    .with_for_update(read=True)
)


async def view(tx: Tx, turn_id: str, *, seen_by: Actor | None) -> Record:
    """Return a turn's JSON as `body`, and its version. Refuses with TurnMissing."""
    reader = contracts.reads_as(seen_by, scope="contracts:read")
    return _found(await tx.row(_VIEW, authority_id=_owner(turn_id), id=turn_id, **reader))


async def locked(
    tx: Tx, turn_id: str, *, by: Actor, expected: int | None = None
) -> tuple[Record, Record]:
    """Lock a turn's contract, then itself; return the row of the turn, and the contract's.

    Refuses with TurnMissing, or RevisionStale where `expected` is another version.
    """
    authority, reader = _owner(turn_id), contracts.reads_as(by)
    contract_id: str | None = await tx.value(
        _OF_CONTRACT, authority_id=authority, id=turn_id, **reader
    )
    if contract_id is None:
        raise TurnMissing("No turn that the caller may know of bears this identifier.")
    row = await contracts.locked(tx, contract_id, seen_by=by)
    turn = _found(await tx.row(_LOCKED, authority_id=authority, id=turn_id))
    revision.check(expected, actual=turn["version"])
    return turn, row


async def propose_facts(tx: Tx, row: Record, asked: TurnDraft) -> ProposeFacts:
    """Return what a proposed turn of a locked contract is checked against."""
    law = await rules_of(tx, row)
    return ProposeFacts(
        contract_id=row["id"],
        authority_number=row["authority_id"],
        state=ContractState(row["state"]),
        supplier_id=_supplier(row),
        asked=asked,
        open_turn_id=await tx.value(_OPEN, authority_id=row["authority_id"], contract_id=row["id"]),
        grounds=law.rules.endings,
        rights=await rights.held(tx, row, msgspec.json.decode(row["terms"], type=ContractTerms)),
    )


def turn_facts(turn: Record, row: Record) -> TurnFacts:
    """Return what is decided on about a locked turn of a locked contract."""
    return TurnFacts(
        turn_id=turn["id"],
        kind=Kind(turn["kind"]),
        ground=turn["ground"],
        by_agreement=turn["by_agreement"],
        state=State(turn["state"]),
        side=turn["side"],
        approved_by_side=turn["approved_by_side"],
        organisation_id=turn["organisation_id"],
        proposed_by=turn["proposed_by"],
        reply_by=turn["reply_by"],
        has_reply=turn["reply"] is not None,
        authority_number=row["authority_id"],
        supplier_id=_supplier(row),
        contract_state=ContractState(row["state"]),
        suspended_at=row["suspended_at"],
        ends_on=row["ends_on"],
        has_lapsed=turn["has_lapsed"],
    )


async def stood(tx: Tx, contract_id: str) -> Stood:
    """Return how a contract stands; it takes no turn before this transaction ends."""
    state: str = await tx.value(
        _STATE, authority_id=authority_of(contract_id), contract_id=contract_id
    )
    return Stood(contract_id=contract_id, state=ContractState(state))


def _supplier(row: Record) -> str:
    """Return who speaks for the supplier: the lead, where several take its place."""
    terms = msgspec.json.decode(row["terms"], type=ContractTerms)
    return suppliers(terms)[0]


def _owner(turn_id: str) -> int:
    return owner(turn_id, "turn", otherwise=TurnMissing)


def _found(row: Record | None) -> Record:
    if row is None:
        raise TurnMissing("No turn that the caller may know of bears this identifier.")
    return row
