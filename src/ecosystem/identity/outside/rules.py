"""What decides whose an outside identity is."""

from datetime import datetime

from ecosystem.identity.outside.model import Linked, LinkFacts, Unlinked, UnlinkFacts
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class NoOutsideIssuer(Refusal):
    """This service accepts no tokens but its own."""

    kind = Kind.MISSING
    remedy = "Ask the operator to set oidc_issuer, oidc_audience and oidc_client."


class OwnTokenNeeded(Refusal):
    """Whoever links an identity proves herself by this service alone."""

    kind = Kind.FORBIDDEN
    remedy = "Send a token of this service in Authorization, and the outside token in the body."


class ClientOfOne(Refusal):
    """The client acts for people of one organisation, and identities are for all of hers."""

    kind = Kind.FORBIDDEN
    remedy = "Use a client of the platform's operator, which acts for people of any."


class OutsideTokenInvalid(Refusal):
    """The outside token proves no identity."""

    kind = Kind.UNMET
    remedy = "Get a new access token for this service from the outside issuer."


class IdentityOfAnother(Refusal):
    """The outside identity is another person's."""

    kind = Kind.CONFLICT
    remedy = "Have that person remove it first, or link another identity."


class IdentityLinked(Refusal):
    """The outside identity is the caller's already."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed."


class IdentityUnknown(Refusal):
    """The caller has no such outside identity."""

    kind = Kind.MISSING
    remedy = "List yours with GET /v1/me/outside-identities."


def link(facts: LinkFacts, *, by: Actor, at: datetime) -> Linked:
    """Let a person be known by an outside identity.

    Refuses with IdentityLinked, IdentityOfAnother.
    """
    del by, at
    if facts.linked_to == facts.person_id:
        raise IdentityLinked("The identity is linked.")
    if facts.linked_to is not None:
        raise IdentityOfAnother("The identity is linked to somebody else.")
    return Linked(identity_id=facts.identity_id, person_id=facts.person_id)


def unlink(facts: UnlinkFacts, *, by: Actor, at: datetime) -> Unlinked:
    """Let a person be known by an outside identity no more."""
    del by, at
    return Unlinked(facts.identity_id)
