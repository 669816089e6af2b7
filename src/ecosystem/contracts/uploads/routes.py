"""Uploads over HTTP, as draft-ietf-httpbis-resumable-upload-12 has them once they are begun."""

import asyncio
import hashlib
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from io import FileIO
from typing import Any, Final

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.contracts import access
from ecosystem.contracts.rules import ContractMissing, DocumentUnsound, NotParty
from ecosystem.contracts.uploads import actions, queries, rules
from ecosystem.contracts.uploads.model import Bounds, State, Upload, UploadDraft
from ecosystem.runtime import problems
from ecosystem.runtime.arriving import pieces, pour
from ecosystem.runtime.parts import PartHeld
from ecosystem.runtime.web import (
    Call,
    EdgeFinding,
    begin,
    delete,
    get,
    patch,
    post,
    seen_by,
)
from ecosystem.values import media
from ecosystem.values.refusal import Refusal

_OFFSET: Final = re.compile(r"[0-9]{1,15}")
_BOOLEAN: Final = {"?0": False, "?1": True}


@post(
    "/v1/contracts/{contract_id:str}/uploads",
    permit=access.FILE,
    answers=Upload,
    refuses=(
        ContractMissing, NotParty, DocumentUnsound, rules.UploadTooLarge, rules.UploadsFull,
    ),
)  # fmt: skip
async def begin_upload(
    request: Call, contract_id: FromPath[str], data: JSONBody[UploadDraft]
) -> Response[bytes]:
    """Begin the upload of a large document.

    Says what will come: name, type, length and SHA-256. Its parts are then appended at `Location`;
    what has arrived stays when a connection is cut off, and is discarded after a day.
    """
    upload_id = await actions.begin(
        request.tx, contract_id, data, bounds=_bounds(request), by=request.by, at=request.at,
        now=request.real_now,
    )  # fmt: skip
    row = await queries.own(request.tx, upload_id)
    return _answer(request, row, offset=0, location=f"/v1/uploads/{upload_id}")


@get(
    "/v1/uploads/{upload_id:str}",
    permit=access.READ_UPLOAD,
    answers=Upload,
    scoped=True,
    refuses=(rules.UploadMissing,),
)
async def read_upload(request: Call, upload_id: FromPath[str]) -> Response[bytes]:
    """Read how far an upload has come.

    `Upload-Offset` says where the next part begins; HEAD asks for no more than that. Once it is
    complete, `document_id` names the document; where it was refused, `refusal` says why.
    """
    row = await queries.own(request.tx, upload_id)
    return _answer(request, row, offset=_offset(request, upload_id, row))


@patch(
    "/v1/uploads/{upload_id:str}",
    permit=access.UPLOAD,
    answers=Upload,
    accepts="application/partial-upload",
    changes=False,
    streams=True,
    refuses=(
        rules.UploadMissing, rules.UploadClosed, rules.UploadBusy, rules.OffsetDiffers,
        rules.PartDiffers, rules.UploadUnfinished, ContractMissing, NotParty, DocumentUnsound,
    ),
)  # fmt: skip
async def append_to_upload(request: Call, upload_id: FromPath[str]) -> Response[bytes]:
    """Append a part to an upload.

    The body goes on at `Upload-Offset`, which must be where the upload ends; else the answer
    says where that is. `Upload-Complete: ?1` comes with the last part: what has arrived is
    compared with the SHA-256 and the type that were said before, and filed as a document.
    `Content-Digest` is compared with the part, where it is sent. A part that ends early, for
    want of a line or of room (503), keeps what came of it: `Upload-Offset` says where to go on.
    """
    row = await _own(request, upload_id)
    said, is_last = _said(request)
    with _held(request, upload_id) as file:
        try:
            offset = await _appended(request, row, file, said=said)
            if is_last:
                return await _completed(request, row, offset=offset)
        except (Refusal, EdgeFinding, OSError):
            _tell(request, request.house.blobs.parts.offset(upload_id))
            raise
        return _answer(request, row, offset=offset)


@delete(
    "/v1/uploads/{upload_id:str}",
    permit=access.UPLOAD,
    changes=False,
    refuses=(rules.UploadMissing, rules.UploadBusy),
)
async def abandon_upload(request: Call, upload_id: FromPath[str]) -> None:
    """Abandon an upload.

    What has arrived is discarded. A document that it was filed as stays.
    """
    await queries.own(request.tx, upload_id)
    with _held(request, upload_id):
        await actions.abandon(request.tx, upload_id)
        parts = request.house.blobs.parts
        request.tx.afterwards(lambda: parts.discard(upload_id))


def _bounds(request: Call) -> Bounds:
    chosen = request.house.settings
    return Bounds(
        one=chosen.upload_bytes_max,
        each=chosen.uploads_bytes_each_max,
        all=chosen.uploads_bytes_max,
    )


def _offset(request: Call, upload_id: str, row: Any) -> int:
    if row["state"] == State.COMPLETE:
        return int(row["bytes"])
    return request.house.blobs.parts.offset(upload_id)


def _answer(
    request: Call, row: Any, *, offset: int, location: str | None = None
) -> Response[bytes]:
    lasting = timedelta(hours=request.house.settings.upload_hours)
    shown = queries.shown(row, offset=offset, lasting=lasting)
    headers = {
        "upload-offset": str(offset),
        "upload-complete": "?1" if shown.state is State.COMPLETE else "?0",
        "upload-length": str(shown.bytes),
        "upload-limit": f"max-size={request.house.settings.upload_bytes_max}",
    }
    if shown.document_id is not None:
        location = f"/v1/documents/{shown.document_id}"
    return request.answer(
        shown, version=offset + 1, mark=shown.state.value, headers=headers, location=location
    )


async def _own(request: Call, upload_id: str) -> Any:
    """Return the row of an open upload, read without holding anything while the body comes."""
    async with request.house.database.reading(seen_by(request.by)) as tx:
        row = await queries.own(tx, upload_id)
    if row["state"] != State.OPEN:
        raise rules.UploadClosed(f"The upload is {row['state']}.")
    return row


def _said(request: Call) -> tuple[int, bool]:
    """Return what Upload-Offset and Upload-Complete say."""
    offset = request.header(b"upload-offset") or ""
    is_last = request.header(b"upload-complete") or ""
    if not _OFFSET.fullmatch(offset) or is_last not in _BOOLEAN:
        message = "Upload-Offset is a number of bytes, and Upload-Complete ?0 or ?1."
        raise EdgeFinding(problems.MALFORMED, message)
    return int(offset), _BOOLEAN[is_last]


@contextmanager
def _held(request: Call, upload_id: str) -> Generator[FileIO]:
    parts = request.house.blobs.parts
    try:
        with parts.held(upload_id) as file:
            yield file
    except PartHeld:
        _tell(request, parts.offset(upload_id))
        raise rules.UploadBusy("Another request appends to the upload.") from None


async def _appended(request: Call, row: Any, file: FileIO, *, said: int) -> int:
    """Write the body at the end of a held part, and return where it ends then."""
    offset = file.seek(0, os.SEEK_END)
    if offset != said:
        raise rules.OffsetDiffers(f"The upload ends at {offset}, and the part begins at {said}.")
    declared = request.header(b"content-digest")
    digest = hashlib.sha256()
    await pour(pieces(request, bytes_max=row["bytes"] - offset), file, digest=digest)
    if declared is not None and media.content_digest(declared) != digest.hexdigest():
        os.ftruncate(file.fileno(), offset)
        raise rules.PartDiffers(f"The SHA-256 of the part that arrived is {digest.hexdigest()}.")
    return file.seek(0, os.SEEK_END)


async def _completed(request: Call, row: Any, *, offset: int) -> Response[bytes]:
    if offset < row["bytes"]:
        raise rules.UploadUnfinished(f"{offset} of {row['bytes']} bytes are here.")
    blobs, upload_id = request.house.blobs, row["id"]
    path = blobs.parts.path(upload_id)
    come = await asyncio.to_thread(actions.arrived, row, path)
    await begin(request, come.sha256.encode())
    try:
        await actions.complete(
            request.tx, row, come, draft=path, blobs=blobs, by=request.by, at=request.at
        )
    except DocumentUnsound as refusal:
        await _refuse(request, upload_id, refusal)
        raise
    request.tx.afterwards(lambda: blobs.parts.discard(upload_id))
    return _answer(request, await queries.own(request.tx, upload_id), offset=come.bytes)


async def _refuse(request: Call, upload_id: str, refusal: Refusal) -> None:
    """Keep why the upload was refused: the transaction of the request undoes itself."""
    if request.visit.transaction is not None:
        await request.visit.transaction.end("ROLLBACK")
        request.visit.transaction = None
    async with request.house.database.transaction(seen_by(request.by)) as tx:
        await actions.refuse(tx, upload_id, reason=refusal.detail)
    await asyncio.to_thread(request.house.blobs.parts.discard, upload_id)


def _tell(request: Call, offset: int) -> None:
    """Have an answer that is no success say where the upload ends."""
    request.visit.answer_headers.append((b"upload-offset", str(offset).encode()))


ROUTES = (begin_upload, read_upload, append_to_upload, abandon_upload)
