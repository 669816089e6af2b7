"""Frozen facts and decisions of recoveries."""

from datetime import datetime

import msgspec


class OfferFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a person is to get a new way in."""

    recovery_id: str
    person_id: str
    organisations: tuple[str, ...]
    """Those that she belongs to."""
    is_administered: bool
    """Whether anybody active administers one of them, besides her."""
    is_active: bool
    has_account: bool


class RecoveryOffered(msgspec.Struct, frozen=True, kw_only=True):
    """A person may choose a new password, until then."""

    person_id: str
    expires_at: datetime


class RecoveryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a recovery, and of its person."""

    recovery_id: str
    person_id: str
    offered_in: tuple[str, ...]
    """The organisations that she belonged to when it was offered."""
    organisations: tuple[str, ...]
    """Those that she belongs to."""
    is_active: bool
    is_used: bool
    is_replaced: bool
    expires_at: datetime


class Recovered(msgspec.Struct, frozen=True):
    """A person logs in by a new password, and by nothing that was good before."""

    person_id: str
