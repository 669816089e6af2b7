"""Begin uploads, end them, and discard what nobody goes on with."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, update

from ecosystem.contracts.documents import actions as documents
from ecosystem.contracts.model import Arrived
from ecosystem.contracts.uploads import queries, rules
from ecosystem.contracts.uploads.model import Bounds, State, UploadDraft
from ecosystem.contracts.uploads.tables import PURPOSE, upload
from ecosystem.runtime import content
from ecosystem.runtime.arriving import sha256_of
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.database import Database, Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.parts import PartHeld, Parts
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, is_identifier, minted_at

_BEGIN: Final = inserting(upload)
_THIS: Final = (
    upload.c.authority_id == bindparam("of_authority"),
    upload.c.id == bindparam("of"),
)
_END: Final = Statement(
    update(upload)
    .where(*_THIS, upload.c.state == State.OPEN.value)
    .values(
        state=bindparam("new_state"),
        document_id=bindparam("filed_as"),
        refusal=bindparam("reason"),
    )
    .returning(upload.c.id)
)
_FORGET: Final = Statement(delete(upload).where(*_THIS))


async def begin(
    tx: Tx, contract_id: str, asked: UploadDraft, *, bounds: Bounds, by: Actor, at: datetime,
    now: datetime,
) -> str:  # fmt: skip
    """Begin an upload and return its identifier; `now` is real time, from which it lasts.

    Refuses with ContractMissing, and as the rule does. Effects: its row. It is no event: of
    what has not arrived nothing follows.
    """
    facts = await queries.begin_facts(tx, contract_id, asked, bounds=bounds, by=by)
    begun = rules.begin(facts, by=by, at=at)
    authority = authority_of(contract_id)
    upload_id = mint("upload", authority=authority)
    await tx.run(
        _BEGIN,
        authority_id=authority, id=upload_id, state=State.OPEN, contract_id=contract_id,
        organisation_id=by.organisation_id, document_id=None, refusal=None, begun_at=now,
        **msgspec.structs.asdict(begun),
    )  # fmt: skip
    return upload_id


def arrived(row: Record, path: Path) -> Arrived:
    """Return what has arrived of an upload, read from the disk: not what was said of it."""
    return Arrived(
        name=row["name"],
        media_type=row["media_type"],
        is_of_type=content.of_path(path, row["media_type"]),
        bytes=path.stat().st_size,
        sha256=sha256_of(path),
        declared_sha256=row["sha256"],
    )


async def complete(
    tx: Tx, row: Record, come: Arrived, *, draft: Path, blobs: Blobs, by: Actor, at: datetime
) -> str:
    """File the document that an upload has brought, and return its identifier.

    The caller holds the upload's part. Refuses with UploadClosed, and as filing does. Effects:
    those of filing; the upload is complete.
    """
    filed = await documents.file(
        tx, row["contract_id"], come, draft=draft, blobs=blobs, by=by, at=at
    )
    await _end(tx, row["id"], to=State.COMPLETE, filed_as=filed.id)
    return filed.id


async def refuse(tx: Tx, upload_id: str, *, reason: str) -> None:
    """Keep that what arrived was not what had been said. Refuses with UploadClosed."""
    await _end(tx, upload_id, to=State.REFUSED, reason=reason)


async def abandon(tx: Tx, upload_id: str) -> None:
    """Forget an upload; its part is the caller's to discard."""
    await tx.run(_FORGET, of_authority=authority_of(upload_id), of=upload_id)


async def discard_old(database: Database, parts: Parts, *, now: datetime, hours: int) -> int:
    """Discard uploads that are older than so many hours; return how many there were.

    One that is written just now is left for the next time. Effects: rows and files are gone;
    files of that age that belong to no upload as well.
    """
    since = now - timedelta(hours=hours)
    async with database.transaction({"purpose": PURPOSE}) as tx:
        rows = await queries.old(tx, since=since)
    count = 0
    for row in rows:
        count += await _discarded(database, parts, row["id"])
    async with database.transaction({"purpose": PURPOSE}) as tx:
        there = await queries.there(tx)
    for name in set(parts.names()) - there:
        if is_identifier(name, "upload") and minted_at(name) <= since:
            await asyncio.to_thread(parts.discard, name)
    return count


async def _discarded(database: Database, parts: Parts, upload_id: str) -> bool:
    try:
        with parts.held(upload_id):
            async with database.transaction({"purpose": PURPOSE}) as tx:
                await abandon(tx, upload_id)
            parts.discard(upload_id)
    except PartHeld:
        return False
    return True


async def _end(
    tx: Tx, upload_id: str, *, to: State, filed_as: str | None = None, reason: str | None = None
) -> None:
    ended = await tx.value(
        _END,
        of_authority=authority_of(upload_id), of=upload_id, new_state=to, filed_as=filed_as,
        reason=reason,
    )  # fmt: skip
    if ended is None:
        raise rules.UploadClosed("The upload has ended meanwhile.")
