"""What a contract may grow from, who signs it, and what a document must be."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ecosystem.contracts import forms, rules
from ecosystem.contracts.model import (
    ActivateFacts,
    Awarded,
    ContractDraft,
    DraftFacts,
    FileFacts,
    Member,
    Organisation,
    SignedBy,
    SignFacts,
    State,
)
from ecosystem.contracts.queries import form
from ecosystem.needs.model import FormCited
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.money import Money
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text

AT = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
DIGEST = "ab" * 32
FORM = form("city-data-platform-operation")
PRICE = Money("1000000.00", "CNY")


def _id(prefix: str, number: int) -> str:
    return f"{prefix}_01890a5d00007000800000000000{number:04x}"


CITY, SUPPLIER, HELPER, TANK, BANK = (_id("org", number) for number in range(1, 6))
AWARD, LOAN = _id("award", 1), _id("award", 2)


def _organisation(name: str, kind: OrganisationKind, *, verified: bool = True) -> Organisation:
    return Organisation(id=name, kind=kind, name=Text(en=name[-4:]), is_verified=verified)


def _member(name: str, kind: OrganisationKind, share: str, *, lead: bool = False) -> Member:
    return Member(organisation=_organisation(name, kind), share=share, is_lead=lead)


def _award(**changed: Any) -> Awarded:
    given: dict[str, Any] = {
        "id": AWARD,
        "kind": "delivery",
        "need_id": _id("need", 1),
        "lot_id": _id("lot", 1),
        "members": (
            _member(SUPPLIER, OrganisationKind.ENTERPRISE, "70", lead=True),
            _member(HELPER, OrganisationKind.THINK_TANK, "30"),
        ),
        "price": PRICE,
        "programme_id": _id("programme", 1),
        "form": FormCited(FORM.id, FORM.version),
    }
    return Awarded(**(given | changed))


def _loan(**changed: Any) -> Awarded:
    lender = _member(BANK, OrganisationKind.FINANCIAL_INSTITUTION, "100", lead=True)
    return _award(**({"id": LOAN, "kind": "financing", "members": (lender,)} | changed))


def _draft(**changed: Any) -> DraftFacts:
    given: dict[str, Any] = {
        "authority_number": 7,
        "buyer": _organisation(CITY, OrganisationKind.GOVERNMENT),
        "asked": ContractDraft(
            award_id=AWARD,
            verifier_id=TANK,
            starts_on=date(2027, 4, 1),
            values={
                "platform_name": "Platform", "quality_baseline": "60", "sharing_baseline": "55",
            },
        ),
        "award": _award(),
        "financing": None,
        "verifier": _organisation(TANK, OrganisationKind.THINK_TANK),
        "form": FORM,
        "is_contracted": False,
    }  # fmt: skip
    return DraftFacts(**(given | changed))


def _by(organisation: str, *, person: str = "person_one", number: int = 7) -> Actor:
    return Actor(
        organisation_id=organisation,
        organisation_number=number,
        kind=OrganisationKind.GOVERNMENT,
        verified=True,
        jurisdiction="440300",
        client_id="client_one",
        person_id=person,
    )


def _sign(**changed: Any) -> SignFacts:
    given: dict[str, Any] = {
        "state": State.DRAFT,
        "terms_digest": DIGEST,
        "digest": DIGEST,
        "parties": (CITY, SUPPLIER, TANK),
        "signatures": (SignedBy(organisation_id=SUPPLIER, person_id="person_two"),),
    }
    return SignFacts(**(given | changed))


def _file(**changed: Any) -> FileFacts:
    given: dict[str, Any] = {
        "is_party": True, "name": "report.pdf", "media_type": "application/pdf",
        "is_of_type": True, "bytes": 10, "sha256": DIGEST, "declared_sha256": DIGEST,
    }  # fmt: skip
    return FileFacts(**(given | changed))


def test_the_terms_name_every_party_in_its_place() -> None:
    drafted = rules.draft(_draft(financing=_loan()), by=_by(CITY), at=AT)

    assert [(one.organisation_id, one.role, one.share) for one in drafted.parties] == [
        (CITY, "buyer", None),
        (SUPPLIER, "supplier", "70"),
        (HELPER, "supplier", "30"),
        (TANK, "verifier", None),
        (BANK, "lender", "100"),
    ]
    assert [party.organisation_id for party in drafted.terms.parties if party.lead] == [
        SUPPLIER, BANK,
    ]  # fmt: skip
    (consortium,) = drafted.terms.consortia
    assert (consortium.role, consortium.liability) == ("supplier", "joint")
    assert [one.share for one in consortium.shares] == ["70", "30"]
    assert drafted.terms.value == PRICE
    assert drafted.terms_digest == forms.terms_digest(drafted.terms)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"authority_number": 8, "is_contracted": True}, rules.AwardNotOwned),
        ({"is_contracted": True, "award": _loan()}, rules.AwardContracted),
        ({"award": _loan(), "form": None}, rules.AwardUnfit),
        ({"financing": _award(id=LOAN)}, rules.AwardUnfit),
        ({"financing": _loan(need_id=_id("need", 2))}, rules.AwardUnfit),
        (
            {"financing": _loan(members=(_member(HELPER, OrganisationKind.THINK_TANK, "100"),))},
            rules.AwardUnfit,
        ),
        ({"form": None, "verifier": None}, rules.FormUnknown),
        ({"form_kept": "0" * 64, "verifier": None}, rules.FormAltered),
        ({"verifier": None}, rules.VerifierUnfit),
        (
            {"verifier": _organisation(TANK, OrganisationKind.THINK_TANK, verified=False)},
            rules.VerifierUnfit,
        ),
        ({"verifier": _organisation(TANK, OrganisationKind.ENTERPRISE)}, rules.VerifierUnfit),
        (
            {"verifier": _organisation(HELPER, OrganisationKind.THINK_TANK)},
            rules.VerifierNotIndependent,
        ),
    ],
)
def test_a_draft_is_refused_for_its_first_reason(
    changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.draft(_draft(**changed), by=_by(CITY), at=AT)


def test_the_last_signature_completes() -> None:
    one = SignedBy(organisation_id=SUPPLIER, person_id="person_two")
    two = SignedBy(organisation_id=TANK, person_id="person_three")

    early = rules.sign(_sign(), by=_by(CITY), at=AT)
    last = rules.sign(_sign(signatures=(one, two)), by=_by(CITY), at=AT)

    assert (early.is_complete, last.is_complete) == (False, True)


@pytest.mark.parametrize(
    ("changed", "by", "refusal"),
    [
        ({"state": State.ACTIVE}, _by(BANK), rules.NotParty),
        ({"state": State.ACTIVE}, _by(SUPPLIER), rules.ContractInForce),
        ({"digest": "0" * 64}, _by(SUPPLIER), rules.SignedBefore),
        ({"digest": "0" * 64}, _by(CITY, person="person_two"), rules.SignsForAnother),
        ({"digest": "0" * 64}, _by(CITY), rules.DigestDiffers),
    ],
)
def test_a_signature_is_refused_for_its_first_reason(
    changed: dict[str, Any], by: Actor, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.sign(_sign(**changed), by=by, at=AT)


def test_what_comes_into_force_obligates_the_price_awarded() -> None:
    facts = ActivateFacts(
        award_id=AWARD, programme_id=_id("programme", 1), price=PRICE, is_contracted=False
    )

    activated = rules.activate(facts, by=_by(TANK), at=AT)

    assert (activated.state, activated.activated_at) == (State.ACTIVE, AT)
    assert activated.obligated == PRICE


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"name": None}, {"name_missing"}),
        ({"declared_sha256": None}, {"digest_missing"}),
        ({"declared_sha256": "0" * 64}, {"digest_differs"}),
        ({"is_of_type": False, "name": None}, {"content_differs", "name_missing"}),
    ],
)
def test_all_that_is_unsound_about_a_document_is_said_at_once(
    changed: dict[str, Any], codes: set[str]
) -> None:
    with pytest.raises(rules.DocumentUnsound) as refused:
        rules.file(_file(**changed), by=_by(SUPPLIER), at=AT)

    assert {fault.code for fault in refused.value.faults} == codes


def test_an_empty_document_and_a_name_that_cannot_be_read_are_told_as_what_they_are() -> None:
    with pytest.raises(rules.DocumentUnsound) as refused:
        rules.file(_file(is_of_type=False, bytes=0, name=None), by=_by(SUPPLIER), at=AT)

    assert [fault.detail for fault in refused.value.faults] == [
        (
            "Content-Disposition gives no sound file name, as "
            "`attachment; filename*=UTF-8''report.pdf` does."
        ),
        "The document is empty.",
    ]


def test_a_sound_document_is_kept_as_it_came() -> None:
    filed = rules.file(_file(), by=_by(SUPPLIER), at=AT)

    assert (filed.name, filed.sha256, filed.bytes) == ("report.pdf", DIGEST, 10)
    with pytest.raises(rules.NotParty):
        rules.file(_file(is_party=False, name=None), by=_by(BANK), at=AT)
