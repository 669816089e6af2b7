"""What a letter says, and what it is written from."""

from datetime import datetime

import msgspec

from ecosystem.awards.admission.model import Excluded
from ecosystem.awards.criteria import Consensus, Ranked
from ecosystem.needs.model import OfferKind
from ecosystem.values.identifiers import AwardId, LetterId, LotId, NeedId, OfferId, OrganisationId


class LetterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter is written from: what the ranking says of this offer and of who won."""

    award_id: str
    need_id: str
    lot_id: str
    kind: OfferKind
    offer_id: str
    winner: Ranked
    winner_lead_id: str
    own: Ranked | None
    """None where the offer is not ranked."""
    excluded: Excluded | None
    consensus: tuple[Consensus, ...]
    challenge_by: datetime


class Winner(msgspec.Struct, frozen=True, kw_only=True):
    """Who won, and by what."""

    offer_id: OfferId
    lead_id: OrganisationId
    points: str
    quality_points: str
    price: str
    """The amount, or the effective annual cost in per cent."""


class LetterContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a bidder is told of its own offer."""

    own: Ranked | None
    """Its place, its points and how they were come by; null where it was not ranked."""
    excluded: Excluded | None
    """On which ground it is excluded, and why; null where it was admitted and lost."""
    consensus: tuple[Consensus, ...]
    """What the evaluators agreed on about it, with their reasons."""
    winner: Winner
    challenge_by: datetime
    """Until when the award can be challenged."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter to the members of an offer that did not win."""

    id: LetterId
    award_id: AwardId
    need_id: NeedId
    lot_id: LotId
    offer_id: OfferId
    sent_at: datetime
    content: LetterContent
