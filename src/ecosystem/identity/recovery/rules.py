"""What decides who may hand a person a new way in, and whether it is still good."""

from datetime import datetime, timedelta
from typing import Final

from ecosystem.identity.recovery.model import (
    OfferFacts,
    Recovered,
    RecoveryFacts,
    RecoveryOffered,
)
from ecosystem.identity.rules import Inactive, NotYourOrganisation
from ecosystem.values.actor import Actor, Role
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal

VALID: Final = timedelta(hours=24)
"""How long the link is good."""


class OwnRecovery(Refusal):
    """Nobody hands herself a new way in."""

    kind = Kind.FORBIDDEN
    remedy = "Ask another administrator; where there is none, an operator of the platform."


class ActsElsewhere(Refusal):
    """The person belongs to other organisations too, for which nobody here may let anyone act."""

    kind = Kind.CONFLICT
    remedy = "Have each organisation end her membership, and invite her anew."


class AccountMissing(Refusal):
    """The person has no account."""

    kind = Kind.CONFLICT
    remedy = "Invite her: she makes an account when she accepts."


class RecoveryUsed(Refusal):
    """The link has been used, and works once."""

    kind = Kind.GONE
    remedy = "Ask for another, unless you have used it yourself."


class RecoveryReplaced(Refusal):
    """Another link has been made since."""

    kind = Kind.GONE
    remedy = "Use the newest link, or ask for another."


class RecoveryExpired(Refusal):
    """The link has expired: it was good for a day."""

    kind = Kind.GONE
    remedy = "Ask for another."


def offer(facts: OfferFacts, *, by: Actor, at: datetime) -> RecoveryOffered:
    """Let a person choose a new password within a day.

    Her only organisation's administrator does, or an operator where nobody but herself
    administers any of hers: so nobody comes to act for an organisation that is not his. Refuses
    with OwnRecovery, NotYourOrganisation, ActsElsewhere, Inactive, AccountMissing.
    """
    if by.person_id == facts.person_id:
        raise OwnRecovery(f"{facts.person_id} is who asks.")
    if by.has(Role.ADMINISTRATOR) and by.organisation_id in facts.organisations:
        _check_belongs_nowhere_else(facts.organisations, within=(by.organisation_id,))
    elif facts.is_administered or not by.has(Role.OPERATOR):
        raise NotYourOrganisation("Somebody administers an organisation of hers.")
    _check_active(facts.person_id, is_active=facts.is_active)
    if not facts.has_account:
        raise AccountMissing(f"{facts.person_id} has neither a name nor a password.")
    return RecoveryOffered(person_id=facts.person_id, expires_at=at + VALID)


def recover(facts: RecoveryFacts, *, by: Actor, at: datetime) -> Recovered:
    """Let who has the link log in by a new password.

    Refuses with RecoveryUsed, RecoveryReplaced, RecoveryExpired, Inactive, ActsElsewhere, in
    that order: the last where she has joined another organisation since it was offered.
    """
    del by
    check_open(facts, at=at)
    return Recovered(facts.person_id)


def check_open(facts: RecoveryFacts, *, at: datetime) -> None:
    """Refuse as `recover` does."""
    if facts.is_used:
        raise RecoveryUsed("The link has been used.")
    if facts.is_replaced:
        raise RecoveryReplaced("Another link has been made since.")
    if at >= facts.expires_at:
        raise RecoveryExpired(f"The link expired at {shown(facts.expires_at)}.")
    _check_active(facts.person_id, is_active=facts.is_active)
    _check_belongs_nowhere_else(facts.organisations, within=facts.offered_in)


def _check_active(person_id: str, *, is_active: bool) -> None:
    if not is_active:
        raise Inactive(f"{person_id} is not active.")


def _check_belongs_nowhere_else(organisations: tuple[str, ...], *, within: tuple[str, ...]) -> None:
    if not set(organisations) <= set(within):
        raise ActsElsewhere("She belongs to other organisations too.")
