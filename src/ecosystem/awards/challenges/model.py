"""What a challenge is: what is asked, what rules decide on, what they decide."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from ecosystem.awards.model import Remedy
from ecosystem.awards.model import State as AwardState
from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.values.identifiers import (
    AwardId,
    ChallengeId,
    NeedId,
    OfferId,
    OrganisationId,
    PersonId,
)
from ecosystem.values.money import Money
from ecosystem.values.text import Text


class State(StrEnum):
    """Where a challenge stands."""

    OPEN = "open"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """Whoever made it took it back before it was decided."""
    MOOT = "moot"
    """Another challenge of the same award was upheld first."""


class Outcome(StrEnum):
    """What a reviewer decides."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class ChallengeDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bidder holds to be wrong with an award; everybody reads it."""

    grounds: Text


class ChallengeDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a reviewer decides, and why; everybody reads it."""

    outcome: Outcome
    remedy: Remedy | UnsetType = UNSET
    """What follows, where the challenge is upheld; left out where it is rejected."""
    reasons: Text


class LodgeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a challenge is checked against."""

    award_id: str
    need_id: str
    authority_number: int
    award_state: AwardState
    standing_ends_at: datetime | None
    """Until when the award can be challenged; None before its publication."""
    offer_id: str | None
    """The offer that the caller's organisation is a member of in this contest, or None."""
    has_won: bool
    has_challenged: bool
    decide_by: datetime
    """Until when a reviewer has to decide on a challenge that is made now."""
    grounds: Text


class Lodged(msgspec.Struct, frozen=True, kw_only=True):
    """The challenge is open, and the award suspended."""

    state: State
    organisation_id: str
    offer_id: str
    lodged_by: str
    decide_by: datetime


class DecideFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision is checked against."""

    challenge_id: str
    award_id: str
    need_id: str
    lot_id: str
    kind: OfferKind
    authority_number: int
    state: State
    decide_by: datetime
    is_within: bool
    """Whether the reviewer's organisation oversees the authority's jurisdiction."""
    parties: tuple[str, ...]
    """The organisations that are members of an offer for the need."""
    hands: tuple[str, ...]
    """Who has proposed and approved the award, and who has challenged it."""
    others_open: bool
    """Whether another challenge of the same award is open."""
    need_state: NeedState
    left_open: tuple[str, ...]
    """The lots that will wait for an award when this one is cancelled for good."""
    others_stand: bool
    """Whether another award stands that does not end with this one."""
    price: Money
    asked: ChallengeDecision


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The challenge is decided, and with it what becomes of the award and its need."""

    state: State
    remedy: Remedy | None
    reasons: Text
    decided_by: str
    organisation_id: str
    is_late: bool
    """Whether the time to decide had passed; the decision holds all the same."""
    award_state: AwardState | None
    """What the award becomes: `standstill` where it goes on, `cancelled`, or None where it stays
    suspended by another challenge."""
    need_state: NeedState
    released: Money | None
    """What the budget has back; None where nothing was committed."""


class WithdrawFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the withdrawal of a challenge is checked against."""

    challenge_id: str
    award_id: str
    authority_number: int
    organisation_id: str
    """Whose challenge it is."""
    state: State
    others_open: bool
    """Whether another challenge of the same award is open."""


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """The challenge is taken back, and perhaps its award goes on."""

    state: State
    withdrawn_by: str
    award_state: AwardState | None
    """`standstill` where the award goes on, None where it stays suspended by another challenge."""


class Suspended(msgspec.Struct, frozen=True):
    """An award is suspended by a challenge."""

    state: AwardState
    challenge_id: str


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A challenge, as everybody reads it."""

    id: ChallengeId
    version: int
    need_id: NeedId
    award_id: AwardId
    offer_id: OfferId
    """The offer of who challenges."""
    organisation_id: OrganisationId
    state: State
    grounds: Text
    lodged_at: datetime
    decide_by: datetime
    is_overdue: bool
    """Whether it is open though `decide_by` has passed; it can still be decided."""
    outcome: Outcome | None
    remedy: Remedy | None
    reasons: Text | None
    decided_by_organisation: OrganisationId | None
    decided_by: PersonId | None
    decided_at: datetime | None
    withdrawn_at: datetime | None
