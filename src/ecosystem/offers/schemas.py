"""How offers look on the wire."""

from datetime import datetime

import msgspec

from ecosystem.needs.model import OfferKind
from ecosystem.offers.envelope import Sha256
from ecosystem.offers.model import Consent, Departed, FinancialState, Liability, OfferContent, State
from ecosystem.offers.opening.model import Failure
from ecosystem.values.identifiers import LotId, NeedId, OfferId, OrganisationId


class OfferSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An offer in a list."""

    id: OfferId
    version: int
    need_id: NeedId
    lot_id: LotId
    kind: OfferKind
    state: State
    lead_id: OrganisationId
    received_at: datetime | None


class Offer(OfferSummary, frozen=True, kw_only=True):
    """An offer, as far as the caller may see it."""

    members: tuple[Consent, ...]
    departures: tuple[Departed, ...]
    """Who has left or declined, the last one first; its members alone read of them."""
    liability: Liability
    """For what each member answers: for the whole, or for its own share alone."""
    envelope_digest: Sha256 | None
    """Of two envelopes, the technical part's."""
    receipt: str | None
    confirmed_version: int | None
    """The `content_version` of the need for which it was submitted, or confirmed since."""
    failure: Failure | None
    content: OfferContent | None
    """Null until opening, for everyone; of an offer in two parts without the price until prices
    are opened."""
    financial_digest: Sha256 | None
    """The digest of the financial part's envelope, where it has one of its own."""
    financial_state: FinancialState | None


class ReceiptKeys(msgspec.Struct, frozen=True):
    """The public keys that receipts are signed with. Source: RFC 7517."""

    keys: tuple[dict[str, str], ...]
