"""How evaluations and awards look on the wire."""

from datetime import datetime

import msgspec

from ecosystem.awards.admission.model import LotEnd
from ecosystem.awards.falling.model import Lapse
from ecosystem.awards.freezing.model import FrozenScores
from ecosystem.awards.model import (
    AwardTerms,
    ConsensusState,
    Contest,
    PassedOver,
    Remedy,
    ScoreKept,
    State,
)
from ecosystem.needs.model import OfferKind
from ecosystem.offers.envelope import Sha256
from ecosystem.values.identifiers import AwardId, LotId, NeedId, OfferId, OrganisationId, PersonId
from ecosystem.values.money import Money
from ecosystem.values.text import Text


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation, with all that anyone needs to compute it again."""

    need_id: NeedId
    round: int
    """From 1; a further one where a reviewer had offers evaluated again."""
    evaluated_at: datetime
    contests: tuple[Contest, ...]
    digest: Sha256
    """SHA-256 of the contests' digests, each followed by a line feed, in their order."""
    unsuccessful: tuple[LotEnd, ...]
    """The lots for which nothing can be awarded."""
    frozen: FrozenScores | None = None
    """Where prices had envelopes of their own: the scores as they were before one was opened."""


class Conferring(msgspec.Struct, frozen=True, kw_only=True):
    """The single scores of an offer, and what each of its evaluators agrees to."""

    offer_id: OfferId
    state: ConsensusState
    single: tuple[ScoreKept, ...]
    said: tuple[ScoreKept, ...]


class AwardSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An award in a list."""

    id: AwardId
    version: int
    need_id: NeedId
    lot_id: LotId
    offer_id: OfferId
    round: int
    """Of the evaluation that it stands on, from 1."""
    kind: OfferKind
    state: State
    lead_id: OrganisationId
    price: Money
    """For financing: its amount."""
    standstill_ends_at: datetime | None
    challenge_ends_at: datetime | None
    """Until when it can be challenged."""


class Award(AwardSummary, frozen=True, kw_only=True):
    """An award, whole."""

    terms: AwardTerms
    reason: Text
    passed_over: tuple[PassedOver, ...]
    """Offers that rank higher and are not awarded, with reasons."""
    proposed_by: PersonId
    proposed_at: datetime
    approved_by: PersonId | None
    approved_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    """Who rejected the proposal, upheld a challenge, declined to sign, or let the award lapse; or
    `rule:nothing-to-finance` where nothing is left that the award could finance."""
    cancelled_reason: Text | None
    remedy: Remedy | None
    """What a reviewer ordered; null where no reviewer cancelled it."""
    lapse: Lapse | None
    """How it fell after it was final, or that a lender was released; null where neither is so."""
