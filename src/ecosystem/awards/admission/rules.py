"""Which offers are admitted, what excludes one, and what refuses that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ecosystem.awards.admission.model import (
    AFTER_RANKING,
    AdmitFacts,
    Admitted,
    Candidate,
    Excluded,
    ExcludeFacts,
    Exhausted,
    ExhaustFacts,
    FellFacts,
    Ground,
    Outcome,
    PassOverFacts,
    ShutOutFacts,
    Sifted,
    Undecided,
)
from ecosystem.awards.rules import own
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.model import State as OfferState
from ecosystem.offers.opening.model import Failure
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal
from ecosystem.values.text import Text

_NAMED: Final = 10
"""How many offers a refusal names."""
_BY_ITSELF: Final = frozenset(
    {Ground.UNCONFIRMED_AFTER_AMENDMENT, Ground.NOT_OPENABLE, *AFTER_RANKING}
)
_UNCONFIRMED: Final = Text(
    zh="需求修订后，投标人未确认其投标。",
    en="The need was amended, and the bidder has not confirmed the offer.",
)
_NOT_OPENABLE: Final = Text(
    zh="投标未能开启；原因见开标记录。",
    en="The offer could not be opened; the record of the opening says why.",
)


class NotToBeDecided(Refusal):
    """The need is not between its opening and its evaluation."""

    kind = Kind.CONFLICT
    remedy = "Offers are admitted or excluded when they are opened, and before they are ranked."


class ExcludedBefore(Refusal):
    """The offer is excluded already, which is final."""

    kind = Kind.CONFLICT
    remedy = "Read why in GET /v1/needs/{need_id}/admissions."


class GroundUnfit(Refusal):
    """The ground is none that an officer chooses."""

    kind = Kind.UNMET
    remedy = "Name what you have found; how a low price is possible is asked after the ranking."


class OffersUndecided(Refusal):
    """Opened offers wait to be admitted or excluded."""

    kind = Kind.CONFLICT
    remedy = "POST /v1/needs/{need_id}/admissions, and exclude what it says remains."


def undecided(offer_ids: Sequence[str]) -> OffersUndecided:
    """Return the refusal that says how many offers wait, and names the first of them."""
    return OffersUndecided(f"{len(offer_ids)} offers wait: {', '.join(offer_ids[:_NAMED])}.")


def admit(facts: AdmitFacts, *, by: Actor, at: datetime) -> Sifted:
    """Admit every offer against which nothing speaks, and name the others.

    Refuses with NotAuthority, NotToBeDecided.
    """
    del at
    own(facts.authority_number, by)
    if facts.need_state is not NeedState.OPENED:
        raise NotToBeDecided(f"The need is {facts.need_state}.")
    return Sifted(
        admitted=tuple(one.offer_id for one in facts.candidates if not one.findings),
        undecided=tuple(
            Undecided(offer_id=one.offer_id, findings=one.findings)
            for one in facts.candidates
            if one.findings
        ),
    )


def admit_one(facts: Candidate, *, by: Actor, at: datetime) -> Admitted:
    """Admit an offer; requires that nothing speaks against it."""
    del by, at
    if facts.findings:
        raise ValueError("something speaks against the offer")
    return Admitted(Outcome.ADMITTED)


def exclude(facts: ExcludeFacts, *, by: Actor, at: datetime) -> Excluded:
    """Exclude an offer that waits, or that was admitted and is not evaluated yet; for good.

    Refuses with NotAuthority, ExcludedBefore, NotToBeDecided, GroundUnfit.
    """
    del at
    own(facts.authority_number, by)
    if facts.offer_state is OfferState.EXCLUDED:
        raise ExcludedBefore("There is an exclusion.")
    if facts.need_state is not NeedState.OPENED or facts.is_settled:
        raise NotToBeDecided(f"The need is {facts.need_state}, the offer {facts.offer_state}.")
    if facts.ground in _BY_ITSELF:
        raise GroundUnfit(f"{facts.ground} follows by itself.", pointer="/ground")
    return Excluded(outcome=Outcome.EXCLUDED, ground=facts.ground, reasons=facts.reasons)


def shut_out(facts: ShutOutFacts, *, by: Actor, at: datetime) -> Excluded:
    """Exclude an offer that could not be opened, by what the record of the opening says."""
    del by, at
    is_unconfirmed = facts.failure is Failure.UNCONFIRMED
    return Excluded(
        outcome=Outcome.EXCLUDED,
        ground=Ground.UNCONFIRMED_AFTER_AMENDMENT if is_unconfirmed else Ground.NOT_OPENABLE,
        reasons=_UNCONFIRMED if is_unconfirmed else _NOT_OPENABLE,
    )


def pass_over(facts: PassOverFacts, *, by: Actor, at: datetime) -> Excluded:
    """Exclude a ranked offer whose explanation of its low price was rejected."""
    del by, at
    return Excluded(outcome=Outcome.EXCLUDED, ground=Ground.ABNORMALLY_LOW, reasons=facts.reasons)


def fell(facts: FellFacts, *, by: Actor, at: datetime) -> Excluded:
    """Pass over the offer of an award that has fallen."""
    del by, at
    return Excluded(outcome=Outcome.EXCLUDED, ground=facts.ground, reasons=facts.reasons)


def exhaust(facts: ExhaustFacts, *, by: Actor, at: datetime) -> Exhausted:
    """End a contest whose ranked offers are all passed over.

    With the last lot that waited the need is awarded, or unsuccessful where no award stands.
    """
    del by, at
    if not facts.is_spent:
        raise ValueError("an offer of the contest can be awarded")
    state = facts.need_state
    if state is NeedState.EVALUATED and not facts.left_open:
        state = NeedState.AWARDED if facts.is_awarded else NeedState.UNSUCCESSFUL
    return Exhausted(lot_id=facts.lot_id, kind=facts.kind, need_state=state)
