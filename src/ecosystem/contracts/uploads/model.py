"""What an upload is: what is asked, the facts that rules decide on, what they decide."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import Digest
from ecosystem.values.identifiers import ContractId, DocumentId, OrganisationId, UploadId
from ecosystem.values.media import NAME_CHARACTERS_MAX


class State(StrEnum):
    """Where an upload stands."""

    OPEN = "open"
    COMPLETE = "complete"
    REFUSED = "refused"
    """All of it arrived, and it was not what had been said."""


class UploadDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What will be uploaded."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]
    """The name of the file, in any script, without a path."""
    media_type: Annotated[str, Meta(min_length=1, max_length=127)]
    bytes: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    """Its length."""
    sha256: Digest
    """What the SHA-256 of the whole is."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many bytes uploads may come to, as the operator has set it."""

    one: int
    each: int
    """All unfinished uploads of one organisation."""
    all: int


class BeginFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the beginning of an upload is checked against."""

    is_party: bool
    asked: UploadDraft
    pending_of_organisation: int
    """Bytes that its unfinished uploads come to."""
    pending: int
    """Bytes that all unfinished uploads come to."""
    bounds: Bounds


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """Parts of a document can be sent."""

    name: str
    media_type: str
    bytes: int
    sha256: str


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """An upload, and how far it has come."""

    id: UploadId
    state: State
    contract_id: ContractId
    organisation_id: OrganisationId
    name: str
    media_type: str
    bytes: int
    offset: int
    """How many bytes have arrived: where the next part begins."""
    sha256: Digest
    document_id: DocumentId | None
    """The document that was filed when the last part had arrived."""
    refusal: str | None
    """What was wrong with what arrived."""
    begun_at: datetime
    expires_at: datetime
    """When it is discarded, should it not be complete."""
