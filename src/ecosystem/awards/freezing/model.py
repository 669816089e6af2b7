"""What is frozen, and what a freezing is decided on."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.envelope import Sha256
from ecosystem.values.identifiers import NeedId, OfferId
from ecosystem.values.patterns import whole

Salt = Annotated[
    str,
    Meta(
        pattern=whole("[0-9a-f]{64}"),
        max_length=64,
        description="32 bytes, in lower-case hexadecimal.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]


class FrozenOffer(msgspec.Struct, frozen=True, kw_only=True):
    """The digest of what the evaluators of one offer gave."""

    offer_id: OfferId
    digest: Sha256
    """SHA-256 of the canonical JSON of `{"consensus": [...], "raw_scores": [...], "salt": ...}`,
    as the evaluation lists them, by code and evaluator."""


class FrozenScores(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of quality as they were before a price was opened; the evaluation shows it."""

    frozen_at: datetime
    offers: tuple[FrozenOffer, ...]
    digest: Sha256
    """SHA-256 of `offer_id digest` and a line feed for each offer, by identifier."""
    salt: Salt
    """Keeps the digests from being guessed before the scores are published."""


class Judging(msgspec.Struct, frozen=True, kw_only=True):
    """How far the people who judge one contest are."""

    kind: OfferKind
    is_judged: bool
    """Whether anything is scored by people."""
    offers: int
    evaluators: int
    """How many have scored every offer."""
    unfinished: tuple[str, ...]
    """Evaluators who have begun to score and not scored every offer."""
    disagreed: tuple[str, ...]
    """The offers on which the evaluators have not agreed."""


class FreezeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a freezing is decided on."""

    need_id: str
    authority_number: int
    need_state: NeedState
    envelopes: Envelopes
    frozen_at: datetime | None
    """When the scores were frozen before."""
    undecided: tuple[str, ...]
    """The offers that are neither admitted nor excluded."""
    contests: tuple[Judging, ...]
    offers: tuple[FrozenOffer, ...]


class Frozen(msgspec.Struct, frozen=True, kw_only=True):
    """No score of quality changes any more, and prices may be opened."""

    state: Literal["frozen"]
    digest: Sha256
    offers: tuple[FrozenOffer, ...]


class ScoreFreezing(msgspec.Struct, frozen=True, kw_only=True):
    """The public record of a freezing; the salt follows with the evaluation."""

    need_id: NeedId
    frozen_at: datetime
    digest: Sha256
    offers: tuple[FrozenOffer, ...]
