"""How long files of needs are kept: what that follows from, and what is decided."""

from datetime import date, datetime

import msgspec

from ecosystem.catalogue.profiles.model import Records
from ecosystem.catalogue.profiles.words import Code
from ecosystem.values.text import Line


class FileExpireFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the expiry of an attachment is decided on."""

    attachment_id: str
    need_id: str
    sha256: str
    ended_at: datetime
    """When the last happened to the need, its awards and its contracts, which are all over."""
    time_zone: str
    records: Records


class FileExpired(msgspec.Struct, frozen=True, kw_only=True):
    """The file's bytes are to be erased; the rest of it stays."""

    ended_on: date
    years: int
    kept_until: date
    """The last day."""
    law: Code
    article: Line | None
