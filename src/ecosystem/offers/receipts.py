"""Receipts: what was received and when, signed so that anyone can tell without this server.

Source: RFC 7515, in the compact form.
"""

from datetime import datetime
from typing import Final

import msgspec
from joserfc import jws
from joserfc.jwk import ECKey

from ecosystem.offers.model import OfferFacts
from ecosystem.values.period import wire

IN_TIME: Final = "receipt+jwt"
LATE: Final = "late-receipt+jwt"
"""Says that something came, and came late: nobody can take it for a receipt in time."""


def of_offer(facts: OfferFacts, *, version: int, key: ECKey, received_at: datetime) -> str:
    """Return the receipt of an offer that came in time; of two the higher version counts.

    It commits to all its envelopes: of an offer in two parts, to both.
    """
    claims = _who(facts) | {
        "envelope_sha256": facts.envelope_digest,
        "offer_commitment": facts.offer_commitment,
        "received_at": wire(received_at),
        "version": version,
    }
    if facts.financial_digest is not None:
        claims["financial"] = {
            "envelope_sha256": facts.financial_digest,
            "offer_commitment": facts.financial_commitment,
        }
    return _signed(claims, kind=IN_TIME, key=key)


def of_late(
    facts: OfferFacts, *, digests: tuple[str, ...], key: ECKey, received_at: datetime
) -> str:
    """Return the receipt of a submission that came late, with what it was late for."""
    claims = _who(facts) | {
        "envelopes_sha256": digests,
        "received_at": wire(received_at),
        "submission_ended_at": wire(facts.submission_ends_at),
    }
    return _signed(claims, kind=LATE, key=key)


def _who(facts: OfferFacts) -> dict[str, object]:
    return {
        "offer_id": facts.offer_id,
        "need_id": facts.need_id,
        "lot_id": facts.lot_id,
        "organisation_id": facts.lead_id,
    }


def _signed(claims: dict[str, object], *, kind: str, key: ECKey) -> str:
    header = {"alg": "ES256", "typ": kind, "kid": key.kid}
    return jws.serialize_compact(header, msgspec.json.encode(claims), key)
