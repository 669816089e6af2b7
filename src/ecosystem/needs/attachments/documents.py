"""The documents of a need: how an officer names them, and how everybody reads them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ecosystem.values.identifiers import AttachmentId
from ecosystem.values.patterns import whole
from ecosystem.values.refusal import Fault
from ecosystem.values.text import Text

NAMED_MAX: Final = 50


class DocumentType(StrEnum):
    """What a document is, by the codelist of OCDS 1.1."""

    BIDDING_DOCUMENTS = "biddingDocuments"
    TECHNICAL_SPECIFICATIONS = "technicalSpecifications"
    ELIGIBILITY_CRITERIA = "eligibilityCriteria"
    EVALUATION_CRITERIA = "evaluationCriteria"
    CONTRACT_DRAFT = "contractDraft"
    CLARIFICATIONS = "clarifications"
    BILL_OF_QUANTITY = "billOfQuantity"
    ILLUSTRATION = "illustration"
    PROJECT_PLAN = "projectPlan"
    NEEDS_ASSESSMENT = "needsAssessment"
    FEASIBILITY_STUDY = "feasibilityStudy"
    ENVIRONMENTAL_IMPACT = "environmentalImpact"
    RISK_PROVISIONS = "riskProvisions"
    MARKET_STUDIES = "marketStudies"


class DocumentNamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An attachment of the need as one of its documents."""

    id: AttachmentId
    document_type: DocumentType
    title: Text


Documents = Annotated[tuple[DocumentNamed, ...], Meta(max_length=NAMED_MAX)]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the bytes of an attachment."""

    id: str
    media_type: str
    bytes: int
    sha256: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a need."""

    id: AttachmentId
    document_type: DocumentType
    title: Text
    format: str
    """Media type of the file."""
    url: str
    """Where the file is downloaded, below the address of this service."""
    date_published: datetime | None
    """When a version that names it was first public; null in a draft."""
    bytes: int
    """Size of the file."""
    sha256: Annotated[str, Meta(pattern=whole("[0-9a-f]{64}"))]
    """Digest of the file, as hexadecimal digits."""


def faults(named: Sequence[DocumentNamed], *, files: Iterable[File]) -> Iterator[Fault]:
    """Yield which documents are no attachments of their need, or are named twice."""
    known, seen = {one.id for one in files}, set[str]()
    for index, one in enumerate(named):
        pointer = f"/documents/{index}/id"
        if one.id not in known:
            detail = f"{one.id} is no attachment of this need; add the file to it first."
            yield Fault(pointer, "document_unknown", detail)
        if one.id in seen:
            yield Fault(pointer, "document_twice", f"Name {one.id} once.")
        seen.add(one.id)


def lost(before: Iterable[DocumentNamed], after: Iterable[DocumentNamed]) -> Iterator[Fault]:
    """Yield which documents that were public would be no more."""
    staying = {one.id for one in after}
    for one in before:
        if one.id not in staying:
            detail = f"{one.id} is public and stays; add what takes its place, and say so."
            yield Fault("/documents", "document_removed", detail)


def shown(
    named: Iterable[DocumentNamed],
    *,
    files: Iterable[File],
    before: Iterable[Document],
    at: datetime | None,
) -> tuple[Document, ...]:
    """Return documents as everybody reads them; what is not yet public is so from `at` on.

    Requires that `files` has each of them.
    """
    known = {one.id: one for one in files}
    dates = {one.id: one.date_published for one in before}
    return tuple(
        Document(
            id=one.id,
            document_type=one.document_type,
            title=one.title,
            format=known[one.id].media_type,
            url=f"/v1/attachments/{one.id}/content",
            date_published=dates.get(one.id) or at,
            bytes=known[one.id].bytes,
            sha256=known[one.id].sha256,
        )
        for one in named
    )


def dated(documents: Iterable[Document], *, at: datetime) -> tuple[Document, ...]:
    """Return documents as they are public from `at` on."""
    return tuple(
        msgspec.structs.replace(one, date_published=one.date_published or at) for one in documents
    )
