"""Read substitutions, as far as row-level security lets one see."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Text, bindparam, exists, func, select, text
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from ecosystem.offers.members.model import State, SubstitutionFacts
from ecosystem.offers.members.rules import SubstitutionMissing
from ecosystem.offers.members.tables import offer_departure, substitution
from ecosystem.offers.model import OfferFacts
from ecosystem.offers.tables import offer, offer_member
from ecosystem.runtime.columns import instant, json_of, json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.identifiers import owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_WHOLE: Final = (
    substitution.c.id,
    substitution.c.version,
    substitution.c.need_id,
    substitution.c.offer_id,
    substitution.c.state,
    substitution.c.leaving_id,
    substitution.c.joining_id,
    func.trim_scale(substitution.c.share).cast(Text).label("share"),
    substitution.c.reason,
    substitution.c.proposed_at,
    substitution.c.consented_at,
    substitution.c.approved_at,
    substitution.c.ended_at,
    substitution.c.ended_reason,
)
_KEY: Final = (
    substitution.c.authority_id == _AUTHORITY,
    substitution.c.id == bindparam("id", type_=Text),
)
_one = select(*_WHOLE).where(*_KEY).subquery("one")
_VIEW: Final = Statement(select(json_row(_one), _one.c.version, _one.c.state))
LISTING: Final = page_of(
    select(*_WHOLE).where(
        substitution.c.authority_id == _AUTHORITY,
        substitution.c.need_id == bindparam("need_id", type_=Text),
    )
)
_LOCKED: Final = Statement(select(substitution).where(*_KEY).with_for_update())
_OFFER: Final = Statement(select(substitution.c.offer_id).where(*_KEY))


def departures() -> ColumnElement[Any]:
    """Return who has left an offer, as far as row-level security shows it."""
    one = json_of(
        organisation_id=offer_departure.c.organisation_id,
        had_consented=offer_departure.c.had_consented,
        reason=offer_departure.c.reason,
        left_at=instant(offer_departure.c.left_at),
    )
    listed = func.jsonb_agg(aggregate_order_by(one.cast(JSONB), offer_departure.c.version.desc()))
    return (
        select(func.coalesce(listed, text("'[]'::jsonb")))
        .where(offer_departure.c.authority_id == offer.c.authority_id)
        .where(offer_departure.c.offer_id == offer.c.id)
        .scalar_subquery()
    )


def is_invited(organisation: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether an organisation has yet to consent to an offer that others draft."""
    return exists().where(
        offer_member.c.authority_id == offer.c.authority_id,
        offer_member.c.offer_id == offer.c.id,
        offer_member.c.organisation_id == organisation,
        offer_member.c.consented_at.is_(None),
        offer.c.state == "draft",
    )


async def view(tx: Tx, substitution_id: str) -> Record:
    """Return a substitution's JSON, version and state. Refuses with SubstitutionMissing."""
    authority = owner(substitution_id, "substitution", otherwise=SubstitutionMissing)
    return _found(await tx.row(_VIEW, authority_id=authority, id=substitution_id))


async def offer_of(tx: Tx, substitution_id: str) -> str:
    """Return which offer it is of, without a lock. Refuses with SubstitutionMissing."""
    authority = owner(substitution_id, "substitution", otherwise=SubstitutionMissing)
    found: str | None = await tx.value(_OFFER, authority_id=authority, id=substitution_id)
    if found is None:
        raise _missing()
    return found


async def locked(
    tx: Tx, substitution_id: str, *, expected: int | None, offer: OfferFacts | None = None
) -> tuple[SubstitutionFacts, Record]:
    """Lock a substitution; return its facts and its row.

    Refuses with SubstitutionMissing, or RevisionStale where `expected` is another version.
    """
    authority = owner(substitution_id, "substitution", otherwise=SubstitutionMissing)
    row = _found(await tx.row(_LOCKED, authority_id=authority, id=substitution_id))
    revision.check(expected, actual=row["version"])
    facts = SubstitutionFacts(
        substitution_id=substitution_id,
        authority_number=authority,
        state=State(row["state"]),
        leaving_id=row["leaving_id"],
        joining_id=row["joining_id"],
        proposed_by=row["proposed_by"],
        consented_by=row["consented_by"],
        offer=offer,
    )
    return facts, row


def _found(row: Record | None) -> Record:
    if row is None:
        raise _missing()
    return row


def _missing() -> SubstitutionMissing:
    return SubstitutionMissing("No substitution that the caller may know of bears this identifier.")
