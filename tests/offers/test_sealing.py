"""Only enough officers together open an offer, and whoever hinders them is named."""

import hashlib
import secrets
from itertools import combinations
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ecosystem.offers import envelope as form
from ecosystem.offers import sealing
from ecosystem.offers.envelope import (
    Envelope,
    EnvelopeForAnother,
    EnvelopeMalformed,
    Officer,
    Part,
    SealedBy,
)
from ecosystem.offers.sealing import (
    BoxUnreadable,
    EnvelopeAltered,
    KeyMismatch,
    OfferMismatch,
    OfferTooLarge,
    OfficerKeyUnusable,
    OfficerUnknown,
    PrivateKeyOfAnother,
    ShareMisdealt,
    SharesInconsistent,
    SharesTooFew,
    ShareWrong,
    TextUnreadable,
)
from tests.offers.sealed import (
    ENVELOPE,
    dealt_shares,
    flipped,
    opened_share,
    opened_shares,
    sealed,
    with_header,
)
from tests.offers.sealing_vectors import (
    OFFER,
    Tape,
    document,
    officer_id,
    private_key,
    public_key,
    terms,
)

VECTORS = Path(__file__).parents[2] / "docs/formats/sealed-offer-vectors.json"


def first_two(shares: dict[str, bytes]) -> dict[str, bytes]:
    return {officer_id(1): shares[officer_id(1)], officer_id(2): shares[officer_id(2)]}


@given(st.binary(max_size=9000), st.integers(2, 6), st.data())
@settings(max_examples=25, deadline=None)
def test_any_threshold_of_officers_opens_what_was_sealed(
    offer: bytes, officers: int, data: st.DataObject
) -> None:
    threshold = data.draw(st.integers(2, officers))
    numbers = data.draw(st.permutations(range(1, officers + 1)))[:threshold]
    envelope = sealed(offer, threshold=threshold, officers=officers)

    shares = opened_shares(envelope, tuple(numbers))

    assert sealing.unseal(envelope, shares=shares) == offer


def test_more_officers_than_the_threshold_open_it_too() -> None:
    envelope = sealed()

    assert sealing.unseal(envelope, shares=opened_shares(envelope, (1, 2, 3))) == OFFER


def test_shares_below_the_threshold_are_refused() -> None:
    envelope = sealed(threshold=3, officers=5)

    with pytest.raises(SharesTooFew):
        sealing.unseal(envelope, shares=opened_shares(envelope, (2, 5)))


@given(st.integers(0, 33 * 8 - 1), st.sampled_from([1, 2]))
@settings(max_examples=60)
def test_a_share_with_any_bit_flipped_names_its_officer(bit: int, number: int) -> None:
    shares = first_two(dealt_shares())
    shares[officer_id(number)] = flipped(shares[officer_id(number)], bit)

    with pytest.raises(ShareWrong) as refusal:
        sealing.unseal(ENVELOPE, shares=shares)

    assert refusal.value.officer_id == officer_id(number)


def test_another_officers_share_names_who_handed_it_in() -> None:
    shares = dealt_shares()

    with pytest.raises(ShareWrong) as refusal:
        sealing.check_share(ENVELOPE, officer_id=officer_id(2), share=shares[officer_id(1)])

    assert refusal.value.officer_id == officer_id(2)


@pytest.mark.parametrize("share", [b"", b"\x01", bytes(32), bytes(34), bytes(1000)])
def test_a_share_of_another_length_names_its_officer(share: bytes) -> None:
    with pytest.raises(ShareWrong):
        sealing.check_share(ENVELOPE, officer_id=officer_id(1), share=share)


@given(st.integers(0, (4096 + 16) * 8 - 1))
@settings(max_examples=60)
def test_cipher_text_with_any_bit_flipped_is_refused_with_the_bidder_named(bit: int) -> None:
    altered = msgspec.structs.replace(
        ENVELOPE, cipher_text=form.encode(flipped(form.decode(ENVELOPE.cipher_text), bit))
    )

    with pytest.raises(TextUnreadable) as refusal:
        sealing.unseal(altered, shares=dealt_shares())

    assert refusal.value.bidder_id == ENVELOPE.header.bidder_id
    assert refusal.value.digest == altered.digest() != ENVELOPE.digest()


@given(st.integers(0, 12 * 8 - 1))
@settings(max_examples=20)
def test_a_nonce_with_any_bit_flipped_is_refused(bit: int) -> None:
    altered = msgspec.structs.replace(
        ENVELOPE, nonce=form.encode(flipped(form.decode(ENVELOPE.nonce), bit))
    )

    with pytest.raises(TextUnreadable):
        sealing.unseal(altered, shares=dealt_shares())


@given(st.integers(0, 81 * 8 - 1))
@settings(max_examples=60)
def test_a_box_with_any_bit_flipped_does_not_open(bit: int) -> None:
    # X25519 ignores the highest bit of a public key, and HPKE binds the bytes all the same.
    box = form.encode(flipped(form.decode(ENVELOPE.boxes[0]), bit))
    altered = msgspec.structs.replace(ENVELOPE, boxes=(box, *ENVELOPE.boxes[1:]))

    with pytest.raises(BoxUnreadable):
        opened_share(altered, 1)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_an_envelope_with_any_byte_changed_never_opens_as_if_nothing_were(
    data: st.DataObject,
) -> None:
    encoded = ENVELOPE.encode()
    # A flip in the long cipher text is as likely as one elsewhere.
    header_at = encoded.index(b'"header"')
    ranges = st.one_of(st.integers(0, len(encoded) - 1), st.integers(header_at, header_at + 1800))
    place = data.draw(ranges) % len(encoded)
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != encoded[place]))
    altered = encoded[:place] + bytes([byte]) + encoded[place + 1 :]

    try:
        envelope = form.read(altered)
    except EnvelopeMalformed:
        return

    assume(envelope != ENVELOPE)
    assert envelope.digest() != ENVELOPE.digest()
    # A box of an officer who is absent does not hinder the two who are there; all the rest
    # does. So three open.
    with pytest.raises((EnvelopeAltered, OfficerUnknown, PrivateKeyOfAnother, SharesTooFew)):
        sealing.unseal(envelope, shares=opened_shares(envelope, (1, 2, 3)))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("need_id", "need_018f0000000070008000000040000009"),
        ("lot_id", None),
        ("bidder_id", "org_018f0000000070008000000000000009"),
        ("offer_id", "offer_018f0000000070008000000040000009"),
        ("part", Part.FINANCIAL),
        ("deadline_at", "2027-03-02T08:00:00.000000Z"),
        ("threshold", 3),
    ],
)
def test_an_envelope_moved_to_other_terms_opens_for_nobody(field: str, value: object) -> None:
    moved = with_header(ENVELOPE, **{field: value})

    with pytest.raises(EnvelopeForAnother) as refusal:
        form.check_terms(moved, terms=terms())
    with pytest.raises(BoxUnreadable):
        opened_share(moved, 1)

    assert [fault.pointer for fault in refusal.value.faults] == [f"/header/{field}"]


def test_a_bidder_whose_shares_open_differently_for_other_officers_is_at_fault() -> None:
    shares = dealt_shares()
    shares[officer_id(3)] = flipped(shares[officer_id(3)], 0)
    digests = tuple(hashlib.sha256(share).hexdigest() for share in shares.values())
    crooked = with_header(ENVELOPE, share_sha256=digests)

    for pair in combinations(shares, 2):
        with pytest.raises(SharesInconsistent) as refusal:
            sealing.unseal(crooked, shares={officer: shares[officer] for officer in pair})
        assert refusal.value.bidder_id == crooked.header.bidder_id


def test_a_bidder_who_commits_to_another_key_is_at_fault() -> None:
    crooked = with_header(ENVELOPE, key_commitment=sealing.key_commitment(bytes(32)))

    with pytest.raises(KeyMismatch):
        sealing.unseal(crooked, shares=dealt_shares())


def _sealed_by_a_crook(padded: bytes, *, commitment: str) -> Envelope:
    """Return an envelope that is right in all but what lies in it."""
    tape = Tape()
    key, _, nonce = tape(32), tape(32), tape(12)
    header = msgspec.structs.replace(ENVELOPE.header, offer_commitment=commitment)
    cipher_text = AESGCM(key).encrypt(nonce, padded, header.encode())
    return msgspec.structs.replace(ENVELOPE, header=header, cipher_text=form.encode(cipher_text))


@pytest.mark.parametrize(
    "padded",
    [
        bytes(32) + len(OFFER).to_bytes(8, "big") + (OFFER + b"!").ljust(4056, b"\0"),
        bytes(32) + b"\xff" * 8 + OFFER.ljust(4056, b"\0"),
        (bytes(32) + len(OFFER).to_bytes(8, "big") + OFFER).ljust(8192, b"\0"),
    ],
    ids=["padding that hides text", "length beyond the text", "padded further than needed"],
)
def test_a_bidder_who_pads_otherwise_is_at_fault(padded: bytes) -> None:
    commitment = sealing.offer_commitment(OFFER, salt=bytes(32))
    crooked = _sealed_by_a_crook(padded, commitment=commitment)

    with pytest.raises(OfferMismatch):
        sealing.unseal(crooked, shares=dealt_shares())


def test_a_bidder_who_commits_to_another_offer_is_at_fault() -> None:
    padded = (bytes(32) + len(OFFER).to_bytes(8, "big") + OFFER).ljust(4096, b"\0")
    right = sealing.offer_commitment(OFFER, salt=bytes(32))
    wrong = sealing.offer_commitment(OFFER, salt=bytes(31) + b"\x01")

    assert sealing.unseal(_sealed_by_a_crook(padded, commitment=right), shares=dealt_shares())
    with pytest.raises(OfferMismatch):
        sealing.unseal(_sealed_by_a_crook(padded, commitment=wrong), shares=dealt_shares())


def test_a_bidder_who_deals_another_share_than_committed_is_at_fault() -> None:
    header = msgspec.structs.replace(ENVELOPE.header, share_sha256=("0" * 64,) * 3)
    box = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM).encrypt(
        dealt_shares()[officer_id(1)],
        X25519PublicKey.from_public_bytes(public_key(1)),
        info=sealing.share_info(header, officer_id=officer_id(1)),
    )
    crooked = Envelope(
        header=header,
        boxes=(form.encode(box), *ENVELOPE.boxes[1:]),
        nonce=ENVELOPE.nonce,
        cipher_text=ENVELOPE.cipher_text,
    )

    with pytest.raises(ShareMisdealt):
        opened_share(crooked, 1)


def test_a_private_key_of_another_officer_opens_nothing() -> None:
    for key in (private_key(2), b"short"):
        with pytest.raises(PrivateKeyOfAnother):
            sealing.open_share(ENVELOPE, officer_id=officer_id(1), private_key=key)


def test_a_box_moved_to_another_officer_does_not_open() -> None:
    first, second, third = ENVELOPE.boxes
    swapped = msgspec.structs.replace(ENVELOPE, boxes=(second, first, third))

    with pytest.raises(BoxUnreadable):
        opened_share(swapped, 1)


def test_a_stranger_has_no_share() -> None:
    with pytest.raises(OfficerUnknown):
        sealing.open_share(ENVELOPE, officer_id=officer_id(9), private_key=private_key(9))
    with pytest.raises(OfficerUnknown):
        sealing.unseal(ENVELOPE, shares=dealt_shares() | {officer_id(9): bytes(33)})


@given(st.integers(0, 4056), st.integers(0, 4056))
@settings(max_examples=20, deadline=None)
def test_padding_hides_how_long_an_offer_is(shorter: int, longer: int) -> None:
    lengths = {len(sealed(b"x" * length).encode()) for length in (shorter, longer)}

    assert len(lengths) == 1


@pytest.mark.parametrize(
    ("length", "padded"), [(0, 4096), (4056, 4096), (4057, 8192), (8152, 8192), (8153, 16384)]
)
def test_an_offer_is_padded_to_the_next_power_of_two(length: int, padded: int) -> None:
    envelope = sealed(b"x" * length)

    assert len(form.decode(envelope.cipher_text)) == padded + 16


def test_the_largest_offer_is_sealed_and_one_byte_more_is_refused() -> None:
    largest = bytes(sealing.OFFER_LENGTH_MAX)
    envelope = sealed(largest)

    assert sealing.unseal(envelope, shares=dealt_shares()) == largest
    with pytest.raises(OfferTooLarge):
        sealed(largest + b"x")


def test_the_same_entropy_gives_the_same_header_and_cipher_text() -> None:
    again = sealed()

    assert again.header == ENVELOPE.header
    assert again.cipher_text == ENVELOPE.cipher_text
    assert again.boxes != ENVELOPE.boxes


def test_real_entropy_never_gives_the_same_commitment_twice() -> None:
    def seal() -> Envelope:
        return sealing.seal(
            OFFER, terms=terms(), sealed_by=SealedBy.SERVER, entropy=secrets.token_bytes
        )

    first, second = seal(), seal()

    assert first.header.offer_commitment != second.header.offer_commitment
    assert first.header.key_commitment != second.header.key_commitment
    assert sealing.unseal(second, shares=opened_shares(second, (3, 1))) == OFFER
    assert second.header.sealed_by is SealedBy.SERVER


def test_entropy_that_falls_short_is_a_defect() -> None:
    with pytest.raises(ValueError, match="entropy"):
        sealing.seal(
            OFFER,
            terms=terms(),
            sealed_by=SealedBy.CLIENT,
            entropy=lambda length: bytes(length - 1),
        )


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31), bytes(31)])
def test_a_share_is_not_sealed_to_a_key_that_everybody_opens(key: bytes) -> None:
    agreed = terms()
    weak = Officer(officer_id(2), form.encode(key))
    unsound = msgspec.structs.replace(
        agreed, officers=(agreed.officers[0], weak, agreed.officers[2])
    )

    with pytest.raises(OfficerKeyUnusable) as refusal:
        sealing.seal(OFFER, terms=unsound, sealed_by=SealedBy.CLIENT, entropy=Tape())

    assert refusal.value.officer_id == officer_id(2)


def test_one_officer_with_two_names_is_refused() -> None:
    agreed = terms(officers=2)
    twin = Officer(officer_id(2), agreed.officers[0].public_key)
    doubled = msgspec.structs.replace(agreed, officers=(agreed.officers[0], twin))

    with pytest.raises(EnvelopeMalformed) as refusal:
        sealing.seal(OFFER, terms=doubled, sealed_by=SealedBy.CLIENT, entropy=Tape())

    assert [fault.code for fault in refusal.value.faults] == ["key_twice"]


def test_a_threshold_that_no_officers_reach_is_refused() -> None:
    with pytest.raises(EnvelopeMalformed):
        sealed(threshold=4, officers=3)


def test_the_published_vectors_are_what_this_code_makes() -> None:
    published = VECTORS.read_bytes()
    sample = msgspec.convert(
        msgspec.json.decode(published)["sealed_offer"]["envelope"], type=Envelope
    )

    assert document(sample) == published
    assert sealing.unseal(sample, shares=opened_shares(sample, (2, 3))) == OFFER
