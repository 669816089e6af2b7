"""What becomes of tokens that were given: asked about (RFC 7662), and given back (RFC 7009).

One look-up finds both kinds. A client learns of its own tokens alone, and ends no others;
a client of the operator, as whoever serves resources, may ask about any.
"""

from datetime import UTC, datetime

import msgspec
from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from msgspec import UNSET, UnsetType

from ecosystem.identity import queries as identity
from ecosystem.identity.oauth import actions, forms, grants, queries, server, terms, tokens
from ecosystem.identity.oauth.queries import Refresh, Registered
from ecosystem.identity.oauth.terms import Answer, Asked
from ecosystem.identity.oauth.tokens import Confirmation, Opened
from ecosystem.runtime.database import Tx
from ecosystem.values.actor import Assurance


class Introspection(msgspec.Struct, frozen=True, kw_only=True):
    """What a token is good for at this moment. Source: RFC 7662, section 2.2."""

    active: bool
    """False, and nothing more, for whatever is no token, or none that the client may ask about."""
    scope: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    """The client that it was given to."""
    organisation_id: str | UnsetType = UNSET
    """The organisation that is acted for."""
    sub: str | UnsetType = UNSET
    """The person who authorised the client, else the client."""
    token_type: str | UnsetType = UNSET
    """`Bearer` or `DPoP`; left out for a refresh token."""
    exp: int | UnsetType = UNSET
    """When it expires, in seconds of Unix time."""
    iat: int | UnsetType = UNSET
    iss: str | UnsetType = UNSET
    aud: str | UnsetType = UNSET
    jti: str | UnsetType = UNSET
    acr: Assurance | UnsetType = UNSET
    """How the person proved who she is."""
    auth_time: int | UnsetType = UNSET
    """When she did, in seconds of Unix time."""
    cnf: Confirmation | UnsetType = UNSET
    """The key whose holder alone may use it (RFC 9449)."""


async def introspect(tx: Tx, asked: Asked) -> Answer:
    """Answer what a token is good for; refuse as the token endpoint does.

    Effects: a spent assertion.
    """
    try:
        client, token = await _presented(tx, asked)
    except OAuth2Error as error:
        return terms.refused(error)
    found = await _found(tx, token, asked=asked)
    said = Introspection(active=False)
    if found is not None and (client.of_platform or _holder(found) == client.id):
        said = await _said(tx, found, asked=asked)
    return terms.answered(200, msgspec.to_builtins(said), ())


async def revoke(tx: Tx, asked: Asked) -> Answer:
    """Have a token be worth nothing, with whatever else the same authorisation gave.

    Answers 200 for any token, and leaves alone what is not the client's. Effects: a spent
    assertion; the authorisation is revoked, or the program's own token is denied.
    """
    try:
        client, token = await _presented(tx, asked, methods=grants.ANY)
    except OAuth2Error as error:
        return terms.refused(error)
    found = await _found(tx, token, asked=asked)
    if found is not None and _holder(found) == client.id:
        await _end(tx, found, now=asked.now)
    return terms.answered(200, {}, ())


async def _presented(
    tx: Tx, asked: Asked, *, methods: tuple[str, ...] = grants.PROVING
) -> tuple[Registered, str]:
    form = forms.parameters(asked.body)
    client = await server.authenticated(tx, asked, form, methods=methods)
    if "token" not in form:
        raise InvalidRequestError("The parameter token is missing.")
    return client, form["token"]


async def _found(tx: Tx, token: str, *, asked: Asked) -> Opened | Refresh | None:
    """Return the token that this text is, or None where it is none that lives."""
    try:
        return tokens.verify(
            token, keys=asked.signing.keys, issuer=asked.issuer, now=asked.now.timestamp()
        )
    except tokens.TokenWrong:
        return await queries.refresh(tx, queries.digest_of(token))


def _holder(found: Opened | Refresh) -> str:
    return found.grant.client_id if isinstance(found, Opened) else found.of.client_id


async def _end(tx: Tx, found: Opened | Refresh, *, now: datetime) -> None:
    if isinstance(found, Refresh):
        await actions.revoke_grant(tx, found.of.id, now=now)
    elif found.grant.grant_id is not None:
        await actions.revoke_grant(tx, found.grant.grant_id, now=now)
    else:
        expires_at = datetime.fromtimestamp(found.expires_at, UTC)
        await actions.deny(tx, found.jti, expires_at=expires_at, now=now)


async def _said(tx: Tx, found: Opened | Refresh, *, asked: Asked) -> Introspection:
    """Return what a token is good for, or that it is not: as the next request would find it."""
    if isinstance(found, Refresh):
        of = found.of
        if of.is_revoked or found.is_replaced or of.expires_at <= asked.now:
            return Introspection(active=False)
        grant = grants.grant_of(of)
        lasting = Introspection(active=True, exp=int(of.expires_at.timestamp()))
    else:
        grant = found.grant
        if await queries.is_revoked(
            tx, jti=found.jti, client_id=grant.client_id, grant_id=grant.grant_id
        ):
            return Introspection(active=False)
        lasting = Introspection(
            active=True,
            token_type="DPoP" if grant.jkt else "Bearer",
            exp=found.expires_at,
            iat=found.issued_at,
            jti=found.jti,
        )
    actor = await identity.actor(
        tx,
        client_id=grant.client_id,
        person_id=grant.person_id,
        organisation_id=grant.organisation_id,
        scopes=grant.scopes,
    )
    if actor is None:
        return Introspection(active=False)
    return _with_grant(lasting, grant, scopes=actor.scopes, issuer=asked.issuer)


def _with_grant(
    said: Introspection, grant: tokens.Grant, *, scopes: tuple[str, ...], issuer: str
) -> Introspection:
    since = grant.authenticated_at
    return msgspec.structs.replace(
        said,
        scope=" ".join(scopes),
        client_id=grant.client_id,
        organisation_id=grant.organisation_id,
        sub=grant.person_id or grant.client_id,
        iss=issuer,
        aud=issuer,
        acr=UNSET if grant.acr is None else grant.acr,
        auth_time=UNSET if since is None else int(since.timestamp()),
        cnf=UNSET if grant.jkt is None else Confirmation(grant.jkt),
    )
