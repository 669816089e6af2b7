"""Outside identities: requests, frozen facts and decisions."""

from typing import Annotated

import msgspec
from msgspec import Meta


class NewIdentity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An identity at the outside issuer that a person says is hers."""

    token: Annotated[str, Meta(min_length=1, max_length=8_192)]
    """An access token that the outside issuer has given her for this service; it is not kept."""


class LinkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a person links an outside identity."""

    identity_id: str
    issuer: str
    subject: str
    person_id: str
    linked_to: str | None
    """Whose it is already."""


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """An outside identity is a person's."""

    identity_id: str
    person_id: str


class UnlinkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a person removes an outside identity of hers."""

    identity_id: str
    issuer: str
    subject: str
    person_id: str


class Unlinked(msgspec.Struct, frozen=True):
    """An outside identity is nobody's any more."""

    identity_id: str
