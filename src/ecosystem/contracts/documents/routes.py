"""Documents of contracts over HTTP."""

import asyncio
from datetime import timedelta

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.contracts import access, queries, rules
from ecosystem.contracts.documents import actions, signed
from ecosystem.contracts.documents import queries as documents
from ecosystem.contracts.documents.model import Address, Expires, LinkDraft, Mac
from ecosystem.contracts.expiring.rules import DocumentExpired
from ecosystem.contracts.model import Arrived, Document
from ecosystem.contracts.redacting.rules import DocumentRedacted
from ecosystem.runtime import content, paging, problems
from ecosystem.runtime.arriving import Draft, arrived
from ecosystem.runtime.download import download
from ecosystem.runtime.web import (
    Call,
    EdgeFinding,
    PageCursor,
    PageLimit,
    Standing,
    begin,
    get,
    post,
)
from ecosystem.values import media
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page


@post(
    "/v1/contracts/{contract_id:str}/documents",
    permit=access.FILE,
    answers=Standing,
    accepts="*/*",
    streams=True,
    refuses=(rules.ContractMissing, rules.NotParty, rules.DocumentUnsound),
)
async def file_document(request: Call, contract_id: FromPath[str]) -> Response[bytes]:
    """File a document under a contract.

    The body is the document itself: PDF, text, CSV, JSON, GeoJSON, XML, PNG, JPEG, an office
    document (OOXML or ODF, without macros), ZIP or ASiC, as Content-Type says and as the bytes
    themselves show. `Content-Digest: sha-256=:...:` (RFC 9530) is
    compared with what arrived; `Content-Disposition: attachment; filename*=UTF-8''...` names it.
    What is too large for one request is uploaded in parts.
    """
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in media.TYPES:
        raise EdgeFinding(problems.UNSUPPORTED, f"A document is one of {', '.join(media.TYPES)}.")
    blobs, bytes_max = request.house.blobs, request.house.settings.document_bytes_max
    async with arrived(request, folder=blobs.arriving, bytes_max=bytes_max) as draft:
        said = await _said(request, draft, media_type=sent)
        await begin(request, draft.sha256.encode())
        filed = await actions.file(
            request.tx, contract_id, said, draft=draft.path, blobs=blobs, by=request.by,
            at=request.at,
        )  # fmt: skip
    return request.answer(filed, version=filed.version, location=f"/v1/documents/{filed.id}")


async def _said(request: Call, draft: Draft, *, media_type: str) -> Arrived:
    """Return what the header fields say of a draft, and what it is."""
    return Arrived(
        name=media.file_name(request.headers.get("content-disposition", "")),
        media_type=media_type,
        is_of_type=await asyncio.to_thread(content.of_path, draft.path, media_type),
        bytes=draft.bytes,
        sha256=draft.sha256,
        declared_sha256=media.content_digest(request.headers.get("content-digest", "")),
    )


@get(
    "/v1/contracts/{contract_id:str}/documents",
    permit=access.READ_DOCUMENTS,
    answers=Page[Document],
    scoped=True,
    refuses=(rules.ContractMissing, rules.NotConcerned),
)
async def list_documents(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the documents of a contract that the caller may read; newest first."""
    await queries.concern(request.tx, contract_id, by=request.by)
    return await paging.page(
        request, request.tx, documents.DOCUMENTS, cursor=cursor, limit=limit,
        authority_id=owner(contract_id, "contract", otherwise=rules.ContractMissing),
        contract_id=contract_id,
    )  # fmt: skip


@get(
    "/v1/documents/{document_id:str}",
    permit=access.READ_DOCUMENTS,
    answers=Document,
    scoped=True,
    refuses=(rules.DocumentMissing,),
)
async def read_document(request: Call, document_id: FromPath[str]) -> Response[bytes]:
    """Read what is known of a document: its name, type, size and SHA-256.

    Once its contract has ended, `kept_until` says how long its content is kept; with `expired_at`
    it is not, and what stays is this.
    """
    row = await documents.document_view(request.tx, document_id)
    mark = None if row["kept_until"] is None else "ended"
    return request.answer(row["body"], version=row["version"], mark=mark)


@get(
    "/v1/documents/{document_id:str}/content",
    permit=access.READ_DOCUMENTS,
    answers=bytes,
    produces="*/*",
    ranges=True,
    scoped=True,
    refuses=(rules.DocumentMissing, DocumentExpired, DocumentRedacted),
)
async def read_document_content(request: Call, document_id: FromPath[str]) -> Response[bytes]:
    """Read the bytes of a document, or a range of them.

    They come as an attachment under the name they were filed with, never to be shown inline.
    Those of a redacted document come to auditors alone, those of an expired one to nobody.
    """
    row = await documents.served(request.tx, document_id, by=request.by)
    return await download(
        request, request.house.blobs, sha256=row["sha256"], name=row["name"],
        media_type=row["media_type"],
    )  # fmt: skip


@post(
    "/v1/documents/{document_id:str}/addresses",
    permit=access.LINK,
    answers=Address,
    scoped=True,
    refuses=(rules.DocumentMissing, DocumentExpired, DocumentRedacted),
)
async def make_address(
    request: Call, document_id: FromPath[str], data: JSONBody[LinkDraft]
) -> Response[bytes]:
    """Make an address from which a document is downloaded without a token.

    For a browser or a viewer that has none. Whoever has the address can read this document, as
    it is now, until `expires_at`, and nothing else: at most an hour. It ends with a redaction.
    """
    row = await documents.served(request.tx, document_id, by=request.by)
    expires_at = request.at.replace(microsecond=0) + timedelta(seconds=data.lasting_s)
    path = signed.path_of(
        document_id,
        sha256=row["sha256"],
        expires=int(expires_at.timestamp()),
        key=request.house.keys.downloads,
    )
    url = f"{request.house.settings.public_url}{path}"
    return request.answer(Address(url=url, expires_at=expires_at, sha256=row["sha256"]))


@get(
    "/v1/documents/{document_id:str}/download",
    permit=access.DOWNLOAD,
    answers=bytes,
    produces="*/*",
    ranges=True,
    refuses=(signed.AddressAltered, signed.AddressExpired, DocumentExpired, DocumentRedacted),
)
async def download_document(
    request: Call,
    document_id: FromPath[str],
    expires: FromQuery[Expires],
    signature: FromQuery[Mac],
) -> Response[bytes]:
    """Download a document from an address that was made for it; no token is needed.

    It comes as an attachment, whole or a range, never to be shown inline.
    """
    authority = owner(document_id, "document", otherwise=signed.AddressAltered)
    async with request.house.database.reading({"authority": str(authority)}) as tx:
        row = await documents.addressed(tx, document_id)
    signed.check(
        document_id,
        sha256=row["sha256"],
        expires=expires,
        signature=signature,
        key=request.house.keys.downloads,
        now=int(request.at.timestamp()),
    )
    documents.refuse_unread(row)
    answer = await download(
        request, request.house.blobs, sha256=row["sha256"], name=row["name"],
        media_type=row["media_type"],
    )  # fmt: skip
    answer.headers["cache-control"] = "private, no-store"
    answer.headers["referrer-policy"] = "no-referrer"
    return answer


ROUTES = (
    file_document,
    list_documents,
    read_document,
    read_document_content,
    make_address,
    download_document,
)
