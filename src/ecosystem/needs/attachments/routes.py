"""Attachments of needs over HTTP."""

import asyncio
from urllib.parse import quote

from litestar import Response
from litestar.params import FromPath

from ecosystem.needs import access
from ecosystem.needs.attachments import actions, queries, rules
from ecosystem.needs.attachments.model import Arrived, Attachment
from ecosystem.needs.expiring.rules import AttachmentExpired, refuse_expired
from ecosystem.needs.rules import NeedMissing, NeedNotOwned
from ecosystem.runtime import problems
from ecosystem.runtime.web import Call, EdgeFinding, Standing, get, post
from ecosystem.values.media import TYPES


@post(
    "/v1/needs/{need_id:str}/attachments",
    permit=access.ATTACH,
    answers=Standing,
    accepts="*/*",
    refuses=(
        NeedMissing, NeedNotOwned, rules.NeedSettled, rules.AttachmentsTooMany,
        rules.AttachmentUnsound,
    ),
)  # fmt: skip
async def attach_file(request: Call, need_id: FromPath[str]) -> Response[bytes]:
    """Add a file to a need.

    The body is the file itself: PDF, text, CSV, JSON, GeoJSON, XML, PNG, JPEG, an office
    document (OOXML or ODF, without macros), ZIP or ASiC, as Content-Type says and as the bytes
    themselves show. `Content-Digest: sha-256=:...:` (RFC 9530) is compared
    with what arrived; `Content-Disposition: attachment; filename*=UTF-8''...` names it. Your
    authority alone sees it until `documents` of the need name it: those of a draft by PATCH,
    those of a published need by an amendment.
    """
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in TYPES:
        raise EdgeFinding(problems.UNSUPPORTED, f"A document is one of {', '.join(TYPES)}.")
    arrived = Arrived(
        content=request.visit.body,
        media_type=sent,
        digest=request.headers.get("content-digest", ""),
        disposition=request.headers.get("content-disposition", ""),
    )
    filed = await actions.file(
        request.tx, need_id, arrived, blobs=request.house.blobs, by=request.by, at=request.at
    )
    return request.answer(filed, version=filed.version, location=f"/v1/attachments/{filed.id}")


@get(
    "/v1/attachments/{attachment_id:str}",
    permit=access.READ,
    answers=Attachment,
    refuses=(rules.AttachmentMissing,),
)
async def read_attachment(request: Call, attachment_id: FromPath[str]) -> Response[bytes]:
    """Read what is known of a file of a need: its name, type, size and SHA-256.

    Public as soon as a published version of the need names it; before, its authority's alone.
    """
    row = await queries.view(request.tx, attachment_id, seen_by=request.reader)
    return request.answer(row["body"], version=row["version"])


@get(
    "/v1/attachments/{attachment_id:str}/content",
    permit=access.READ,
    answers=bytes,
    produces="*/*",
    refuses=(rules.AttachmentMissing, AttachmentExpired),
)
async def read_attachment_content(request: Call, attachment_id: FromPath[str]) -> Response[bytes]:
    """Download a file of a need.

    It comes as an attachment under the name it was filed with, never to be shown inline. When
    the years are over for which records of the procedure are kept, it is erased.
    """
    row = await queries.view(request.tx, attachment_id, seen_by=request.reader)
    refuse_expired(queries.expired(row))
    content = await asyncio.to_thread(request.house.blobs.read, row["sha256"])
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(row['name'], safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
    }
    return Response(content, headers=headers, media_type=row["media_type"])


ROUTES = (attach_file, read_attachment, read_attachment_content)
