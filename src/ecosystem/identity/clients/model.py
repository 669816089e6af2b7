"""Clients: how they prove themselves, requests, frozen facts and decisions."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.patterns import whole
from ecosystem.values.scopes import Scope
from ecosystem.values.text import Line


class Profile(StrEnum):
    """How strictly a client proves itself: `high` always by its own keys."""

    BASIC = "basic"
    HIGH = "high"


class AuthMethod(StrEnum):
    """How a client proves itself at the token endpoint."""

    SECRET = "client_secret_basic"  # noqa: S105 - the name of a method, not a secret
    KEYS = "private_key_jwt"
    NONE = "none"
    """Not at all: anyone can say that he is a public client, which people alone authorise."""


class Jwk(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """A public key: EC on P-256, RSA of 2048 bits or more, or Ed25519. Source: RFC 7517."""

    kty: Annotated[
        str,
        Meta(
            pattern=whole("(EC|RSA|OKP)"),
            description="The kind of key: `EC`, `RSA` or `OKP`.",
            examples=["EC"],
        ),
    ]
    kid: Annotated[
        str,
        Meta(
            pattern=whole("[0-9A-Za-z._-]{1,100}"),
            description="The key's name: 1 to 100 of ASCII letters, digits, `.`, `_` and `-`.",
            examples=["2026-1"],
        ),
    ]
    use: (
        Annotated[
            str,
            Meta(pattern=whole("sig"), description="What it is for: signing.", examples=["sig"]),
        ]
        | UnsetType
    ) = UNSET
    alg: (
        Annotated[
            str,
            Meta(
                pattern=whole("(ES256|PS256|EdDSA|Ed25519)"),
                description="How it signs: `ES256`, `PS256`, `EdDSA` or `Ed25519`.",
                examples=["ES256"],
            ),
        ]
        | UnsetType
    ) = UNSET
    crv: (
        Annotated[
            str,
            Meta(
                pattern=whole("(P-256|Ed25519)"),
                description="The curve: `P-256` or `Ed25519`.",
                examples=["P-256"],
            ),
        ]
        | UnsetType
    ) = UNSET
    x: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    y: Annotated[str, Meta(max_length=100)] | UnsetType = UNSET
    n: Annotated[str, Meta(max_length=1_400)] | UnsetType = UNSET
    e: Annotated[str, Meta(max_length=12)] | UnsetType = UNSET


class Jwks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public keys by which a client proves itself; two while one follows another."""

    keys: Annotated[tuple[Jwk, ...], Meta(min_length=1, max_length=5)]


Address = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=500,
        pattern=whole("[!-~]*"),
        description="An absolute URI in ASCII.",
        examples=["https://client.example/back"],
    ),
]


class NewClient(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A program that will act for an organisation."""

    name: Line
    profile: Profile = Profile.BASIC
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=40)]
    """The most that its tokens can be good for."""
    roles: Annotated[tuple[Role, ...], Meta(max_length=14)] = ()
    """What it does for its organisation when it acts by itself."""
    jwks: Jwks | None = None
    """Its public keys. Without any, and unless it is public, a secret is made."""
    jwks_uri: Address | None = None
    """Where its public keys are, instead of `jwks`: https."""
    redirect_uris: Annotated[tuple[Address, ...], Meta(max_length=10)] = ()
    """Where people return who have authorised it, character by character: https; of a public
    client also `http://127.0.0.1/...`, `http://[::1]/...` on any port, or an own scheme with
    a dot such as `com.example.app:/back`."""
    public: bool = False
    """Whether it runs where nothing can be kept secret: it has neither keys nor a secret."""
    dpop: bool = False
    """Whether its tokens are bound to a key (RFC 9449), always; of the profile `high` they are."""


class ClientFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an organisation adds a client."""

    organisation_id: str
    kind: OrganisationKind
    client_id: str
    asked: NewClient


class ClientAdded(msgspec.Struct, frozen=True):
    """A client can get tokens for these scopes, in this way."""

    method: AuthMethod
    scopes: tuple[Scope, ...]
    roles: tuple[Role, ...]
    dpop: bool = False


class ClientChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What changes about a client; what is left out stays (RFC 7396)."""

    name: Line | UnsetType = UNSET
    scopes: Annotated[tuple[Scope, ...], Meta(min_length=1, max_length=40)] | UnsetType = UNSET
    """Fewer than it has: for more, add another client."""
    jwks: Jwks | UnsetType = UNSET
    """All of its keys from now on: the old and the new one while they overlap. They take the
    place of `jwks_uri`."""
    jwks_uri: Address | UnsetType = UNSET
    """Where its keys are from now on; it takes the place of `jwks`."""
    redirect_uris: Annotated[tuple[Address, ...], Meta(max_length=10)] | UnsetType = UNSET


class NewSecret(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a secret is replaced."""

    keeps_days: Annotated[int, Meta(ge=0, le=30)] = 7
    """Days of real time for which the present secret stays good beside the new one; 0 ends it now,
    as one that got out must be."""


class ChangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a client changes, or gets a new secret."""

    client_id: str
    organisation_id: str
    kind: OrganisationKind
    is_active: bool
    version: int
    present: NewClient
    """What the client is, in the terms in which one is asked for."""
    method: AuthMethod
    asked: ClientChange | None = None
    """None where only its secret is replaced."""


class ClientChanged(msgspec.Struct, frozen=True):
    """A client is this from now on."""

    client: NewClient


class SecretReplaced(msgspec.Struct, frozen=True):
    """A client has a new secret."""

    client_id: str
