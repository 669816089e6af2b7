"""Find documents past their time, and whether other rows name the same bytes."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    exists,
    null,
    or_,
    select,
    union,
)

from ecosystem.catalogue.profiles.model import Records
from ecosystem.contracts.expiring.model import ExpireFacts, KeepFacts, Kept
from ecosystem.contracts.expiring.tables import contract_keeping, document_expiry
from ecosystem.contracts.law import law_of
from ecosystem.contracts.tables import contract, document
from ecosystem.history.model import Occurrence
from ecosystem.identity.tables import organisation
from ecosystem.needs.expiring.tables import attachment_expiry
from ecosystem.runtime.columns import json_of
from ecosystem.runtime.database import Record, Statement, Tx

BATCH: Final = 100
Holds = Callable[[Tx, str], Awaitable[bool]]
"""Whether rows of another room name the bytes of a digest."""
OF_DOCUMENT: Final = and_(
    document_expiry.c.authority_id == document.c.authority_id,
    document_expiry.c.document_id == document.c.id,
)
"""Which expiry is that of a document, for an outer join."""
OF_CONTRACT: Final = and_(
    contract_keeping.c.authority_id == document.c.authority_id,
    contract_keeping.c.contract_id == document.c.contract_id,
)
"""Which time is that of a document's contract, for an outer join."""
IS_EXPIRED: Final[ColumnElement[bool]] = document_expiry.c.document_id.is_not(None)
KEPT: Final[ColumnElement[Any]] = case(
    (
        contract_keeping.c.contract_id.is_not(None),
        json_of(
            ended_on=contract_keeping.c.ended_on,
            years=contract_keeping.c.years,
            kept_until=contract_keeping.c.kept_until,
            law=contract_keeping.c.law,
            article=contract_keeping.c.article,
        ),
    ),
    else_=null(),
)
"""Until when a document is kept and why, as JSON; null where nothing says so."""
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_SHA256: Final = bindparam("sha256", type_=Text)
_LIVES: Final = ~exists().where(OF_DOCUMENT)
_ENDED: Final = Statement(
    select(contract.c.ended_at).where(contract.c.authority_id == _AUTHORITY, contract.c.id == _ID)
)
_PAST: Final = (
    select(
        document.c.authority_id,
        document.c.id,
        document.c.contract_id,
        document.c.bytes,
        document.c.sha256,
        KEPT.label("kept"),
        organisation.c.id.label("organisation_id"),
        organisation.c.jurisdiction,
    )
    .join(contract_keeping, OF_CONTRACT)
    .join(organisation, organisation.c.number == document.c.authority_id)
    .where(_LIVES, contract_keeping.c.kept_until < bindparam("before", type_=Date))
)
_PAGE: Final = Statement(_PAST.where(document.c.id > _ID).order_by(document.c.id).limit(BATCH))
_ONE: Final = Statement(_PAST.where(document.c.authority_id == _AUTHORITY, document.c.id == _ID))
_left = union(
    *(
        select(one.c.sha256).where(one.c.erased_at.is_(None), one.c.sha256 > _SHA256)
        for one in (document_expiry, attachment_expiry)
    )
).subquery("expired")
_LEFT: Final = Statement(select(_left.c.sha256).order_by(_left.c.sha256).limit(BATCH))
_LIVING: Final = Statement(select(exists().where(document.c.sha256 == _SHA256, _LIVES)))
_IS_LEFT: Final = Statement(
    select(
        or_(
            *(
                exists().where(one.c.sha256 == _SHA256, one.c.erased_at.is_(None))
                for one in (document_expiry, attachment_expiry)
            )
        )
    )
)


async def keep_facts(tx: Tx, occurrence: Occurrence) -> KeepFacts | None:
    """Return what the time is computed from; None where the law sets none."""
    contract_id, at = occurrence.stream, occurrence.recorded_at
    law = await law_of(tx, contract_id, at=at)
    records: Records | None = law.rules.records
    if records is None:
        return None
    ended_at = await tx.value(_ENDED, authority_id=occurrence.authority_id, id=contract_id)
    return KeepFacts(ended_at=ended_at, time_zone=law.calendar.time_zone, records=records)


async def past(tx: Tx, *, before: date, after: str) -> list[Record]:
    """Return the next documents past their time, by their identifiers."""
    return await tx.rows(_PAGE, before=before, id=after)


async def still_past(tx: Tx, one: Record, *, before: date) -> ExpireFacts | None:
    """Return what the expiry of a document is decided on; None where it has expired meanwhile."""
    row = await tx.row(_ONE, authority_id=one["authority_id"], id=one["id"], before=before)
    if row is None:
        return None
    return ExpireFacts(
        document_id=row["id"],
        contract_id=row["contract_id"],
        sha256=row["sha256"],
        kept=msgspec.json.decode(row["kept"], type=Kept),
    )


async def left(tx: Tx, *, after: str) -> list[str]:
    """Return the next digests whose bytes have expired, and are not erased."""
    return [row["sha256"] for row in await tx.rows(_LEFT, sha256=after)]


async def is_left(tx: Tx, sha256: str) -> bool:
    """Tell whether bytes have expired, and are not erased."""
    found: bool = await tx.value(_IS_LEFT, sha256=sha256)
    return found


async def is_living(tx: Tx, sha256: str) -> bool:
    """Tell whether a document names these bytes that has not expired."""
    found: bool = await tx.value(_LIVING, sha256=sha256)
    return found
