"""What rules say of offers, on plain values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.needs.model import Lot, OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers import rules, shapes
from ecosystem.offers.model import Consent, DraftFacts, MemberFacts, OfferFacts, State
from ecosystem.offers.opening import rules as opening_rules
from ecosystem.offers.opening.model import Culprit, Failure, HandInFacts, OpeningTerms, Unsealed
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.refusal import Refusal
from tests.builders import content, financing, lot_draft

AT = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
DEADLINE = AT + timedelta(days=20)
OPENING = DEADLINE + timedelta(hours=1)
LEAD, PARTNER, STRANGER = "org_lead", "org_partner", "org_stranger"
KINDS = OrganisationKind
LOT = msgspec.convert({"id": "lot_01a2055cc5f87b53800000007dfbd831", **lot_draft()}, Lot)


def actor(
    organisation: str = LEAD, kind: OrganisationKind = KINDS.ENTERPRISE, **changed: Any
) -> Actor:
    given_: dict[str, Any] = {
        "organisation_id": organisation,
        "organisation_number": 9,
        "kind": kind,
        "verified": True,
        "jurisdiction": "440300",
        "client_id": "client_one",
        "person_id": "person_one",
        "roles": (Role.BIDDER,),
    }
    return Actor(**(given_ | changed))


def member(
    organisation: str = LEAD,
    share: str = "100",
    *,
    kind: OrganisationKind | None = KINDS.ENTERPRISE,
    verified: bool = True,
) -> MemberFacts:
    return MemberFacts(organisation_id=organisation, share=share, kind=kind, verified=verified)


def draft(**changed: Any) -> DraftFacts:
    given_: dict[str, Any] = {
        "need_id": "need_one",
        "lot_id": "lot_one",
        "kind": OfferKind.DELIVERY,
        "authority_number": 3,
        "need_state": NeedState.PUBLISHED,
        "submission_ends_at": DEADLINE,
        "invited_kinds": (KINDS.ENTERPRISE, KINDS.THINK_TANK, KINDS.FINANCIAL_INSTITUTION),
        "invited_offers": tuple(OfferKind),
        "members": (member(),),
        "has_offered": False,
    }
    return DraftFacts(**(given_ | changed))


def offer(**changed: Any) -> OfferFacts:
    given_: dict[str, Any] = {
        "offer_id": "offer_one",
        "need_id": "need_one",
        "lot_id": "lot_one",
        "kind": OfferKind.DELIVERY,
        "state": State.DRAFT,
        "lead_id": LEAD,
        "members": (
            Consent(organisation_id=LEAD, share="60", consented_at=AT),
            Consent(organisation_id=PARTNER, share="40", consented_at=AT),
        ),
        "need_state": NeedState.PUBLISHED,
        "submission_ends_at": DEADLINE,
        "envelope_digest": "d" * 64,
        "offer_commitment": "c" * 64,
    }
    return OfferFacts(**(given_ | changed))


def terms(**changed: Any) -> OpeningTerms:
    given_: dict[str, Any] = {
        "need_id": "need_one",
        "authority_number": 3,
        "need_state": NeedState.CLOSED,
        "opening_at": OPENING,
        "openers": ("person_one", "person_two", "person_three"),
        "threshold": 2,
    }
    return OpeningTerms(**(given_ | changed))


def drawdown(share: str) -> dict[str, Any]:
    return {"share": share, "condition": {"en": "When the take-over is accepted"}}


OPENER = actor("org_city", KINDS.GOVERNMENT, organisation_number=3, roles=(Role.OPENER,))


@pytest.mark.parametrize(
    ("facts", "by", "refusal"),
    [
        (draft(need_state=NeedState.DRAFT), actor(), rules.LotMissing),
        (draft(need_state=NeedState.CANCELLED), actor(), rules.NeedNotOpen),
        (draft(invited_kinds=(KINDS.THINK_TANK,)), actor(), rules.NotInvited),
        (draft(invited_offers=(OfferKind.ADVISORY,)), actor(), rules.NotInvited),
        (draft(kind=OfferKind.ADVISORY), actor(), rules.KindDoesNotOffer),
        (draft(kind=OfferKind.FINANCING), actor(), rules.KindDoesNotOffer),
        (draft(), actor(kind=KINDS.THINK_TANK), rules.KindDoesNotOffer),
        (draft(has_offered=True), actor(), rules.OfferedBefore),
    ],
)
def test_a_draft_is_refused_by_name(facts: DraftFacts, by: Actor, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        rules.draft(facts, by=by, at=AT)


def test_a_draft_is_taken_until_the_deadline_and_not_at_it() -> None:
    just_in_time = DEADLINE - timedelta(microseconds=1)

    assert rules.draft(draft(), by=actor(), at=just_in_time).state is State.DRAFT
    with pytest.raises(rules.SubmissionOver):
        rules.draft(draft(), by=actor(), at=DEADLINE)


def test_a_think_tank_may_lead_a_consortium_for_delivery() -> None:
    facts = draft(members=(member(share="50"), member(PARTNER, "50")))

    assert rules.draft(facts, by=actor(kind=KINDS.THINK_TANK), at=AT).lead_id == LEAD


@pytest.mark.parametrize(
    ("members", "codes"),
    [
        ((member(share="99.9999"),), {"shares_do_not_add_up"}),
        ((member(share="60"), member(PARTNER, "40.0001")), {"shares_do_not_add_up"}),
        ((member(), member(PARTNER, "0")), {"share_is_zero"}),
        ((member(share="50"), member(share="50")), {"member_twice"}),
        ((member(PARTNER),), {"lead_is_no_member"}),
        ((member(share="50"), member(STRANGER, "50", kind=None)), {"no_bidder"}),
        ((member(share="50"), member(STRANGER, "50", kind=KINDS.GOVERNMENT)), {"no_bidder"}),
        ((member(share="50"), member(PARTNER, "50", verified=False)), {"not_verified"}),
    ],
)
def test_every_fault_of_the_members_is_named(
    members: tuple[MemberFacts, ...], codes: set[str]
) -> None:
    with pytest.raises(rules.MembersUnsound) as refused:
        rules.draft(draft(members=members), by=actor(), at=AT)

    assert {fault.code for fault in refused.value.faults} == codes


@given(st.integers(min_value=1, max_value=999_999))
def test_any_two_shares_that_add_to_a_hundred_are_taken(ten_thousandths: int) -> None:
    first = Decimal(ten_thousandths).scaleb(-4)
    members = (member(share=f"{first:f}"), member(PARTNER, f"{100 - first:f}"))

    drafted = rules.draft(draft(members=members), by=actor(), at=AT)

    assert sum(Decimal(one.share) for one in drafted.members) == 100


@pytest.mark.parametrize(
    ("facts", "by", "refusal"),
    [
        (offer(), actor(PARTNER), rules.NotLead),
        (offer(state=State.WITHDRAWN), actor(), rules.OfferOver),
        (offer(state=State.OPENED), actor(), rules.OfferOver),
        (offer(need_state=NeedState.CANCELLED), actor(), rules.NeedNotOpen),
        (
            offer(members=(Consent(organisation_id=LEAD, share="100", consented_at=None),)),
            actor(),
            rules.ConsentsMissing,
        ),
    ],
)
def test_a_submission_is_refused_by_name(
    facts: OfferFacts, by: Actor, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.submit(facts, by=by, at=AT)


@pytest.mark.parametrize("act", [rules.submit, rules.withdraw])
def test_what_comes_at_the_deadline_is_late(act: Any) -> None:
    with pytest.raises(rules.SubmissionOver):
        act(offer(need_state=NeedState.CLOSED), by=actor(), at=DEADLINE)


def test_only_a_member_consents_and_once() -> None:
    waiting = Consent(organisation_id=PARTNER, share="40", consented_at=None)
    facts = offer(members=(offer().members[0], waiting))

    assert rules.consent(facts, by=actor(PARTNER), at=AT).organisation_id == PARTNER
    with pytest.raises(rules.ConsentedBefore):
        rules.consent(facts, by=actor(LEAD), at=AT)
    with pytest.raises(rules.OfferMissing):
        rules.consent(facts, by=actor(STRANGER), at=AT)


@pytest.mark.parametrize(
    ("what", "kind", "codes"),
    [
        (content(price=None), OfferKind.DELIVERY, {"price_missing"}),
        (content("1000000.01"), OfferKind.DELIVERY, {"above_ceiling"}),
        (content("0"), OfferKind.DELIVERY, {"amount_is_zero"}),
        (content("1.001"), OfferKind.DELIVERY, {"amount_too_fine"}),
        (content(answers=[]), OfferKind.ADVISORY, {"requirement_unanswered"}),
        (
            content(metric_commitments=[{"metric": "uptime", "value": "98"}] * 2),
            OfferKind.DELIVERY,
            {"metric_twice"},
        ),
        (financing(), OfferKind.DELIVERY, {"not_financing", "price_missing"}),
        (content(), OfferKind.FINANCING, {"price_of_financing", "financing_missing"}),
        (financing(grace_months=36), OfferKind.FINANCING, {"grace_too_long"}),
        (
            financing(drawdowns=[drawdown("60"), drawdown("39.9999"), drawdown("0")]),
            OfferKind.FINANCING,
            {"drawdowns_do_not_add_up", "share_is_zero"},
        ),
        (
            financing(fees={"amount": "500000.00", "currency": "CNY"}),
            OfferKind.FINANCING,
            {"fees_take_all"},
        ),
        (
            financing(amount={"amount": "500000.00", "currency": "EUR"}),
            OfferKind.FINANCING,
            {"other_currency"},
        ),
    ],
)
def test_content_that_does_not_fit_its_lot_is_refused_with_every_fault(
    what: Any, kind: OfferKind, codes: set[str]
) -> None:
    with pytest.raises(shapes.ContentUnsound) as refused:
        shapes.check(what, lot=LOT, kind=kind)

    assert {fault.code for fault in refused.value.faults} == codes


@pytest.mark.parametrize(
    ("changed", "by", "at", "refusal"),
    [
        ({}, actor(), OPENING, opening_rules.NotOpener),
        ({"openers": ("person_two", "person_three")}, OPENER, OPENING, opening_rules.NotOpener),
        ({"need_state": NeedState.PUBLISHED}, OPENER, AT, opening_rules.OpeningTooEarly),
        ({}, OPENER, OPENING - timedelta(microseconds=1), opening_rules.OpeningTooEarly),
        ({"need_state": NeedState.OPENED}, OPENER, OPENING, opening_rules.OpenedBefore),
        ({"need_state": NeedState.CANCELLED}, OPENER, OPENING, opening_rules.NothingToOpen),
    ],
)
def test_who_may_not_open_now_is_refused_by_name(
    changed: dict[str, Any], by: Actor, at: datetime, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        opening_rules.may_open(terms(**changed), by=by, at=at)

    assert opening_rules.attempt(terms(**changed), by=by, at=at).refused_with == refusal.code()


def test_shares_are_enough_with_the_last_opener_that_the_threshold_asks_for() -> None:
    def handed(*before: str) -> bool:
        facts = HandInFacts(
            terms=terms(threshold=3, openers=("person_one", "person_two", "person_three")),
            offered=("offer_one",),
            handed_for=("offer_one",),
            wrong=(),
            before=before,
        )
        return opening_rules.hand_in(facts, by=OPENER, at=OPENING).is_enough

    assert not handed()
    assert not handed("person_two")
    assert handed("person_two", "person_three")


@pytest.mark.parametrize(
    ("failure", "state", "at_fault"),
    [
        (None, State.OPENED, None),
        (Failure.ALTERED, State.EXCLUDED, Culprit.KEEPER),
        (Failure.UNREADABLE, State.EXCLUDED, Culprit.BIDDER),
        (Failure.UNSOUND, State.EXCLUDED, Culprit.BIDDER),
    ],
)
def test_what_cannot_be_opened_is_excluded_and_someone_is_named(
    failure: Failure | None, state: State, at_fault: Culprit | None
) -> None:
    unsealed = Unsealed(
        offer_id="offer_one",
        lot_id="lot_one",
        kind=OfferKind.DELIVERY,
        lead_id=LEAD,
        member_ids=(LEAD,),
        envelope_digest="d" * 64,
        failure=failure,
    )

    opened = opening_rules.open_one(unsealed)

    assert (opened.state, opened.at_fault) == (state, at_fault)


def test_a_loan_says_what_secures_it_and_when_its_parts_are_drawn() -> None:
    terms = financing(
        security=[{"kind": "receivables", "description": {"en": "Of this contract"}}],
        drawdowns=[drawdown("60") | {"milestone": "takeover"}, drawdown("40")],
    )

    shapes.check(terms, lot=LOT, kind=OfferKind.FINANCING)
