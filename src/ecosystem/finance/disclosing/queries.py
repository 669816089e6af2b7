"""Read consents to disclosure, and what is disclosed by them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, DateTime, Integer, Text, bindparam, func, or_, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rules import ContractMissing
from ecosystem.contracts.shares import suppliers
from ecosystem.contracts.tables import contract_party
from ecosystem.finance.assigning import queries as assigning
from ecosystem.finance.disclosing.model import (
    OF_ALL,
    Disclosed,
    DisclosedMilestone,
    DisclosedObservation,
    DisclosureDraft,
    GiveFacts,
    RevokeFacts,
    Scope,
    State,
)
from ecosystem.finance.disclosing.rules import DisclosureMissing, NotDisclosed
from ecosystem.finance.disclosing.tables import disclosure
from ecosystem.identity.tables import organisation
from ecosystem.milestones import queries as milestones
from ecosystem.outcomes.demonstrating import queries as demonstrating
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import authority_of, owner

_AT: Final = bindparam("at", type_=DateTime(timezone=True))
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_KEY: Final = (disclosure.c.authority_id == _AUTHORITY, disclosure.c.id == _ID)
_OF_CONTRACT: Final = (
    disclosure.c.authority_id == _AUTHORITY,
    disclosure.c.contract_id == _CONTRACT,
)
_STANDS: Final = disclosure.c.revoked_at.is_(None) & (disclosure.c.until_at > _AT)
_WHOLE: Final[tuple[ColumnElement[Any], ...]] = (
    disclosure.c.id,
    disclosure.c.version,
    disclosure.c.state,
    disclosure.c.contract_id,
    disclosure.c.supplier_id,
    disclosure.c.lender_id,
    disclosure.c.scopes,
    instant(disclosure.c.until_at).label("until_at"),
    _STANDS.label("is_standing"),
    instant(disclosure.c.given_at).label("given_at"),
    disclosure.c.given_by,
    instant(disclosure.c.revoked_at).label("revoked_at"),
    disclosure.c.revoked_by,
)
_one = select(*_WHOLE).where(*_KEY).subquery("one")
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version, _one.c.is_standing))
DISCLOSURES: Final = page_of(select(*_WHOLE).where(*_OF_CONTRACT))
"""A page of the consents under a contract, also of those that have ended."""
_LOCKED: Final = Statement(select(disclosure).where(*_KEY).with_for_update())
_ANY: Final = Statement(select(disclosure.c.id).where(*_OF_CONTRACT).limit(1))
_LENDER: Final = bindparam("lender_id", type_=Text)
_said = (
    select(func.unnest(disclosure.c.scopes).label("scope"))
    .where(*_OF_CONTRACT, disclosure.c.lender_id == _LENDER, _STANDS)
    .distinct()
    .subquery("said")
)
_CONSENTED: Final = Statement(
    select(_said.c.scope).where(
        or_(
            _said.c.scope.not_in(sorted(one.value for one in OF_ALL)),
            func.everyone_discloses(_AUTHORITY, _CONTRACT, _LENDER, _said.c.scope, _AT),
        )
    )
)
_LEFT: Final = Statement(
    select(contract_party.c.organisation_id)
    .where(contract_party.c.authority_id == _AUTHORITY)
    .where(contract_party.c.contract_id == _CONTRACT, contract_party.c.role == "supplier")
    .where(~contracts.is_present())
    .order_by(contract_party.c.organisation_id)
)
_KIND: Final = Statement(select(organisation.c.kind).where(organisation.c.id == _ID))


async def view(tx: Tx, disclosure_id: str, *, at: datetime) -> Record:
    """Return a consent's JSON as `body`, version, standing. Refuses with DisclosureMissing."""
    return _found(await tx.row(_VIEW, authority_id=_owner(disclosure_id), id=disclosure_id, at=at))


async def give_facts(tx: Tx, contract_id: str, asked: DisclosureDraft, *, by: Actor) -> GiveFacts:
    """Return what a consent is checked against. Refuses with ContractMissing."""
    await contracts.see(tx, contract_id, by=by)
    terms, _ = await contracts.terms(tx, contract_id)
    kind = await tx.value(_KIND, id=asked.lender_id)
    return GiveFacts(
        contract_id=contract_id,
        suppliers=suppliers(terms),
        left=await _left(tx, contract_id),
        lender_kind=None if kind is None else OrganisationKind(kind),
        asked=asked,
    )


async def locked(tx: Tx, disclosure_id: str, *, expected: int | None) -> RevokeFacts:
    """Lock a consent; return what its revocation is checked against.

    Refuses with DisclosureMissing, or RevisionStale where `expected` is another version.
    """
    row = _found(await tx.row(_LOCKED, authority_id=_owner(disclosure_id), id=disclosure_id))
    revision.check(expected, actual=row["version"])
    return RevokeFacts(
        disclosure_id=disclosure_id,
        state=State(row["state"]),
        contract_id=row["contract_id"],
        supplier_id=row["supplier_id"],
        lender_id=row["lender_id"],
    )


async def scopes(tx: Tx, contract_id: str, *, by: Actor, at: datetime) -> frozenset[Scope]:
    """Return what the caller may see of a contract by consent at a moment.

    Milestones and observations where all who supply consent; of payments and calculations
    row-level security shows what whose consent stands for.
    """
    rows = await tx.rows(
        _CONSENTED, authority_id=authority_of(contract_id), contract_id=contract_id,
        lender_id=by.organisation_id, at=at,
    )  # fmt: skip
    return frozenset(Scope(row[0]) for row in rows)


async def concern(tx: Tx, contract_id: str, scope: Scope, *, by: Actor, at: datetime) -> None:
    """Refuse as `contracts.concern` does, but for a lender to whom the scope is disclosed.

    So are payments to one that holds the claims of who has left. Row-level security shows it no
    more than that.
    """
    if by.kind is OrganisationKind.FINANCIAL_INSTITUTION:
        await contracts.view(tx, contract_id, seen_by=by)
        if scope in await scopes(tx, contract_id, by=by, at=at):
            return
        if scope is Scope.PAYMENTS and await assigning.stands_in(tx, contract_id, by=by):
            return
    await contracts.concern(tx, contract_id, by=by)


async def concern_consents(tx: Tx, contract_id: str, *, by: Actor) -> None:
    """Refuse as `contracts.concern` does, but for a lender that a consent under it names."""
    authority = owner(contract_id, "contract", otherwise=ContractMissing)
    if await tx.value(_ANY, authority_id=authority, contract_id=contract_id) is None:
        await contracts.concern(tx, contract_id, by=by)


async def disclosed(tx: Tx, contract_id: str, *, by: Actor, at: datetime) -> Disclosed:
    """Return what a lender sees by consent. Refuses with ContractMissing, NotDisclosed."""
    await contracts.view(tx, contract_id, seen_by=by)
    seen = await scopes(tx, contract_id, by=by, at=at)
    if not seen:
        raise NotDisclosed("No consent stands for the caller's organisation.")
    return Disclosed(
        contract_id=contract_id,
        scopes=tuple(sorted(seen)),
        milestones=await _milestones(tx, contract_id) if Scope.MILESTONES in seen else None,
        observations=await _observations(tx, contract_id) if Scope.OBSERVATIONS in seen else None,
    )


async def _milestones(tx: Tx, contract_id: str) -> tuple[DisclosedMilestone, ...]:
    return tuple(
        DisclosedMilestone(
            code=one.code, share=one.share, due_at=one.due_at, delivered_at=one.delivered_at
        )
        for one in await milestones.accepted(tx, contract_id)
    )


async def _observations(tx: Tx, contract_id: str) -> tuple[DisclosedObservation, ...]:
    return tuple(
        DisclosedObservation(
            metric=one.metric,
            starts_on=one.period.starts_on,
            ends_on=one.period.ends_on,
            value=one.value,
        )
        for one in await demonstrating.verified(tx, contract_id)
    )


async def _left(tx: Tx, contract_id: str) -> tuple[str, ...]:
    authority = authority_of(contract_id)
    rows = await tx.rows(_LEFT, authority_id=authority, contract_id=contract_id)
    return tuple(row["organisation_id"] for row in rows)


def _owner(disclosure_id: str) -> int:
    return owner(disclosure_id, "disclosure", otherwise=DisclosureMissing)


def _found(row: Record | None) -> Record:
    if row is None:
        raise DisclosureMissing("No consent that the caller may know of is called so.")
    return row
