"""What a redaction is: what is asked, the facts that the rule decides on, what it decides."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ecosystem.values.identifiers import ContractId, DocumentId, OrganisationId, PersonId
from ecosystem.values.text import Text


class Ground(StrEnum):
    """Why the content of a document is withheld."""

    PERSONAL_DATA = "personal_data"
    """It says more of people than it had to."""
    TRADE_SECRET = "trade_secret"  # noqa: S105 - the name of a ground, not a secret
    """It gives away what is a secret of a trade."""
    SECURITY = "security"
    """It would help who means harm to a facility, a network or a state."""
    LEGAL_ORDER = "legal_order"
    """A court or an authority has ordered it."""


class RedactionDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the content of a document is withheld, and what is read in its place."""

    ground: Ground
    reason: Text
    replacement_id: DocumentId | None = None
    """A document of the same contract, filed before by the same organisation."""


class Redaction(RedactionDraft, frozen=True, kw_only=True):
    """How the content of a document came to be withheld."""

    redacted_by: PersonId
    redacted_at: datetime


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """The document that is named as the replacement."""

    contract_id: ContractId
    organisation_id: OrganisationId
    is_redacted: bool


class RedactFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a redaction is checked against."""

    document_id: DocumentId
    contract_id: ContractId
    filed_by: OrganisationId
    is_redacted: bool
    asked: RedactionDraft
    replacement: Replacement | None
    """None where none is named, or the caller may know of none that is called so."""


class Redacted(msgspec.Struct, frozen=True, kw_only=True):
    """The content is withheld."""

    ground: Ground
    replacement_id: DocumentId | None
    redacted_by: PersonId
