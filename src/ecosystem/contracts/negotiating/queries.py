"""Read proposals for drafts: facts for the rules, locked; views, made by PostgreSQL."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Integer, Text, bindparam, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.negotiating.model import (
    AcceptFacts,
    Open,
    ProposalDraft,
    ProposeFacts,
    ReplyFacts,
    Sides,
    State,
)
from ecosystem.contracts.negotiating.rules import ProposalMissing
from ecosystem.contracts.negotiating.tables import contract_proposal
from ecosystem.contracts.shares import suppliers
from ecosystem.contracts.signing import queries as signing
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner
from ecosystem.values.text import Text as Words

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_SUMMARY: Final[list[ColumnElement[Any]]] = [
    contract_proposal.c.id,
    contract_proposal.c.version,
    contract_proposal.c.contract_id,
    contract_proposal.c.wording,
    contract_proposal.c.state,
    contract_proposal.c.side,
    contract_proposal.c.organisation_id,
    contract_proposal.c.reason,
    contract_proposal.c.answers,
    contract_proposal.c["values"],
    contract_proposal.c.proposed_at,
    contract_proposal.c.ended_at,
]
_WHOLE: Final[list[ColumnElement[Any]]] = [
    *_SUMMARY,
    contract_proposal.c.proposed_by,
    contract_proposal.c.base_digest,
    contract_proposal.c.terms,
    contract_proposal.c.terms_digest,
    contract_proposal.c.ended_by,
    contract_proposal.c.ended_reason,
]
_KEY: Final = (contract_proposal.c.authority_id == _AUTHORITY, contract_proposal.c.id == _ID)
_SEEN: Final = contracts.is_concerned(
    contract_proposal.c.authority_id, contract_proposal.c.contract_id
)
_one = select(*_WHOLE).where(*_KEY, _SEEN).subquery("one")
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
PROPOSALS: Final = page_of(
    select(*_SUMMARY).where(
        contract_proposal.c.authority_id == _AUTHORITY,
        contract_proposal.c.contract_id == _CONTRACT,
        _SEEN,
    )
)
"""A page of the proposals for a draft, as far as the reader may see them."""
_OF_CONTRACT: Final = Statement(select(contract_proposal.c.contract_id).where(*_KEY, _SEEN))
_LOCKED: Final = Statement(select(contract_proposal).where(*_KEY).with_for_update())
_OPEN: Final = Statement(
    select(contract_proposal)
    .where(contract_proposal.c.authority_id == _AUTHORITY)
    .where(contract_proposal.c.contract_id == _CONTRACT)
    .where(contract_proposal.c.state == "proposed")
    .with_for_update()
)


async def view(tx: Tx, proposal_id: str, *, seen_by: Actor) -> Record:
    """Return a proposal's JSON as `body`, and its version. Refuses with ProposalMissing."""
    reader = contracts.reads_as(seen_by)
    return _found(await tx.row(_VIEW, authority_id=_owner(proposal_id), id=proposal_id, **reader))


async def locked(
    tx: Tx, proposal_id: str, *, by: Actor, expected: int | None
) -> tuple[Record, Record]:
    """Lock a proposal's contract, then itself; return the proposal's row, and the contract's.

    Refuses with ProposalMissing, or RevisionStale where `expected` is another version.
    """
    authority = _owner(proposal_id)
    contract_id: str | None = await tx.value(
        _OF_CONTRACT, authority_id=authority, id=proposal_id, **contracts.reads_as(by)
    )
    if contract_id is None:
        raise ProposalMissing("No proposal that the caller may know of bears this identifier.")
    row = await contracts.locked(tx, contract_id, seen_by=by)
    proposal = _found(await tx.row(_LOCKED, authority_id=authority, id=proposal_id))
    revision.check(expected, actual=proposal["version"])
    return proposal, row


async def open_of(tx: Tx, row: Record) -> Record | None:
    """Return the proposal for a locked draft that waits for an answer, locked."""
    return await tx.row(_OPEN, authority_id=row["authority_id"], contract_id=row["id"])


def propose_facts(row: Record, asked: ProposalDraft, *, waiting: Record | None) -> ProposeFacts:
    """Return what a proposal for a locked draft is checked against."""
    terms = msgspec.json.decode(row["terms"], type=ContractTerms)
    return ProposeFacts(
        contract_id=row["id"],
        sides=_sides(row, terms),
        state=ContractState(row["state"]),
        wording=row["wording"],
        terms=terms,
        terms_digest=row["terms_digest"],
        form=contracts.forms_by_name().get((terms.form.id, terms.form.version)),
        asked=asked,
        open=None if waiting is None else Open(id=waiting["id"], side=waiting["side"]),
        sign_by=row["sign_by"],
    )


def reply_facts(proposal: Record, row: Record, *, reason: Words | None = None) -> ReplyFacts:
    """Return what a reply to a locked proposal is checked against, or its withdrawal."""
    return ReplyFacts(
        state=State(proposal["state"]),
        sides=_sides(row, msgspec.json.decode(row["terms"], type=ContractTerms)),
        side=proposal["side"],
        organisation_id=proposal["organisation_id"],
        proposed_by=proposal["proposed_by"],
        reason=reason,
    )


async def accept_facts(tx: Tx, proposal: Record, row: Record) -> AcceptFacts:
    """Return what the acceptance of a locked proposal is checked against."""
    return AcceptFacts(
        reply=reply_facts(proposal, row),
        contract_state=ContractState(row["state"]),
        contract_digest=row["terms_digest"],
        base_digest=proposal["base_digest"],
        wording=proposal["wording"],
        terms_digest=proposal["terms_digest"],
        signed=tuple(one.organisation_id for one in await signing.signatures(tx, row)),
    )


def _sides(row: Record, terms: ContractTerms) -> Sides:
    return Sides(
        authority_number=row["authority_id"],
        supplier_ids=suppliers(terms),
    )


def _owner(proposal_id: str) -> int:
    return owner(proposal_id, "proposal", otherwise=ProposalMissing)


def _found(row: Record | None) -> Record:
    if row is None:
        raise ProposalMissing("No proposal that the caller may know of bears this identifier.")
    return row
