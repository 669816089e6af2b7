"""What may become of an offer, and what refuses it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.model import (
    AttemptRefused,
    Concluded,
    ConcludeFacts,
    Consented,
    Culprit,
    Drafted,
    DraftFacts,
    Failure,
    HandedIn,
    HandInFacts,
    MemberDraft,
    MemberFacts,
    OfferFacts,
    OpenedOffer,
    OpenFacts,
    Opening,
    OpeningTerms,
    Reopened,
    ReopenFacts,
    State,
    Submitted,
    Unsealed,
    Withdrawn,
)
from ecosystem.values.actor import Actor, OrganisationKind
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


class OfferOver(Refusal):
    """The offer is withdrawn, or past its opening."""

    kind = Kind.CONFLICT
    remedy = "Draft a new offer while the need takes offers."


class NotOpener(Refusal):
    """The caller is not an opener of this need."""

    kind = Kind.FORBIDDEN
    remedy = "Only the people whom the need names open its offers."


class OpeningTooEarly(Refusal):
    """The time of opening has not come; the attempt is recorded."""

    kind = Kind.CONFLICT
    remedy = "Come back at `opening_at`."


class OpenedBefore(Refusal):
    """The offers have been opened already."""

    kind = Kind.CONFLICT
    remedy = "Read the record of the opening."


class NothingToOpen(Refusal):
    """The need is not one whose offers are opened."""

    kind = Kind.CONFLICT
    remedy = "Offers are opened when the need has been published and submission is over."


class HandedInBefore(Refusal):
    """The opener has handed in shares already; another opener is needed."""

    kind = Kind.CONFLICT
    remedy = "Ask another opener of the need to hand in."


class SharesIncomplete(Refusal):
    """The shares are not one for each sealed offer."""

    kind = Kind.UNMET
    remedy = "Read the sealed shares again and hand in one for each offer."


class SharesFalse(Refusal):
    """A share is not the one that was sealed to this opener."""

    kind = Kind.UNMET
    remedy = "Open the sealed share again with the key that the need published, and hand in that."


class NotOpened(Refusal):
    """The offers of this need have not been opened."""

    kind = Kind.MISSING
    remedy = "Come back after the opening."


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
    faults = tuple(_member_faults(facts.members, lead_id=by.organisation_id))
    if faults:
        raise MembersUnsound(f"{len(faults)} rules on members are not met.", faults=faults)
    members = tuple(MemberDraft(one.organisation_id, one.share) for one in facts.members)
    return Drafted(state=State.DRAFT, lead_id=by.organisation_id, members=members)


def consent(facts: OfferFacts, *, by: Actor, at: datetime) -> Consented:
    """Have a member take part.

    Refuses with OfferMissing, OfferOver, NeedNotOpen, SubmissionOver, ConsentedBefore.
    """
    own = [one for one in facts.members if one.organisation_id == by.organisation_id]
    if not own:
        raise OfferMissing("The caller's organisation is no member of such an offer.")
    _not_over(facts)
    _in_time(facts.need_state, facts.submission_ends_at, at=at)
    if own[0].consented_at is not None:
        raise ConsentedBefore("The consent was given before.")
    return Consented(by.organisation_id, at)


def submit(facts: OfferFacts, *, by: Actor, at: datetime) -> Submitted:
    """Receive an offer's envelope in time; it takes the place of an earlier one.

    Refuses with NotLead, OfferOver, NeedNotOpen, SubmissionOver, ConsentsMissing.
    """
    _led(facts, by)
    _not_over(facts)
    _in_time(facts.need_state, facts.submission_ends_at, at=at)
    missing = [one.organisation_id for one in facts.members if one.consented_at is None]
    if missing:
        raise ConsentsMissing(f"These have not consented: {', '.join(missing)}.")
    return Submitted(
        state=State.SUBMITTED,
        envelope_digest=facts.envelope_digest or "",
        offer_commitment=facts.offer_commitment or "",
        received_at=at,
    )


def withdraw(facts: OfferFacts, *, by: Actor, at: datetime) -> Withdrawn:
    """Take an offer back. Refuses with NotLead, OfferOver, NeedNotOpen, SubmissionOver."""
    _led(facts, by)
    _not_over(facts)
    _in_time(facts.need_state, facts.submission_ends_at, at=at)
    return Withdrawn(State.WITHDRAWN)


def may_open(terms: OpeningTerms, *, by: Actor, at: datetime) -> None:
    """Refuse unless `by` may open a need's offers now.

    Refuses with NotOpener, OpenedBefore, OpeningTooEarly, NothingToOpen, in that order.
    """
    if by.organisation_number != terms.authority_number or by.person_id not in terms.openers:
        raise NotOpener("The need does not name the caller.")
    if terms.need_state in _AFTER_OPENING:
        raise OpenedBefore(f"The need is {terms.need_state}.")
    if terms.need_state is NeedState.PUBLISHED or (
        terms.need_state is NeedState.CLOSED and at < terms.opening_at
    ):
        raise OpeningTooEarly(f"Offers are opened from {terms.opening_at.isoformat()}.")
    if terms.need_state is not NeedState.CLOSED:
        raise NothingToOpen(f"The need is {terms.need_state}.")


def attempt(terms: OpeningTerms, *, by: Actor, at: datetime) -> AttemptRefused:
    """Say how an attempt to open was refused; requires that it is."""
    try:
        may_open(terms, by=by, at=at)
    except Refusal as refusal:
        return AttemptRefused(refusal.code())
    raise ValueError("the attempt is none: the caller may open")


def hand_in(facts: HandInFacts, *, by: Actor, at: datetime) -> HandedIn:
    """Take an opener's shares; with the last opener needed it is enough to open.

    Refuses as `may_open`, then with HandedInBefore, SharesIncomplete, SharesFalse.
    """
    may_open(facts.terms, by=by, at=at)
    if by.person_id in facts.before:
        raise HandedInBefore("The caller has handed in before.")
    given, offered = Counter(facts.handed_for), Counter(facts.offered)
    if given != offered:
        missing, strange = (offered - given).total(), (given - offered).total()
        raise SharesIncomplete(f"{missing} are missing and {strange} are too many.")
    if facts.wrong:
        raise SharesFalse(f"The share is wrong for {', '.join(facts.wrong)}.", faults=_wrong(facts))
    openers = (*facts.before, by.person_id or "")
    return HandedIn(
        person_id=by.person_id or "",
        openers=openers,
        is_enough=len(openers) >= facts.terms.threshold,
    )


def open_all(facts: OpenFacts, *, by: Actor, at: datetime) -> Opening:
    """Make the record of an opening; what cannot be opened is excluded and stays on record."""
    del by
    return Opening(
        need_id=facts.terms.need_id,
        opened_at=at,
        openers=facts.openers,
        count=len(facts.offers),
        offers=tuple(open_one(one) for one in facts.offers),
    )


def open_one(unsealed: Unsealed) -> OpenedOffer:
    """Say what becomes of one offer, and who is at fault where it cannot be opened."""
    failure = unsealed.failure
    at_fault = Culprit.KEEPER if failure is Failure.ALTERED else Culprit.BIDDER
    return OpenedOffer(
        offer_id=unsealed.offer_id,
        lot_id=unsealed.lot_id,
        kind=unsealed.kind,
        lead_id=unsealed.lead_id,
        member_ids=unsealed.member_ids,
        envelope_digest=unsealed.envelope_digest,
        state=State.OPENED if failure is None else State.EXCLUDED,
        failure=failure,
        at_fault=None if failure is None else at_fault,
    )


def conclude(facts: ConcludeFacts, *, by: Actor, at: datetime) -> Concluded:
    """Bring an opened offer to its end by an award."""
    del by, at
    return Concluded(State.AWARDED if facts.is_winner else State.NOT_AWARDED)


def reopen(facts: ReopenFacts, *, by: Actor, at: datetime) -> Reopened:
    """Let an offer be evaluated again, after a reviewer has set its award aside."""
    del facts, by, at
    return Reopened(State.OPENED)


_AFTER_OPENING: Final = frozenset(
    {NeedState.OPENED, NeedState.EVALUATED, NeedState.AWARDED, NeedState.CONTRACTED}
)


def _in_time(state: NeedState, submission_ends_at: datetime, *, at: datetime) -> None:
    if state is NeedState.PUBLISHED and at < submission_ends_at:
        return
    if at >= submission_ends_at:
        raise SubmissionOver(f"Offers were taken until {submission_ends_at.isoformat()}.")
    raise NeedNotOpen(f"The need is {state}.")


def _led(facts: OfferFacts, by: Actor) -> None:
    if by.organisation_id != facts.lead_id:
        raise NotLead("The caller's organisation is a member, not the lead.")


def _not_over(facts: OfferFacts) -> None:
    if facts.state not in {State.DRAFT, State.SUBMITTED}:
        raise OfferOver(f"The offer is {facts.state}.")


def _wrong(facts: HandInFacts) -> tuple[Fault, ...]:
    return tuple(
        Fault(f"/shares/{index}/share", "shares_false", f"Not the share sealed for {offer_id}.")
        for index, offer_id in enumerate(facts.handed_for)
        if offer_id in facts.wrong
    )


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
