"""Profiles as they are answered."""

import msgspec

from ecosystem.catalogue.profiles.model import Calendar, Law, Rules
from ecosystem.catalogue.profiles.words import Code
from ecosystem.values.text import Text


class ProfileSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A profile in a list."""

    id: Code
    title: Text
    jurisdictions: tuple[str, ...]
    """The places to which it is given; it holds for what is below them."""
    is_default: bool
    """Whether it holds wherever no other is given."""


class ProfileView(ProfileSummary, frozen=True, kw_only=True):
    """A profile, whole."""

    note: Text | None
    laws: tuple[Law, ...]
    rules: tuple[Rules, ...]
    calendar: Calendar
