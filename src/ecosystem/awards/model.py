"""Who evaluates and what is awarded: what is asked, what rules decide on, what they decide."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecosystem.awards.admission.model import LotEnd
from ecosystem.awards.counting import Made
from ecosystem.awards.criteria import Inputs, Ranking
from ecosystem.awards.freezing.model import FrozenScores
from ecosystem.needs.model import Code, FormCited, OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.envelope import Sha256
from ecosystem.offers.model import Financing, Liability, MemberDraft, MetricCommitment
from ecosystem.offers.model import State as OfferState
from ecosystem.values.identifiers import (
    AwardId,
    LotId,
    NeedId,
    OfferId,
    OrganisationId,
    PersonId,
    ProgrammeId,
)
from ecosystem.values.money import Money
from ecosystem.values.patterns import whole
from ecosystem.values.text import Text

Mark = Annotated[
    str,
    Meta(
        pattern=whole(r"((0|[1-9][0-9]?)(\.[0-9]{1,2})?|100(\.0{1,2})?)"),
        description="From 0 to 100, as a decimal string.", examples=["86.5"],
    ),
]  # fmt: skip


class State(StrEnum):
    """Where an award stands; `final` follows from the clock."""

    PROPOSED = "proposed"
    STANDSTILL = "standstill"
    SUSPENDED = "suspended"
    """A challenge is open: nothing grows from the award until a reviewer has decided."""
    FINAL = "final"
    CANCELLED = "cancelled"
    """Rejected by who should approve it, set aside by a reviewer, or fallen: nobody signed."""


class Remedy(StrEnum):
    """What follows where a challenge is upheld; the award is cancelled in either case."""

    EVALUATION = "evaluation"
    """The offers of the contest are evaluated again."""
    CANCELLATION = "cancellation"
    """The lot is not awarded in this need."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """An award of the same lot and kind that was made before."""

    state: Literal["proposed", "published", "suspended", "cancelled"]
    remedy: Remedy | None


class Appointment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who shall evaluate: people of the authority, or of a think tank, with the role."""

    people: Annotated[tuple[PersonId, ...], Meta(min_length=1, max_length=30)]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A person whom an officer wants to appoint."""

    person_id: str
    organisation_id: str | None
    """Where the person evaluates for the authority or for a think tank, or None."""


class AppointFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an appointment is checked against."""

    need_id: str
    authority_number: int
    need_state: NeedState
    candidates: tuple[Candidate, ...]
    appointed: tuple[str, ...]


class Appointed(msgspec.Struct, frozen=True, kw_only=True):
    """These evaluate, as soon as they have declared."""

    evaluators: tuple[Candidate, ...]


class ConflictDeclaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an evaluator declares before seeing any offer."""

    has_conflict: bool
    reason: Text


class DeclareFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a declaration is checked against."""

    need_id: str
    is_appointed: bool
    has_declared: bool
    is_bidder: bool
    """Whether the evaluator's organisation is a member of an offer for the need."""
    declaration: ConflictDeclaration


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """What the evaluator may do from now on."""

    person_id: str
    has_conflict: bool


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A score under one criterion, and why."""

    criterion: Code
    score: Mark
    reason: Text


class Scores(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One evaluator's scores of one offer: one for each criterion of quality."""

    scores: Annotated[tuple[Given, ...], Meta(max_length=30)]


class ScoreFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What scores are checked against."""

    need_id: str
    offer_id: str
    round: int
    need_state: NeedState
    offer_state: OfferState
    has_conflict: bool | None
    """None where the caller is no evaluator, or has not declared."""
    is_bidder: bool
    is_settled: bool
    """Whether the contest keeps its ranking while others of the need are evaluated again."""
    has_scored: bool
    is_discussed: bool
    """Whether the evaluators have begun to agree on this offer."""
    is_frozen: bool = False
    """Whether scores are frozen, because prices are opened next."""
    criteria: tuple[str, ...]
    """The lot's criteria of quality."""
    scores: tuple[Given, ...]


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """Scores that stay as they are."""

    person_id: str
    offer_id: str
    scores: tuple[Given, ...]


class ScoreKept(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluator's scores of one offer, as they are kept."""

    person_id: PersonId
    offer_id: OfferId
    scores: tuple[Given, ...]


class ConsensusFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an evaluator's word on a consensus is checked against."""

    need_id: str
    offer_id: str
    round: int
    need_state: NeedState
    is_settled: bool
    has_conflict: bool | None
    """None where the caller is no evaluator, or has not declared."""
    single: tuple[ScoreKept, ...]
    awaited: tuple[str, ...]
    """Evaluators who have begun to score the contest, and not scored this offer."""
    said: tuple[ScoreKept, ...]
    """What the evaluators, the caller among them or not, have said before."""
    is_frozen: bool = False
    criteria: tuple[str, ...]
    scores: tuple[Given, ...]


class ConsensusState(StrEnum):
    """Whether the evaluators of an offer agree."""

    OPEN = "open"
    AGREED = "agreed"


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """What one evaluator agrees to; the consensus is reached when all say the same."""

    state: ConsensusState
    person_id: str
    offer_id: str
    scores: tuple[Given, ...]


class ContestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One contest before it is scored; the inputs hold all that decides it."""

    kind: OfferKind
    inputs: Inputs
    unfinished: tuple[str, ...]
    """Evaluators who have begun to score and not scored every offer."""
    disagreed: tuple[str, ...] = ()
    """The offers on which the evaluators have not agreed."""


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """The offers of one kind for one lot, ranked, with all that the ranking follows from."""

    lot_id: LotId
    kind: OfferKind
    round: int
    """In which it was ranked; it stays while other contests are evaluated again."""
    inputs: Inputs
    ranking: Ranking
    digest: Sha256
    """SHA-256 of the canonical JSON of `{"inputs": ..., "ranking": ...}`, as scored."""


class EvaluateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an evaluation is computed from."""

    need_id: str
    authority_number: int
    need_state: NeedState
    round: int
    """From 1; a further one where a reviewer had offers evaluated again."""
    lots: tuple[str, ...]
    offered: tuple[str, ...] = ()
    """The lots for which an offer came to the opening."""
    undecided: tuple[str, ...] = ()
    """The offers that are neither admitted nor excluded."""
    contests: tuple[ContestFacts, ...]
    settled: tuple[Contest, ...] = ()
    """The contests of the round before that nobody has to evaluate again."""
    made: tuple[Made, ...] = ()
    """The awards of the need, whatever has become of them."""
    spent: tuple[str, ...] = ()
    """The settled contests, by their digests, whose ranked offers are all passed over."""
    ended: tuple[str, ...] = ()
    """The settled contests, by their digests, that were ended without another award."""
    is_contracted: bool = False
    """Whether a contract has grown from one of the lots."""
    prices_sealed: bool = False
    """Whether the prices have envelopes of their own, and are not opened."""
    frozen: FrozenScores | None = None
    """The scores of this round as they were before prices were opened."""


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """The evaluation of a need: computed once a round, published whole."""

    round: int
    need_state: NeedState
    contests: tuple[Contest, ...]
    digest: Sha256
    """SHA-256 of the contests' digests, each followed by a line feed, in their order."""
    unsuccessful: tuple[LotEnd, ...]
    frozen: FrozenScores | None = None


class ProposalDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which offer an officer wants to award."""

    offer_id: OfferId
    reason: Text


class PassedOver(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that ranks higher than the awarded one, and why it is not awarded."""

    offer_id: OfferId
    reasons: Text
    """Why the explanation of its abnormally low price was rejected, or its award fell."""


class ProposeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal is checked against."""

    need_id: str
    lot_id: str
    offer_id: str
    kind: OfferKind
    authority_number: int
    need_state: NeedState
    round: int
    ranked_first: str | None
    """The first in the ranking that is not passed over."""
    passed_over: tuple[PassedOver, ...]
    is_unexplained: bool
    """Whether its price is abnormally low and no explanation of it is accepted."""
    before: tuple[Ending, ...]
    """The awards of this kind for this lot, whatever has become of them."""
    is_ended: bool = False
    reason: Text


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """An award that waits for another person's approval."""

    state: State
    offer_id: str
    kind: OfferKind
    passed_over: tuple[PassedOver, ...]
    proposed_by: str


class ApproveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an approval is checked against."""

    award_id: str
    need_id: str
    lot_id: str
    kind: OfferKind
    authority_number: int
    need_state: NeedState
    is_proposed: bool
    proposed_by: str
    price: Money
    left_open: tuple[str, ...]
    """The lots that will still wait for an award after this approval."""
    standstill_ends_at: datetime
    """When the standstill ends that begins with this approval, as the need's profile says."""
    challenge_ends_at: datetime
    """Until when the profile lets an award be challenged that is approved now."""


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """The award is public; it becomes final when the standstill has passed."""

    state: State
    approved_by: str
    approved_at: datetime
    standstill_ends_at: datetime
    challenge_ends_at: datetime
    """Until when it can be challenged: never longer than the standstill."""
    committed: Money | None
    """What the budget is committed to; None for financing, which costs no budget."""
    need_state: NeedState


class RejectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the rejection of a proposal is checked against."""

    award_id: str
    authority_number: int
    is_proposed: bool
    proposed_by: str
    reason: Text


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """The proposal is at its end; another one may be made."""

    state: State
    rejected_by: str
    reason: Text


class AwardTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What was offered, as far as an award makes it public."""

    lead_id: OrganisationId
    members: tuple[MemberDraft, ...]
    price: Money
    """For financing: its amount."""
    financing: Financing | None
    metric_commitments: tuple[MetricCommitment, ...]
    liability: Liability = Liability.JOINT


class AwardFacts(AwardTerms, frozen=True, kw_only=True):
    """A final award, for the contract that grows from it."""

    id: AwardId
    authority_number: int
    need_id: NeedId
    lot_id: LotId
    offer_id: OfferId
    kind: OfferKind
    programme_id: ProgrammeId
    contract_form: FormCited
