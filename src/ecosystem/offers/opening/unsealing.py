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


def wrong(
    waiting: Iterable[Kept], *, shares: Mapping[str, bytes], officer_id: str
) -> tuple[str, ...]:
    """Return the offers for which an officer's share is not the one sealed to the officer."""
    return tuple(
        kept.offer_id
        for kept in waiting
        if kept.offer_id in shares
        and not _fits(kept, share=shares[kept.offer_id], officer_id=officer_id)
    )


def _fits(kept: Kept, *, share: bytes, officer_id: str) -> bool:
    """Tell whether the share is right, as far as the envelope still says which one is."""
    sealed = _received(kept)
    if sealed is None:
        return True
    try:
        sealing.check_share(sealed, officer_id=officer_id, share=share)
    except sealing.ShareWrong:
        return False
    return True


def _received(kept: Kept) -> Envelope | None:
    """Return the envelope, or None where what is kept is not what was received.

    Its header names offer, lot, bidder and part, so that one of another offer or of its other
    part is none of this.
    """
    try:
        sealed = form.read(kept.envelope)
    except Refusal:
        return None
    header = sealed.header
    sealed_for = (header.offer_id, header.lot_id, header.bidder_id, header.part)
    is_own = sealed_for == (kept.offer_id, kept.lot_id, kept.lead_id, kept.part)
    return sealed if is_own and sealed.digest() == kept.envelope_digest else None
