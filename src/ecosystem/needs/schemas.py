"""How opening keys look on the wire, and how they are shown to be held."""

from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.needs.model import PublicKey
from ecosystem.values.patterns import whole


class OpeningKeyAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key of which an officer wants to show that she holds the private half."""

    public_key: PublicKey


class OpeningKeyChallenge(msgspec.Struct, frozen=True):
    """What only the holder of the private half can open."""

    sealed: Annotated[str, Meta(pattern=whole("[A-Za-z0-9_-]{107}"))]
    """HPKE in base mode (RFC 9180) as for shares, with `info` = `ecosystem opening key attestation
    1`: 80 bytes as base64url. The 32 bytes inside are the answer."""


class OpeningKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer's public key for opening, and the proof that she holds the private half."""

    public_key: PublicKey
    answer: Annotated[
        str,
        Meta(
            pattern=whole("[A-Za-z0-9_-]{43}"),
            description="What was sealed in the challenge, 32 bytes as base64url.",
            examples=["Kq3mQ0dBV3c1b1hYk2rS8mJrN5hXv0wq7a9Z4tUe2yE"],
        ),
    ]
