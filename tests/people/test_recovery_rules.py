"""Who may hand a person a new way in, and for how long: by plain values."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from ecosystem.identity.recovery import rules
from ecosystem.identity.recovery.model import OfferFacts, RecoveryFacts
from ecosystem.identity.rules import Inactive, NotYourOrganisation
from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.refusal import Refusal
from tests.identity.builders import AT, ORGANISATION, OTHER, PERSON, actor

RECOVERY = "recovery_01890a5d00007000800000000000000e"
COLLEAGUE = "person_01890a5d00007000800000000000000f"
ADMINISTRATOR = actor()
OPERATOR = actor(organisation_id=OTHER, kind=OrganisationKind.PLATFORM, roles=(Role.OPERATOR,))


def lost(**changed: Any) -> OfferFacts:
    """Return a colleague who belongs here alone, where others administer."""
    known: dict[str, Any] = {
        "recovery_id": RECOVERY,
        "person_id": COLLEAGUE,
        "organisations": (ORGANISATION,),
        "is_administered": True,
        "is_active": True,
        "has_account": True,
    }
    return OfferFacts(**(known | changed))


def offered(**changed: Any) -> RecoveryFacts:
    """Return what was offered to her just now."""
    known: dict[str, Any] = {
        "recovery_id": RECOVERY,
        "person_id": COLLEAGUE,
        "offered_in": (ORGANISATION,),
        "organisations": (ORGANISATION,),
        "is_active": True,
        "is_used": False,
        "is_replaced": False,
        "expires_at": AT + rules.VALID,
    }
    return RecoveryFacts(**(known | changed))


def test_an_administrator_offers_it_to_who_belongs_here_alone() -> None:
    decision = rules.offer(lost(), by=ADMINISTRATOR, at=AT)

    assert (decision.person_id, decision.expires_at) == (COLLEAGUE, AT + timedelta(hours=24))


@pytest.mark.parametrize("organisations", [(ORGANISATION,), (ORGANISATION, OTHER), ()])
def test_an_operator_offers_it_to_whom_nobody_else_administers(
    organisations: tuple[str, ...],
) -> None:
    facts = lost(organisations=organisations, is_administered=False)

    assert rules.offer(facts, by=OPERATOR, at=AT).person_id == COLLEAGUE


@pytest.mark.parametrize(
    ("facts", "by", "refusal"),
    [
        (lost(person_id=PERSON), ADMINISTRATOR, rules.OwnRecovery),
        (lost(person_id=PERSON, is_administered=False), OPERATOR, rules.OwnRecovery),
        (lost(), OPERATOR, NotYourOrganisation),
        (lost(organisations=(OTHER,)), ADMINISTRATOR, NotYourOrganisation),
        (lost(organisations=()), ADMINISTRATOR, NotYourOrganisation),
        (lost(is_administered=False), actor(roles=(Role.OFFICER,)), NotYourOrganisation),
        (lost(organisations=(ORGANISATION, OTHER)), ADMINISTRATOR, rules.ActsElsewhere),
        (lost(is_active=False), ADMINISTRATOR, Inactive),
        (lost(has_account=False), ADMINISTRATOR, rules.AccountMissing),
    ],
)
def test_it_is_not_offered(facts: OfferFacts, by: Any, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        rules.offer(facts, by=by, at=AT)


def test_whoever_is_an_operator_too_is_held_to_the_same_where_she_administers() -> None:
    both = msgspec.structs.replace(ADMINISTRATOR, roles=(Role.OPERATOR, Role.ADMINISTRATOR))

    with pytest.raises(rules.ActsElsewhere):
        rules.offer(lost(organisations=(ORGANISATION, OTHER)), by=both, at=AT)


def test_who_has_the_link_recovers_within_a_day_though_she_has_left_meanwhile() -> None:
    last = AT + timedelta(hours=24) - timedelta(microseconds=1)

    assert rules.recover(offered(), by=actor(), at=last).person_id == COLLEAGUE
    assert rules.recover(offered(organisations=()), by=actor(), at=AT).person_id == COLLEAGUE


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"is_used": True}, rules.RecoveryUsed),
        ({"is_replaced": True}, rules.RecoveryReplaced),
        ({"expires_at": AT}, rules.RecoveryExpired),
        ({"is_active": False}, Inactive),
        ({"organisations": (ORGANISATION, OTHER)}, rules.ActsElsewhere),
    ],
)
def test_a_link_is_good_for_nothing_any_more(
    changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.recover(offered(**changed), by=actor(), at=AT)
