"""What decides about organisations, people and clients."""

import msgspec
import pytest

from ecosystem.catalogue.rules import JurisdictionUnknown
from ecosystem.identity import rules
from ecosystem.identity.model import (
    KINDS_OF_ROLE,
    Identifier,
    MemberFacts,
    OrganisationState,
    PlatformFacts,
    RegistrationFacts,
)
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.text import Text
from tests.identity.builders import (
    AT,
    CLIENT,
    ORGANISATION,
    actor,
    organisation,
    registration,
)


def test_an_organisation_is_registered_with_its_first_person_as_administrator() -> None:
    decision = rules.register(registration(), by=actor(), at=AT)

    assert decision.state is OrganisationState.REGISTERED
    assert decision.roles == (Role.ADMINISTRATOR,)
    assert decision.organisation_number == 7


def test_nobody_registers_a_platform() -> None:
    facts = registration(kind=OrganisationKind.PLATFORM)

    with pytest.raises(rules.PlatformNotRegistered) as refusal:
        rules.register(facts, by=actor(), at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == ["/kind"]


def test_a_jurisdiction_outside_the_catalogue_is_refused() -> None:
    with pytest.raises(JurisdictionUnknown):
        rules.register(registration(jurisdiction_known=False), by=actor(), at=AT)


@pytest.mark.parametrize(
    "identifier",
    [
        Identifier("CN-USC", "91110000600037342L"),
        Identifier("CN-USC", "short"),
        Identifier("CN-USC", "91110000600037341l"),
        Identifier("LEI", "213800KUD8LAJWSQ9D16"),
        Identifier("LEI", "1"),
    ],
)
def test_an_identifier_with_a_wrong_check_digit_is_refused_where_it_stands(
    identifier: Identifier,
) -> None:
    good = Identifier("CN-USC", "91110000600037341L")

    with pytest.raises(rules.CheckDigitWrong) as refusal:
        rules.register(registration(identifiers=(good, identifier)), by=actor(), at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == ["/identifiers/1/id"]


def test_an_identifier_of_another_register_is_taken_as_it_is() -> None:
    facts = registration(identifiers=(Identifier("GB-COH", "00000001"),))

    assert rules.register(facts, by=actor(), at=AT).organisation_id == ORGANISATION


def test_an_identifier_that_another_organisation_has_is_refused() -> None:
    taken = registration().asked.identifiers[1]

    with pytest.raises(rules.IdentifierTaken) as refusal:
        rules.register(registration(taken=(taken,)), by=actor(), at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == ["/identifiers/1"]


def test_an_identifier_given_twice_is_refused() -> None:
    twice = registration().asked.identifiers[0]

    with pytest.raises(rules.IdentifierTaken):
        rules.register(registration(identifiers=(twice, twice)), by=actor(), at=AT)


def test_there_is_one_platform() -> None:
    facts = PlatformFacts(
        name=Text(en="Platform"),
        jurisdiction="CN",
        operator=Text(en="An"),
        organisation_id=ORGANISATION,
        exists=False,
        jurisdiction_known=True,
    )

    assert rules.establish(facts, by=actor(), at=AT).organisation_number == 0
    with pytest.raises(rules.PlatformEstablished):
        rules.establish(msgspec.structs.replace(facts, exists=True), by=actor(), at=AT)
    nowhere = msgspec.structs.replace(facts, jurisdiction_known=False)
    with pytest.raises(JurisdictionUnknown):
        rules.establish(nowhere, by=actor(), at=AT)


@pytest.mark.parametrize("state", [OrganisationState.REGISTERED, OrganisationState.SUSPENDED])
def test_a_registered_or_suspended_organisation_is_verified(state: OrganisationState) -> None:
    decision = rules.verify(organisation(state), by=actor(), at=AT)

    assert decision.state is OrganisationState.VERIFIED


def test_a_verified_organisation_is_not_verified_again() -> None:
    with pytest.raises(rules.OrganisationVerified):
        rules.verify(organisation(OrganisationState.VERIFIED), by=actor(), at=AT)


def test_a_suspended_organisation_is_not_suspended_again() -> None:
    verified = organisation(OrganisationState.VERIFIED)

    assert rules.suspend(verified, by=actor(), at=AT).state is OrganisationState.SUSPENDED
    with pytest.raises(rules.OrganisationSuspended):
        rules.suspend(organisation(OrganisationState.SUSPENDED), by=actor(), at=AT)


def test_the_platform_cannot_suspend_itself() -> None:
    facts = organisation(OrganisationState.VERIFIED, kind=OrganisationKind.PLATFORM)

    with pytest.raises(rules.PlatformStays):
        rules.suspend(facts, by=actor(), at=AT)


def test_every_role_belongs_to_some_kind_and_only_the_platform_has_operators() -> None:
    assert set(KINDS_OF_ROLE) == set(Role)
    assert KINDS_OF_ROLE[Role.OPERATOR] == {OrganisationKind.PLATFORM}


def _member(*, active: bool = True) -> MemberFacts:
    return MemberFacts(id=CLIENT, organisation_id=ORGANISATION, is_active=active, version=1)


def test_a_client_that_is_deactivated_is_not_deactivated_again() -> None:
    assert rules.deactivate(_member(), by=actor(), at=AT).id == CLIENT
    with pytest.raises(rules.Inactive):
        rules.deactivate(_member(active=False), by=actor(), at=AT)


def test_a_registration_can_be_decided_again_from_what_was_written_down() -> None:
    facts, by = registration(), actor()
    decision = rules.register(facts, by=by, at=AT)

    again = msgspec.json.decode(msgspec.json.encode(facts), type=RegistrationFacts)

    assert rules.register(again, by=by, at=AT) == decision
