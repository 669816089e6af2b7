"""Who lets a lender see what, and who takes it back."""

from datetime import datetime

from ecosystem.finance.disclosing.model import (
    OF_ALL,
    GiveFacts,
    Given,
    Revoked,
    RevokeFacts,
    State,
)
from ecosystem.values import control
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.period import is_within_reach
from ecosystem.values.refusal import Kind, Refusal


class DisclosureMissing(Refusal):
    """There is no such consent, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/contracts/{id}/disclosures answered."


class NotDiscloser(Refusal):
    """What the contract pays is another's to disclose."""

    kind = Kind.FORBIDDEN
    remedy = "A supplier that is paid under the contract consents, and revokes its own consent."


class DiscloserLeft(Refusal):
    """The supplier has left the contract: what is of all is shown by those who supply now."""

    kind = Kind.CONFLICT
    remedy = "Consent to `payments` and `calculations`, which stay the supplier's own."


class NoLender(Refusal):
    """The consent is for somebody who is no financial institution."""

    kind = Kind.UNMET
    remedy = "Name a financial institution."


class DisclosureMisdated(Refusal):
    """The consent would end before it begins, or beyond any plan."""

    kind = Kind.UNMET
    remedy = "Give a time that is to come, before the year 2200."


class DisclosureRevoked(Refusal):
    """The consent is revoked already."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is to be done; a further consent may be given."


class NotDisclosed(Refusal):
    """The supplier has not consented that the caller sees this."""

    kind = Kind.MISSING
    remedy = "Ask the supplier for its consent: POST /v1/contracts/{id}/disclosures."


def give(facts: GiveFacts, *, by: Actor, at: datetime) -> Given:
    """Let a lender see something.

    Who has left discloses what it was paid, and nothing of what is of all. Refuses with
    NotDiscloser, DiscloserLeft, NoLender, DisclosureMisdated, in that order.
    """
    asked = facts.asked
    if by.organisation_id not in {*facts.suppliers, *facts.left}:
        raise NotDiscloser("Nothing is paid to the caller's organisation under the contract.")
    if by.organisation_id in facts.left and OF_ALL.intersection(asked.scopes):
        those = ", ".join(sorted(OF_ALL.intersection(asked.scopes)))
        raise DiscloserLeft(f"It no longer discloses: {those}.", pointer="/scopes")
    if facts.lender_kind is not OrganisationKind.FINANCIAL_INSTITUTION:
        raise NoLender(f"{asked.lender_id} is none.", pointer="/lender_id")
    if not is_within_reach(asked.until_at) or asked.until_at <= at:
        raise DisclosureMisdated("The time is not to come.", pointer="/until_at")
    return Given(
        state=State.GIVEN,
        supplier_id=by.organisation_id,
        lender_id=asked.lender_id,
        scopes=tuple(sorted(set(asked.scopes))),
        until_at=asked.until_at,
        given_by=control.hand(by),
    )


def revoke(facts: RevokeFacts, *, by: Actor, at: datetime) -> Revoked:
    """Take a consent back. Refuses with NotDiscloser, DisclosureRevoked, in that order."""
    del at
    if by.organisation_id != facts.supplier_id:
        raise NotDiscloser("The caller's organisation has not given this consent.")
    if facts.state is State.REVOKED:
        raise DisclosureRevoked(f"{facts.disclosure_id} is revoked.")
    return Revoked(state=State.REVOKED, revoked_by=control.hand(by))
