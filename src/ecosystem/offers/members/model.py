"""Who takes part in an offer from now on, and a substitution on its way."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.offers.model import Liability, MemberDraft, MemberFacts, OfferFacts, Share
from ecosystem.offers.model import State as OfferState
from ecosystem.values.identifiers import NeedId, OfferId, OrganisationId, SubstitutionId
from ecosystem.values.text import Text


class State(StrEnum):
    """Where a substitution stands."""

    PROPOSED = "proposed"
    CONSENTED = "consented"
    APPROVED = "approved"
    REJECTED = "rejected"
    """The authority does not want it, for a reason that those concerned read."""
    WITHDRAWN = "withdrawn"
    """The lead does not ask for it any more."""


class Membership(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes part in an offer, and with what share."""

    members: Annotated[tuple[MemberDraft, ...], Meta(min_length=1, max_length=20)]
    """All members, the lead among them; who offers alone has 100."""
    liability: Liability = Liability.JOINT
    """For what each member answers; it becomes a term of the contract."""


class MembershipFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of an offer's members is checked against."""

    offer: OfferFacts
    members: tuple[MemberFacts, ...]
    liability: Liability = Liability.JOINT


class MembersChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The members as they are from now on; all but the lead consent anew."""

    state: OfferState
    members: tuple[MemberDraft, ...]
    liability: Liability = Liability.JOINT


class Departure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a member leaves, or declines to take part."""

    reason: Text


class LeaveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a departure is checked against."""

    offer: OfferFacts
    reason: Text


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A member takes part no more, and what was sealed with it is destroyed."""

    state: OfferState
    organisation_id: str
    had_consented: bool
    """Whether it leaves; who had not consented yet declines."""
    reason: Text


class SubstitutionDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the lead wants to put in a member's place, and why."""

    leaving_id: OrganisationId
    joining_id: OrganisationId
    reason: Text


class ProposeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal to substitute a member is checked against."""

    offer: OfferFacts
    leaving_id: str
    joining: MemberFacts
    """The share is that of who leaves, or 0 where nobody does."""
    reason: Text


class SubstitutionProposed(msgspec.Struct, frozen=True, kw_only=True):
    """The new member has to consent."""

    state: State
    share: str
    proposed_by: str


class SubstitutionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a substitution on its way."""

    substitution_id: str
    authority_number: int
    state: State
    leaving_id: str
    joining_id: str
    proposed_by: str
    consented_by: str | None
    offer: OfferFacts | None = None
    """None where only the new member's consent is asked for: it may not know of the offer yet."""


class SubstitutionConsented(msgspec.Struct, frozen=True, kw_only=True):
    """An approver of the authority has to decide."""

    state: State
    consented_by: str


class SubstitutionApproved(msgspec.Struct, frozen=True, kw_only=True):
    """The new member takes the place of the old."""

    state: State
    approved_by: str


class RejectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the rejection of a substitution is checked against."""

    substitution: SubstitutionFacts
    reason: Text


class SubstitutionEnded(msgspec.Struct, frozen=True, kw_only=True):
    """The members stay as they are; another substitution may be proposed."""

    state: State
    ended_by: str
    reason: Text | None


class Substitution(msgspec.Struct, frozen=True, kw_only=True):
    """A substitution of a member, as those whom it concerns see it."""

    id: SubstitutionId
    version: int
    need_id: NeedId
    offer_id: OfferId
    state: State
    leaving_id: OrganisationId
    joining_id: OrganisationId
    share: Share
    reason: Text
    proposed_at: datetime
    consented_at: datetime | None
    approved_at: datetime | None
    ended_at: datetime | None
    """When it was rejected or withdrawn."""
    ended_reason: Text | None
    """Why it was rejected."""
