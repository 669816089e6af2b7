"""The sealed envelope: its terms, its header, its form and its digest.

The form is exact to the byte, and written down for other languages in
docs/formats/sealed-offer.md. Names and digests are ASCII and there are no floats, so that
JSON with sorted keys is the canonical JSON of RFC 8785.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from ecosystem.values import period
from ecosystem.values.identifiers import LotId, NeedId, OfferId, OrganisationId, PersonId
from ecosystem.values.patterns import whole
from ecosystem.values.refusal import Fault, Kind, Refusal

VERSION: Final = "ecosystem-sealed-offer/1"
OFFICERS_MAX: Final = 15
PADDED_LENGTH_MIN: Final = 4096
PADDED_LENGTH_MAX: Final = 4 * 1024 * 1024
TAG_LENGTH: Final = 16
NONCE_LENGTH: Final = 12
PUBLIC_KEY_LENGTH: Final = 32
SHARE_LENGTH: Final = 33
BOX_LENGTH: Final = PUBLIC_KEY_LENGTH + SHARE_LENGTH + TAG_LENGTH

Sha256 = Annotated[
    str,
    Meta(
        pattern=whole("[0-9a-f]{64}"),
        max_length=64,
        description="A SHA-256 in lower-case hexadecimal.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
Base64Url = Annotated[
    str,
    Meta(
        pattern=whole("[A-Za-z0-9_-]+"),
        description="The base64url of RFC 4648, without padding.",
        examples=["c2VhbGVk"],
    ),
]
Deadline = Annotated[
    str,
    Meta(
        pattern=whole(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"),
        max_length=27,
        description="An RFC 3339 instant in UTC with six digits of a second.",
        examples=["2027-03-01T08:00:00.000000Z"],
    ),
]
Threshold = Annotated[
    int,
    Meta(
        ge=2,
        le=OFFICERS_MAX,
        description="How many officers open together; never one alone.",
    ),
]


class Part(StrEnum):
    """Which part of an offer an envelope holds: quality is scored before prices open."""

    WHOLE = "whole"
    TECHNICAL = "technical"
    FINANCIAL = "financial"


class SealedBy(StrEnum):
    """Who sealed: the bidder's own program, or the server for one that cannot encrypt."""

    CLIENT = "client"
    SERVER = "server"


class Officer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An opening officer as the need publishes it."""

    id: PersonId
    public_key: Base64Url
    """X25519 public key of RFC 7748: 32 bytes."""


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an envelope is sealed for: both sides know it before anything is sealed."""

    need_id: NeedId
    lot_id: LotId | None = None
    """None where the offer is for a need that has no lots."""
    bidder_id: OrganisationId
    """The organisation that offers; of a consortium its lead."""
    offer_id: OfferId
    part: Part = Part.WHOLE
    deadline_at: Deadline
    threshold: Threshold = 2
    officers: Annotated[tuple[Officer, ...], Meta(min_length=2, max_length=OFFICERS_MAX)]
    """In the published order: officer number i holds share number i."""


class SealedOfficer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer to whose key a share is sealed."""

    id: PersonId
    key_sha256: Sha256
    """Fingerprint: SHA-256 of the 32 bytes of the officer's public key."""


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What everybody may read of a sealed offer, and what the bidder is bound to."""

    version: Literal["ecosystem-sealed-offer/1"] = VERSION
    need_id: NeedId
    lot_id: LotId | None
    bidder_id: OrganisationId
    offer_id: OfferId
    part: Part
    deadline_at: Deadline
    threshold: Threshold
    officers: Annotated[tuple[SealedOfficer, ...], Meta(min_length=2, max_length=OFFICERS_MAX)]
    share_sha256: Annotated[tuple[Sha256, ...], Meta(min_length=2, max_length=OFFICERS_MAX)]
    """SHA-256 of each officer's share: a wrong share names its officer."""
    key_commitment: Sha256
    """Stops an envelope that opens to one offer with one key and to another with another."""
    offer_commitment: Sha256
    """Binds the bidder to one offer, salted so that no price can be guessed and tried."""
    sealed_by: SealedBy

    def encode(self) -> bytes:
        """Return the canonical bytes: they are the additional data of the encryption."""
        return _CANONICAL.encode(self)

    def index_of(self, officer_id: str) -> int | None:
        """Return the place of an officer, from 0; None for a stranger."""
        ids = [officer.id for officer in self.officers]
        return ids.index(officer_id) if officer_id in ids else None


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sealed offer: nobody reads it until enough officers open it together."""

    header: Header
    boxes: Annotated[tuple[Base64Url, ...], Meta(min_length=2, max_length=OFFICERS_MAX)]
    """Each officer's share, sealed to the officer's key by HPKE: 81 bytes each."""
    nonce: Base64Url
    """12 bytes."""
    cipher_text: Base64Url
    """AES-256-GCM of the padded offer: a power of two from 4096 to 4194304, and 16 bytes."""

    def encode(self) -> bytes:
        """Return the canonical bytes."""
        return _CANONICAL.encode(self)

    def digest(self) -> str:
        """Return SHA-256 of the canonical bytes: what the receipt and the history name."""
        return hashlib.sha256(self.encode()).hexdigest()


class EnvelopeMalformed(Refusal):
    """The envelope does not have the form of a sealed offer."""

    kind = Kind.MALFORMED
    remedy = "Seal the offer again as docs/formats/sealed-offer.md says."


class EnvelopeForAnother(Refusal):
    """The envelope is sealed for other terms than these."""

    kind = Kind.UNMET
    remedy = "Seal the offer again for the need's present terms, by the deadline."


def read(encoded: bytes) -> Envelope:
    """Return the envelope that JSON holds, or refuse with EnvelopeMalformed."""
    try:
        envelope = _DECODER.decode(encoded)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise EnvelopeMalformed(f"{error}.", pointer=_pointer(str(error))) from None
    _refuse(tuple(_faults(envelope)))
    return envelope


def check(envelope: Envelope) -> None:
    """Refuse with EnvelopeMalformed, all faults at once, unless the form is exact.

    Says nothing of what is inside: only the officers together can.
    """
    read(envelope.encode())


def check_terms(envelope: Envelope, *, terms: Terms) -> None:
    """Refuse with EnvelopeForAnother unless `envelope` is sealed for exactly `terms`."""
    header = envelope.header
    pairs = {
        "need_id": (header.need_id, terms.need_id),
        "lot_id": (header.lot_id, terms.lot_id),
        "bidder_id": (header.bidder_id, terms.bidder_id),
        "offer_id": (header.offer_id, terms.offer_id),
        "part": (header.part, terms.part),
        "deadline_at": (header.deadline_at, terms.deadline_at),
        "threshold": (header.threshold, terms.threshold),
        "officers": (header.officers, sealed_officers(terms.officers)),
    }
    faults = tuple(
        Fault(f"/header/{name}", f"other_{name}", f"The need's terms give another {name}.")
        for name, (sealed, published) in pairs.items()
        if sealed != published
    )
    if faults:
        names = ", ".join(fault.pointer.rpartition("/")[2] for fault in faults)
        raise EnvelopeForAnother(f"The header differs from the terms in {names}.", faults=faults)


def check_received(envelopes: tuple[Envelope, ...], *, terms: tuple[Terms, ...]) -> None:
    """Refuse unless a bidder's own program sealed `envelopes` for these `terms`, one for each.

    Refuses with EnvelopeForAnother or EnvelopeMalformed, which name the envelope's place.
    """
    if len(envelopes) != len(terms):
        parts = ", ".join(one.part for one in terms)
        raise EnvelopeForAnother(f"The need asks for these parts: {parts}.", pointer="/envelopes")
    for index, (envelope, agreed) in enumerate(zip(envelopes, terms, strict=True)):
        try:
            check(envelope)
            check_terms(envelope, terms=agreed)
        except Refusal as refusal:
            faults = tuple(_moved(one, below=f"/envelopes/{index}") for one in refusal.faults)
            raise type(refusal)(refusal.detail, faults=faults) from None
        if envelope.header.sealed_by is not SealedBy.CLIENT:
            pointer = f"/envelopes/{index}/header/sealed_by"
            raise EnvelopeMalformed("Who seals with an own program says `client`.", pointer=pointer)
    _check_apart(envelopes)


def _check_apart(envelopes: tuple[Envelope, ...]) -> None:
    """Refuse envelopes that have a key, a share or a salt in common: one would open the other."""
    drawn = [
        commitment
        for one in envelopes
        for header in (one.header,)
        for commitment in (header.key_commitment, header.offer_commitment, *header.share_sha256)
    ]
    if len(set(drawn)) < len(drawn):
        detail = "Draw key, salt and shares of each envelope anew: here they are the same."
        raise EnvelopeMalformed(detail, pointer="/envelopes/1/header/key_commitment")


def sealed_officers(officers: tuple[Officer, ...]) -> tuple[SealedOfficer, ...]:
    """Return how a header names `officers`; refuses as `decode` does."""
    return tuple(
        SealedOfficer(officer.id, fingerprint(decode(officer.public_key))) for officer in officers
    )


def fingerprint(public_key: bytes) -> str:
    """Return how a header names an officer's public key, given as its 32 bytes."""
    return hashlib.sha256(public_key).hexdigest()


def encode(octets: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of which `text` is the one base64url form, or refuse.

    Python's decoder skips strange characters and stray last bits; so the bytes are encoded
    again and compared. Refuses with EnvelopeMalformed.
    """
    try:
        octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        octets = b""
    if encode(octets) != text:
        raise EnvelopeMalformed("This is not base64url without padding.")
    return octets


def _faults(envelope: Envelope) -> Iterator[Fault]:
    yield from _header_faults(envelope.header)
    if b"\\" in envelope.encode():
        # A pattern's `$` lets a last line break pass, and JSON would write it as an escape.
        yield Fault("", "control_character", "Give names and digests without control characters.")
    if len(envelope.boxes) != len(envelope.header.officers):
        yield Fault("/boxes", "wrong_count", "Give one for every officer.")
    for index, box in enumerate(envelope.boxes):
        if _length(box) != BOX_LENGTH:
            yield Fault(f"/boxes/{index}", "wrong_length", f"Give base64url of {BOX_LENGTH} bytes.")
    if _length(envelope.nonce) != NONCE_LENGTH:
        yield Fault("/nonce", "wrong_length", f"Give base64url of {NONCE_LENGTH} bytes.")
    if not _is_padded_length(_length(envelope.cipher_text) - TAG_LENGTH):
        detail = "Give base64url of a power of two from 4096 to 4194304 bytes, and 16 more."
        yield Fault("/cipher_text", "wrong_length", detail)


def _header_faults(header: Header) -> Iterator[Fault]:
    count = len(header.officers)
    if not _is_instant(header.deadline_at):
        yield Fault("/header/deadline_at", "no_instant", "Give an instant of the calendar.")
    if header.threshold > count:
        yield Fault("/header/threshold", "too_high", "Give at most the number of officers.")
    if len({officer.id for officer in header.officers}) < count:
        yield Fault("/header/officers", "officer_twice", "Name every officer once.")
    if len({officer.key_sha256 for officer in header.officers}) < count:
        yield Fault("/header/officers", "key_twice", "Give every officer a key of its own.")
    if len(header.share_sha256) != count:
        yield Fault("/header/share_sha256", "wrong_count", "Give one for every officer.")


def _is_padded_length(length: int) -> bool:
    in_range = PADDED_LENGTH_MIN <= length <= PADDED_LENGTH_MAX
    return in_range and length & (length - 1) == 0


def _length(text: str) -> int:
    """Return how many bytes strict base64url holds; -1 where it is not strict."""
    try:
        return len(decode(text))
    except EnvelopeMalformed:
        return -1


def _is_instant(text: str) -> bool:
    try:
        return period.wire(datetime.fromisoformat(text)) == text
    except ValueError:
        return False


def _moved(fault: Fault, *, below: str) -> Fault:
    return Fault(f"{below}{fault.pointer}", fault.code, fault.detail)


def _refuse(faults: tuple[Fault, ...]) -> None:
    if faults:
        places = ", ".join(fault.pointer for fault in faults)
        raise EnvelopeMalformed(f"The envelope is wrong at {places}.", faults=faults)


def _pointer(message: str) -> str:
    """Return the JSON pointer of the path that a message of msgspec ends in."""
    found = re.search(r"`\$(\S*)`$", message)
    return re.sub(r"\.|\[", "/", found[1]).replace("]", "") if found else ""


_CANONICAL: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(Envelope)
