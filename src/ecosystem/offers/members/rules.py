"""Who may take part in an offer, leave it, or be put in another's place."""

from datetime import datetime

from ecosystem.needs.model import State as NeedState
from ecosystem.offers.members.model import (
    LeaveFacts,
    Left,
    MembersChanged,
    MembershipFacts,
    ProposeFacts,
    RejectFacts,
    State,
    SubstitutionApproved,
    SubstitutionConsented,
    SubstitutionEnded,
    SubstitutionFacts,
    SubstitutionProposed,
)
from ecosystem.offers.model import MemberDraft, OfferFacts
from ecosystem.offers.model import State as OfferState
from ecosystem.offers.rules import (
    MEMBER_KINDS,
    ConsentsMissing,
    MembersUnsound,
    NotLead,
    OfferMissing,
    check_changeable,
    check_members,
)
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class LeadStays(Refusal):
    """The lead cannot leave its own offer, or be substituted in it."""

    kind = Kind.CONFLICT
    remedy = "Withdraw the offer while offers are taken."


class NotToBeSubstituted(Refusal):
    """The members of the offer do not change any more, or not yet in this way."""

    kind = Kind.CONFLICT
    remedy = (
        "Until the deadline change the members themselves; a member is substituted from the "
        "opening on, until the evaluation."
    )


class SubstitutionMissing(Refusal):
    """There is no such substitution, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class SubstitutionOver(Refusal):
    """The substitution is past this step."""

    kind = Kind.CONFLICT
    remedy = "Read the substitution; propose another where this one no longer fits."


class NotOwnSubstitution(Refusal):
    """The caller's organisation has not proposed this substitution."""

    kind = Kind.FORBIDDEN
    remedy = "Have the lead of the offer withdraw what it proposed."


class ApproverTookPart(Refusal):
    """Who proposed a substitution or consented to it cannot approve it."""

    kind = Kind.FORBIDDEN
    remedy = "Have another person with the role approver decide."


def change(facts: MembershipFacts, *, by: Actor, at: datetime) -> MembersChanged:
    """Set the members of an offer anew, which undoes its submission.

    Refuses with NotLead, OfferOver, NeedNotOpen, SubmissionOver, or MembersUnsound with every
    fault, checked in that order.
    """
    if by.organisation_id != facts.offer.lead_id:
        raise NotLead("The caller's organisation is a member, not the lead.")
    check_changeable(facts.offer, at=at)
    check_members(facts.members, lead_id=facts.offer.lead_id)
    members = tuple(MemberDraft(one.organisation_id, one.share) for one in facts.members)
    return MembersChanged(state=OfferState.DRAFT, members=members, liability=facts.liability)


def leave(facts: LeaveFacts, *, by: Actor, at: datetime) -> Left:
    """Have a member leave, or decline; the lead then sets the shares anew.

    Refuses with OfferMissing, LeadStays, OfferOver, NeedNotOpen, SubmissionOver.
    """
    consents = {one.organisation_id: one.consented_at for one in facts.offer.members}
    if by.organisation_id not in consents:
        raise OfferMissing("The caller's organisation is no member of such an offer.")
    if by.organisation_id == facts.offer.lead_id:
        raise LeadStays("The caller's organisation leads the offer.")
    check_changeable(facts.offer, at=at)
    return Left(
        state=OfferState.DRAFT,
        organisation_id=by.organisation_id,
        had_consented=consents[by.organisation_id] is not None,
        reason=facts.reason,
    )


def propose(facts: ProposeFacts, *, by: Actor, at: datetime) -> SubstitutionProposed:
    """Propose to put another in a member's place, with the same share.

    Refuses with NotLead, NotToBeSubstituted, LeadStays, MembersUnsound.
    """
    del at
    offer, joining = facts.offer, facts.joining
    if by.organisation_id != offer.lead_id:
        raise NotLead("The caller's organisation is a member, not the lead.")
    _check_substitutable(offer)
    members = {one.organisation_id for one in offer.members}
    if facts.leaving_id == offer.lead_id:
        raise LeadStays("The lead makes the offer.")
    if facts.leaving_id not in members:
        raise MembersUnsound("Who shall leave is no member.", pointer="/leaving_id")
    if joining.organisation_id in members:
        raise MembersUnsound("Who shall join is a member already.", pointer="/joining_id")
    if joining.kind not in MEMBER_KINDS or not joining.verified:
        detail = "Name an enterprise, think tank or bank that is verified."
        raise MembersUnsound(detail, pointer="/joining_id")
    return SubstitutionProposed(
        state=State.PROPOSED, share=joining.share, proposed_by=control.hand(by)
    )


def consent(facts: SubstitutionFacts, *, by: Actor, at: datetime) -> SubstitutionConsented:
    """Have the new member consent. Refuses with SubstitutionMissing, SubstitutionOver."""
    del at
    if by.organisation_id != facts.joining_id:
        raise SubstitutionMissing("The caller's organisation is not asked to join.")
    if facts.state is not State.PROPOSED:
        raise SubstitutionOver(f"The substitution is {facts.state}.")
    return SubstitutionConsented(state=State.CONSENTED, consented_by=control.hand(by))


def approve(facts: SubstitutionFacts, *, by: Actor, at: datetime) -> SubstitutionApproved:
    """Approve a substitution for the authority; it takes effect at once.

    Refuses with SubstitutionMissing, SubstitutionOver, ConsentsMissing, ApproverTookPart,
    NotToBeSubstituted, in that order.
    """
    del at
    if by.organisation_number != facts.authority_number or facts.offer is None:
        raise SubstitutionMissing("The need is another authority's.")
    _check_open(facts)
    if facts.state is State.PROPOSED:
        raise ConsentsMissing(f"{facts.joining_id} has not consented.")
    if control.is_own(by, facts.proposed_by) or control.is_own(by, facts.consented_by):
        raise ApproverTookPart("The caller proposed it, or consented to it.")
    _check_substitutable(facts.offer)
    members = {one.organisation_id for one in facts.offer.members}
    if facts.leaving_id not in members or facts.joining_id in members:
        raise NotToBeSubstituted("The members have changed since.")
    return SubstitutionApproved(state=State.APPROVED, approved_by=control.hand(by))


def reject(facts: RejectFacts, *, by: Actor, at: datetime) -> SubstitutionEnded:
    """Reject a substitution for the authority, for a reason; the members stay as they are.

    Refuses with SubstitutionMissing, SubstitutionOver.
    """
    del at
    if by.organisation_number != facts.substitution.authority_number:
        raise SubstitutionMissing("The need is another authority's.")
    _check_open(facts.substitution)
    return SubstitutionEnded(state=State.REJECTED, ended_by=control.hand(by), reason=facts.reason)


def withdraw(facts: SubstitutionFacts, *, by: Actor, at: datetime) -> SubstitutionEnded:
    """Take a substitution back that the caller's organisation, the lead, has proposed.

    Refuses with SubstitutionMissing, NotOwnSubstitution, SubstitutionOver.
    """
    del at
    if facts.offer is None:
        raise SubstitutionMissing("The caller's organisation is no member of its offer.")
    if by.organisation_id != facts.offer.lead_id:
        raise NotOwnSubstitution("The caller's organisation does not lead the offer.")
    _check_open(facts)
    return SubstitutionEnded(state=State.WITHDRAWN, ended_by=control.hand(by), reason=None)


def _check_open(facts: SubstitutionFacts) -> None:
    if facts.state not in {State.PROPOSED, State.CONSENTED}:
        raise SubstitutionOver(f"The substitution is {facts.state}.")


def _check_substitutable(offer: OfferFacts) -> None:
    if offer.state is not OfferState.OPENED or offer.need_state is not NeedState.OPENED:
        raise NotToBeSubstituted(f"The offer is {offer.state}, the need {offer.need_state}.")
