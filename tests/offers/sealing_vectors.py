"""Makes docs/formats/sealed-offer-vectors.json: `python -m tests.offers.sealing_vectors`."""

import hashlib
import sys
from collections.abc import Iterator
from itertools import combinations

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ecosystem.offers import envelope as form
from ecosystem.offers import sealing, shamir
from ecosystem.offers.envelope import Envelope, Officer, Part, SealedBy, Terms

SEED = b"ecosystem sealed offer vectors 1"
OFFER = '{"amount":"1234567.89","currency":"CNY","title":"城市数字底座运营"}'.encode()


class Tape:
    """Entropy that is the same every time: SHAKE-256 of a seed, read on and on."""

    def __init__(self, seed: bytes = SEED) -> None:
        self.drawn: list[bytes] = []
        self._seed = seed
        self._position = 0

    def __call__(self, length: int) -> bytes:
        start, self._position = self._position, self._position + length
        self.drawn.append(hashlib.shake_256(self._seed).digest(self._position)[start:])
        return self.drawn[-1]


def private_key(number: int) -> bytes:
    return hashlib.sha256(b"ecosystem vector officer " + str(number).encode()).digest()


def public_key(number: int) -> bytes:
    return X25519PrivateKey.from_private_bytes(private_key(number)).public_key().public_bytes_raw()


def officer_id(number: int) -> str:
    return f"person_018f0000000070008000{number:012x}"


def terms(*, threshold: int = 2, officers: int = 3, part: Part = Part.WHOLE) -> Terms:
    return Terms(
        need_id="need_018f0000000070008000000040000001",
        lot_id="lot_018f0000000070008000000040000002",
        bidder_id="org_018f0000000070008000000000000003",
        offer_id="offer_018f0000000070008000000040000004",
        part=part,
        deadline_at="2027-03-01T08:00:00.000000Z",
        threshold=threshold,
        officers=tuple(
            Officer(officer_id(number), form.encode(public_key(number)))
            for number in range(1, officers + 1)
        ),
    )


def vectors(sample: Envelope | None = None) -> dict[str, object]:
    """Return the vectors; HPKE's boxes differ every time, so an earlier `sample` keeps its own."""
    tape = Tape()
    sealed = sealing.seal(OFFER, terms=terms(), sealed_by=SealedBy.CLIENT, entropy=tape)
    key, salt, nonce, coefficients = tape.drawn
    shares = shamir.split(key, threshold=2, holders=3, coefficients=coefficients)
    kept = sample.boxes if sample is not None else sealed.boxes
    envelope = msgspec.structs.replace(sealed, boxes=kept)
    return {
        "version": form.VERSION,
        "shamir": list(_shamir_vectors()),
        "sealed_offer": {
            "offer": OFFER.hex(),
            "entropy": {
                "key": key.hex(),
                "salt": salt.hex(),
                "nonce": nonce.hex(),
                "coefficients": coefficients.hex(),
            },
            "officers": [
                {
                    "id": officer_id(number),
                    "private_key": private_key(number).hex(),
                    "public_key": public_key(number).hex(),
                    "share": shares[number - 1].hex(),
                    "info": sealing.share_info(
                        envelope.header, officer_id=officer_id(number)
                    ).hex(),
                }
                for number in (1, 2, 3)
            ],
            "header": envelope.header.encode().decode("ascii"),
            "header_sha256": hashlib.sha256(envelope.header.encode()).hexdigest(),
            "cipher_text_sha256": hashlib.sha256(form.decode(envelope.cipher_text)).hexdigest(),
            "envelope": envelope,
            "envelope_sha256": envelope.digest(),
        },
    }


def _shamir_vectors() -> Iterator[dict[str, object]]:
    for threshold, holders in ((1, 1), (2, 3), (3, 5)):
        tape = Tape(f"shamir {threshold} of {holders}".encode())
        secret, coefficients = tape(8), tape(8 * (threshold - 1))
        shares = shamir.split(
            secret, threshold=threshold, holders=holders, coefficients=coefficients
        )
        yield {
            "threshold": threshold,
            "secret": secret.hex(),
            "coefficients": coefficients.hex(),
            "shares": [share.hex() for share in shares],
            "below_threshold_gives": [
                shamir.combine(few).hex() for few in combinations(shares, threshold - 1) if few
            ],
        }


def document(sample: Envelope | None = None) -> bytes:
    encoded = msgspec.json.encode(vectors(sample), order="deterministic")
    return msgspec.json.format(encoded, indent=2) + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(document())
