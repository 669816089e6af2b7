"""What a bidder's own program does: seal an offer, so that no server ever reads it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from ecosystem.offers import sealing
from ecosystem.offers.envelope import Officer, Part, SealedBy, Terms
from ecosystem.runtime.minting import entropy
from ecosystem.values import period

_FINANCIAL: Final = ("price", "financing")


def seal(
    content: Mapping[str, Any], *, need: Mapping[str, Any], offer: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what `POST /v1/offers/{offer_id}/envelopes` takes.

    `content` is the offer itself; `need` and `offer` are as the service shows them. Where the
    need asks for two envelopes, price or financing goes into one of its own. Refuses with
    OfferTooLarge or OfficerKeyUnusable.
    """
    sealed = (
        sealing.seal(
            msgspec.json.encode(text, order="sorted"),
            terms=terms_of(need, offer=offer, part=part),
            sealed_by=SealedBy.CLIENT,
            entropy=entropy,
        )
        for part, text in _apart(content, envelopes=need["envelopes"])
    )
    return {"envelopes": [msgspec.to_builtins(one) for one in sealed]}


def terms_of(
    need: Mapping[str, Any], *, offer: Mapping[str, Any], part: Part = Part.WHOLE
) -> Terms:
    """Return what a part of an offer is sealed for, from what the need publishes."""
    return Terms(
        need_id=need["id"],
        lot_id=offer["lot_id"],
        bidder_id=offer["lead_id"],
        offer_id=offer["id"],
        part=part,
        deadline_at=period.wire(datetime.fromisoformat(need["submission_ends_at"])),
        threshold=need["threshold"],
        officers=tuple(Officer(one["person_id"], one["public_key"]) for one in need["openers"]),
    )


def _apart(
    content: Mapping[str, Any], *, envelopes: str
) -> tuple[tuple[Part, Mapping[str, Any]], ...]:
    if envelopes == "one":
        return ((Part.WHOLE, content),)
    technical = {name: value for name, value in content.items() if name not in _FINANCIAL}
    financial = {name: value for name, value in content.items() if name in _FINANCIAL}
    return ((Part.TECHNICAL, technical), (Part.FINANCIAL, financial))
