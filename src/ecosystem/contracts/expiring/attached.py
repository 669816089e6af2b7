"""Find files of needs past their time: the need is over, and so is every contract of it."""

from typing import Final

from sqlalchemy import Integer, Text, and_, bindparam, exists, func, or_, select

from ecosystem.awards.tables import award
from ecosystem.catalogue.profiles import queries as profiles
from ecosystem.catalogue.profiles.model import InForce
from ecosystem.contracts.expiring.queries import BATCH
from ecosystem.contracts.tables import contract
from ecosystem.history.tables import event
from ecosystem.identity.tables import organisation
from ecosystem.needs.attachments.tables import attachment
from ecosystem.needs.expiring.model import FileExpireFacts
from ecosystem.needs.expiring.tables import attachment_expiry
from ecosystem.needs.tables import need
from ecosystem.runtime.database import Record, Statement, Tx

_OVER: Final = ("contracted", "cancelled", "unsuccessful")
_ID: Final = bindparam("id", type_=Text)
_other = contract.alias("other")
_OF_NEED: Final = and_(
    contract.c.authority_id == need.c.authority_id, contract.c.need_id == need.c.id
)
_GOES_ON: Final = exists().where(
    _OF_NEED,
    or_(
        contract.c.state.in_(["active", "suspended"]),
        and_(
            contract.c.state == "draft",
            ~exists().where(
                _other.c.authority_id == contract.c.authority_id,
                _other.c.award_id == contract.c.award_id,
                _other.c.activated_at.is_not(None),
            ),
        ),
    ),
)
"""A draft goes on until another contract of its award was signed."""
_awards = select(award.c.id).where(
    award.c.authority_id == need.c.authority_id, award.c.need_id == need.c.id
)
_happened = (
    select(func.max(event.c.recorded_at))
    .where(event.c.authority_id == need.c.authority_id)
    .where(or_(event.c.stream == need.c.id, event.c.stream.in_(_awards)))
    .scalar_subquery()
)
_ended = select(func.max(contract.c.ended_at)).where(_OF_NEED).scalar_subquery()
_ONES: Final = (
    select(
        attachment.c.authority_id,
        attachment.c.id,
        attachment.c.need_id,
        attachment.c.bytes,
        attachment.c.sha256,
        need.c.profile_id,
        need.c.published_at,
        need.c.jurisdiction.label("place"),
        organisation.c.id.label("organisation_id"),
        organisation.c.jurisdiction,
        func.greatest(_happened, _ended).label("ended_at"),
    )
    .join(
        need,
        and_(need.c.authority_id == attachment.c.authority_id, need.c.id == attachment.c.need_id),
    )
    .join(organisation, organisation.c.number == attachment.c.authority_id)
    .where(need.c.state.in_(_OVER), ~_GOES_ON)
    .where(
        ~exists().where(
            attachment_expiry.c.authority_id == attachment.c.authority_id,
            attachment_expiry.c.attachment_id == attachment.c.id,
        )
    )
)
_PAGE: Final = Statement(_ONES.where(attachment.c.id > _ID).order_by(attachment.c.id).limit(BATCH))
_ONE: Final = Statement(
    _ONES.where(
        attachment.c.authority_id == bindparam("authority_id", type_=Integer),
        attachment.c.id == _ID,
    )
)


async def over(tx: Tx, *, after: str) -> list[Record]:
    """Return the next files of needs that are over and have not expired, by their identifiers."""
    return await tx.rows(_PAGE, id=after)


async def still_over(tx: Tx, one: Record) -> FileExpireFacts | None:
    """Return what the expiry of a file is decided on; None where it has expired meanwhile."""
    row = await tx.row(_ONE, authority_id=one["authority_id"], id=one["id"])
    return None if row is None else await facts(tx, row)


async def facts(tx: Tx, row: Record) -> FileExpireFacts | None:
    """Return what the expiry of a file is decided on; None where its law keeps it for good."""
    law = await _law(tx, row)
    records = law.rules.records
    if records is None:
        return None
    return FileExpireFacts(
        attachment_id=row["id"],
        need_id=row["need_id"],
        sha256=row["sha256"],
        ended_at=row["ended_at"],
        time_zone=law.calendar.time_zone,
        records=records,
    )


async def _law(tx: Tx, row: Record) -> InForce:
    """Return the rules that a need was published under; where it never was, those at its end."""
    if row["profile_id"] is None:
        return await profiles.profile_at(tx, jurisdiction=row["place"], at=row["ended_at"])
    return await profiles.profile_kept(tx, row["profile_id"], at=row["published_at"])
