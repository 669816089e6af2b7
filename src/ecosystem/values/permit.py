"""What a call needs to be allowed: one entry of a capability's declared table."""

from datetime import datetime, timedelta

import msgspec

from ecosystem.values.actor import Actor, Assurance, OrganisationKind, Role


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """Who may do one thing, and in which state of it.

    Scope, role, kind and person are checked at the edge, before anything is read;
    relation and state by the queries and rules of the room, which refuse by name.
    """

    act: str
    """What is done, in words: `publish a need`."""
    scope: str | None = None
    """The scope that the token must have; None where the public, or any token, may call."""
    token: bool = False
    """Whether a token is needed although no scope is."""
    roles: tuple[Role, ...] = ()
    """One of these roles is needed; none where any member may."""
    kinds: tuple[OrganisationKind, ...] = ()
    """The organisation is of one of these kinds; none where any may."""
    person: bool = False
    """Whether a person must act: a program's own token is refused."""
    step_up: bool = False
    """Whether the person must have proved who she is a short while ago, by her passkey.
    Source: RFC 9470."""
    verified: bool = False
    """Whether the caller's organisation must be verified."""
    relation: str = "any"
    """What the caller's organisation is to the object."""
    state: str = "any"
    """The state of the object in which this can be done."""

    def __post_init__(self) -> None:
        """Refuse a permit that no token could ever meet: a program has nothing to prove anew."""
        if self.step_up and not self.person:
            message = f"the permit to {self.act} asks a program to prove who it is"
            raise ValueError(message)

    def is_public(self) -> bool:
        """Tell whether anyone may call, without a token."""
        return self.scope is None and not self.token

    def unmet(self, by: Actor) -> str | None:
        """Return what `by` lacks, as a sentence, or None where the edge finds nothing amiss."""
        if self.scope is not None and self.scope not in by.scopes:
            return f"The token lacks the scope {self.scope}."
        if self.person and by.person_id is None:
            return "Only a person may do this; a program's own token cannot."
        if self.kinds and by.kind not in self.kinds:
            return f"Only an organisation of kind {_either(self.kinds)} may do this."
        if self.roles and not any(by.has(role) for role in self.roles):
            return f"The role {_either(self.roles)} is needed in the caller's organisation."
        if self.verified and not by.verified:
            return "The caller's organisation is not verified."
        return None

    def is_proved(self, by: Actor, *, at: datetime, age_s_max: int) -> bool:
        """Tell whether `by` has proved who she is as strongly and as lately as this asks.

        `at` is real time, whatever a sandbox's clock says.
        """
        if not self.step_up:
            return True
        since = by.authenticated_at
        if by.acr is not Assurance.PASSKEY or since is None:
            return False
        return at - since <= timedelta(seconds=age_s_max)


PUBLIC = Permit(act="read what is public")
"""The entry of a route that anyone may call."""


def _either(names: tuple[Role, ...] | tuple[OrganisationKind, ...]) -> str:
    return " or ".join(name.value for name in names)
