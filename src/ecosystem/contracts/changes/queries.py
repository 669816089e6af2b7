"""Read changes: facts for the rules, locked; views, made by PostgreSQL."""

from typing import Any, Final

import msgspec
from msgspec import UNSET
from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    any_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
)

from ecosystem.catalogue.profiles.model import InForce
from ecosystem.catalogue.profiles.queries import profile_kept
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes import standard
from ecosystem.contracts.changes.model import (
    ApproveFacts,
    ChangeDraft,
    ChangeFacts,
    Earlier,
    EndFacts,
    FormDifferences,
    ProposeFacts,
    SignFacts,
    State,
)
from ecosystem.contracts.changes.rules import ChangeMissing
from ecosystem.contracts.changes.tables import (
    contract_change,
    contract_change_signature,
    contract_departure,
)
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.model import Organisation, SignedBy, Signing
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.rules import FormMissing
from ecosystem.contracts.shares import suppliers
from ecosystem.contracts.signing import queries as signing
from ecosystem.needs.tables import need
from ecosystem.runtime.columns import json_of, json_row, money
from ecosystem.runtime.database import Ahead, Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner
from ecosystem.values.money import Money
from ecosystem.values.text import Text as Words

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_signed = contract_change_signature.c
_SIGNATURES: Final = (
    select(
        func.json_agg(
            json_of(
                organisation_id=_signed.organisation_id,
                signed_at=_signed.signed_at,
                own_key=_signed.own_key,
            )
        )
    )
    .where(_signed.authority_id == contract_change.c.authority_id)
    .where(_signed.change_id == contract_change.c.id)
    .scalar_subquery()
)
_EXCLUSION: Final = case(
    (
        contract_change.c.excluded_id.is_not(None),
        json_of(
            member_id=contract_change.c.excluded_id,
            ground=contract_change.c.changes["substitution"]["exclusion"],
            reply_by=contract_change.c.reply_by,
            reply=contract_change.c.reply,
            replied_by=contract_change.c.replied_by,
            replied_at=contract_change.c.replied_at,
            dispute=contract_change.c.dispute,
            disputed_by=contract_change.c.disputed_by,
            disputed_at=contract_change.c.disputed_at,
        ),
    ),
    else_=null(),
)
_SUMMARY: Final[list[ColumnElement[Any]]] = [
    contract_change.c.id,
    contract_change.c.version,
    contract_change.c.contract_id,
    contract_change.c.edition,
    contract_change.c.state,
    contract_change.c.side,
    contract_change.c.ground,
    contract_change.c.reason,
    money(contract_change.c.price_before, contract_change.c.currency).label("value_before"),
    money(contract_change.c.price_after, contract_change.c.currency).label("value_after"),
    contract_change.c.proposed_at,
    contract_change.c.ended_at,
]
_WHOLE: Final[list[ColumnElement[Any]]] = [
    *_SUMMARY,
    contract_change.c.organisation_id,
    contract_change.c.proposed_by,
    contract_change.c.base_digest,
    contract_change.c.changes,
    contract_change.c.impact,
    contract_change.c.terms,
    contract_change.c.terms_digest,
    contract_change.c.signers,
    func.coalesce(_SIGNATURES, literal_column("'[]'::json")).label("signatures"),
    contract_change.c.needs_approval,
    contract_change.c.approved_by,
    contract_change.c.approved_at,
    _EXCLUSION.label("exclusion"),
    contract_change.c.ended_by,
    contract_change.c.ended_reason,
]
_KEY: Final = (contract_change.c.authority_id == _AUTHORITY, contract_change.c.id == _ID)
_SEEN: Final = or_(
    contract_change.c.state == "in_force",
    contracts.is_concerned(contract_change.c.authority_id, contract_change.c.contract_id),
    any_(contract_change.c.signers) == bindparam("organisation", type_=Text),
)
"""Who shall join by a change reads it, too."""
_one = select(*_WHOLE).where(*_KEY, _SEEN).subquery("one")
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
CHANGES: Final = page_of(
    select(*_SUMMARY).where(
        contract_change.c.authority_id == _AUTHORITY,
        contract_change.c.contract_id == _CONTRACT,
        _SEEN,
    )
)
"""A page of the changes of a contract, as far as the reader may see them."""
_OF_CONTRACT: Final = Statement(select(contract_change.c.contract_id).where(*_KEY, _SEEN))
_LOCKED: Final = Statement(select(contract_change).where(*_KEY).with_for_update())
_MADE: Final = Statement(
    select(
        contract_change.c.id,
        contract_change.c.state,
        contract_change.c.ground,
        contract_change.c.price_before,
        contract_change.c.price_after,
    )
    .where(contract_change.c.authority_id == _AUTHORITY)
    .where(contract_change.c.contract_id == _CONTRACT)
    .where(contract_change.c.state.in_(["in_force", "proposed"]))
    .order_by(contract_change.c.edition)
)
_DEPARTED: Final = Statement(
    select(contract_departure.c.organisation_id)
    .where(contract_departure.c.authority_id == _AUTHORITY)
    .where(contract_departure.c.contract_id == _CONTRACT)
    .order_by(contract_departure.c.organisation_id)
)
_SIGNERS: Final = Statement(
    select(_signed.organisation_id, _signed.person_id)
    .where(_signed.authority_id == _AUTHORITY, _signed.change_id == _ID)
    .order_by(_signed.organisation_id)
)
PUBLISHED: Final = Ahead(
    select(need.c.profile_id, need.c.published_at).where(
        need.c.authority_id == _AUTHORITY, need.c.id == _ID
    ),
    by="id",
)
"""Under which profile a need was published, and when."""


class _Body(msgspec.Struct, frozen=True):
    """Of a contract, its terms."""

    terms: ContractTerms


async def view(tx: Tx, change_id: str, *, seen_by: Actor | None) -> Record:
    """Return a change's JSON as `body`, and its version. Refuses with ChangeMissing."""
    reader = contracts.reads_as(seen_by, scope="contracts:read")
    return _found(await tx.row(_VIEW, authority_id=_owner(change_id), id=change_id, **reader))


async def differences(tx: Tx, contract_id: str, *, seen_by: Actor | None) -> FormDifferences:
    """Return how a contract differs from its standard form.

    Refuses with ContractMissing, or FormMissing where the form ships no more.
    """
    row = await contracts.view(tx, contract_id, seen_by=seen_by)
    terms = msgspec.json.decode(row["body"], type=_Body).terms
    form = contracts.forms_by_name().get((terms.form.id, terms.form.version))
    if form is None:
        raise FormMissing(f"{terms.form.id} {terms.form.version} ships no more.")
    return standard.against(terms, form)


async def locked(
    tx: Tx, change_id: str, *, by: Actor, expected: int | None = None
) -> tuple[Record, Record]:
    """Lock a change's contract, then itself; return the row of the change, and the contract's.

    Refuses with ChangeMissing, or RevisionStale where `expected` is another version.
    """
    authority = _owner(change_id)
    contract_id: str | None = await tx.value(
        _OF_CONTRACT, authority_id=authority, id=change_id, **contracts.reads_as(by)
    )
    if contract_id is None:
        raise ChangeMissing("No change that the caller may know of bears this identifier.")
    row = await contracts.locked(tx, contract_id, seen_by=by)
    change = _found(await tx.row(_LOCKED, authority_id=authority, id=change_id))
    revision.check(expected, actual=change["version"])
    return change, row


async def propose_facts(tx: Tx, row: Record, asked: ChangeDraft) -> ProposeFacts:
    """Return what a proposal to change a locked contract is checked against."""
    authority, contract_id = row["authority_id"], row["id"]
    made = await tx.rows(_MADE, authority_id=authority, contract_id=contract_id)
    done = [one for one in made if one["state"] == "in_force"]
    law = await rules_of(tx, row)
    terms = msgspec.json.decode(row["terms"], type=ContractTerms)
    first = done[0]["price_before"] if done else row["price"]
    return ProposeFacts(
        contract_id=contract_id,
        authority_number=authority,
        state=ContractState(row["state"]),
        edition=row["edition"],
        terms=terms,
        terms_digest=row["terms_digest"],
        first_value=Money(f"{first:f}", row["currency"]),
        supplier_ids=suppliers(terms),
        form=contracts.forms_by_name().get((terms.form.id, terms.form.version)),
        asked=asked,
        open_change_id=next((one["id"] for one in made if one["state"] == "proposed"), None),
        limit=law.rules.changes,
        earlier=tuple(
            Earlier(ground=one["ground"], change=f"{one['price_after'] - one['price_before']:f}")
            for one in done
        ),
        joining=await _joining(tx, asked),
        left=await _left(tx, row),
    )


async def _joining(tx: Tx, asked: ChangeDraft) -> Organisation | None:
    if asked.changes.substitution is UNSET:
        return None
    joining_id = asked.changes.substitution.joining_id
    return (await contracts.organisations(tx, [joining_id])).get(joining_id)


async def _left(tx: Tx, row: Record) -> tuple[str, ...]:
    rows = await tx.rows(_DEPARTED, authority_id=row["authority_id"], contract_id=row["id"])
    return tuple(one["organisation_id"] for one in rows)


def approve_facts(change: Record) -> ApproveFacts:
    """Return what the approval of a locked change is checked against."""
    return ApproveFacts(
        state=State(change["state"]),
        authority_number=change["authority_id"],
        proposed_by=change["proposed_by"],
        needs_approval=change["needs_approval"],
        approved_by=change["approved_by"],
        reply_by=change["reply_by"],
        has_reply=change["reply"] is not None,
    )


async def rules_of(tx: Tx, row: Record) -> InForce:
    """Return the rules that the need of a contract was published under.

    A contract grows from an award, so its need was published.
    """
    found = await tx.row(PUBLISHED, authority_id=row["authority_id"], id=row["need_id"])
    if found is None:
        message = "a contract without a need"
        raise LookupError(message)
    return await profile_kept(tx, found["profile_id"], at=found["published_at"])


async def sign_facts(
    tx: Tx, change: Record, row: Record, *, asked: Signing, by: Actor
) -> SignFacts:
    """Return what a signature under a locked change is checked against."""
    signed = await tx.rows(_SIGNERS, authority_id=change["authority_id"], id=change["id"])
    return SignFacts(
        state=State(change["state"]),
        contract_state=ContractState(row["state"]),
        contract_digest=row["terms_digest"],
        base_digest=change["base_digest"],
        proposed_by=change["proposed_by"],
        terms_digest=change["terms_digest"],
        digest=asked.digest,
        signers=tuple(change["signers"]),
        signatures=tuple(
            SignedBy(organisation_id=one["organisation_id"], person_id=one["person_id"])
            for one in signed
        ),
        awaits_approval=change["needs_approval"] and change["approved_by"] is None,
        presented=await signing.presented(
            tx, asked.jws, contract_id=row["id"], edition=change["edition"], by=by
        ),
    )


def end_facts(change: Record, *, reason: Words) -> EndFacts:
    """Return what the end of a locked proposal is checked against."""
    return EndFacts(
        state=State(change["state"]),
        organisation_id=change["organisation_id"],
        signers=tuple(change["signers"]),
        reason=reason,
    )


def change_facts(change: Record, row: Record) -> ChangeFacts:
    """Return what comes into force with a locked change of a locked contract."""
    return ChangeFacts(
        change_id=change["id"],
        edition=change["edition"],
        terms_before=msgspec.json.decode(row["terms"], type=ContractTerms),
        terms=msgspec.json.decode(change["terms"], type=ContractTerms),
        ends_on_before=row["ends_on"],
    )


def _owner(change_id: str) -> int:
    return owner(change_id, "change", otherwise=ChangeMissing)


def _found(row: Record | None) -> Record:
    if row is None:
        raise ChangeMissing("No change that the caller may know of bears this identifier.")
    return row
