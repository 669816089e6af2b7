"""What a client gets a token for: its own doing, a person's authorisation, or more of it."""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from authlib.oauth2.rfc6749 import (
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    TokenMixin,
)
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc7636 import CodeChallenge
from msgspec import UNSET, UnsetType
from sqlalchemy.util import await_only

from ecosystem.identity import queries as identity
from ecosystem.identity.clients.model import AuthMethod
from ecosystem.identity.oauth import actions, queries, terms, tokens
from ecosystem.identity.oauth.queries import Authorisation
from ecosystem.identity.oauth.terms import Asked, Signing
from ecosystem.runtime.database import Tx
from ecosystem.runtime.minting import mint

PROVING: Final = (AuthMethod.KEYS, AuthMethod.SECRET)
ANY: Final = (*PROVING, AuthMethod.NONE)


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An access token. Source: RFC 6749, section 5.1."""

    access_token: str
    """A JWT; send it as `Authorization: Bearer ...`, or `DPoP ...` where that is its type."""
    token_type: str
    """`Bearer`, or `DPoP` where only the holder of a key can use it (RFC 9449)."""
    expires_in: int
    """Seconds for which it is good."""
    scope: str
    """What it is good for: scopes, with a space between."""
    refresh_token: str | UnsetType = UNSET
    """What gets the next access token; only where a person authorised the client."""


class InvalidDpopProof(InvalidRequestError):
    """The DPoP proof is missing, or is another key's. Source: RFC 9449, section 5."""

    error = "invalid_dpop_proof"


def given(
    grant: tokens.Grant, *, signing: Signing, refresh_token: str | None = None
) -> TokenAnswer:
    """Return the answer with a new access token for `grant`."""
    return TokenAnswer(
        access_token=tokens.issue(
            grant,
            key=signing.key,
            issuer=signing.issuer,
            jti=mint("token"),
            now=signing.now,
            lifetime_s=signing.lifetime_s,
        ),
        token_type="DPoP" if grant.jkt else "Bearer",
        expires_in=signing.lifetime_s,
        scope=" ".join(grant.scopes),
        refresh_token=UNSET if refresh_token is None else refresh_token,
    )


def granted(
    of: Authorisation,
    *,
    signing: Signing,
    jkt: str | None = None,
    refresh_token: str | None = None,
) -> TokenAnswer:
    """Return the answer with a new access token for what a person authorised.

    With `jkt` only the holder of the key with that thumbprint can use it.
    """
    grant = grant_of(of, jkt=jkt)
    return given(grant, signing=signing, refresh_token=refresh_token)


def grant_of(of: Authorisation, *, jkt: str | None = None) -> tokens.Grant:
    """Return what a token is good for that is given for what a person authorised."""
    return tokens.Grant(
        client_id=of.client_id,
        organisation_id=of.organisation_id,
        scopes=of.scopes,
        person_id=of.person_id,
        acr=of.acr,
        authenticated_at=of.authenticated_at,
        grant_id=of.id,
        jkt=jkt,
    )


class _Ours:
    """What our grants have in common: the request's transaction, and our kind of token."""

    TOKEN_ENDPOINT_AUTH_METHODS: Collection[str] = ANY
    request: Any
    server: Any

    @property
    def asked(self) -> Asked:
        asked: Asked = self.server.asked
        return asked

    @property
    def tx(self) -> Tx:
        tx: Tx = self.server.tx
        return tx

    @property
    def registered(self) -> queries.Registered:
        return terms.registered_of(self.request.client)

    def still(self, of: Authorisation) -> Authorisation:
        """Return the authorisation while it lasts, with its person and her membership."""
        if of.is_revoked or of.expires_at <= self.asked.now:
            raise InvalidGrantError("The authorisation is no more.")
        if of.jkt is not None and of.jkt != self.asked.jkt:
            raise InvalidDpopProof("The request is not proved by the key of the authorisation.")
        actor = await_only(
            identity.actor(
                self.tx,
                client_id=of.client_id,
                person_id=of.person_id,
                organisation_id=of.organisation_id,
                scopes=of.scopes,
            )
        )
        if actor is None:
            raise InvalidGrantError("The person or her membership is no more.")
        return of

    def answer(self, of: Authorisation, *, refresh_token: str | None) -> dict[str, Any]:
        """Return the answer with a token, bound to the key that the request has proved."""
        asked = self.asked
        return _body(granted(of, signing=asked.signing, jkt=asked.jkt, refresh_token=refresh_token))

    def revoke(self, of: Authorisation) -> None:
        """Revoke what is used a second time: one of the two users is not the client."""
        await_only(actions.revoke_grant(self.tx, of.id, now=self.asked.now))


class ByItself(_Ours, ClientCredentialsGrant):
    """Client credentials: a program acts for its own organisation."""

    TOKEN_ENDPOINT_AUTH_METHODS: Collection[str] = PROVING
    scopes: tuple[str, ...] = ()

    def validate_requested_scope(self) -> None:
        """Narrow the token to the scopes that are asked for, all of which the client holds."""
        held = self.registered.scopes
        wanted = str(self.request.form.get("scope", "")).split()
        if not set(wanted) <= set(held):
            raise InvalidScopeError("The client does not hold all of these scopes.")
        self.scopes = tuple(scope for scope in held if not wanted or scope in wanted)

    def generate_token(self, *_: object, **__: object) -> dict[str, Any]:
        """Sign a token of our own kind: Authlib's would live for ten days."""
        grant = tokens.Grant(
            client_id=self.registered.id,
            organisation_id=self.registered.organisation_id,
            scopes=self.scopes,
            jkt=self.asked.jkt,
        )
        return _body(given(grant, signing=self.asked.signing))


class _Code:
    """A code in Authlib's terms."""

    def __init__(self, found: queries.Code, *, redirect_uri: str | None) -> None:
        self.found = found
        self.code_challenge = found.code_challenge
        self.code_challenge_method = "S256"
        self._redirect_uri = redirect_uri

    def get_redirect_uri(self) -> str | None:
        """Return what the request must repeat; nothing where it repeats none (OAuth 2.1)."""
        return self._redirect_uri

    def get_scope(self) -> str:
        """Return the scopes as one text."""
        return " ".join(self.found.of.scopes)


class ByCode(_Ours, AuthorizationCodeGrant):
    """A person's authorisation, by a code: once, within 60 s, by who asked for it."""

    def query_authorization_code(self, code: str, client: object) -> _Code | None:
        """Return a code of this client, locked; revoke everything where it was used before."""
        found = await_only(queries.code(self.tx, queries.digest_of(code)))
        if found is None or found.of.client_id != terms.registered_of(client).id:
            return None
        if found.is_used:
            self.revoke(found.of)
            return None
        if found.expires_at <= self.asked.now:
            return None
        repeats = "redirect_uri" in self.request.form
        return _Code(found, redirect_uri=found.redirect_uri if repeats else None)

    def authenticate_user(self, authorization_code: _Code) -> Authorisation:
        """Return the authorisation behind the code, while it lasts."""
        return self.still(authorization_code.found.of)

    def generate_token(self, *_: object, **__: object) -> dict[str, Any]:
        """Sign a token of our own kind, and make the first refresh token.

        A public client's refresh token works only with the key that its first request
        proved, if it did (RFC 9449, section 5).
        """
        of: Authorisation = self.request.user
        if self.asked.jkt and self.registered.is_public and of.jkt is None:
            await_only(actions.bind_grant(self.tx, of.id, jkt=self.asked.jkt))
        made = await_only(actions.add_refresh(self.tx, of.id, now=self.asked.now))
        return self.answer(of, refresh_token=made)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """Mark the code as used; it is kept, so that a second use is noticed."""
        digest = authorization_code.found.digest
        await_only(actions.use_code(self.tx, digest, now=self.asked.now))


class Pkce(CodeChallenge):
    """PKCE for every client, and only by S256; whoever asks is made to when he asks."""

    SUPPORTED_CODE_CHALLENGE_METHOD: list[str] = ["S256"]  # noqa: RUF012 - Authlib's type


class _Refresh(TokenMixin):
    """A refresh token in Authlib's terms."""

    def __init__(self, found: queries.Refresh) -> None:
        self.found = found

    def check_client(self, client: object) -> bool:
        """Tell whether the token is this client's."""
        return terms.registered_of(client).id == self.found.of.client_id

    def get_scope(self) -> str:
        """Return the scopes of the whole authorisation, however narrow the last token was."""
        return " ".join(self.found.of.scopes)


class ByRefresh(_Ours, RefreshTokenGrant):
    """More of a person's authorisation.

    A public client gets a new refresh token each time, and to use an old one again ends all;
    one that proves itself keeps its token, so that a lost answer can be asked for again.
    Source: RFC 9700, section 4.14.2; FAPI 2.0 Security Profile, section 5.3.2.1.
    """

    def authenticate_refresh_token(  # type: ignore[override]
        self, refresh_token: str
    ) -> _Refresh | None:
        """Return a refresh token of this client, locked; revoke all where it was replaced."""
        found = await_only(queries.refresh(self.tx, queries.digest_of(refresh_token)))
        if found is None or found.of.client_id != self.registered.id:
            return None
        if found.is_replaced:
            self.revoke(found.of)
            return None
        return _Refresh(found)

    def authenticate_user(self, refresh_token: _Refresh) -> Authorisation:
        """Return the authorisation behind the token, while it lasts."""
        return self.still(refresh_token.found.of)

    def issue_token(self, user: Authorisation, refresh_token: Any) -> dict[str, Any]:
        """Sign a token, for fewer scopes where fewer are asked for: the grant keeps them all."""
        asked = str(self.request.form.get("scope", "")).split()
        scopes = tuple(scope for scope in user.scopes if not asked or scope in asked)
        narrowed = msgspec.structs.replace(user, scopes=scopes)
        made = None
        if self.registered.is_public:
            digest = refresh_token.found.digest
            await_only(actions.replace_refresh(self.tx, digest, now=self.asked.now))
            made = await_only(actions.add_refresh(self.tx, user.id, now=self.asked.now))
        return self.answer(narrowed, refresh_token=made)

    def revoke_old_credential(self, refresh_token: object) -> None:
        """Do nothing more: a token that is replaced was marked when the next was made."""


def _body(answer: TokenAnswer) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(answer)
    return body
