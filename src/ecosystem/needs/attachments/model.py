"""What an attachment is: how its file arrives, what rules decide on, what they decide."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.needs.model import State
from ecosystem.values.identifiers import AttachmentId, NeedId
from ecosystem.values.patterns import whole


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it arrived: its bytes, and the header fields that describe them."""

    content: bytes
    media_type: str
    digest: str
    """Content-Digest."""
    disposition: str
    """Content-Disposition."""


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the filing of an attachment is checked against."""

    need_id: str
    authority_number: int
    state: State
    count: int
    """How many attachments the need has already."""
    bytes_before: int
    """How large these are together."""
    name: str | None
    """None where Content-Disposition gives no sound name."""
    media_type: str
    """As Content-Type says."""
    is_of_type: bool
    """Whether the bytes are of that type."""
    bytes: int
    sha256: str
    declared_sha256: str | None
    """None where Content-Digest gives no SHA-256."""


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A file is kept, and the documents of its need can name it."""

    name: str
    media_type: str
    bytes: int
    sha256: str


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file of a need."""

    id: AttachmentId
    version: int
    need_id: NeedId
    name: str
    media_type: str
    bytes: int
    sha256: Annotated[str, Meta(pattern=whole("[0-9a-f]{64}"))]
    filed_at: datetime
    expired_at: datetime | None
    """Since when its content is not read any more: its time by `records` of the profile is over."""
