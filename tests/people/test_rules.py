"""Invitations and memberships: every rule, by plain values."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.identity.model import KINDS_OF_ROLE
from ecosystem.identity.people import rules
from ecosystem.identity.people.model import (
    AcceptFacts,
    InvitationFacts,
    InviteFacts,
    MembershipFacts,
    NewInvitation,
    PersonFacts,
)
from ecosystem.identity.rules import Inactive, NotYourOrganisation, RoleNotOfKind
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text
from tests.identity.builders import AT, ORGANISATION, OTHER, PERSON, actor

INVITATION = "invitation_01890a5d00007000800000000000000e"
COLLEAGUE = "person_01890a5d00007000800000000000000f"
ADMINISTRATOR, OPERATOR, OFFICER = Role.ADMINISTRATOR, Role.OPERATOR, Role.OFFICER


def _inviting(kind: OrganisationKind, *roles: Role, administered: bool = True) -> InviteFacts:
    asked = NewInvitation(name=Text(zh="王"), roles=roles)
    return InviteFacts(
        organisation_id=ORGANISATION,
        kind=kind,
        invitation_id=INVITATION,
        asked=asked,
        has_administrator=administered,
    )


def _invitation(**changed: Any) -> InvitationFacts:
    given_: dict[str, Any] = {
        "invitation_id": INVITATION,
        "organisation_id": ORGANISATION,
        "is_accepted": False,
        "is_withdrawn": False,
        "expires_at": AT + rules.VALID,
        "version": 1,
    }
    return InvitationFacts(**(given_ | changed))


def _accepting(*, active: bool = True, member: bool = False, **changed: Any) -> AcceptFacts:
    return AcceptFacts(
        invitation=_invitation(**changed),
        roles=(OFFICER,),
        person_id=PERSON,
        is_active=active,
        is_member=member,
    )


def _membership(**changed: Any) -> MembershipFacts:
    given_: dict[str, Any] = {
        "invitation_id": INVITATION,
        "organisation_id": ORGANISATION,
        "kind": OrganisationKind.GOVERNMENT,
        "person_id": COLLEAGUE,
        "roles": (ADMINISTRATOR,),
        "sole": (),
        "acting": (ADMINISTRATOR,),
        "version": 2,
    }
    return MembershipFacts(**(given_ | changed))


def _person(*, active: bool = True, last: bool = False, by: bool = True) -> PersonFacts:
    return PersonFacts(
        person_id=PERSON,
        is_active=active,
        is_last_operator=last,
        by_operator=by,
        version=1,
        reason="Asked for.",
    )


@given(
    st.sampled_from(list(OrganisationKind)),
    st.lists(st.sampled_from(list(Role)), min_size=1, max_size=6),
)
def test_somebody_is_invited_to_exactly_the_roles_that_the_kind_of_organisation_has(
    kind: OrganisationKind, roles: list[Role]
) -> None:
    foreign = [index for index, role in enumerate(roles) if kind not in KINDS_OF_ROLE[role]]

    if not foreign:
        invited = rules.invite(_inviting(kind, *roles), by=actor(), at=AT)
        assert set(invited.roles) == set(roles)
        assert len(invited.roles) == len(set(roles))
        return
    with pytest.raises(RoleNotOfKind) as refusal:
        rules.invite(_inviting(kind, *roles), by=actor(), at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == [f"/roles/{at}" for at in foreign]


def test_an_invitation_lasts_for_seven_days() -> None:
    facts = _inviting(OrganisationKind.GOVERNMENT, OFFICER)

    assert rules.invite(facts, by=actor(), at=AT).expires_at == AT + timedelta(days=7)


def test_another_organisations_administrator_invites_nobody() -> None:
    facts = _inviting(OrganisationKind.GOVERNMENT, OFFICER)

    with pytest.raises(NotYourOrganisation):
        rules.invite(facts, by=actor(organisation_id=OTHER), at=AT)


def test_the_operator_invites_an_administrator_where_there_is_none_and_nobody_else() -> None:
    operator = actor(organisation_id=OTHER, kind=OrganisationKind.PLATFORM, roles=(OPERATOR,))
    orphan = _inviting(OrganisationKind.GOVERNMENT, ADMINISTRATOR, administered=False)
    refused = (
        (_inviting(OrganisationKind.GOVERNMENT, ADMINISTRATOR), operator),
        (_inviting(OrganisationKind.GOVERNMENT, OFFICER, administered=False), operator),
        (
            _inviting(OrganisationKind.GOVERNMENT, ADMINISTRATOR, OFFICER, administered=False),
            operator,
        ),
        (orphan, actor(organisation_id=OTHER)),
    )

    assert rules.invite(orphan, by=operator, at=AT).roles == (ADMINISTRATOR,)
    for facts, by in refused:
        with pytest.raises(NotYourOrganisation):
            rules.invite(facts, by=by, at=AT)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"is_accepted": True}, rules.InvitationAccepted),
        ({"is_withdrawn": True}, rules.InvitationWithdrawn),
        ({"expires_at": AT}, rules.InvitationExpired),
    ],
)
def test_only_an_open_invitation_is_accepted_or_withdrawn(
    changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.accept(_accepting(**changed), by=actor(), at=AT)
    with pytest.raises(refusal):
        rules.withdraw(_invitation(**changed), by=actor(), at=AT)


def test_an_open_invitation_is_good_to_its_last_moment() -> None:
    last = AT + rules.VALID - timedelta(microseconds=1)

    assert rules.accept(_accepting(), by=actor(), at=last).roles == (OFFICER,)
    assert rules.withdraw(_invitation(), by=actor(), at=last).invitation_id == INVITATION


def test_who_is_disabled_or_a_member_already_accepts_nothing() -> None:
    with pytest.raises(Inactive):
        rules.accept(_accepting(active=False), by=actor(), at=AT)
    with pytest.raises(rules.MemberAlready):
        rules.accept(_accepting(member=True), by=actor(), at=AT)


def test_a_member_leaves_by_herself_whatever_her_roles() -> None:
    facts = _membership(roles=(OFFICER,), acting=())

    assert rules.leave(facts, by=actor(person_id=COLLEAGUE, roles=()), at=AT).person_id == COLLEAGUE


@pytest.mark.parametrize("by", [actor(), actor(person_id=None)])
def test_whoever_has_just_ceased_to_administer_removes_nobody(by: Actor) -> None:
    with pytest.raises(rules.NotAdministrator):
        rules.leave(_membership(acting=()), by=by, at=AT)
    with pytest.raises(rules.NotAdministrator):
        rules.change_roles(_membership(acting=(OFFICER,), asked=(OFFICER,)), by=by, at=AT)


@pytest.mark.parametrize(
    ("role", "refusal"),
    [(ADMINISTRATOR, rules.LastAdministrator), (OPERATOR, rules.LastOperator)],
)
def test_the_last_in_a_role_that_is_never_empty_stays_in_it(
    role: Role, refusal: type[Refusal]
) -> None:
    facts = _membership(kind=OrganisationKind.PLATFORM, roles=(role,), sole=(role,))
    kept = _membership(kind=OrganisationKind.PLATFORM, sole=(role,), asked=(role, Role.SIGNATORY))

    with pytest.raises(refusal):
        rules.leave(facts, by=actor(), at=AT)
    with pytest.raises(refusal):
        rules.leave(facts, by=actor(person_id=COLLEAGUE), at=AT)
    with pytest.raises(refusal):
        rules.change_roles(_membership(sole=(role,), asked=(OFFICER,)), by=actor(), at=AT)
    assert set(rules.change_roles(kept, by=actor(), at=AT).roles) == {role, Role.SIGNATORY}


def test_a_member_is_given_only_roles_that_the_kind_has() -> None:
    asked = (OFFICER, Role.BIDDER)

    with pytest.raises(RoleNotOfKind) as refusal:
        rules.change_roles(_membership(asked=asked), by=actor(), at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == ["/roles/1"]


def test_a_person_is_disabled_once_and_enabled_once() -> None:
    assert rules.deactivate(_person(), by=actor(), at=AT).person_id == PERSON
    assert rules.reactivate(_person(active=False), by=actor(), at=AT).person_id == PERSON
    with pytest.raises(Inactive):
        rules.deactivate(_person(active=False), by=actor(), at=AT)
    with pytest.raises(rules.PersonActive):
        rules.reactivate(_person(), by=actor(), at=AT)


def test_whoever_has_just_ceased_to_operate_disables_and_enables_nobody() -> None:
    with pytest.raises(rules.NotOperator):
        rules.deactivate(_person(by=False), by=actor(), at=AT)
    with pytest.raises(rules.NotOperator):
        rules.reactivate(_person(active=False, by=False), by=actor(), at=AT)


def test_the_last_operator_is_not_disabled() -> None:
    with pytest.raises(rules.LastOperator):
        rules.deactivate(_person(last=True), by=actor(), at=AT)
