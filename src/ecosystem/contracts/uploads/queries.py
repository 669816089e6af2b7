"""Read uploads: what counts against the bounds, and one of the caller's own."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import DateTime, Integer, Text, bindparam, func, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.uploads.model import (
    BeginFacts,
    Bounds,
    State,
    Upload,
    UploadDraft,
)
from ecosystem.contracts.uploads.rules import UploadMissing
from ecosystem.contracts.uploads.tables import PURPOSE, upload
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner

_ONE: Final = Statement(
    select(upload).where(
        upload.c.authority_id == bindparam("authority_id", type_=Integer),
        upload.c.id == bindparam("id", type_=Text),
    )
)
_PENDING: Final = Statement(
    select(
        func.coalesce(func.sum(upload.c.bytes), 0).label("total"),
        func.coalesce(
            func.sum(upload.c.bytes).filter(
                upload.c.organisation_id == bindparam("organisation_id", type_=Text)
            ),
            0,
        ).label("own"),
    ).where(upload.c.state == State.OPEN.value)
)
_TURN: Final = Statement(select(func.pg_advisory_xact_lock(func.hashtextextended(PURPOSE, 0))))
_OLD: Final = Statement(
    select(upload.c.authority_id, upload.c.id).where(
        upload.c.begun_at <= bindparam("since", type_=DateTime(timezone=True))
    )
)
_THERE: Final = Statement(select(upload.c.id))


async def begin_facts(
    tx: Tx, contract_id: str, asked: UploadDraft, *, bounds: Bounds, by: Actor
) -> BeginFacts:
    """Return what the beginning of an upload is checked against. Refuses with ContractMissing.

    Effects: until the transaction ends no other upload begins, so that together they stay
    within the bounds.
    """
    is_party = await contracts.is_party(tx, contract_id, by=by)
    await tx.value(_TURN)
    await tx.allow("purpose", PURPOSE)
    row = await tx.row(_PENDING, organisation_id=by.organisation_id)
    return BeginFacts(
        is_party=is_party,
        asked=asked,
        pending_of_organisation=int(row["own"]) if row else 0,
        pending=int(row["total"]) if row else 0,
        bounds=bounds,
    )


async def own(tx: Tx, upload_id: str) -> Record:
    """Return the row of an upload of the caller's organisation. Refuses with UploadMissing."""
    authority = owner(upload_id, "upload", otherwise=UploadMissing)
    row = await tx.row(_ONE, authority_id=authority, id=upload_id)
    if row is None:
        raise UploadMissing("There is no such upload of the caller's organisation.")
    return row


def shown(row: Record, *, offset: int, lasting: timedelta) -> Upload:
    """Return an upload as it is read; `offset` says how far it has come."""
    return Upload(
        id=row["id"],
        state=State(row["state"]),
        contract_id=row["contract_id"],
        organisation_id=row["organisation_id"],
        name=row["name"],
        media_type=row["media_type"],
        bytes=row["bytes"],
        offset=offset,
        sha256=row["sha256"],
        document_id=row["document_id"],
        refusal=row["refusal"],
        begun_at=row["begun_at"],
        expires_at=row["begun_at"] + lasting,
    )


async def old(tx: Tx, *, since: datetime) -> list[Record]:
    """Return the uploads that were begun at or before `since`, under the purpose of all."""
    return await tx.rows(_OLD, since=since)


async def there(tx: Tx) -> frozenset[str]:
    """Return the identifiers of all uploads, under the purpose of all."""
    return frozenset(row["id"] for row in await tx.rows(_THERE))
