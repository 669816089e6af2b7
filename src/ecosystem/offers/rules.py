"""What may become of an offer, and what refuses it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.envelope import SealedBy
from ecosystem.offers.model import (
    Concluded,
    ConcludeFacts,
    Consented,
    Drafted,
    DraftFacts,
    MemberDraft,
    MemberFacts,
    OfferFacts,
    ReadmitFacts,
    Readmitted,
    Reopened,
    ReopenFacts,
    State,
    Submitted,
    Withdrawn,
)
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.period import shown
from ecosystem.values.refusal import Fault, Kind, Refusal

LEADS: Final = {
    OfferKind.DELIVERY: OrganisationKind.ENTERPRISE,
    OfferKind.ADVISORY: OrganisationKind.THINK_TANK,
    OfferKind.FINANCING: OrganisationKind.FINANCIAL_INSTITUTION,
}
"""Which kind of organisation makes each kind of offer by itself."""
MEMBER_KINDS: Final = frozenset(LEADS.values())
_WHOLE: Final = Decimal(100)


class LotMissing(Refusal):
    """There is no such lot, or its need is not published."""

    kind = Kind.MISSING
    remedy = "Read the need and use the identifier of one of its lots."


class OfferMissing(Refusal):
    """There is no such offer, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Check the identifier; before opening only its members know of an offer."


class NeedNotOpen(Refusal):
    """The need does not take offers."""

    kind = Kind.CONFLICT
    remedy = "Offers are taken while a need is published."


class SubmissionOver(Refusal):
    """The time for offers has passed."""

    kind = Kind.GONE
    remedy = "Offers are taken, replaced and withdrawn until `submission_ends_at`."


class NotInvited(Refusal):
    """The need does not invite this organisation or this kind of offer."""

    kind = Kind.FORBIDDEN
    remedy = "Read `invited_kinds` and `invited_offers` of the need."


class KindDoesNotOffer(Refusal):
    """This kind of organisation does not make this kind of offer."""

    kind = Kind.FORBIDDEN
    remedy = (
        "Enterprises offer delivery, think tanks advice, financial institutions financing; "
        "only a consortium for delivery may be led by another."
    )


class OfferedBefore(Refusal):
    """The organisation leads an offer of this kind for this lot already."""

    kind = Kind.CONFLICT
    remedy = "Submit that offer again, or withdraw it first."


class MembersUnsound(Refusal):
    """The members of the offer break a rule."""

    kind = Kind.UNMET
    remedy = "Mend each place that `errors` lists."


class NotLead(Refusal):
    """The caller's organisation does not lead this offer."""

    kind = Kind.FORBIDDEN
    remedy = "Only the lead submits and withdraws an offer."


class ConsentedBefore(Refusal):
    """The organisation has consented already."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed."


class ConsentsMissing(Refusal):
    """Not every member of the offer has consented."""

    kind = Kind.CONFLICT
    remedy = "Have each member that is named consent, then submit again."


class SharesDoNotAddUp(Refusal):
    """A member has left, and the shares of the others do not add to 100."""

    kind = Kind.CONFLICT
    remedy = "Set the members and their shares anew."


class ClientSealingRequired(Refusal):
    """The need takes only offers that the bidder's own program has sealed."""

    kind = Kind.UNMET
    remedy = "Seal the offer as docs/formats/sealed-offer.md says, and send it to `/envelopes`."


class OfferOver(Refusal):
    """The offer is withdrawn, or past its opening."""

    kind = Kind.CONFLICT
    remedy = "Draft a new offer while the need takes offers."


def draft(facts: DraftFacts, *, by: Actor, at: datetime) -> Drafted:
    """Prepare an offer; the lead consents by it.

    Refuses with LotMissing, NeedNotOpen, SubmissionOver, NotInvited, KindDoesNotOffer,
    OfferedBefore, or MembersUnsound with every fault, checked in that order.
    """
    if facts.need_state is NeedState.DRAFT:
        raise LotMissing("The need is not published.")
    _in_time(facts.need_state, facts.submission_ends_at, at=at)
    if by.kind not in facts.invited_kinds or facts.kind not in facts.invited_offers:
        raise NotInvited(f"The need does not invite {facts.kind} by {by.kind}.")
    is_consortium = len(facts.members) > 1
    leads_for_others = is_consortium and facts.kind is OfferKind.DELIVERY
    if by.kind is not LEADS[facts.kind] and not leads_for_others:
        raise KindDoesNotOffer(f"The caller's organisation is of kind {by.kind}.")
    if facts.has_offered:
        raise OfferedBefore("There is an offer that the caller's organisation leads.")
    check_members(facts.members, lead_id=by.organisation_id)
    members = tuple(MemberDraft(one.organisation_id, one.share) for one in facts.members)
    return Drafted(
        state=State.DRAFT,
        lead_id=by.organisation_id,
        members=members,
        liability=facts.liability,
    )


def consent(facts: OfferFacts, *, by: Actor, at: datetime) -> Consented:
    """Have a member take part.

    Refuses with OfferMissing, OfferOver, NeedNotOpen, SubmissionOver, ConsentedBefore.
    """
    own = [one for one in facts.members if one.organisation_id == by.organisation_id]
    if not own:
        raise OfferMissing("The caller's organisation is no member of such an offer.")
    check_changeable(facts, at=at)
    if own[0].consented_at is not None:
        raise ConsentedBefore("The consent was given before.")
    return Consented(by.organisation_id, at)


def submit(facts: OfferFacts, *, by: Actor, at: datetime) -> Submitted:
    """Receive an offer's envelope in time; it takes the place of an earlier one.

    Refuses with NotLead, OfferOver, NeedNotOpen, SubmissionOver, ConsentsMissing,
    SharesDoNotAddUp, ClientSealingRequired.
    """
    check_led(facts, by=by)
    check_changeable(facts, at=at)
    missing = [one.organisation_id for one in facts.members if one.consented_at is None]
    if missing:
        raise ConsentsMissing(f"These have not consented: {', '.join(missing)}.")
    total = sum((Decimal(one.share) for one in facts.members), Decimal(0))
    if total != _WHOLE:
        raise SharesDoNotAddUp(f"The shares of the members add to {total}.")
    if facts.client_sealing_required and facts.sealed_by is not SealedBy.CLIENT:
        raise ClientSealingRequired("The server may not seal for this need.")
    return Submitted(
        state=State.SUBMITTED,
        envelope_digest=facts.envelope_digest or "",
        offer_commitment=facts.offer_commitment or "",
        received_at=at,
        financial_digest=facts.financial_digest,
        financial_commitment=facts.financial_commitment,
    )


def withdraw(facts: OfferFacts, *, by: Actor, at: datetime) -> Withdrawn:
    """Take an offer back. Refuses with NotLead, OfferOver, NeedNotOpen, SubmissionOver."""
    check_led(facts, by=by)
    check_changeable(facts, at=at)
    return Withdrawn(State.WITHDRAWN)


def conclude(facts: ConcludeFacts, *, by: Actor, at: datetime) -> Concluded:
    """Bring an admitted offer to its end by an award."""
    del by, at
    return Concluded(State.AWARDED if facts.is_winner else State.NOT_AWARDED)


def reopen(facts: ReopenFacts, *, by: Actor, at: datetime) -> Reopened:
    """Let an offer be evaluated again, after a reviewer has set its award aside."""
    del facts, by, at
    return Reopened(State.OPENED)


def readmit(facts: ReadmitFacts, *, by: Actor, at: datetime) -> Readmitted:
    """Let an offer be awarded that did not win, since the award of its contest has fallen."""
    del facts, by, at
    return Readmitted(State.ADMITTED)


def check_changeable(facts: OfferFacts, *, at: datetime) -> None:
    """Refuse with OfferOver, NeedNotOpen or SubmissionOver unless an offer may still change."""
    _not_over(facts)
    _in_time(facts.need_state, facts.submission_ends_at, at=at)


def check_members(members: tuple[MemberFacts, ...], *, lead_id: str) -> None:
    """Refuse with MembersUnsound, which lists every fault, unless these can make an offer."""
    faults = tuple(_member_faults(members, lead_id=lead_id))
    if faults:
        raise MembersUnsound(f"{len(faults)} rules on members are not met.", faults=faults)


def _in_time(state: NeedState, submission_ends_at: datetime, *, at: datetime) -> None:
    if state is NeedState.PUBLISHED and at < submission_ends_at:
        return
    if at >= submission_ends_at:
        raise SubmissionOver(f"Offers were taken until {shown(submission_ends_at)}.")
    raise NeedNotOpen(f"The need is {state}.")


def check_led(facts: OfferFacts, *, by: Actor) -> None:
    """Refuse with NotLead unless the caller's organisation leads the offer."""
    if by.organisation_id != facts.lead_id:
        raise NotLead("The caller's organisation is a member, not the lead.")


def _not_over(facts: OfferFacts) -> None:
    if facts.state not in {State.DRAFT, State.SUBMITTED}:
        raise OfferOver(f"The offer is {facts.state}.")


def _member_faults(members: tuple[MemberFacts, ...], *, lead_id: str) -> Iterator[Fault]:
    for index, one in enumerate(members):
        place = f"/members/{index}/organisation_id"
        if one.kind not in MEMBER_KINDS:
            yield Fault(place, "no_bidder", "Name an enterprise, think tank or bank.")
        elif not one.verified:
            yield Fault(place, "not_verified", "Name an organisation that is verified.")
        if Decimal(one.share) == 0:
            yield Fault(f"/members/{index}/share", "share_is_zero", "Give a share above zero.")
    if any(count > 1 for count in Counter(one.organisation_id for one in members).values()):
        yield Fault("/members", "member_twice", "Name each member once.")
    if lead_id not in {one.organisation_id for one in members}:
        yield Fault("/members", "lead_is_no_member", "Name the caller's organisation as well.")
    total = sum((Decimal(one.share) for one in members), Decimal(0))
    if total != _WHOLE:
        yield Fault("/members", "shares_do_not_add_up", f"The shares add to {total}, not to 100.")
