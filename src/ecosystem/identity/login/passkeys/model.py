"""Frozen facts and decisions about passkeys; none of them holds key material."""

from datetime import datetime

import msgspec

from ecosystem.values.actor import Assurance


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """How who wants to change passkeys has logged in, and how many she has."""

    acr: Assurance
    ago_s: int
    """How many seconds ago, by real time."""
    passkeys: int


class AddFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a person adds a passkey."""

    account_id: str
    person_id: str
    passkey_id: str
    label: str
    login: Login
    is_known: bool
    """Whether the same passkey is registered already, for whomever."""


class PasskeyAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A person can log in by one more passkey."""

    person_id: str
    passkey_id: str
    label: str


class ChangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a person renames or removes a passkey."""

    account_id: str
    person_id: str
    passkey_id: str
    label: str
    """As it is, or shall be, called."""
    login: Login


class PasskeyRenamed(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey is called otherwise."""

    passkey_id: str
    label: str


class PasskeyRemoved(msgspec.Struct, frozen=True):
    """A passkey logs nobody in any more."""

    passkey_id: str


class UseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a passkey has signed: its counter, as kept and as told."""

    account_id: str
    person_id: str
    passkey_id: str
    kept_count: int
    told_count: int


class PasskeyUsed(msgspec.Struct, frozen=True):
    """The passkey logs its person in."""

    passkey_id: str


class PasskeySuspected(msgspec.Struct, frozen=True):
    """The counter went back: somebody else may have a copy. Nobody is logged in."""

    passkey_id: str


class NewPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """A credential as an authenticator has made it."""

    credential_id: bytes
    public_key: bytes
    """In COSE."""
    handle: bytes
    """By what the authenticator knows its person: 32 bytes that say nothing of her."""
    sign_count: int = 0
    backed_up: bool = False
    """Whether its maker keeps copies, so that it survives the loss of a device."""
    transports: tuple[str, ...] = ()


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey as its person sees it."""

    id: str
    label: str
    backed_up: bool
    created_at: datetime
    used_at: datetime | None
    suspected_at: datetime | None
