"""Who opens offers and when, what becomes of shares, and whose fault a failure is."""

from collections import Counter
from datetime import datetime
from typing import Final

from ecosystem.needs.model import State as NeedState
from ecosystem.offers.envelope import Part
from ecosystem.offers.model import FinancialState, State
from ecosystem.offers.opening.model import (
    AttemptRefused,
    Culprit,
    Failure,
    GivenBack,
    HandedIn,
    HandInFacts,
    OpenedOffer,
    OpenFacts,
    Opening,
    OpeningTerms,
    SharesRefused,
    UnopenedOffer,
    Unsealed,
)
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Fault, Kind, Refusal


class NotOpener(Refusal):
    """The caller is not an opener of this need."""

    kind = Kind.FORBIDDEN
    remedy = "Only the people whom the need names open its offers."


class OpeningTooEarly(Refusal):
    """The time of opening has not come; the attempt is recorded."""

    kind = Kind.CONFLICT
    remedy = "Come back at `opening_at`."


class QuestionsUnanswered(Refusal):
    """Questions on the need wait for an answer, and its profile has them keep offers sealed."""

    kind = Kind.CONFLICT
    remedy = "Answer what GET /v1/needs/{need_id}/questions?in_state=asked lists, then open."


class ScoresNotFrozen(Refusal):
    """The scores of quality are not frozen, so prices stay sealed; the attempt is recorded."""

    kind = Kind.CONFLICT
    remedy = "Come back when the evaluators agree and POST .../score-freezing is done."


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


class SharesOutdated(Refusal):
    """The sealed shares have changed since the opener read them."""

    kind = Kind.CONFLICT
    remedy = "Read the sealed shares again, and hand in those."


class SharesIncomplete(Refusal):
    """The shares are not one for each sealed offer."""

    kind = Kind.UNMET
    remedy = (
        "Read the sealed shares again and hand in one for each offer; name those that your key "
        "does not open as `unreadable`."
    )


class SharesFalse(Refusal):
    """A share is not the one that was sealed to this opener."""

    kind = Kind.UNMET
    remedy = "Open the sealed share again with the key that the need published, and hand in that."


class NotOpened(Refusal):
    """The offers of this need have not been opened."""

    kind = Kind.MISSING
    remedy = "Come back after the opening."


def may_open(terms: OpeningTerms, *, by: Actor, at: datetime) -> None:
    """Refuse unless `by` may open a need's offers, or the part of them that `terms` name, now.

    Refuses with NotOpener, OpenedBefore, OpeningTooEarly, NothingToOpen,
    QuestionsUnanswered, in that order; for the financial part as `_may_open_prices`.
    """
    if by.organisation_number != terms.authority_number or by.person_id not in terms.openers:
        raise NotOpener("The need does not name the caller.")
    if terms.part is Part.FINANCIAL:
        _may_open_prices(terms)
        return
    if terms.need_state in _AFTER_OPENING:
        raise OpenedBefore(f"The need is {terms.need_state}.")
    if terms.need_state is NeedState.PUBLISHED or (
        terms.need_state is NeedState.CLOSED and at < terms.opening_at
    ):
        raise OpeningTooEarly(f"Offers are opened from {shown(terms.opening_at)}.")
    if terms.need_state is not NeedState.CLOSED:
        raise NothingToOpen(f"The need is {terms.need_state}.")
    if terms.unanswered:
        raise QuestionsUnanswered(f"{terms.unanswered} questions wait for an answer.")


def _may_open_prices(terms: OpeningTerms) -> None:
    """Refuse with NothingToOpen, OpenedBefore or ScoresNotFrozen unless prices may be opened."""
    if not terms.is_in_parts:
        raise NothingToOpen("The offers of this need come in one envelope.")
    if terms.opened_at is not None:
        raise OpenedBefore(f"The financial parts were opened at {shown(terms.opened_at)}.")
    if terms.need_state in {NeedState.CANCELLED, NeedState.UNSUCCESSFUL}:
        raise NothingToOpen(f"The need is {terms.need_state}.")
    if terms.frozen_at is None:
        raise ScoresNotFrozen(f"The need is {terms.need_state}.")


def attempt(terms: OpeningTerms, *, by: Actor, at: datetime) -> AttemptRefused:
    """Say how an attempt to open was refused; requires that it is."""
    try:
        may_open(terms, by=by, at=at)
    except Refusal as refusal:
        return AttemptRefused(refusal.code())
    raise ValueError("the attempt is none: the caller may open")


def hand_in(facts: HandInFacts, *, by: Actor, at: datetime) -> HandedIn:
    """Take an opener's shares; with the last opener needed it is enough to open.

    It is enough when every offer has as many shares as the threshold says, or when nobody is
    left to hand in: so no opener alone keeps an offer out by not reading its share.

    Refuses as `may_open`, then with HandedInBefore, SharesOutdated, SharesIncomplete,
    SharesFalse.
    """
    may_open(facts.terms, by=by, at=at)
    if by.person_id in facts.before:
        raise HandedInBefore("The caller has handed in before.")
    if facts.is_outdated:
        raise SharesOutdated("The sealed shares are not those that the caller has read.")
    given = Counter(facts.handed_for) + Counter(facts.unreadable)
    offered = Counter(facts.offered)
    if given != offered:
        missing, strange = (offered - given).total(), (given - offered).total()
        raise SharesIncomplete(f"{missing} are missing and {strange} are too many.")
    if facts.wrong:
        raise SharesFalse(f"The share is wrong for {', '.join(facts.wrong)}.", faults=_wrong(facts))
    openers = (*facts.before, by.person_id or "")
    return HandedIn(
        person_id=by.person_id or "",
        openers=openers,
        is_enough=_is_enough(facts, openers=len(openers)),
    )


def refuse_shares(facts: HandInFacts, *, by: Actor, at: datetime) -> SharesRefused:
    """Say which shares of an opener are false; requires that `hand_in` refused with SharesFalse.

    Refuses otherwise where somebody else has opened meanwhile.
    """
    try:
        hand_in(facts, by=by, at=at)
    except SharesFalse:
        return SharesRefused(person_id=by.person_id or "", offers=facts.wrong)
    raise ValueError("the shares are right")


def open_all(facts: OpenFacts, *, by: Actor, at: datetime) -> Opening:
    """Make the record of an opening; what cannot be opened is excluded and stays on record."""
    del by
    return Opening(
        need_id=facts.terms.need_id,
        part=facts.terms.part,
        opened_at=at,
        openers=facts.openers,
        count=len(facts.offers),
        offers=tuple(open_one(one) for one in facts.offers),
        late=facts.late,
        refused=facts.refused,
        unopened=facts.unopened,
    )


def _state(unsealed: Unsealed) -> State:
    if unsealed.failure is not None:
        return State.EXCLUDED
    return State.ADMITTED if unsealed.part is Part.FINANCIAL else State.OPENED


def give_back(facts: UnopenedOffer, *, by: Actor, at: datetime) -> GivenBack:
    """Leave the price of an excluded offer unopened, for good."""
    del facts, by, at
    return GivenBack(FinancialState.UNOPENED)


def open_one(unsealed: Unsealed) -> OpenedOffer:
    """Say what becomes of one offer, and who is at fault where it cannot be opened."""
    failure = unsealed.failure
    return OpenedOffer(
        offer_id=unsealed.offer_id,
        lot_id=unsealed.lot_id,
        kind=unsealed.kind,
        lead_id=unsealed.lead_id,
        member_ids=unsealed.member_ids,
        envelope_digest=unsealed.envelope_digest,
        state=_state(unsealed),
        failure=failure,
        at_fault=None if failure is None else _AT_FAULT[failure],
        unread_by=unsealed.unread_by,
        financial_digest=unsealed.financial_digest,
    )


_AFTER_OPENING: Final = frozenset(
    {NeedState.OPENED, NeedState.EVALUATED, NeedState.AWARDED, NeedState.CONTRACTED}
)


_AT_FAULT: Final = {
    Failure.ALTERED: Culprit.KEEPER,
    Failure.UNREADABLE: Culprit.BIDDER,
    Failure.UNSOUND: Culprit.BIDDER,
    Failure.SHARES_WANTING: Culprit.UNDECIDED,
    Failure.UNCONFIRMED: Culprit.BIDDER,
}


def _is_enough(facts: HandInFacts, *, openers: int) -> bool:
    unread = Counter(facts.unread_before) + Counter(facts.unreadable)
    has_enough = openers - max(unread.values(), default=0) >= facts.terms.threshold
    return has_enough or openers == len(facts.terms.openers)


def _wrong(facts: HandInFacts) -> tuple[Fault, ...]:
    return tuple(
        Fault(f"/shares/{index}/share", "shares_false", f"Not the share sealed for {offer_id}.")
        for index, offer_id in enumerate(facts.handed_for)
        if offer_id in facts.wrong
    )
