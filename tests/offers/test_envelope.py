"""An envelope has one form, and is sealed for one need, lot, bidder and deadline."""

import msgspec
import pytest

from ecosystem.offers import envelope as form
from ecosystem.offers.envelope import (
    Envelope,
    EnvelopeForAnother,
    EnvelopeMalformed,
    Officer,
    SealedOfficer,
)
from tests.offers.sealed import (
    ENVELOPE,
    with_header,
)
from tests.offers.sealing_vectors import (
    officer_id,
    public_key,
    terms,
)


def test_an_envelope_for_the_agreed_terms_is_accepted() -> None:
    form.check(ENVELOPE)
    form.check_terms(ENVELOPE, terms=terms())

    assert form.read(ENVELOPE.encode()) == ENVELOPE


def test_an_envelope_sealed_to_an_officer_who_was_replaced_is_for_other_terms() -> None:
    agreed = terms()
    replaced = Officer(officer_id(3), form.encode(public_key(4)))
    renewed = msgspec.structs.replace(agreed, officers=(*agreed.officers[:2], replaced))

    with pytest.raises(EnvelopeForAnother) as refusal:
        form.check_terms(ENVELOPE, terms=renewed)

    assert [fault.pointer for fault in refusal.value.faults] == ["/header/officers"]


def _malformed() -> list[tuple[Envelope, str]]:
    header = ENVELOPE.header
    stranger = SealedOfficer(officer_id(1), "0" * 64)
    replace = msgspec.structs.replace
    return [
        (with_header(ENVELOPE, version="ecosystem-sealed-offer/2"), "/header/version"),
        (with_header(ENVELOPE, threshold=1), "/header/threshold"),
        (with_header(ENVELOPE, threshold=4), "/header/threshold"),
        (with_header(ENVELOPE, need_id="need_1"), "/header/need_id"),
        (with_header(ENVELOPE, need_id=f"{header.need_id}\n"), "/header/need_id"),
        (with_header(ENVELOPE, deadline_at="2027-02-30T08:00:00.000000Z"), "/header/deadline_at"),
        (with_header(ENVELOPE, deadline_at="2027-03-01T08:00:00Z"), "/header/deadline_at"),
        (with_header(ENVELOPE, key_commitment="A" * 64), "/header/key_commitment"),
        (with_header(ENVELOPE, share_sha256=header.share_sha256[:2]), "/header/share_sha256"),
        (with_header(ENVELOPE, officers=(*header.officers[:2], stranger)), "/header/officers"),
        (replace(ENVELOPE, boxes=ENVELOPE.boxes[:2]), "/boxes"),
        (replace(ENVELOPE, boxes=(*ENVELOPE.boxes[:2], "AAAA")), "/boxes/2"),
        (replace(ENVELOPE, nonce="AAAA"), "/nonce"),
        (replace(ENVELOPE, cipher_text=ENVELOPE.cipher_text[:-4]), "/cipher_text"),
        (replace(ENVELOPE, cipher_text=f"{ENVELOPE.cipher_text}=="), "/cipher_text"),
    ]


@pytest.mark.parametrize(("envelope", "pointer"), _malformed())
def test_an_envelope_that_is_not_of_the_form_is_refused_at_its_place(
    envelope: Envelope, pointer: str
) -> None:
    with pytest.raises(EnvelopeMalformed) as refusal:
        form.check(envelope)

    assert pointer in [fault.pointer for fault in refusal.value.faults]


def test_base64url_has_one_form_only() -> None:
    assert form.decode("AAE") == b"\x00\x01"
    for text in ("AAF", "AAE=", "AA E", "AAE\n", "A", "AA+/", "AÀ"):
        with pytest.raises(EnvelopeMalformed):
            form.decode(text)


@pytest.mark.parametrize("encoded", [b"", b"{}", b"[]", b"\xff", b'{"header":{}}'])
def test_what_is_no_envelope_is_refused(encoded: bytes) -> None:
    with pytest.raises(EnvelopeMalformed):
        form.read(encoded)


def test_white_space_and_order_do_not_change_the_digest() -> None:
    spaced = msgspec.json.format(ENVELOPE.encode(), indent=4)
    disordered = msgspec.json.encode(ENVELOPE)

    assert form.read(spaced).digest() == form.read(disordered).digest() == ENVELOPE.digest()
