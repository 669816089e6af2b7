"""What decides about passkeys: who may change them, and whether a counter went back."""

from datetime import datetime, timedelta
from typing import Final

from ecosystem.identity.login.passkeys.model import (
    AddFacts,
    ChangeFacts,
    Login,
    PasskeyAdded,
    PasskeyRemoved,
    PasskeyRenamed,
    PasskeySuspected,
    PasskeyUsed,
    UseFacts,
)
from ecosystem.values.actor import Actor, Assurance
from ecosystem.values.refusal import Kind, Refusal

FRESH: Final = timedelta(minutes=15)
"""How long after a login passkeys may be changed."""
PASSKEYS_MAX: Final = 20
LABEL_CHARACTERS_MAX: Final = 60


class LoginOld(Refusal):
    """The person logged in too long ago."""

    kind = Kind.FORBIDDEN
    remedy = "Log in again, and change your passkeys within 15 minutes."


class LoginEnded(Refusal):
    """The login has been ended meanwhile."""

    kind = Kind.FORBIDDEN
    remedy = "Log in again."


class PasskeyLoginNeeded(Refusal):
    """The person has a passkey, and has logged in without one."""

    kind = Kind.FORBIDDEN
    remedy = "Log in by a passkey that you have."


class PasskeyKnown(Refusal):
    """The same passkey is registered already."""

    kind = Kind.CONFLICT
    remedy = "Use it, or make another."


class PasskeysEnough(Refusal):
    """The person has as many passkeys as one may have."""

    kind = Kind.CONFLICT
    remedy = "Remove one of your 20 passkeys first."


class LabelUnfit(Refusal):
    """A passkey cannot be called so."""

    kind = Kind.UNMET
    remedy = "Choose 1 to 60 characters that can be seen, such as the name of the device."


def check_login(login: Login) -> None:
    """Refuse with LoginOld, PasskeyLoginNeeded: who may not change her passkeys just now.

    Once a person has a passkey, whoever has stolen her password can neither add nor remove one.
    """
    if login.ago_s > FRESH.total_seconds():
        raise LoginOld(f"She logged in {login.ago_s} seconds ago.")
    if login.passkeys and login.acr is not Assurance.PASSKEY:
        raise PasskeyLoginNeeded("She has logged in by her password alone.")


def add(facts: AddFacts, *, by: Actor, at: datetime) -> PasskeyAdded:
    """Add a passkey of one's own.

    Refuses with LoginOld, PasskeyLoginNeeded, LabelUnfit, PasskeysEnough, PasskeyKnown.
    """
    del at
    _herself(facts.person_id, by)
    check_login(facts.login)
    label = fit(facts.label)
    if facts.login.passkeys >= PASSKEYS_MAX:
        raise PasskeysEnough(f"She has {facts.login.passkeys}.")
    if facts.is_known:
        raise PasskeyKnown("Its identifier is registered.")
    return PasskeyAdded(person_id=facts.person_id, passkey_id=facts.passkey_id, label=label)


def rename(facts: ChangeFacts, *, by: Actor, at: datetime) -> PasskeyRenamed:
    """Call one's own passkey otherwise. Refuses with LoginOld, PasskeyLoginNeeded, LabelUnfit."""
    del at
    _herself(facts.person_id, by)
    check_login(facts.login)
    return PasskeyRenamed(passkey_id=facts.passkey_id, label=fit(facts.label))


def remove(facts: ChangeFacts, *, by: Actor, at: datetime) -> PasskeyRemoved:
    """Remove one's own passkey. Refuses with LoginOld, PasskeyLoginNeeded."""
    del at
    _herself(facts.person_id, by)
    check_login(facts.login)
    return PasskeyRemoved(facts.passkey_id)


def use(facts: UseFacts, *, by: Actor, at: datetime) -> PasskeyUsed | PasskeySuspected:
    """Decide whether a passkey that has signed logs in: not where its counter went back.

    Many passkeys count nothing and always tell 0. Source: Web Authentication, section 6.1.1.
    """
    del at
    _herself(facts.person_id, by)
    counts = facts.kept_count > 0 or facts.told_count > 0
    if counts and facts.told_count <= facts.kept_count:
        return PasskeySuspected(facts.passkey_id)
    return PasskeyUsed(facts.passkey_id)


def fit(label: str) -> str:
    """Return a label without blanks around it; refuse with LabelUnfit."""
    stripped = label.strip()
    if not 0 < len(stripped) <= LABEL_CHARACTERS_MAX or not stripped.isprintable():
        raise LabelUnfit("The label is empty, too long, or cannot be seen.")
    return stripped


def _herself(person_id: str, by: Actor) -> None:
    if by.person_id != person_id:
        raise ValueError(by.person_id)
