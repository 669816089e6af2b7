"""The parts of an offer that comes in two envelopes, and what lies in each.

The financial part is the price, or the terms of the financing; the technical part is all else:
answers, commitments to metrics, the proposal. So whoever scores quality has all that quality is
scored by, and nothing by which a price could be known.
"""

from typing import Final

import msgspec
from msgspec import UNSET

from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.offers.envelope import Part
from ecosystem.offers.model import FinancialContent, OfferContent

OF: Final = {
    Envelopes.ONE: (Part.WHOLE,),
    Envelopes.TWO: (Part.TECHNICAL, Part.FINANCIAL),
}
"""The parts in the order in which they are sent, and opened."""


def opened_first(envelopes: Envelopes) -> Part:
    """Return the part that the first opening opens."""
    return OF[envelopes][0]


def split(content: OfferContent, *, envelopes: Envelopes) -> tuple[tuple[Part, bytes], ...]:
    """Return each part of an offer with the JSON that its envelope holds."""
    if envelopes is Envelopes.ONE:
        return ((Part.WHOLE, _json(content)),)
    technical = msgspec.structs.replace(content, price=UNSET, financing=UNSET)
    financial = FinancialContent(price=content.price, financing=content.financing)
    return ((Part.TECHNICAL, _json(technical)), (Part.FINANCIAL, _json(financial)))


def joined(technical: bytes, financial: bytes) -> bytes:
    """Return the JSON of an offer's content, of both its parts; each must be sound."""
    content = msgspec.json.decode(technical, type=OfferContent)
    prices = msgspec.json.decode(financial, type=FinancialContent)
    return _json(msgspec.structs.replace(content, price=prices.price, financing=prices.financing))


def _json(part: OfferContent | FinancialContent) -> bytes:
    return msgspec.json.encode(part, order="sorted")
