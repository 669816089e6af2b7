"""Requests, frozen facts and decisions of accounts, and the counters of failed logins."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

BY_LOGIN: Final = "login"
"""Stands where an actor's client stands, when a person acts on the pages of this service."""


class Counted(StrEnum):
    """For what failed logins are counted."""

    BROWSER = "browser"
    """A browser that has logged in to this account before."""
    NAME = "name"
    """All other browsers together, for one name."""
    ADDRESS = "address"
    """All other browsers together, at one address of the network."""


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """How often somebody tried in vain."""

    failures: int
    free_at: datetime
    """When the next try is taken."""
    last_at: datetime


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a person gets an account."""

    account_id: str
    person_id: str
    username: str
    is_taken: bool
    has_account: bool


class AccountCreated(msgspec.Struct, frozen=True, kw_only=True):
    """A person can log in under this name."""

    person_id: str
    username: str


class PasswordFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a person changes her password; never the password."""

    account_id: str
    person_id: str


class PasswordChanged(msgspec.Struct, frozen=True):
    """A person logs in by another password; whoever else was logged in as her is not any more."""

    person_id: str
