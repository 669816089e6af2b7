"""Read attachments: facts for the rules, and what is known of those that one may know of."""

import asyncio
import hashlib
from io import BytesIO
from typing import Final

import msgspec
from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)

from ecosystem.needs.attachments.documents import File
from ecosystem.needs.attachments.model import Arrived, FileFacts
from ecosystem.needs.attachments.rules import AttachmentMissing
from ecosystem.needs.attachments.tables import attachment
from ecosystem.needs.expiring.model import FileExpired
from ecosystem.needs.expiring.tables import attachment_expiry
from ecosystem.needs.model import State
from ecosystem.needs.queries import own_number
from ecosystem.needs.tables import need
from ecosystem.runtime import content
from ecosystem.runtime.columns import json_of
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values import media
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_OF_NEED: Final = (
    attachment.c.authority_id == _AUTHORITY,
    attachment.c.need_id == bindparam("need_id", type_=Text),
)
_FILES: Final = Statement(
    select(attachment.c.id, attachment.c.media_type, attachment.c.bytes, attachment.c.sha256).where(
        *_OF_NEED
    )
)
_EXPIRY: Final = and_(
    attachment_expiry.c.authority_id == attachment.c.authority_id,
    attachment_expiry.c.attachment_id == attachment.c.id,
)
_HOLDS: Final = Statement(
    select(
        exists().where(
            attachment.c.sha256 == bindparam("sha256", type_=Text), ~exists().where(_EXPIRY)
        )
    )
)
_EXPIRED: Final = case(
    (
        attachment_expiry.c.attachment_id.is_not(None),
        json_of(
            ended_on=attachment_expiry.c.ended_on,
            years=attachment_expiry.c.years,
            kept_until=attachment_expiry.c.kept_until,
            law=attachment_expiry.c.law,
            article=attachment_expiry.c.article,
        ),
    ),
    else_=null(),
)
_document = func.json_array_elements(need.c.documents).column_valued("document")
_names_it = (
    select(_document)
    .where(_document.op("->>")(literal("id", literal_execute=True)) == attachment.c.id)
    .correlate(need, attachment)
)
_is_public = exists().where(
    need.c.authority_id == attachment.c.authority_id,
    need.c.id == attachment.c.need_id,
    need.c.published_at.is_not(None),
    exists(_names_it),
)
_seen = (
    select(
        attachment.c.id,
        case((attachment_expiry.c.attachment_id.is_(None), 1), else_=2).label("version"),
        attachment.c.need_id,
        attachment.c.name,
        attachment.c.media_type,
        attachment.c.bytes,
        attachment.c.sha256,
        attachment.c.filed_at,
        attachment_expiry.c.expired_at,
        _EXPIRED.label("expired"),
    )
    .outerjoin(attachment_expiry, _EXPIRY)
    .where(attachment.c.authority_id == _AUTHORITY)
    .where(attachment.c.id == bindparam("id", type_=Text))
    .where(or_(attachment.c.authority_id == bindparam("own", type_=Integer), _is_public))
    .subquery("one")
)
_VIEW: Final = Statement(
    select(
        json_of(**{str(one.key): one for one in _seen.columns if one.key != "expired"}).label(
            "body"
        ),
        _seen.c.version,
        _seen.c.expired,
        _seen.c.name,
        _seen.c.media_type,
        _seen.c.sha256,
    )
)


async def holds(tx: Tx, sha256: str) -> bool:
    """Tell whether an attachment names the bytes of a digest that has not expired."""
    found: bool = await tx.value(_HOLDS, sha256=sha256)
    return found


async def files(tx: Tx, row: Record) -> tuple[File, ...]:
    """Return the files that are attached to a locked need."""
    found = await tx.rows(_FILES, authority_id=row["authority_id"], need_id=row["id"])
    return tuple(File(**dict(one)) for one in found)


async def file_facts(tx: Tx, row: Record, arrived: Arrived) -> FileFacts:
    """Return what one more file of a locked need is checked against."""
    before = await files(tx, row)
    return FileFacts(
        need_id=row["id"],
        authority_number=row["authority_id"],
        state=State(row["state_now"]),
        count=len(before),
        bytes_before=sum(one.bytes for one in before),
        name=media.file_name(arrived.disposition),
        media_type=arrived.media_type,
        is_of_type=await asyncio.to_thread(
            content.is_of, BytesIO(arrived.content), arrived.media_type
        ),
        bytes=len(arrived.content),
        sha256=hashlib.sha256(arrived.content).hexdigest(),
        declared_sha256=media.content_digest(arrived.digest),
    )


async def view(tx: Tx, attachment_id: str, *, seen_by: Actor | None) -> Record:
    """Return an attachment's JSON as `body`, and what its bytes need to be served.

    Everybody sees what a published need names, an authority all of its own. Refuses with
    AttachmentMissing.
    """
    authority = owner(attachment_id, "attachment", otherwise=AttachmentMissing)
    row = await tx.row(_VIEW, authority_id=authority, id=attachment_id, own=own_number(seen_by))
    if row is None:
        raise AttachmentMissing("No published need names such an attachment.")
    return row


def expired(row: Record) -> FileExpired | None:
    """Return by which rule an attachment that `view` gave has expired, or None."""
    return None if row["expired"] is None else msgspec.json.decode(row["expired"], type=FileExpired)
