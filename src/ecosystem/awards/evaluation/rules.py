"""Who evaluates, and what an evaluation comes to; and what refuses it."""

import hashlib
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.awards import scoring
from ecosystem.awards.admission.rules import undecided
from ecosystem.awards.criteria import Inputs
from ecosystem.awards.evaluation import ends
from ecosystem.awards.freezing import frozen
from ecosystem.awards.freezing.frozen import PricesSealed, ScoresChanged, ScoresFrozen
from ecosystem.awards.freezing.model import Judging
from ecosystem.awards.model import (
    Agreed,
    Appointed,
    AppointFacts,
    ConsensusFacts,
    ConsensusState,
    Contest,
    Declared,
    DeclareFacts,
    Evaluated,
    EvaluateFacts,
    Scored,
    ScoreFacts,
    ScoreKept,
)
from ecosystem.awards.rules import own
from ecosystem.awards.soundness import ScoresMissing
from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.model import State as OfferState
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault, Kind, Refusal

EVALUATORS_MIN: Final = 2
"""How many must have scored every offer; this platform's rule."""
_KINDS: Final = tuple(OfferKind)
_OPEN_TO_APPOINTMENT: Final = frozenset({NeedState.PUBLISHED, NeedState.CLOSED, NeedState.OPENED})


class NoEvaluatorsNow(Refusal):
    """The need takes no evaluators in this state."""

    kind = Kind.CONFLICT
    remedy = "Appoint between publication and evaluation."


class EvaluatorUnfit(Refusal):
    """A person cannot evaluate this need."""

    kind = Kind.UNMET
    remedy = (
        "Name people of the authority or of a verified think tank with the role evaluator, "
        "and not oneself."
    )


class AppointedBefore(Refusal):
    """A person has been appointed already."""

    kind = Kind.CONFLICT
    remedy = "Leave the person out."


class NotEvaluator(Refusal):
    """The caller has not been appointed to evaluate this need."""

    kind = Kind.FORBIDDEN
    remedy = "Ask the authority to appoint you."


class DeclaredBefore(Refusal):
    """The evaluator has declared already, and declarations are not rewritten."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed."


class EvaluatorBids(Refusal):
    """The evaluator's organisation is a member of an offer for this need."""

    kind = Kind.FORBIDDEN
    remedy = "Declare the conflict; others evaluate."


class ConflictOfInterest(Refusal):
    """The evaluator has declared a conflict of interest."""

    kind = Kind.FORBIDDEN
    remedy = "Others evaluate; nothing more is needed."


class DeclarationMissing(Refusal):
    """The evaluator has not declared whether there is a conflict of interest."""

    kind = Kind.CONFLICT
    remedy = "Declare first."


class ScoredBefore(Refusal):
    """The evaluator has scored this offer, and scores are not rewritten."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed."


class NotToBeScored(Refusal):
    """The offer is not one that is scored now."""

    kind = Kind.CONFLICT
    remedy = "Offers are scored from their admission until the evaluation."


class ScoresIncomplete(Refusal):
    """The scores are not one for each criterion of quality."""

    kind = Kind.UNMET
    remedy = "Give one score for each criterion of kind quality, and for no other."


class NotToBeEvaluated(Refusal):
    """The offers of the need are not opened, or have been evaluated before."""

    kind = Kind.CONFLICT
    remedy = "An evaluation is computed once, after the opening or where a reviewer orders it."


class ScoringOver(Refusal):
    """The evaluators have begun to agree on this offer."""

    kind = Kind.CONFLICT
    remedy = "Single scores are given before the evaluators confer."


class SingleScoresMissing(Refusal):
    """Not all single scores of this offer are given."""

    kind = Kind.CONFLICT
    remedy = "Confer when at least two evaluators, and all who have begun, have scored the offer."


class ConsensusReached(Refusal):
    """The evaluators have agreed on this offer, and consensus is not rewritten."""

    kind = Kind.CONFLICT
    remedy = "Read what was agreed."


class ConsensusOutOfRange(Refusal):
    """A score is outside of what the evaluators gave singly."""

    kind = Kind.UNMET
    remedy = "Agree on a score between the lowest and the highest single one."


class ConsensusMissing(Refusal):
    """The evaluators have not agreed on every offer."""

    kind = Kind.CONFLICT
    remedy = "Have every evaluator give the same consensus for each offer."


class EvaluatorsTooFew(Refusal):
    """Too few evaluators have scored every offer."""

    kind = Kind.CONFLICT
    remedy = "Have at least two evaluators without a conflict score every offer."


class EvaluationMissing(Refusal):
    """The need has not been evaluated."""

    kind = Kind.MISSING
    remedy = "Come back after the evaluation."


def appoint(facts: AppointFacts, *, by: Actor, at: datetime) -> Appointed:
    """Appoint evaluators.

    Refuses with NotAuthority, NoEvaluatorsNow, EvaluatorUnfit, AppointedBefore.
    """
    del at
    own(facts.authority_number, by)
    if facts.need_state not in _OPEN_TO_APPOINTMENT:
        raise NoEvaluatorsNow(f"The need is {facts.need_state}.")
    people = [one.person_id for one in facts.candidates]
    faults = tuple(
        Fault(f"/people/{index}", "evaluator_unfit", f"{one.person_id} cannot evaluate here.")
        for index, one in enumerate(facts.candidates)
        if one.organisation_id is None
        or people.index(one.person_id) < index
        or control.is_own(by, one.person_id)
    )
    if faults:
        raise EvaluatorUnfit(f"{len(faults)} of the people cannot be appointed.", faults=faults)
    if known := [person for person in people if person in facts.appointed]:
        raise AppointedBefore(f"Appointed before: {', '.join(known)}.")
    return Appointed(evaluators=facts.candidates)


def declare(facts: DeclareFacts, *, by: Actor, at: datetime) -> Declared:
    """Have an evaluator declare a conflict of interest, or that there is none.

    Refuses with NotEvaluator, DeclaredBefore, EvaluatorBids.
    """
    del at
    if not facts.is_appointed:
        raise NotEvaluator("The caller is not among the evaluators.")
    if facts.has_declared:
        raise DeclaredBefore("The declaration was made before.")
    if facts.is_bidder and not facts.declaration.has_conflict:
        raise EvaluatorBids("The caller's organisation offers.")
    return Declared(person_id=by.person_id or "", has_conflict=facts.declaration.has_conflict)


def score(facts: ScoreFacts, *, by: Actor, at: datetime) -> Scored:
    """Take one evaluator's scores of one offer, once.

    Refuses with DeclarationMissing, ConflictOfInterest, EvaluatorBids, NotToBeScored,
    ScoresFrozen, ScoredBefore, ScoringOver, ScoresIncomplete.
    """
    del at
    if facts.has_conflict is None:
        raise DeclarationMissing("There is no declaration of the caller.")
    if facts.has_conflict:
        raise ConflictOfInterest("The caller has a conflict.")
    if facts.is_bidder:
        raise EvaluatorBids("The caller's organisation offers.")
    if facts.need_state is not NeedState.OPENED or facts.offer_state is not OfferState.ADMITTED:
        raise NotToBeScored(f"The need is {facts.need_state}, the offer {facts.offer_state}.")
    if facts.is_settled:
        raise NotToBeScored("The contest of this offer keeps its ranking.")
    if facts.is_frozen:
        raise ScoresFrozen("The scores of this need are frozen.")
    if facts.has_scored:
        raise ScoredBefore("The caller has scored this offer.")
    if facts.is_discussed:
        raise ScoringOver("A consensus on this offer has been proposed.")
    if sorted(one.criterion for one in facts.scores) != sorted(facts.criteria):
        wanted = ", ".join(facts.criteria) or "none"
        raise ScoresIncomplete(f"The criteria of quality are: {wanted}.", pointer="/scores")
    return Scored(person_id=by.person_id or "", offer_id=facts.offer_id, scores=facts.scores)


def agree(facts: ConsensusFacts, *, by: Actor, at: datetime) -> Agreed:
    """Say what an evaluator agrees to, with reasons; all saying the same is the consensus.

    Refuses with DeclarationMissing, ConflictOfInterest, NotToBeScored, ScoresFrozen,
    SingleScoresMissing, ConsensusReached, ScoresIncomplete, ConsensusOutOfRange.
    """
    del at
    if facts.has_conflict is None:
        raise DeclarationMissing("There is no declaration of the caller.")
    if facts.has_conflict:
        raise ConflictOfInterest("The caller has a conflict.")
    if facts.need_state is not NeedState.OPENED or facts.is_settled:
        raise NotToBeScored(f"The need is {facts.need_state}.")
    if facts.is_frozen:
        raise ScoresFrozen("The scores of this need are frozen.")
    person_id = by.person_id or ""
    scored = {one.person_id for one in facts.single}
    if person_id not in scored or len(scored) < EVALUATORS_MIN or facts.awaited:
        raise SingleScoresMissing(f"{len(scored)} have scored this offer.")
    if is_agreed(facts.said, among=scored):
        raise ConsensusReached("All evaluators have said the same.")
    if sorted(one.criterion for one in facts.scores) != sorted(facts.criteria):
        wanted = ", ".join(facts.criteria) or "none"
        raise ScoresIncomplete(f"The criteria of quality are: {wanted}.", pointer="/scores")
    if faults := tuple(_out_of_range(facts)):
        raise ConsensusOutOfRange(faults[0].detail, faults=faults)
    own = ScoreKept(person_id=person_id, offer_id=facts.offer_id, scores=facts.scores)
    said = (*(one for one in facts.said if one.person_id != person_id), own)
    state = ConsensusState.AGREED if is_agreed(said, among=scored) else ConsensusState.OPEN
    return Agreed(state=state, person_id=person_id, offer_id=facts.offer_id, scores=facts.scores)


def is_agreed(said: Iterable[ScoreKept], *, among: AbstractSet[str]) -> bool:
    """Tell whether all of `among` have said the same of an offer."""
    marks = {
        one.person_id: tuple(
            sorted((given.criterion, Decimal(given.score)) for given in one.scores)
        )
        for one in said
    }
    return bool(among) and among <= marks.keys() and len({marks[who] for who in among}) == 1


def _out_of_range(facts: ConsensusFacts) -> Iterator[Fault]:
    for index, one in enumerate(facts.scores):
        single = [
            Decimal(given.score)
            for kept in facts.single
            for given in kept.scores
            if given.criterion == one.criterion
        ]
        if not min(single) <= Decimal(one.score) <= max(single):
            detail = f"Agree on a score from {min(single):f} to {max(single):f}."
            yield Fault(f"/scores/{index}/score", "consensus_out_of_range", detail)


def evaluate(facts: EvaluateFacts, *, by: Actor, at: datetime) -> Evaluated:
    """Rank the offers of every contest; nothing but the facts decides.

    A need for which nothing can be awarded is unsuccessful. Refuses with NotAuthority,
    NotToBeEvaluated, OffersUndecided, PricesSealed, ScoresMissing, EvaluatorsTooFew,
    ConsensusMissing, ScoresChanged, and as `scoring.score` does.
    """
    del at
    own(facts.authority_number, by)
    if facts.need_state is not NeedState.OPENED:
        raise NotToBeEvaluated(f"The need is {facts.need_state}.")
    if facts.undecided:
        raise undecided(facts.undecided)
    if facts.prices_sealed:
        raise PricesSealed("Prices have envelopes of their own, and these are sealed.")
    for one in facts.contests:
        check_judged(frozen.judging(one))
    if other := frozen.changed(facts.frozen, facts.contests):
        raise ScoresChanged(f"They differ for {', '.join(other)}.")
    found = (
        *facts.settled,
        *(ranked(one.kind, one.inputs, of_round=facts.round) for one in facts.contests),
    )
    contests = tuple(
        sorted(found, key=lambda one: (facts.lots.index(one.lot_id), _KINDS.index(one.kind)))
    )
    return Evaluated(
        round=facts.round,
        need_state=ends.need_state(facts, contests),
        contests=contests,
        digest=digest(one.digest for one in contests),
        unsuccessful=tuple(ends.unsuccessful(facts, contests)),
        frozen=facts.frozen,
    )


def ranked(kind: OfferKind, inputs: Inputs, *, of_round: int) -> Contest:
    """Rank the offers of one contest. Refuses as `scoring.score` does."""
    ranking = scoring.score(inputs)
    return Contest(
        lot_id=inputs.lot_id,
        kind=kind,
        round=of_round,
        inputs=inputs,
        ranking=ranking,
        digest=scoring.digest(inputs, ranking),
    )


def digest(digests: Iterable[str]) -> str:
    """Return SHA-256 of the contests' digests, each followed by a line feed."""
    return hashlib.sha256("".join(f"{one}\n" for one in digests).encode()).hexdigest()


def check_judged(contest: Judging) -> None:
    """Refuse with ScoresMissing, EvaluatorsTooFew or ConsensusMissing unless people are done."""
    if not contest.is_judged:
        return
    if contest.unfinished:
        raise ScoresMissing(f"Begun and not finished: {', '.join(contest.unfinished)}.")
    if contest.offers and contest.evaluators < EVALUATORS_MIN:
        raise EvaluatorsTooFew(f"{contest.evaluators} have scored every {contest.kind} of the lot.")
    if contest.disagreed:
        raise ConsensusMissing(f"Not agreed: {', '.join(contest.disagreed)}.")
