"""What comes of an envelope when shares are handed in: computed, from plain values."""

from collections.abc import Iterable, Mapping

import msgspec

from ecosystem.needs.model import Lot
from ecosystem.offers import envelope as form
from ecosystem.offers import sealing, shapes
from ecosystem.offers.envelope import Envelope, Part
from ecosystem.offers.model import FinancialContent, OfferContent
from ecosystem.offers.opening.model import Failure, Kept
from ecosystem.values.refusal import Refusal


def unseal(
    kept: Kept, *, content_version: int, shares: Mapping[str, bytes], threshold: int, lot: Lot
) -> tuple[bytes | None, Failure | None]:
    """Return the JSON of what an envelope holds, which `shares` by officer open; or why not.

    An envelope that is not the received one is not opened at all, nor an offer that is not
    confirmed for the `content_version` of its need.
    """
    sealed = _received(kept)
    if sealed is None:
        return None, Failure.ALTERED
    if kept.confirmed_version != content_version:
        return None, Failure.UNCONFIRMED
    if len(shares) < threshold:
        return None, Failure.SHARES_WANTING
    try:
        content = sealing.unseal(sealed, shares=shares)
    except Refusal:
        return None, Failure.UNREADABLE
    try:
        _check(content, kept=kept, lot=lot)
    except (msgspec.MsgspecError, UnicodeDecodeError, Refusal):
        return None, Failure.UNSOUND
    return content, None


def _check(content: bytes, *, kept: Kept, lot: Lot) -> None:
    match kept.part:
        case Part.WHOLE:
            whole = msgspec.json.decode(content, type=OfferContent)
            shapes.check(whole, lot=lot, kind=kept.kind)
        case Part.TECHNICAL:
            shapes.check_technical(msgspec.json.decode(content, type=OfferContent), lot=lot)
        case Part.FINANCIAL:
            prices = msgspec.json.decode(content, type=FinancialContent)
            shapes.check_financial(prices, lot=lot, kind=kept.kind)


def received(waiting: Iterable[Kept]) -> dict[str, Envelope]:
    """Return the envelopes that are what was received, by offer, in the order of `waiting`.

    Of the others nobody has a share: whoever keeps them has altered them.
    """
    read = ((one.offer_id, _received(one)) for one in waiting)
    return {offer_id: sealed for offer_id, sealed in read if sealed is not None}


def wrong(
    envelopes: Mapping[str, Envelope], *, shares: Mapping[str, bytes], officer_id: str
) -> tuple[str, ...]:
    """Return the offers for which an officer's share is not the one sealed to the officer."""
    return tuple(
        offer_id
        for offer_id, sealed in envelopes.items()
        if offer_id in shares and not _fits(sealed, share=shares[offer_id], officer_id=officer_id)
    )


def _fits(sealed: Envelope, *, share: bytes, officer_id: str) -> bool:
    try:
        sealing.check_share(sealed, officer_id=officer_id, share=share)
    except sealing.ShareWrong:
        return False
    return True


def _received(kept: Kept) -> Envelope | None:
    """Return the envelope, or None where what is kept is not what was received.

    Its header names offer, lot, bidder and part, so that one of another offer or of its other
    part is none of this; and the history names its digest, so that an earlier one of this offer
    is not either, nor one for other terms.
    """
    try:
        sealed = form.read(kept.envelope)
    except Refusal:
        return None
    header = sealed.header
    sealed_for = (header.offer_id, header.lot_id, header.bidder_id, header.part)
    is_own = sealed_for == (kept.offer_id, kept.lot_id, kept.lead_id, kept.part)
    is_received = sealed.digest() == kept.envelope_digest == kept.recorded_digest
    return sealed if is_own and is_received else None
