"""What is decided about an opened offer: what rules decide on, and what they decide."""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

import msgspec

from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.model import State as OfferState
from ecosystem.offers.opening.model import Failure
from ecosystem.values.identifiers import AdmissionId, LotId, NeedId, OfferId, OrganisationId
from ecosystem.values.text import Text


class Outcome(StrEnum):
    """What is decided about an offer."""

    ADMITTED = "admitted"
    EXCLUDED = "excluded"


class Ground(StrEnum):
    """Why an offer is excluded."""

    REQUIREMENT_NOT_MET = "requirement_not_met"
    PRICE_ABOVE_CEILING = "price_above_ceiling"
    TERMS_UNSOUND = "terms_unsound"
    """The price, or the loan, cannot be compared."""
    CONSORTIUM_INCOMPLETE = "consortium_incomplete"
    BIDDER_SUSPENDED = "bidder_suspended"
    """A member is not verified, or not any more."""
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    FALSE_DECLARATION = "false_declaration"
    COLLUSION = "collusion"
    INELIGIBLE = "ineligible"
    """The law bars a member: insolvency, conviction, unpaid taxes and the like."""
    UNCONFIRMED_AFTER_AMENDMENT = "unconfirmed_after_amendment"
    """Follows from the opening: nobody chooses it."""
    NOT_OPENABLE = "not_openable"
    """Follows from the opening: nobody chooses it."""
    ABNORMALLY_LOW = "abnormally_low"
    """Follows from the rejection of how a price was explained: nobody chooses it."""
    AWARD_DECLINED = "award_declined"
    """Follows from what the winner said after the award was final: nobody chooses it."""
    CONTRACT_UNSIGNED = "contract_unsigned"
    """Follows from what the winner left undone in its time: nobody chooses it."""


AFTER_RANKING: Final = (Ground.ABNORMALLY_LOW, Ground.AWARD_DECLINED, Ground.CONTRACT_UNSIGNED)
"""The grounds on which a ranked offer is passed over."""


class ExclusionDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an officer excludes an offer; everybody reads it."""

    ground: Ground
    reasons: Text


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks against an offer, as it is computed from what was opened."""

    ground: Ground
    detail: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An opened offer that waits for a decision."""

    offer_id: str
    lot_id: str
    kind: OfferKind
    lead_id: str
    member_ids: tuple[str, ...]
    findings: tuple[Finding, ...]


class AdmitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an admission is decided on."""

    need_id: str
    authority_number: int
    need_state: NeedState
    round: int
    """Of the evaluation that follows, from 1."""
    candidates: tuple[Candidate, ...]


class Undecided(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that is not admitted, and what speaks against it."""

    offer_id: OfferId
    findings: tuple[Finding, ...]


class Sifted(msgspec.Struct, frozen=True, kw_only=True):
    """Which offers are admitted, and what remains to be decided."""

    admitted: tuple[str, ...]
    undecided: tuple[Undecided, ...]


class Admitted(msgspec.Struct, frozen=True):
    """The offer is scored and ranked."""

    outcome: Outcome


class ExcludeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an exclusion is checked against."""

    offer_id: str
    need_id: str
    authority_number: int
    need_state: NeedState
    offer_state: OfferState
    round: int
    is_settled: bool
    """Whether the contest keeps its ranking while others of the need are evaluated again."""
    ground: Ground
    reasons: Text


class ShutOutFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that the record of the opening says could not be opened."""

    offer_id: str
    failure: Failure


class PassOverFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An admitted offer whose low price was not explained."""

    offer_id: str
    explanation_id: str
    reasons: Text


class FellFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An awarded offer of which no contract came."""

    offer_id: str
    award_id: str
    ground: Ground
    reasons: Text


class ExhaustFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A contest of which an offer was passed over."""

    need_id: str
    lot_id: str
    kind: OfferKind
    need_state: NeedState
    is_spent: bool
    """Whether every ranked offer of the contest is passed over."""
    left_open: tuple[str, ...]
    """The lots that still wait for an award."""
    is_awarded: bool
    """Whether an award of the need stands."""


class Exhausted(msgspec.Struct, frozen=True, kw_only=True):
    """No offer of a contest can be awarded any more, and what that makes of the need."""

    lot_id: LotId
    kind: OfferKind
    need_state: NeedState


class LotEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A lot for which nothing can be awarded, and why."""

    lot_id: LotId
    code: Literal["no_offer", "no_offer_ranked", "all_passed_over", "ended"]
    """Nobody has offered; every offer was excluded before it was ranked; or every ranked one
    afterwards, because of its price or since its award fell; or an award fell and no other was
    made: for the reasons on the record."""


class Excluded(msgspec.Struct, frozen=True, kw_only=True):
    """The offer is out, for everyone to read why."""

    outcome: Outcome
    ground: Ground
    reasons: Text


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about an offer, as everybody reads it."""

    id: AdmissionId
    version: int
    need_id: NeedId
    offer_id: OfferId
    lot_id: LotId
    kind: OfferKind
    lead_id: OrganisationId
    round: int
    """Of the evaluation that it is for, from 1; a later one stands in its place."""
    outcome: Outcome
    ground: Ground | None
    reasons: Text | None
    """Why it is excluded."""
    decided_at: datetime
