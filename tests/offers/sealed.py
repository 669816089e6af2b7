"""What the tests of sealed offers start from: one envelope, and ways to open and to bend it."""

from typing import Any

import msgspec

from ecosystem.offers import sealing, shamir
from ecosystem.offers.envelope import (
    Envelope,
    SealedBy,
)
from tests.offers.sealing_vectors import (
    OFFER,
    Tape,
    officer_id,
    private_key,
    terms,
)


def sealed(offer: bytes = OFFER, *, threshold: int = 2, officers: int = 3) -> Envelope:
    agreed = terms(threshold=threshold, officers=officers)
    return sealing.seal(offer, terms=agreed, sealed_by=SealedBy.CLIENT, entropy=Tape())


ENVELOPE = sealed()


def opened_share(envelope: Envelope, number: int) -> bytes:
    return sealing.open_share(
        envelope, officer_id=officer_id(number), private_key=private_key(number)
    )


def opened_shares(envelope: Envelope, numbers: tuple[int, ...]) -> dict[str, bytes]:
    return {officer_id(number): opened_share(envelope, number) for number in numbers}


def dealt_shares(*, threshold: int = 2, officers: int = 3) -> dict[str, bytes]:
    """Return the shares that `sealed` deals, without opening a box."""
    tape = Tape()
    key, _, _, coefficients = tape(32), tape(32), tape(12), tape(32 * (threshold - 1))
    shares = shamir.split(key, threshold=threshold, holders=officers, coefficients=coefficients)
    return {officer_id(number): share for number, share in enumerate(shares, 1)}


def with_header(envelope: Envelope, **changes: Any) -> Envelope:
    header = msgspec.structs.replace(envelope.header, **changes)
    return msgspec.structs.replace(envelope, header=header)


def flipped(octets: bytes, bit: int) -> bytes:
    place = bit // 8 % len(octets)
    return octets[:place] + bytes([octets[place] ^ 1 << bit % 8]) + octets[place + 1 :]
