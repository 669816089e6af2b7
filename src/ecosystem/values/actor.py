"""Who acts: a person or a program, always for one organisation."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec


class OrganisationKind(StrEnum):
    """What an organisation is in the partnership."""

    GOVERNMENT = "government"
    ENTERPRISE = "enterprise"
    THINK_TANK = "think_tank"
    FINANCIAL_INSTITUTION = "financial_institution"
    AUDITOR = "auditor"
    PLATFORM = "platform"
    """The operator's own organisation: there is one, and nobody registers it."""


BIDDERS: Final = (
    OrganisationKind.ENTERPRISE,
    OrganisationKind.THINK_TANK,
    OrganisationKind.FINANCIAL_INSTITUTION,
)
"""The kinds of organisation that ask, offer, challenge and are awarded."""


class Role(StrEnum):
    """What a person or a program does for its organisation."""

    OFFICER = "officer"
    OPENER = "opener"
    EVALUATOR = "evaluator"
    APPROVER = "approver"
    TREASURER = "treasurer"
    SIGNATORY = "signatory"
    BIDDER = "bidder"
    DELIVERY = "delivery"
    VERIFIER = "verifier"
    LENDER = "lender"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"
    """Manages its organisation's people and clients."""


class Assurance(StrEnum):
    """How a person proved who she is (`acr`), the weaker first.

    Source: OpenID Connect Extended Authentication Profile, ACR values, for `phr`.
    """

    PASSWORD = "pwd"  # noqa: S105 - the name of a way, not a secret
    """By a password alone."""
    PASSKEY = "phr"
    """By a passkey, which no imitated page can use: resistant to phishing."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, as the token and the memberships of that moment say."""

    organisation_id: str
    organisation_number: int
    """The number by which an authority owns things; every organisation has one."""
    kind: OrganisationKind
    verified: bool
    """Whether the organisation is verified: only then it publishes, offers, signs or is paid."""
    jurisdiction: str
    """Code of the organisation's jurisdiction: what an auditor reads is below it."""
    client_id: str
    person_id: str | None = None
    """None where a program acts by itself."""
    keeps: tuple[str, ...] = ()
    """The programs with roles of their own to which the person ever gave a key or a secret."""
    roles: tuple[Role, ...] = ()
    scopes: tuple[str, ...] = ()
    acr: Assurance | None = None
    """How the person proved who she is; None for a program."""
    authenticated_at: datetime | None = None
    """When she last did, in real time, whatever a sandbox's clock says; None for a program."""

    @property
    def oversees(self) -> str | None:
        """The jurisdiction in which it reads what is not its own, or None where it has none.

        Anyone registers an organisation of any kind, so an auditor must be verified first.
        """
        is_auditor = self.kind is OrganisationKind.AUDITOR and self.verified
        return self.jurisdiction if is_auditor else None

    def has(self, role: Role) -> bool:
        """Tell whether this actor holds `role` in its organisation."""
        return role in self.roles
