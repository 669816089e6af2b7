"""How outside identities look on the wire."""

from datetime import datetime

import msgspec

from ecosystem.values.identifiers import IdentityId


class IdentityView(msgspec.Struct, frozen=True, kw_only=True):
    """An identity at the outside issuer by which a person is known here."""

    id: IdentityId
    issuer: str
    """Who gives tokens for it."""
    subject: str
    """The person, as the issuer knows her."""
    linked_at: datetime


class Identities(msgspec.Struct, frozen=True):
    """All outside identities of a person, the oldest first."""

    data: tuple[IdentityView, ...]
