"""What a bidder's own program does: seal an offer, so that no server ever reads it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from ecosystem.offers import sealing
from ecosystem.offers.envelope import Officer, SealedBy, Terms
from ecosystem.runtime.minting import entropy
from ecosystem.values import period


def seal(
    content: Mapping[str, Any], *, need: Mapping[str, Any], offer: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what `POST /v1/offers/{offer_id}/envelopes` takes.

    `content` is the offer itself; `need` and `offer` are as the service shows them. Refuses with
    OfferTooLarge or OfficerKeyUnusable.
    """
    sealed = sealing.seal(
        msgspec.json.encode(content, order="sorted"),
        terms=terms_of(need, offer=offer),
        sealed_by=SealedBy.CLIENT,
        entropy=entropy,
    )
    return {"envelopes": [msgspec.to_builtins(sealed)]}


def terms_of(need: Mapping[str, Any], *, offer: Mapping[str, Any]) -> Terms:
    """Return what an offer is sealed for, from what the need publishes."""
    return Terms(
        need_id=need["id"],
        lot_id=offer["lot_id"],
        bidder_id=offer["lead_id"],
        offer_id=offer["id"],
        deadline_at=period.wire(datetime.fromisoformat(need["submission_ends_at"])),
        threshold=need["threshold"],
        officers=tuple(Officer(one["person_id"], one["public_key"]) for one in need["openers"]),
    )
