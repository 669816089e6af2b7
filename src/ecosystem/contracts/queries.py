"""Read contracts: facts for the rules, locked; views for people, made by PostgreSQL."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Text,
    any_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from ecosystem.awards import queries as awards
from ecosystem.awards.model import AwardFacts
from ecosystem.contracts import forms, shelf
from ecosystem.contracts.changes.signed import SIGNATURES
from ecosystem.contracts.changes.tables import contract_departure
from ecosystem.contracts.form_shapes import ContractTerms, Form, MemberShare
from ecosystem.contracts.model import (
    Awarded,
    Contract,
    ContractDraft,
    DraftFacts,
    FormList,
    FormSummary,
    Member,
    Organisation,
)
from ecosystem.contracts.rules import ContractMissing, FormMissing, NotConcerned
from ecosystem.contracts.shares import shares_of
from ecosystem.contracts.tables import contract, contract_party
from ecosystem.history.model import Audience
from ecosystem.identity import queries as identity
from ecosystem.identity.model import OrganisationState
from ecosystem.identity.tables import organisation
from ecosystem.runtime.columns import json_of, json_row, money
from ecosystem.runtime.database import Ahead, Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import authority_of, owner
from ecosystem.values.text import Text as Words

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_ORGANISATION: Final = bindparam("organisation", type_=Text)
_OWN: Final = bindparam("own", type_=Integer)
_OVERSEES: Final = bindparam("oversees", type_=Text)


def is_present() -> ColumnElement[bool]:
    """Return whether a row of `contract_party` is of a party that has not left."""
    return ~exists().where(
        contract_departure.c.authority_id == contract_party.c.authority_id,
        contract_departure.c.contract_id == contract_party.c.contract_id,
        contract_departure.c.organisation_id == contract_party.c.organisation_id,
    )


def role_of(
    authority: ColumnElement[int], contract_id: ColumnElement[str]
) -> ColumnElement[str | None]:
    """Return in which place `organisation` stands in a contract, or null."""
    return (
        select(contract_party.c.role)
        .where(contract_party.c.authority_id == authority)
        .where(contract_party.c.contract_id == contract_id)
        .where(contract_party.c.organisation_id == _ORGANISATION, is_present())
        .scalar_subquery()
    )


def is_concerned(
    authority: ColumnElement[int], contract_id: ColumnElement[str]
) -> ColumnElement[bool]:
    """Return whether the reader is the authority, a party to the contract, or its auditor.

    Who has left reads on: what it did before is still to be paid, or answered for.
    Takes the parameters that `reads_as` gives.
    """
    return or_(
        authority == _OWN,
        exists().where(
            contract_party.c.authority_id == authority,
            contract_party.c.contract_id == contract_id,
            contract_party.c.organisation_id == _ORGANISATION,
        ),
        identity.is_overseen(authority, _OVERSEES),
    )


def reads_as(by: Actor | None, *, scope: str | None = None) -> dict[str, Any]:
    """Return who reads, as `is_concerned` takes it; nobody where the token lacks `scope`."""
    if by is None or (scope is not None and scope not in by.scopes):
        return {"organisation": "", "own": -1, "oversees": ""}
    return {
        "organisation": by.organisation_id,
        "own": by.organisation_number if by.kind is OrganisationKind.GOVERNMENT else -1,
        "oversees": by.oversees or "",
    }


_PARTIES: Final = (
    select(
        func.json_agg(
            json_of(
                organisation_id=contract_party.c.organisation_id,
                role=contract_party.c.role,
                share=func.trim_scale(contract_party.c.share).cast(Text),
            )
        )
    )
    .where(contract_party.c.authority_id == contract.c.authority_id)
    .where(contract_party.c.contract_id == contract.c.id, is_present())
    .scalar_subquery()
)
_SUMMARY: Final[list[ColumnElement[Any]]] = [
    contract.c.id,
    contract.c.version,
    contract.c.edition,
    contract.c.state,
    contract.c.authority_id.label("authority_number"),
    contract.c.terms["title"].label("title"),
    contract.c.need_id,
    contract.c.lot_id,
    contract.c.award_id,
    money(contract.c.price, contract.c.currency).label("price"),
    contract.c.starts_on,
    contract.c.ends_on,
    contract.c.activated_at,
    contract.c.suspended_at,
    contract.c.ended_at,
    contract.c.sign_by,
]
_WHOLE: Final[list[ColumnElement[Any]]] = [
    *_SUMMARY,
    contract.c.financing_award_id,
    contract.c.programme_id,
    _PARTIES.label("parties"),
    func.coalesce(SIGNATURES, literal_column("'[]'::json")).label("signatures"),
    contract.c.wording,
    contract.c.terms_digest,
    contract.c.drafted_at,
    contract.c.terms,
]
SEEN: Final = or_(
    contract.c.activated_at.is_not(None), is_concerned(contract.c.authority_id, contract.c.id)
)
_one = select(*_WHOLE).where(contract.c.authority_id == _AUTHORITY, contract.c.id == _ID)
_one_whole = _one.subquery("one")
_one_seen = _one.where(SEEN).subquery("one")
_AFTER: Final = Statement(select(json_row(_one_whole)).select_from(_one_whole))
VIEW: Final = Statement(select(json_row(_one_seen).label("body"), _one_seen.c.version))
_FILTERS: Final[Mapping[str, ColumnElement[bool]]] = {
    "need_id": contract.c.need_id == bindparam("need_id", type_=Text),
    "in_state": contract.c.state == bindparam("in_state", type_=Text),
}


@cache
def _listing(names: frozenset[str]) -> Statement:
    return page_of(select(*_SUMMARY).where(SEEN, *(_FILTERS[name] for name in sorted(names))))


def listing(**filters: str | None) -> Statement:
    """Return the statement for a page of contracts, with those filters that say something."""
    return _listing(frozenset(name for name, value in filters.items() if value))


_LOCKED: Final = Statement(
    select(contract)
    .where(contract.c.authority_id == _AUTHORITY, contract.c.id == _ID, SEEN)
    .with_for_update()
)
ROW: Final = Ahead(
    select(contract).where(contract.c.authority_id == _AUTHORITY, contract.c.id == _ID), by="id"
)
"""All that is kept of a contract."""
_PLACE: Final = Statement(
    select(
        role_of(contract.c.authority_id, contract.c.id).label("role"),
        is_concerned(contract.c.authority_id, contract.c.id).label("concerned"),
    ).where(contract.c.authority_id == _AUTHORITY, contract.c.id == _ID, SEEN)
)
_PARTY_IDS: Final = Statement(
    select(contract_party.c.organisation_id)
    .where(contract_party.c.authority_id == _AUTHORITY)
    .where(contract_party.c.contract_id == _ID, is_present())
    .order_by(contract_party.c.organisation_id)
)
_CONTRACTED: Final = Statement(
    select(
        exists().where(
            contract.c.authority_id == _AUTHORITY,
            contract.c.award_id == bindparam("award_id", type_=Text),
            contract.c.activated_at.is_not(None),
        )
    )
)
_ORGANISATIONS: Final = Statement(
    select(organisation.c.id, organisation.c.kind, organisation.c.name, organisation.c.state).where(
        organisation.c.id == any_(bindparam("ids", type_=ARRAY(Text)))
    )
)


@cache
def forms_by_name() -> Mapping[tuple[str, str], Form]:
    """Return the shipped forms by identifier and version; read once, when first asked for."""
    return {(form.id, form.version): form for form in shelf.shipped()}


def form_list() -> FormList:
    """Return the shipped forms in short, by identifier, the newest version of each first."""
    ordered = sorted(forms_by_name().items(), key=lambda item: _newest(*item[0]))
    return FormList(
        tuple(
            FormSummary(
                id=form.id, version=form.version, digest=forms.digest(form), title=form.title,
                operation=form.operation, phases=form.phases,
            )
            for _, form in ordered
        )
    )  # fmt: skip


def form(form_id: str) -> Form:
    """Return the newest version of a shipped form. Refuses with FormMissing."""
    named = sorted(
        (_newest(*key), one) for key, one in forms_by_name().items() if key[0] == form_id
    )
    if not named:
        raise FormMissing("No form of this name ships with the system.")
    return named[0][1]


def _newest(form_id: str, version: str) -> tuple[str, tuple[int, ...]]:
    return form_id, tuple(-int(part) for part in version.split("."))


async def view(tx: Tx, contract_id: str, *, seen_by: Actor | None) -> Record:
    """Return a contract's JSON as `body`, and its version. Refuses with ContractMissing."""
    authority = _owner(contract_id)
    reader = reads_as(seen_by, scope="contracts:read")
    return _found(await tx.row(VIEW, authority_id=authority, id=contract_id, **reader))


async def after(tx: Tx, contract_id: str) -> Contract:
    """Return a contract as it now is, whole."""
    body = await tx.value(_AFTER, authority_id=authority_of(contract_id), id=contract_id)
    return msgspec.json.decode(body, type=Contract)


async def terms(tx: Tx, contract_id: str) -> tuple[ContractTerms, Record]:
    """Return the terms of a contract, and its row. Refuses with ContractMissing."""
    row = _found(await tx.row(ROW, authority_id=_owner(contract_id), id=contract_id))
    return _terms(row["terms"]), row


@lru_cache(maxsize=32)  # Within one act, terms are asked for several times.
def _terms(document: bytes) -> ContractTerms:
    return msgspec.json.decode(document, type=ContractTerms)


async def shares(
    tx: Tx, contract_id: str, *, role: Literal["supplier", "lender"] = "supplier"
) -> tuple[MemberShare, ...]:
    """Return who is paid which part of what a place is paid, by the terms in force.

    They add to 100 exactly: `shares.divided` divides an amount among them. Who takes the place
    alone has 100; without anybody in it there is none. Refuses with ContractMissing.
    """
    found, _ = await terms(tx, contract_id)
    return shares_of(found, role)


async def locked(tx: Tx, contract_id: str, *, seen_by: Actor) -> Record:
    """Lock a contract for change and return its row. Refuses with ContractMissing."""
    authority, reader = _owner(contract_id), reads_as(seen_by)
    return _found(await tx.row(_LOCKED, authority_id=authority, id=contract_id, **reader))


async def is_party(tx: Tx, contract_id: str, *, by: Actor) -> bool:
    """Tell whether the caller's organisation is a party; refuse with ContractMissing if unseen."""
    return (await _place(tx, contract_id, by))["role"] is not None


async def concern(tx: Tx, contract_id: str, *, by: Actor) -> None:
    """Refuse with ContractMissing, or with NotConcerned where it is seen and no more than that."""
    if not (await _place(tx, contract_id, by))["concerned"]:
        raise NotConcerned("The contract is public, and what is done under it is not.")


async def see(tx: Tx, contract_id: str, *, by: Actor) -> None:
    """Refuse with ContractMissing a contract that the caller may not know of."""
    await _place(tx, contract_id, by)


async def _place(tx: Tx, contract_id: str, by: Actor) -> Record:
    authority = _owner(contract_id)
    return _found(await tx.row(_PLACE, authority_id=authority, id=contract_id, **reads_as(by)))


async def parties(tx: Tx, contract_id: str) -> tuple[str, ...]:
    """Return the organisations that are parties to a contract."""
    rows = await tx.rows(_PARTY_IDS, authority_id=authority_of(contract_id), id=contract_id)
    return tuple(row["organisation_id"] for row in rows)


async def audience(tx: Tx, contract_id: str) -> Audience:
    """Return those who learn of what concerns all parties to a contract: the parties."""
    return Audience(organisations=await parties(tx, contract_id))


async def draft_facts(tx: Tx, asked: ContractDraft, *, by: Actor, at: datetime) -> DraftFacts:
    """Return what a draft is checked against; the awards are held as `awards.final` holds them.

    Refuses as `awards.final` does.
    """
    award = await awards.final(tx, asked.award_id, at=at)
    loan_id = asked.financing_award_id
    loan = None if loan_id is None else await awards.final(tx, loan_id, at=at)
    members = [*award.members, *(() if loan is None else loan.members)]
    ids = {asked.verifier_id, by.organisation_id, *(one.organisation_id for one in members)}
    known = await organisations(tx, ids)
    return DraftFacts(
        authority_number=award.authority_number,
        buyer=known[by.organisation_id],
        asked=asked,
        award=_awarded(award, known),
        financing=None if loan is None else _awarded(loan, known),
        verifier=known.get(asked.verifier_id),
        form=forms_by_name().get((award.contract_form.id, award.contract_form.version)),
        is_contracted=await is_contracted(tx, asked.award_id),
    )


def _awarded(award: AwardFacts, known: Mapping[str, Organisation]) -> Awarded:
    return Awarded(
        id=award.id,
        kind=award.kind,
        need_id=award.need_id,
        lot_id=award.lot_id,
        members=tuple(
            Member(
                organisation=known[one.organisation_id],
                share=one.share,
                is_lead=one.organisation_id == award.lead_id,
            )
            for one in award.members
        ),
        liability=award.liability,
        price=award.price,
        programme_id=award.programme_id,
        form=award.contract_form,
    )


async def is_contracted(tx: Tx, award_id: str) -> bool:
    """Tell whether a contract of an award is active."""
    found: bool = await tx.value(
        _CONTRACTED, authority_id=authority_of(award_id), award_id=award_id
    )
    return found


async def organisations(tx: Tx, ids: Iterable[str]) -> dict[str, Organisation]:
    """Return organisations as they would become parties, by their identifiers."""
    return {
        row["id"]: Organisation(
            id=row["id"],
            kind=OrganisationKind(row["kind"]),
            name=msgspec.json.decode(row["name"], type=Words),
            is_verified=row["state"] == OrganisationState.VERIFIED,
        )
        for row in await tx.rows(_ORGANISATIONS, ids=sorted(set(ids)))
    }


def _owner(contract_id: str) -> int:
    return owner(contract_id, "contract", otherwise=ContractMissing)


def _found(row: Record | None) -> Record:
    if row is None:
        raise ContractMissing("No such contract is in force, or a draft of the caller's.")
    return row
