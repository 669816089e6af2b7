"""Whether scores may be frozen, and what refuses it."""

from datetime import datetime

from ecosystem.awards.admission.rules import undecided
from ecosystem.awards.evaluation.rules import check_judged
from ecosystem.awards.freezing import frozen
from ecosystem.awards.freezing.model import FreezeFacts, Frozen
from ecosystem.awards.rules import own
from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.needs.model import State as NeedState
from ecosystem.values.actor import Actor
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal


class NothingToFreeze(Refusal):
    """The need is not one whose scores are frozen now."""

    kind = Kind.CONFLICT
    remedy = "Scores are frozen once, where offers come in two envelopes, after the first opening."


class FrozenBefore(Refusal):
    """The scores have been frozen already."""

    kind = Kind.CONFLICT
    remedy = "Have the openers open the financial parts."


class FreezingMissing(Refusal):
    """The scores of this need have not been frozen."""

    kind = Kind.MISSING
    remedy = "Come back when the evaluators agree; with one envelope nothing is frozen."


def freeze(facts: FreezeFacts, *, by: Actor, at: datetime) -> Frozen:
    """Freeze the scores of quality, so that prices can be opened.

    Refuses with NotAuthority, FrozenBefore, NothingToFreeze, OffersUndecided, ScoresMissing,
    EvaluatorsTooFew, ConsensusMissing.
    """
    del at
    own(facts.authority_number, by)
    if facts.frozen_at is not None:
        raise FrozenBefore(f"They were frozen at {shown(facts.frozen_at)}.")
    if facts.envelopes is not Envelopes.TWO:
        raise NothingToFreeze("The offers of this need come in one envelope.")
    if facts.need_state is not NeedState.OPENED:
        raise NothingToFreeze(f"The need is {facts.need_state}.")
    if facts.undecided:
        raise undecided(facts.undecided)
    for one in facts.contests:
        check_judged(one)
    return Frozen(state="frozen", digest=frozen.digest(facts.offers), offers=facts.offers)
