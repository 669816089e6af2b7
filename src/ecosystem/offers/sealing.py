"""Seals an offer so that only k of n opening officers together can read it.

The bidder is the dealer: its program makes a key, encrypts the padded offer, splits the key
and seals each share to one officer. No server, no owner of the database and no officer alone
can open it; and whoever hinders the opening is named. Everything random but HPKE's own
ephemeral key is passed in, so that this module computes the same from the same.

Source: AES-GCM of NIST SP 800-38D; HPKE of RFC 9180; docs/formats/sealed-offer.md.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ecosystem.offers import envelope as form
from ecosystem.offers import shamir
from ecosystem.offers.envelope import Envelope, EnvelopeMalformed, Header, Officer, SealedBy, Terms
from ecosystem.values.refusal import Kind, Refusal

Entropy = Callable[[int], bytes]
"""Returns that many uniformly random bytes, never the same again: `secrets.token_bytes`.

Drawn in this order: key (32), salt (32), nonce (12), coefficients (32 x (threshold - 1)).
"""

KEY_LENGTH: Final = 32
SALT_LENGTH: Final = 32
LENGTH_LENGTH: Final = 8
OFFER_LENGTH_MAX: Final = form.PADDED_LENGTH_MAX - SALT_LENGTH - LENGTH_LENGTH

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class OfferTooLarge(Refusal):
    """The offer is larger than an envelope holds."""

    kind = Kind.UNMET
    remedy = f"Keep the offer to {OFFER_LENGTH_MAX} bytes; name large files by their SHA-256."


class OfficerKeyUnusable(Refusal):
    """The public key of an officer is not one to which a share can be sealed."""

    kind = Kind.UNMET
    remedy = "Ask the authority to publish an X25519 public key that the officer generated."

    def __init__(self, officer_id: str) -> None:
        super().__init__(f"The public key of {officer_id} is not a sound X25519 key.")
        self.officer_id = officer_id


class OfficerUnknown(Refusal):
    """The envelope holds no share for this officer."""

    kind = Kind.MISSING
    remedy = "Let an officer whom the envelope's header names open it."


class PrivateKeyOfAnother(Refusal):
    """The private key is not the one to which this officer's share is sealed."""

    kind = Kind.UNMET
    remedy = "Use the private key whose public half the need published."


class ShareWrong(Refusal):
    """The share is not the one that the bidder sealed to this officer.

    The officer is at fault: the header holds the share's SHA-256.
    """

    kind = Kind.UNMET
    remedy = "Let the officer open the share in its own program again and hand in that."

    def __init__(self, officer_id: str) -> None:
        super().__init__(f"What {officer_id} handed in is not the share sealed to {officer_id}.")
        self.officer_id = officer_id


class SharesTooFew(Refusal):
    """Fewer shares are handed in than the envelope's threshold."""

    kind = Kind.UNMET
    remedy = "Wait until as many officers as the threshold says have handed in their shares."


class EnvelopeAltered(Refusal):
    """The envelope does not hold what its header commits to.

    The bidder is at fault where the envelope's digest is the one of its receipt; where the
    digest differs, whoever kept the envelope is.
    """

    kind = Kind.UNMET
    remedy = "Compare the digest with the receipt; if they agree, exclude the offer."

    def __init__(self, detail: str, *, envelope: Envelope) -> None:
        super().__init__(detail)
        self.bidder_id = envelope.header.bidder_id
        self.digest = envelope.digest()


class BoxUnreadable(EnvelopeAltered):
    """A share does not open with the key of the officer to whom it should be sealed.

    Only the officer sees this: it proves nothing to others while enough officers can open.
    """


class ShareMisdealt(EnvelopeAltered):
    """A share opens, and is not the one to which the header commits.

    Only the officer sees this: it proves nothing to others while enough officers can open.
    """


class SharesInconsistent(EnvelopeAltered):
    """The shares do not lie on one polynomial: other officers would open something else."""


class KeyMismatch(EnvelopeAltered):
    """The key that the shares give is not the one to which the header commits."""


class TextUnreadable(EnvelopeAltered):
    """The cipher text does not open with the key and the header."""


class OfferMismatch(EnvelopeAltered):
    """The text that opened is not padded as it must be, or not the offer committed to."""


def seal(offer: bytes, *, terms: Terms, sealed_by: SealedBy, entropy: Entropy) -> Envelope:
    """Return `offer` in an envelope that `terms.threshold` of `terms.officers` open together.

    `offer` is 0 to OFFER_LENGTH_MAX bytes. Refuses with OfferTooLarge, OfficerKeyUnusable, and
    EnvelopeMalformed where the terms themselves are (such as one officer twice).
    """
    if len(offer) > OFFER_LENGTH_MAX:
        raise OfferTooLarge(f"The offer has {len(offer)} bytes.")
    for officer in terms.officers:
        _public_key(officer)
    key = _draw(entropy, KEY_LENGTH)
    salt = _draw(entropy, SALT_LENGTH)
    nonce = _draw(entropy, form.NONCE_LENGTH)
    shares = _deal(key, terms=terms, entropy=entropy)
    header = _header(offer, terms=terms, sealed_by=sealed_by, key=key, salt=salt, shares=shares)
    sealed = Envelope(
        header=header,
        boxes=tuple(
            form.encode(_seal_share(share, officer=officer, header=header))
            for share, officer in zip(shares, terms.officers, strict=True)
        ),
        nonce=form.encode(nonce),
        cipher_text=form.encode(AESGCM(key).encrypt(nonce, _pad(offer, salt), header.encode())),
    )
    form.check(sealed)
    return sealed


def open_share(envelope: Envelope, *, officer_id: str, private_key: bytes) -> bytes:
    """Return the share sealed to an officer: done in the officer's own program.

    `private_key` is the 32 bytes of X25519. Refuses with EnvelopeMalformed, OfficerUnknown,
    PrivateKeyOfAnother, BoxUnreadable, ShareMisdealt, in that order.
    """
    form.check(envelope)
    header = envelope.header
    index = _index(header, officer_id)
    key = _private_key(private_key, fingerprint=header.officers[index].key_sha256)
    try:
        box = form.decode(envelope.boxes[index])
        share = _SUITE.decrypt(box, key, info=share_info(header, officer_id=officer_id))
    except InvalidTag:
        detail = f"The share of {officer_id} does not open with the right key."
        raise BoxUnreadable(detail, envelope=envelope) from None
    if not _is_share(header, index=index, share=share):
        detail = f"The share of {officer_id} is not the one that the header commits to."
        raise ShareMisdealt(detail, envelope=envelope)
    return share


def check_share(envelope: Envelope, *, officer_id: str, share: bytes) -> None:
    """Refuse unless `share` is the one that `envelope` commits to for the officer.

    Refuses with OfficerUnknown, then with ShareWrong, which names the officer.
    """
    index = _index(envelope.header, officer_id)
    if not _is_share(envelope.header, index=index, share=share):
        raise ShareWrong(officer_id)


def unseal(envelope: Envelope, *, shares: Mapping[str, bytes]) -> bytes:
    """Return the offer that `shares`, by officer, open.

    Which officers take part makes no difference: before anything is decrypted, the shares
    of those who are absent are computed too and held against the header. Refuses with
    EnvelopeMalformed; OfficerUnknown or ShareWrong for a share; SharesTooFew; then, with the
    bidder at fault, SharesInconsistent, KeyMismatch, TextUnreadable, OfferMismatch.
    """
    form.check(envelope)
    for officer_id, share in shares.items():
        check_share(envelope, officer_id=officer_id, share=share)
    header = envelope.header
    if len(shares) < header.threshold:
        raise SharesTooFew(f"{len(shares)} of {header.threshold} shares are handed in.")
    key = _rebuild(envelope, shares=tuple(shares.values())[: header.threshold])
    try:
        nonce, cipher_text = form.decode(envelope.nonce), form.decode(envelope.cipher_text)
        padded = AESGCM(key).decrypt(nonce, cipher_text, header.encode())
    except InvalidTag:
        detail = "The cipher text does not open with the committed key and this header."
        raise TextUnreadable(detail, envelope=envelope) from None
    return _offer(envelope, padded=padded)


def share_info(header: Header, *, officer_id: str) -> bytes:
    """Return HPKE's `info`: it ties a share to one officer and to one header."""
    return _label("share") + officer_id.encode() + b"\0" + hashlib.sha256(header.encode()).digest()


def key_commitment(key: bytes) -> str:
    """Return how a header commits to the key of its cipher text."""
    return hashlib.sha256(_label("key") + key).hexdigest()


def offer_commitment(offer: bytes, *, salt: bytes) -> str:
    """Return how a header commits to `offer`; `salt` is 32 random bytes."""
    return hashlib.sha256(_label("offer") + salt + offer).hexdigest()


def _label(use: str) -> bytes:
    return f"{form.VERSION} {use}".encode() + b"\0"


def _draw(entropy: Entropy, length: int) -> bytes:
    drawn = entropy(length)
    if len(drawn) != length:
        raise ValueError("entropy returns as many bytes as it is asked for")
    return drawn


def _deal(key: bytes, *, terms: Terms, entropy: Entropy) -> tuple[bytes, ...]:
    if not terms.threshold <= len(terms.officers) <= form.OFFICERS_MAX:
        raise EnvelopeMalformed("The terms name fewer officers than open together, or too many.")
    length = shamir.coefficients_length(KEY_LENGTH, threshold=terms.threshold)
    return shamir.split(
        key,
        threshold=terms.threshold,
        holders=len(terms.officers),
        coefficients=_draw(entropy, length),
    )


def _header(
    offer: bytes,
    *,
    terms: Terms,
    sealed_by: SealedBy,
    key: bytes,
    salt: bytes,
    shares: tuple[bytes, ...],
) -> Header:
    return Header(
        need_id=terms.need_id,
        lot_id=terms.lot_id,
        bidder_id=terms.bidder_id,
        offer_id=terms.offer_id,
        part=terms.part,
        deadline_at=terms.deadline_at,
        threshold=terms.threshold,
        officers=form.sealed_officers(terms.officers),
        share_sha256=tuple(hashlib.sha256(share).hexdigest() for share in shares),
        key_commitment=key_commitment(key),
        offer_commitment=offer_commitment(offer, salt=salt),
        sealed_by=sealed_by,
    )


def _public_key(officer: Officer) -> X25519PublicKey:
    """Return the officer's key; one of small order would make every box readable by all."""
    try:
        key = X25519PublicKey.from_public_bytes(form.decode(officer.public_key))
        X25519PrivateKey.from_private_bytes(bytes(KEY_LENGTH)).exchange(key)
    except (ValueError, EnvelopeMalformed):
        raise OfficerKeyUnusable(officer.id) from None
    return key


def _private_key(octets: bytes, *, fingerprint: str) -> X25519PrivateKey:
    if len(octets) != KEY_LENGTH:
        raise PrivateKeyOfAnother("A private key of X25519 has 32 bytes.")
    key = X25519PrivateKey.from_private_bytes(octets)
    if form.fingerprint(key.public_key().public_bytes_raw()) != fingerprint:
        raise PrivateKeyOfAnother("The officer's share is sealed to another key.")
    return key


def _seal_share(share: bytes, *, officer: Officer, header: Header) -> bytes:
    info = share_info(header, officer_id=officer.id)
    return _SUITE.encrypt(share, _public_key(officer), info=info)


def _index(header: Header, officer_id: str) -> int:
    index = header.index_of(officer_id)
    if index is None:
        raise OfficerUnknown(f"{officer_id} is not an officer of this envelope.")
    return index


def _is_share(header: Header, *, index: int, share: bytes) -> bool:
    if len(share) != form.SHARE_LENGTH or share[-1] != index + 1:
        return False
    return hmac.compare_digest(hashlib.sha256(share).hexdigest(), header.share_sha256[index])


def _rebuild(envelope: Envelope, *, shares: tuple[bytes, ...]) -> bytes:
    header = envelope.header
    for index in range(len(header.officers)):
        x = index + 1
        if not _is_share(header, index=index, share=shamir.value_at(shares, x) + bytes([x])):
            detail = f"The share of {header.officers[index].id} does not fit to the others."
            raise SharesInconsistent(detail, envelope=envelope)
    key = shamir.combine(shares)
    if not hmac.compare_digest(key_commitment(key), header.key_commitment):
        raise KeyMismatch("The shares give another key than the committed one.", envelope=envelope)
    return key


def _pad(offer: bytes, salt: bytes) -> bytes:
    text = salt + len(offer).to_bytes(LENGTH_LENGTH, "big") + offer
    length = max(form.PADDED_LENGTH_MIN, 1 << (len(text) - 1).bit_length())
    return text.ljust(length, b"\0")


def _offer(envelope: Envelope, *, padded: bytes) -> bytes:
    """Return the offer in `padded`, of which there is one form only: pad it again."""
    salt = padded[:SALT_LENGTH]
    start = SALT_LENGTH + LENGTH_LENGTH
    offer = padded[start : start + int.from_bytes(padded[SALT_LENGTH:start], "big")]
    if _pad(offer, salt) != padded:
        raise OfferMismatch("The padding is not the one that the form asks for.", envelope=envelope)
    if offer_commitment(offer, salt=salt) != envelope.header.offer_commitment:
        raise OfferMismatch("The offer is not the one committed to.", envelope=envelope)
    return offer
