"""What rules say of evaluators and awards, on plain values."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ecosystem.awards import rules
from ecosystem.awards.admission import rules as admission
from ecosystem.awards.admission.model import ExhaustFacts
from ecosystem.awards.counting import Made
from ecosystem.awards.evaluation import rules as evaluation
from ecosystem.awards.model import (
    AppointFacts,
    ApproveFacts,
    Candidate,
    ConflictDeclaration,
    DeclareFacts,
    Ending,
    EvaluateFacts,
    Given,
    ProposeFacts,
    RejectFacts,
    Remedy,
    ScoreFacts,
    State,
)
from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.model import State as OfferState
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.money import Money
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text

AT = datetime(2027, 2, 1, 8, 0, tzinfo=UTC)
ENDS = AT + timedelta(days=10)
WHY = Text(en="See the record")
STANDS = Ending(state="published", remedy=None)
REJECTED = Ending(state="cancelled", remedy=None)
AGAIN = Ending(state="cancelled", remedy=Remedy.EVALUATION)
OVER = Ending(state="cancelled", remedy=Remedy.CANCELLATION)
GIVEN = (Given("quality", "80", WHY),)


def actor(person: str = "person_approver", *, number: int = 3) -> Actor:
    return Actor(
        organisation_id="org_city",
        organisation_number=number,
        kind=OrganisationKind.GOVERNMENT,
        verified=True,
        jurisdiction="440300",
        client_id="client_one",
        person_id=person,
    )


def appointing(**changed: Any) -> AppointFacts:
    given: dict[str, Any] = {
        "need_id": "need_one",
        "authority_number": 3,
        "need_state": NeedState.CLOSED,
        "candidates": (Candidate(person_id="person_one", organisation_id="org_city"),),
        "appointed": (),
    }
    return AppointFacts(**(given | changed))


def declaring(**changed: Any) -> DeclareFacts:
    given: dict[str, Any] = {
        "need_id": "need_one",
        "is_appointed": True,
        "has_declared": False,
        "is_bidder": False,
        "declaration": ConflictDeclaration(has_conflict=False, reason=WHY),
    }
    return DeclareFacts(**(given | changed))


def scoring(**changed: Any) -> ScoreFacts:
    given: dict[str, Any] = {
        "need_id": "need_one",
        "offer_id": "offer_one",
        "need_state": NeedState.OPENED,
        "offer_state": OfferState.ADMITTED,
        "has_conflict": False,
        "is_bidder": False,
        "round": 1,
        "is_settled": False,
        "is_discussed": False,
        "has_scored": False,
        "criteria": ("quality",),
        "scores": GIVEN,
    }
    return ScoreFacts(**(given | changed))


def proposing(**changed: Any) -> ProposeFacts:
    given: dict[str, Any] = {
        "need_id": "need_one",
        "lot_id": "lot_one",
        "offer_id": "offer_one",
        "kind": OfferKind.DELIVERY,
        "authority_number": 3,
        "need_state": NeedState.EVALUATED,
        "round": 1,
        "ranked_first": "offer_one",
        "before": (),
        "passed_over": (),
        "is_unexplained": False,
        "reason": WHY,
    }
    return ProposeFacts(**(given | changed))


def approving(**changed: Any) -> ApproveFacts:
    given: dict[str, Any] = {
        "award_id": "award_one",
        "need_id": "need_one",
        "lot_id": "lot_one",
        "kind": OfferKind.DELIVERY,
        "authority_number": 3,
        "need_state": NeedState.EVALUATED,
        "is_proposed": True,
        "proposed_by": "person_officer",
        "price": Money("700000.00", "CNY"),
        "left_open": (),
        "standstill_ends_at": ENDS,
        "challenge_ends_at": ENDS + timedelta(days=1),
    }
    return ApproveFacts(**(given | changed))


@pytest.mark.parametrize(
    ("facts", "by", "refusal"),
    [
        (appointing(), actor(number=4), rules.NotAuthority),
        (appointing(need_state=NeedState.DRAFT), actor(), evaluation.NoEvaluatorsNow),
        (appointing(need_state=NeedState.EVALUATED), actor(), evaluation.NoEvaluatorsNow),
        (
            appointing(candidates=(Candidate(person_id="person_one", organisation_id=None),)),
            actor(),
            evaluation.EvaluatorUnfit,
        ),
        (appointing(candidates=appointing().candidates * 2), actor(), evaluation.EvaluatorUnfit),
        (appointing(appointed=("person_one",)), actor(), evaluation.AppointedBefore),
    ],
)
def test_an_appointment_is_refused_by_name(
    facts: AppointFacts, by: Actor, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        evaluation.appoint(facts, by=by, at=AT)


def test_who_bids_may_declare_the_conflict_and_not_its_absence() -> None:
    conflict = ConflictDeclaration(has_conflict=True, reason=WHY)

    with pytest.raises(evaluation.EvaluatorBids):
        evaluation.declare(declaring(is_bidder=True), by=actor(), at=AT)
    own = declaring(is_bidder=True, declaration=conflict)
    declared = evaluation.declare(own, by=actor(), at=AT)

    assert declared.has_conflict


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        (scoring(has_conflict=None), evaluation.DeclarationMissing),
        (scoring(has_conflict=True), evaluation.ConflictOfInterest),
        (scoring(is_bidder=True), evaluation.EvaluatorBids),
        (scoring(need_state=NeedState.EVALUATED), evaluation.NotToBeScored),
        (scoring(offer_state=OfferState.EXCLUDED), evaluation.NotToBeScored),
        (scoring(is_settled=True), evaluation.NotToBeScored),
        (scoring(is_discussed=True), evaluation.ScoringOver),
        (scoring(has_scored=True), evaluation.ScoredBefore),
        (scoring(scores=()), evaluation.ScoresIncomplete),
        (scoring(scores=GIVEN * 2), evaluation.ScoresIncomplete),
        (scoring(scores=(Given("price", "1", WHY),)), evaluation.ScoresIncomplete),
    ],
)
def test_a_score_is_refused_by_name(facts: ScoreFacts, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        evaluation.score(facts, by=actor(), at=AT)


@pytest.mark.parametrize(
    ("facts", "by", "refusal"),
    [
        (proposing(), actor(number=4), rules.NotAuthority),
        (proposing(need_state=NeedState.OPENED), actor(), rules.NotEvaluated),
        (proposing(need_state=NeedState.UNSUCCESSFUL), actor(), rules.NotEvaluated),
        (proposing(ranked_first="offer_two"), actor(), rules.NotRankedFirst),
        (proposing(ranked_first=None), actor(), rules.NotRankedFirst),
        (proposing(before=(STANDS,)), actor(), rules.AwardedBefore),
        (proposing(before=(REJECTED, STANDS)), actor(), rules.AwardedBefore),
        (proposing(before=(OVER,)), actor(), rules.LotOver),
        (proposing(is_unexplained=True), actor(), rules.PriceUnexplained),
    ],
)
def test_a_proposal_is_refused_by_name(
    facts: ProposeFacts, by: Actor, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.propose(facts, by=by, at=AT)


@pytest.mark.parametrize(
    ("facts", "by", "refusal"),
    [
        (approving(), actor(number=4), rules.NotAuthority),
        (approving(is_proposed=False), actor(), rules.AlreadyApproved),
        (approving(), actor("person_officer"), rules.ProposerApproves),
        (approving(need_state=NeedState.CANCELLED), actor(), rules.NotEvaluated),
    ],
)
def test_an_approval_is_refused_by_name(
    facts: ApproveFacts, by: Actor, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.approve(facts, by=by, at=AT)


def test_what_was_rejected_or_set_aside_is_followed_by_another_proposal() -> None:
    facts = proposing(before=(REJECTED, AGAIN))

    assert rules.propose(facts, by=actor(), at=AT).state is State.PROPOSED


def test_a_proposal_is_rejected_by_another_and_once() -> None:
    facts = RejectFacts(
        award_id="award_one",
        authority_number=3,
        is_proposed=True,
        proposed_by="person_officer",
        reason=WHY,
    )

    assert rules.reject(facts, by=actor(), at=AT).state is State.CANCELLED
    for changed, by, refusal in (
        (facts, actor(number=4), rules.NotAuthority),
        (facts, actor("person_officer"), rules.ProposerApproves),
        (msgspec.structs.replace(facts, is_proposed=False), actor(), rules.AlreadyApproved),
    ):
        with pytest.raises(refusal):
            rules.reject(changed, by=by, at=AT)


def test_an_approval_publishes_and_begins_a_standstill() -> None:
    approved = rules.approve(approving(), by=actor(), at=AT)

    assert approved.state is State.STANDSTILL
    assert approved.standstill_ends_at == approved.challenge_ends_at == ENDS
    assert approved.need_state is NeedState.AWARDED


def test_financing_costs_no_budget() -> None:
    loan = rules.approve(approving(kind=OfferKind.FINANCING), by=actor(), at=AT)
    works = rules.approve(approving(), by=actor(), at=AT)

    assert loan.committed is None
    assert works.committed == Money("700000.00", "CNY")


def test_a_need_with_lots_left_open_is_not_awarded_yet() -> None:
    approved = rules.approve(approving(left_open=("lot_two",)), by=actor(), at=AT)

    assert approved.need_state is NeedState.EVALUATED


def test_an_award_is_final_at_the_end_of_its_standstill() -> None:
    early = ENDS - timedelta(microseconds=1)

    rules.check_final("published", ENDS, at=ENDS)
    for state, standstill, at, refusal in (
        ("proposed", None, ENDS, rules.StandstillRunning),
        ("published", ENDS, early, rules.StandstillRunning),
        ("suspended", ENDS, ENDS, rules.AwardSuspended),
        ("cancelled", ENDS, ENDS, rules.AwardCancelled),
    ):
        with pytest.raises(refusal):
            rules.check_final(state, standstill, at=at)


@pytest.mark.parametrize(
    ("state", "left", "is_awarded", "after"),
    [
        ("evaluated", (), False, "unsuccessful"),
        ("evaluated", (), True, "awarded"),
        ("evaluated", ("lot_b",), False, "evaluated"),
        ("contracted", (), True, "contracted"),
        ("opened", (), True, "opened"),
    ],
)
def test_with_the_last_lot_that_waited_the_need_comes_to_its_end(
    state: str, left: tuple[str, ...], after: str, *, is_awarded: bool
) -> None:
    facts = ExhaustFacts(
        need_id="need_a", lot_id="lot_a", kind=OfferKind.DELIVERY, need_state=NeedState(state),
        is_spent=True, left_open=left, is_awarded=is_awarded,
    )  # fmt: skip

    assert admission.exhaust(facts, by=actor(), at=AT).need_state == after


@pytest.mark.parametrize(("is_contracted", "after"), [(True, "contracted"), (False, "awarded")])
def test_a_lot_that_ends_empty_leaves_a_need_with_a_contract_contracted(
    after: str, *, is_contracted: bool
) -> None:
    facts = EvaluateFacts(
        need_id="need_a", authority_number=3, need_state=NeedState.OPENED, round=2,
        lots=("lot_a", "lot_b"), offered=("lot_a", "lot_b"), contests=(),
        made=(Made(id="award_a", lot_id="lot_a", kind=OfferKind.DELIVERY, state="published",
                   is_over=False),),
        is_contracted=is_contracted,
    )  # fmt: skip

    assert evaluation.evaluate(facts, by=actor(), at=AT).need_state == after
