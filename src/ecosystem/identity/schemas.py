"""How organisations, people and clients look on the wire."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.identity.model import (
    BankAccount,
    BeneficialOwner,
    Identifier,
    Judgement,
    OrganisationState,
    OtherName,
    Scale,
)
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import OrganisationId
from ecosystem.values.text import Text

Version = Annotated[int, Meta(ge=1, description="Counts the changes; the ETag says it too.")]


class OrganisationView(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation, as anyone may see it."""

    id: OrganisationId
    kind: OrganisationKind
    name: Text
    jurisdiction: str
    scale: Scale | None
    state: OrganisationState
    identifiers: tuple[Identifier, ...]
    registered_at: datetime
    version: Version
    other_names: tuple[OtherName, ...]
    """Its name in languages besides Chinese and English."""
    bank_account: BankAccount | UnsetType | None = UNSET
    """Only in what the organisation itself reads."""
    beneficial_owners: tuple[BeneficialOwner, ...] | UnsetType = UNSET
    """Only in what the organisation itself, the operator and auditors of its jurisdiction read."""
    judgement: Judgement | UnsetType | None = UNSET
    """What the operator said last of it, and on what evidence; for the same readers."""
