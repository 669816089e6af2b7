"""What a document's signed address is: what is asked, and what is answered."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import Digest
from ecosystem.values.patterns import whole

Expires = Annotated[
    int, Meta(ge=0, le=2**40, description="When the address ends, in seconds of Unix time.")
]
Mac = Annotated[
    str,
    Meta(
        max_length=43,
        pattern=whole("[A-Za-z0-9_-]{43}"),
        description="The signature that stands in an address made by this service.",
        examples=["Kq3mQ0dBV3c1b1hYk2rS8mJrN5hXv0wq7a9Z4tUe2yE"],
    ),
]


class LinkDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What address is wanted."""

    lasting_s: Annotated[int, Meta(ge=10, le=3600)] = 300
    """Seconds for which it can be used."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a document can be downloaded by whoever has this address."""

    url: str
    expires_at: datetime
    """From then on it answers nothing."""
    sha256: Digest
    """What the SHA-256 of the bytes is that come from there."""
