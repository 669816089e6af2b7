"""What is asked of who judges a submission, the facts for the rules, and what they decide."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.catalogue.profiles.model import Span
from ecosystem.contracts.rule_parts import Code
from ecosystem.milestones.model import Finding, Judgement, Lateness, Share, State, Timeliness
from ecosystem.values.period import Instant
from ecosystem.values.text import Text


class Delivery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When it was delivered, where the authority does not accept the date that was given."""

    delivered_at: Instant
    """Not before the contract, and not after the submission."""
    reason: Text


class Qualification(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far a submission is accepted: which part of it, or from which delivery on."""

    deliverables: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()
    """Of `evidence_asked`, those that are accepted; none where the share alone says it."""
    share: Share | None = None
    """Of the whole milestone, what is accepted now; by default each deliverable counts alike."""
    rest: Judgement | None = None
    """Why the rest is not accepted, and what would have it accepted."""
    delivery: Delivery | None = None


class JudgeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a judgement is checked against."""

    authority_number: int
    state: State
    starts_at: datetime
    due_at: datetime
    time_zone: str
    submitted_at: datetime | None
    delivered_at: datetime | None
    """As the supplier says."""
    submitted_by: str | None
    """The person who submitted."""
    accepted_share: Share
    accepted_delivery_at: datetime | None
    """Of the parts that were accepted before, the latest."""
    deliverables: tuple[Code, ...]
    """All that the terms ask for."""
    accepted_deliverables: tuple[Code, ...]
    metrics: tuple[Code, ...]
    verification_asked: bool
    verification: str | None
    """What the verifier says of this submission."""
    verified_hand: str | None = None
    """Whose hand has said it."""
    deemed_at: datetime | None
    """Not judged by then, it counts as accepted."""
    deemed_after: Span | None
    is_deemed: bool = False
    """Whether nobody judges it, and the rule accepts it."""
    qualification: Qualification | None = None
    judgement: Judgement | None = None


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The authority agrees that the milestone is reached: the whole of it, or what was left."""

    state: State
    accepted_at: datetime
    share: Share
    """What was left to be accepted."""
    deliverables: tuple[Code, ...]
    """Those that were left."""
    delivered_at: datetime
    dispute: Text | None
    """Why another date of delivery is accepted than the supplier gave."""
    timeliness: Timeliness
    lateness: Lateness
    deemed: Span | None
    """The rule by which silence accepted it; None where somebody did."""


class PartlyAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """The authority agrees to a part; the rest is to be submitted again."""

    state: State
    accepted_at: datetime
    share: Share
    accepted_share: Share
    """With all parts that were accepted before."""
    deliverables: tuple[Code, ...]
    delivered_at: datetime
    dispute: Text | None
    lateness: Lateness
    rest: Judgement


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The authority does not agree, and says what would satisfy it."""

    state: State
    rejected_at: datetime
    reasons: Text
    remedy: Text
    findings: tuple[Finding, ...]
