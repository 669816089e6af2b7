"""What decides about clients."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry
from joserfc.util import urlsafe_b64decode

from ecosystem.identity.clients.model import (
    AuthMethod,
    ClientAdded,
    ClientFacts,
    Jwk,
    NewClient,
    Profile,
)
from ecosystem.identity.model import ROLES_OF_PEOPLE_ONLY
from ecosystem.identity.rules import check_own, check_roles, once
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault, Kind, Refusal
from ecosystem.values.scopes import needs_keys

_RSA_BITS_MIN: Final = 2_048


class RoleOfPeopleOnly(Refusal):
    """Only a person holds this role, never a program."""

    kind = Kind.UNMET
    remedy = "Leave the role out, and have a person do it."


class KeysNeeded(Refusal):
    """A client of the profile `high` proves itself by its own keys."""

    kind = Kind.UNMET
    remedy = "Send the client's public keys in `jwks`."


class ScopeNeedsKeys(Refusal):
    """A client with a secret alone only reads and drafts."""

    kind = Kind.UNMET
    remedy = "Send the client's public keys in `jwks`, or leave the scope out."


class KeyUnusable(Refusal):
    """The public key is not one that this service verifies with."""

    kind = Kind.UNMET
    remedy = "Send an EC key on P-256, an RSA key of 2048 bits or more, or an Ed25519 key."


def add_client(facts: ClientFacts, *, by: Actor, at: datetime) -> ClientAdded:
    """Let a program act for its organisation.

    Refuses with NotYourOrganisation, RoleNotOfKind, RoleOfPeopleOnly, KeysNeeded,
    ScopeNeedsKeys, KeyUnusable, in that order.
    """
    del at
    asked = facts.asked
    check_own(facts.organisation_id, by=by)
    check_roles(asked.roles, kind=facts.kind)
    _check_program(asked)
    if asked.jwks is not None:
        _check_keys(asked.jwks.keys)
    return ClientAdded(
        method=AuthMethod.SECRET if asked.jwks is None else AuthMethod.KEYS,
        scopes=tuple(dict.fromkeys(asked.scopes)),
        roles=once(asked.roles),
    )


def _check_program(asked: NewClient) -> None:
    for index, role in enumerate(asked.roles):
        if role in ROLES_OF_PEOPLE_ONLY:
            message = f"A program cannot be {role.value}."
            raise RoleOfPeopleOnly(message, pointer=f"/roles/{index}")
    if asked.jwks is not None:
        return
    if asked.profile is Profile.HIGH:
        message = "The client has no keys."
        raise KeysNeeded(message, pointer="/jwks")
    faults = tuple(
        Fault(f"/scopes/{index}", "scope_needs_keys", f"{scope} needs keys.")
        for index, scope in enumerate(asked.scopes)
        if needs_keys(scope)
    )
    if faults:
        raise ScopeNeedsKeys(faults[0].detail, faults=faults)


def _check_keys(keys: tuple[Jwk, ...]) -> None:
    faults = tuple(
        Fault(f"/jwks/keys/{index}", "key_unusable", said)
        for index, key in enumerate(keys)
        for said in _amiss(key, before=keys[:index])
    )
    if faults:
        raise KeyUnusable(faults[0].detail, faults=faults)


def _amiss(key: Jwk, *, before: tuple[Jwk, ...]) -> Iterator[str]:
    """Yield what is wrong with a key, at most one sentence."""
    if key.kid in {other.kid for other in before}:
        yield f"The kid {key.kid} is given twice."
        return
    if key.kty != "RSA" and key.crv != {"EC": "P-256", "OKP": "Ed25519"}[key.kty]:
        yield f"The key {key.kid} is on another curve."
        return
    try:
        if key.kty == "RSA" and (bits := _bits(key)) < _RSA_BITS_MIN:
            yield f"The key {key.kid} has {bits} bits."
            return
        JWKRegistry.import_key(msgspec.to_builtins(key))
    except (JoseError, ValueError, KeyError, TypeError):
        yield f"The key {key.kid} cannot be read."


def _bits(key: Jwk) -> int:
    """Return the length of an RSA key's modulus, or raise what joserfc raises on bad text."""
    return int.from_bytes(urlsafe_b64decode(str(key.n or "").encode())).bit_length()
