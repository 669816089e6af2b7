"""What a proposal for a draft is refused for, and what it makes of the terms."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from ecosystem.contracts import forms
from ecosystem.contracts.forms import TermsUnmet
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.negotiating import rules
from ecosystem.contracts.negotiating.model import (
    AcceptFacts,
    Open,
    ProposalDraft,
    ProposeFacts,
    ReplyFacts,
    Sides,
    State,
)
from ecosystem.contracts.rules import ContractInForce, FormAltered, FormUnknown, ProposalOpen
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text
from tests.contracts.test_forms import PLATFORM, form_of, grown

AT = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
FORM = form_of(PLATFORM)
TERMS = grown(PLATFORM)
DIGEST = forms.terms_digest(TERMS)
MAKER = next(one.organisation_id for one in TERMS.parties if one.role == "supplier")
SIDES = Sides(authority_number=7, supplier_ids=(MAKER,))
PROPOSAL = "proposal_01890a5d000070008000000000000001"


def _by(organisation: str, role: Role, *, person: str = "person_one") -> Actor:
    is_city = organisation == "city"
    return Actor(
        organisation_id=organisation, organisation_number=7 if is_city else 8,
        kind=OrganisationKind.GOVERNMENT if is_city else OrganisationKind.ENTERPRISE,
        verified=True, jurisdiction="440300", client_id="client_one", person_id=person,
        roles=(role,),
    )  # fmt: skip


CITY = _by("city", Role.OFFICER)
DELIVERY = _by(MAKER, Role.DELIVERY, person="person_two")


def _asked(values: dict[str, Any] | None = None, *, base: str = DIGEST) -> ProposalDraft:
    given: dict[str, Any] = {"quality_baseline": "61"} if values is None else values
    return ProposalDraft(base_digest=base, values=given, reason=Text(en="Measured again"))


def _facts(**changed: Any) -> ProposeFacts:
    given: dict[str, Any] = {
        "contract_id": "contract_01890a5d000070008000000000000001", "sides": SIDES,
        "state": ContractState.DRAFT, "wording": 1, "terms": TERMS, "terms_digest": DIGEST,
        "form": FORM, "asked": _asked(), "open": None,
    }  # fmt: skip
    return ProposeFacts(**(given | changed))


def _reply(**changed: Any) -> ReplyFacts:
    given: dict[str, Any] = {
        "state": State.PROPOSED, "sides": SIDES, "side": "authority", "organisation_id": "city",
        "proposed_by": "person_one", "reason": Text(en="No"),
    }  # fmt: skip
    return ReplyFacts(**(given | changed))


def _accept(*, reply: ReplyFacts | None = None, **changed: Any) -> AcceptFacts:
    given: dict[str, Any] = {
        "reply": reply or _reply(reason=None), "contract_state": ContractState.DRAFT,
        "contract_digest": DIGEST, "base_digest": DIGEST, "wording": 2, "terms_digest": "0" * 64,
        "signed": (MAKER,),
    }  # fmt: skip
    return AcceptFacts(**(given | changed))


def test_only_what_the_form_leaves_open_changes_and_all_that_follows_from_it() -> None:
    waiting = Open(id=PROPOSAL, side="authority")

    proposed = rules.propose(_facts(open=waiting, sign_by=AT), by=DELIVERY, at=AT)

    assert (proposed.side, proposed.wording, proposed.answers) == ("supplier", 2, PROPOSAL)
    (value,) = proposed.values
    assert (value.name, value.after) == ("quality_baseline", "61")
    assert proposed.terms.variables == TERMS.variables | {"quality_baseline": "61"}
    assert proposed.terms_digest == forms.terms_digest(proposed.terms) != DIGEST
    metric = next(one for one in proposed.terms.metrics if one.code == "data-quality")
    assert metric.baseline == "61"
    kept = ("value", "parties", "period", "milestones", "form")
    assert all(getattr(proposed.terms, name) == getattr(TERMS, name) for name in kept)


@pytest.mark.parametrize(
    ("changed", "by", "refusal"),
    [
        ({"state": ContractState.ACTIVE}, _by("bank", Role.LENDER), rules.NotNegotiating),
        ({"state": ContractState.ACTIVE}, _by(MAKER, Role.BIDDER), rules.NotNegotiating),
        (
            {"state": ContractState.ACTIVE, "open": Open(id=PROPOSAL, side="authority")},
            CITY,
            ContractInForce,
        ),
        (
            {"open": Open(id=PROPOSAL, side="authority"), "asked": _asked(base="0" * 64)},
            CITY,
            ProposalOpen,
        ),
        (
            {"sign_by": AT, "asked": _asked(base="0" * 64), "form": None},
            CITY,
            rules.SignatureCalled,
        ),
        ({"asked": _asked(base="0" * 64), "form": None}, CITY, rules.DraftReworded),
        ({"form": None}, CITY, FormUnknown),
        ({"form": msgspec.structs.replace(FORM, title=Text(en="X"))}, CITY, FormAltered),
        ({"asked": _asked({"nonsense": "1"})}, CITY, TermsUnmet),
        ({"asked": _asked({"quality_baseline": "many"})}, CITY, TermsUnmet),
        (
            {"asked": _asked({"quality_baseline": TERMS.variables["quality_baseline"]})},
            CITY,
            rules.NothingChanged,
        ),
    ],
)
def test_a_proposal_is_refused_for_its_first_reason(
    changed: dict[str, Any], by: Actor, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.propose(_facts(**changed), by=by, at=AT)


@pytest.mark.parametrize(
    ("facts", "by", "refusal"),
    [
        (_accept(), _by(MAKER, Role.BIDDER), rules.NotNegotiating),
        (_accept(reply=_reply(state=State.REJECTED)), CITY, rules.OwnSideProposed),
        (_accept(), _by(MAKER, Role.SIGNATORY), rules.OwnSideProposed),
        (_accept(reply=_reply(state=State.ANSWERED)), DELIVERY, rules.ProposalOver),
        (_accept(contract_state=ContractState.ACTIVE), DELIVERY, ContractInForce),
        (_accept(contract_digest="1" * 64), DELIVERY, rules.DraftReworded),
    ],
)
def test_an_acceptance_is_refused_for_its_first_reason(
    facts: AcceptFacts, by: Actor, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.accept(facts, by=by, at=AT)


def test_what_was_signed_before_falls_away() -> None:
    accepted = rules.accept(_accept(), by=DELIVERY, at=AT)

    assert (accepted.wording, accepted.fallen) == (2, (MAKER,))


def test_a_proposal_is_withdrawn_by_whose_it_is_and_rejected_by_the_other_side() -> None:
    with pytest.raises(rules.NotOwnProposal):
        rules.withdraw(_reply(), by=DELIVERY, at=AT)
    with pytest.raises(rules.OwnSideProposed):
        rules.reject(_reply(), by=CITY, at=AT)
    with pytest.raises(rules.ProposalOver):
        rules.reject(_reply(state=State.WITHDRAWN), by=DELIVERY, at=AT)
