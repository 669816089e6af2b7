"""What decides about clients."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry
from joserfc.util import urlsafe_b64decode
from msgspec import UNSET

from ecosystem.identity.clients.addresses import each_amiss, is_secure
from ecosystem.identity.clients.model import (
    AuthMethod,
    ChangeFacts,
    ClientAdded,
    ClientChange,
    ClientChanged,
    ClientFacts,
    Jwk,
    NewClient,
    Profile,
    SecretReplaced,
)
from ecosystem.identity.model import ROLES_OF_PEOPLE_ONLY
from ecosystem.identity.rules import Inactive, check_own, check_roles, once
from ecosystem.values.actor import Actor, Role
from ecosystem.values.refusal import Fault, Kind, Refusal
from ecosystem.values.scopes import needs_keys

_RSA_BITS_MIN: Final = 2_048


class RoleOfPeopleOnly(Refusal):
    """Only a person holds this role, never a program."""

    kind = Kind.UNMET
    remedy = "Leave the role out, and have a person do it."


class RoleNotYours(Refusal):
    """Nobody gives a program a role that he has not, but for an administrator."""

    kind = Kind.UNMET
    remedy = "Leave the role out, or ask an administrator or somebody who has it."


class ScopeNotYours(Refusal):
    """Nobody gives a program a scope that his own token has not."""

    kind = Kind.UNMET
    remedy = "Leave the scope out, or use a token that has it."


class KeysTwice(Refusal):
    """A client has its keys by value or by address, and a public client has none."""

    kind = Kind.UNMET
    remedy = "Send `jwks`, or `jwks_uri`, or neither."


class PublicActsForPeople(Refusal):
    """A public client acts only for people, who return to one of its addresses."""

    kind = Kind.UNMET
    remedy = "Leave `roles` out and name `redirect_uris`, or give the client keys."


class RedirectUnusable(Refusal):
    """People cannot be sent safely to this address."""

    kind = Kind.UNMET
    remedy = "Name an https address without user, fragment and wildcard, each once."


class KeyAddressUnusable(Refusal):
    """Keys are read over https alone."""

    kind = Kind.UNMET
    remedy = "Name an https address without user and fragment in `jwks_uri`."


class KeysNeeded(Refusal):
    """A client of the profile `high` proves itself by its own keys."""

    kind = Kind.UNMET
    remedy = "Send the client's public keys in `jwks`."


class ScopeNeedsKeys(Refusal):
    """A client without keys only reads and drafts, unless it is public and bound by DPoP."""

    kind = Kind.UNMET
    remedy = "Send the client's public keys in `jwks`, or leave the scope out."


class KeyUnusable(Refusal):
    """The public key is not one that this service verifies with."""

    kind = Kind.UNMET
    remedy = "Send an EC key on P-256, an RSA key of 2048 bits or more, or an Ed25519 key."


class ScopesOnlyNarrow(Refusal):
    """A client never gets more scopes than it was added with."""

    kind = Kind.UNMET
    remedy = "Leave the scope out, or add another client with it."


class MethodStays(Refusal):
    """A client goes on proving itself in the way in which it was added."""

    kind = Kind.CONFLICT
    remedy = "Add another client that proves itself in the other way, and deactivate this one."


def add_client(facts: ClientFacts, *, by: Actor, at: datetime) -> ClientAdded:
    """Let a program act for its organisation, and no more than who adds it.

    Refuses with NotYourOrganisation, RoleNotOfKind, RoleOfPeopleOnly, RoleNotYours,
    ScopeNotYours, KeysTwice, PublicActsForPeople, KeysNeeded, ScopeNeedsKeys, KeyUnusable,
    KeyAddressUnusable, RedirectUnusable, in that order. Source: RFC 9700, section 2.
    """
    del at
    asked = facts.asked
    check_own(facts.organisation_id, by=by)
    check_roles(asked.roles, kind=facts.kind)
    _check_no_wider(asked, by=by)
    method = _method(asked)
    _check_scopes(asked, method)
    _check_keys(asked)
    _check_addresses(asked)
    return ClientAdded(
        method=method,
        scopes=tuple(dict.fromkeys(asked.scopes)),
        roles=once(asked.roles),
        dpop=asked.dpop or asked.profile is Profile.HIGH,
    )


def change_client(facts: ChangeFacts, *, by: Actor, at: datetime) -> ClientChanged:
    """Let a client be otherwise, by who might have added it as it then is.

    Whoever replaces the keys of a program can be the program: so nobody does who is less.
    Refuses with Inactive, MethodStays, ScopesOnlyNarrow, and as add_client does.
    """
    del at
    _check_may_change(facts, by=by)
    asked = facts.asked or ClientChange()
    keyed = asked.jwks is not UNSET or asked.jwks_uri is not UNSET
    if keyed and facts.method is not AuthMethod.KEYS:
        message = f"The client proves itself by {facts.method.value}."
        raise MethodStays(message, pointer="/jwks" if asked.jwks is not UNSET else "/jwks_uri")
    then = _changed(facts.present, asked)
    for index, scope in enumerate(then.scopes):
        if scope not in facts.present.scopes:
            message = f"The client does not hold {scope}."
            raise ScopesOnlyNarrow(message, pointer=f"/scopes/{index}")
    _check_scopes(then, _method(then))
    _check_keys(then)
    _check_addresses(then)
    return ClientChanged(then)


def replace_secret(facts: ChangeFacts, *, by: Actor, at: datetime) -> SecretReplaced:
    """Let a client have a new secret; refuse as change_client does."""
    del at
    _check_may_change(facts, by=by)
    if facts.method is not AuthMethod.SECRET:
        message = f"The client proves itself by {facts.method.value}."
        raise MethodStays(message)
    return SecretReplaced(facts.client_id)


def takes_a_key_away(present: NewClient, then: NewClient) -> bool:
    """Tell whether a client cannot prove itself any more by a key with which it could."""
    if present.jwks_uri != then.jwks_uri:
        return True
    kept = () if then.jwks is None else then.jwks.keys
    return present.jwks is not None and not set(present.jwks.keys) <= set(kept)


def _check_may_change(facts: ChangeFacts, *, by: Actor) -> None:
    if not facts.is_active:
        message = f"{facts.client_id} is not active."
        raise Inactive(message)
    _check_no_wider(facts.present, by=by)


def _changed(present: NewClient, asked: ClientChange) -> NewClient:
    given = {
        name: value for name, value in msgspec.structs.asdict(asked).items() if value is not UNSET
    }
    if asked.jwks is not UNSET and asked.jwks_uri is UNSET:
        given["jwks_uri"] = None
    if asked.jwks_uri is not UNSET and asked.jwks is UNSET:
        given["jwks"] = None
    if asked.scopes is not UNSET:
        given["scopes"] = tuple(dict.fromkeys(asked.scopes))
    return msgspec.structs.replace(present, **given)


def _check_no_wider(asked: NewClient, *, by: Actor) -> None:
    for index, role in enumerate(asked.roles):
        if role in ROLES_OF_PEOPLE_ONLY:
            message = f"A program cannot be {role.value}."
            raise RoleOfPeopleOnly(message, pointer=f"/roles/{index}")
        # An administrator gives roles to people; who else adds a program gives it his own.
        if not by.has(role) and not by.has(Role.ADMINISTRATOR):
            message = f"The caller is not {role.value}."
            raise RoleNotYours(message, pointer=f"/roles/{index}")
    for index, scope in enumerate(asked.scopes):
        if scope not in by.scopes:
            message = f"The caller's token lacks the scope {scope}."
            raise ScopeNotYours(message, pointer=f"/scopes/{index}")


def _method(asked: NewClient) -> AuthMethod:
    """Return how a client will prove itself: by its keys, a secret, or not at all."""
    ways = (asked.jwks is not None) + (asked.jwks_uri is not None) + asked.public
    if ways > 1:
        message = "Of jwks, jwks_uri and public only one is given."
        raise KeysTwice(message, pointer="/public" if asked.public else "/jwks_uri")
    if asked.public and (asked.roles or not asked.redirect_uris):
        message = "A public client has addresses and no roles."
        pointer = "/roles" if asked.roles else "/redirect_uris"
        raise PublicActsForPeople(message, pointer=pointer)
    if asked.public:
        return AuthMethod.NONE
    return AuthMethod.KEYS if ways else AuthMethod.SECRET


def _check_scopes(asked: NewClient, method: AuthMethod) -> None:
    if method is AuthMethod.KEYS:
        return
    if asked.profile is Profile.HIGH:
        message = "The client has no keys."
        raise KeysNeeded(message, pointer="/jwks")
    if method is AuthMethod.NONE and asked.dpop:
        return
    faults = tuple(
        Fault(f"/scopes/{index}", "scope_needs_keys", f"{scope} needs keys.")
        for index, scope in enumerate(asked.scopes)
        if needs_keys(scope)
    )
    if faults:
        raise ScopeNeedsKeys(faults[0].detail, faults=faults)


def _check_addresses(asked: NewClient) -> None:
    if asked.jwks_uri is not None and not is_secure(asked.jwks_uri):
        message = "The address of the keys is not https with a host alone."
        raise KeyAddressUnusable(message, pointer="/jwks_uri")
    faults = tuple(
        Fault(f"/redirect_uris/{index}", "redirect_unusable", said)
        for index, said in each_amiss(asked.redirect_uris, public=asked.public)
    )
    if faults:
        raise RedirectUnusable(faults[0].detail, faults=faults)


def _check_keys(asked: NewClient) -> None:
    keys = () if asked.jwks is None else asked.jwks.keys
    faults = tuple(
        Fault(f"/jwks/keys/{index}", "key_unusable", said)
        for index, key in enumerate(keys)
        for said in _amiss(key, before=keys[:index])
    )
    if faults:
        raise KeyUnusable(faults[0].detail, faults=faults)


def is_usable(key: Jwk) -> bool:
    """Tell whether a key could be registered."""
    return not any(_amiss(key, before=()))


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
