"""What is known of an offer whose need was amended, and what is decided."""

import msgspec


class Outdated(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that was submitted for an earlier version of its need."""

    offer_id: str
    need_id: str
    confirmed_version: int | None
    content_version: int
    """The version of the need in which what is asked for has changed."""


class ConfirmationAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The offer is not opened unless it is confirmed for this version of its need."""

    content_version: int


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """The offer stands as it is for this version of its need."""

    content_version: int
