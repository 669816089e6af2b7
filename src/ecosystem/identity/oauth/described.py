"""The forms and the query of the authorisation server, for the published description."""

from typing import Annotated, Any, Final

from msgspec import Meta

_ASSERTION: Final = {
    "client_assertion_type": {"const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
    "client_assertion": {"type": "string", "description": "A signed JWT (RFC 7523)."},
    "client_id": {"type": "string", "description": "The client; a public one says only this."},
}
_WHO: Final = {
    "client_id": "The client that asks.",
    "request_uri": "Where its pushed request waits; nothing else is then needed (RFC 9126).",
    "lang": "The language of the page: `zh` or `en`.",
}
_WANTED: Final = {
    "response_type": "`code`.",
    "redirect_uri": "Where the person returns: one of the client's registered addresses.",
    "scope": "Scopes between spaces; by default all that the client holds.",
    "state": "Comes back as it is.",
    "code_challenge": "SHA-256 of the verifier, in base64url (RFC 7636).",
    "code_challenge_method": "`S256`.",
    "acr_values": "`phr` where the person must log in by her passkey (RFC 9470).",
    "max_age": "How many seconds ago she may have logged in at most.",
    "prompt": "`login` to have her log in again, `none` to ask her nothing.",
    "ui_locales": "Languages between spaces, the preferred one first.",
    "resource": "The issuer (RFC 8707).",
    "dpop_jkt": "Thumbprint of the key that the code is bound to (RFC 9449).",
}
TOKEN: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "grant_type": {"enum": ["client_credentials", "authorization_code", "refresh_token"]},
        "scope": {"type": "string", "description": "Scopes between spaces; by default all."},
        "code": {"type": "string", "description": "What the person's browser brought."},
        "redirect_uri": {"type": "string", "description": "As in the authorisation request."},
        "code_verifier": {"type": "string", "description": "What PKCE's challenge was made of."},
        "refresh_token": {"type": "string"},
        "resource": {"type": "string", "description": "The issuer (RFC 8707)."},
        **_ASSERTION,
    },
    "required": ["grant_type"],
}
"""The forms of RFC 6749, sections 4.1.3, 4.4.2 and 6, and of RFC 7523, section 2.2."""
AUTHORISATION: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        **{name: {"type": "string", "description": text} for name, text in _WANTED.items()},
        **_ASSERTION,
    },
    "required": ["response_type", "redirect_uri", "code_challenge", "code_challenge_method"],
}
"""The form of RFC 9126, section 2.1."""
QUERY: Final[dict[str, Any]] = {
    name: Annotated[str, Meta(description=text)] for name, text in {**_WHO, **_WANTED}.items()
}
ANSWER: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "csrf": {"type": "string"},
        "client_id": {"type": "string"},
        "request_uri": {"type": "string"},
        "decision": {"enum": ["allow", "refuse"]},
        "organisation_id": {"type": "string"},
    },
    "required": ["csrf", "client_id", "request_uri", "decision"],
}
TOKEN_NAMED: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "token": {"type": "string", "description": "An access token or a refresh token."},
        "token_type_hint": {
            "type": "string",
            "description": "`access_token` or `refresh_token`; not needed, and anything else is "
            "left unread.",
        },
        **_ASSERTION,
    },
    "required": ["token"],
}
"""The form of RFC 7662, section 2.1, and of RFC 7009, section 2.1."""
