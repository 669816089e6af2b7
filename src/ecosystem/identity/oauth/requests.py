"""What a client asks of a person: the parameters of an authorisation request, checked."""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec

from ecosystem.values.actor import Assurance
from ecosystem.values.scopes import SCOPES

HANDLE: Final = "urn:ietf:params:oauth:request_uri:"
"""What `request_uri` begins with. Source: RFC 9126, section 2.2."""
_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::([1-9][0-9]{0,4}))?(/[^#]*)?")
_PORT_MAX: Final = 65_535
_DIGEST: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})


class RequestRefused(Exception):
    """An authorisation request cannot be granted: an error code of OAuth, and a sentence."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Wanted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client asks of a person."""

    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    """SHA-256 of the verifier, in base64url."""
    state: str | None = None
    acr: Assurance | None = None
    """How the person must have proved who she is; None where any way will do."""
    max_age_s: int | None = None
    """How many seconds ago she may have done so at most."""
    again: bool = False
    """Whether she must do so again, however lately she did."""
    silent: bool = False
    """Whether nothing may be asked of her."""
    ui_locales: str | None = None
    jkt: str | None = None
    """Thumbprint of the key that the code is bound to (RFC 9449, section 10)."""


def matches(given: str, *, registered: Sequence[str], public: bool) -> bool:
    """Tell whether an address is one of the registered ones, character by character.

    Of a public client, which is an application on somebody's machine, the port of a loopback
    address is whatever was free. Source: RFC 8252, section 7.3; RFC 9700, section 2.1.
    """
    if given in registered:
        return True
    if not public or (portless := _portless(given)) is None:
        return False
    return any(_portless(one) == portless for one in registered)


def _portless(address: str) -> tuple[str, str] | None:
    found = _LOOPBACK.fullmatch(address)
    if found is None or int(found[2] or 0) > _PORT_MAX:
        return None
    return found[1], found[3] or ""


def wanted(
    given: Mapping[str, str], *, redirect_uri: str, held: Sequence[str], issuer: str
) -> Wanted:
    """Return what is asked, of a client that holds the scopes `held`.

    Refuses with RequestRefused: unsupported_response_type, request_not_supported,
    invalid_request, invalid_target, invalid_scope, unmet_authentication_requirements.
    """
    _code_flow(given)
    if given.get("resource", issuer) != issuer:
        raise RequestRefused("invalid_target", f"The only resource here is {issuer}.")
    prompts = frozenset(given.get("prompt", "").split())
    if not prompts <= _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise _invalid("prompt is none, or some of login, consent, select_account.")
    max_age = given.get("max_age")
    if max_age is not None and not _SECONDS.fullmatch(max_age):
        raise _invalid("max_age is a number of seconds.")
    jkt = given.get("dpop_jkt")
    if jkt is not None and not _DIGEST.fullmatch(jkt):
        raise _invalid("dpop_jkt is a SHA-256 thumbprint in base64url.")
    return Wanted(
        redirect_uri=redirect_uri,
        scopes=_scopes(given.get("scope", ""), held=held),
        code_challenge=_challenge(given),
        state=given.get("state"),
        acr=_assurance(given.get("acr_values", "")),
        max_age_s=None if max_age is None else int(max_age),
        again="login" in prompts,
        silent="none" in prompts,
        ui_locales=given.get("ui_locales"),
        jkt=jkt,
    )


def location(redirect_uri: str, **said: str | None) -> str:
    """Return the address to which a person is sent back, with what is said there."""
    query = urlencode({name: value for name, value in said.items() if value is not None})
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}"


def _code_flow(given: Mapping[str, str]) -> None:
    if "request" in given:
        raise RequestRefused("request_not_supported", "Push the request instead (RFC 9126).")
    if "response_type" not in given:
        raise _invalid("The parameter response_type is missing.")
    if given["response_type"] != "code":
        raise RequestRefused("unsupported_response_type", "The only response_type here is code.")
    if given.get("response_mode", "query") != "query":
        raise _invalid("The only response_mode here is query.")


def _challenge(given: Mapping[str, str]) -> str:
    challenge = given.get("code_challenge")
    if challenge is None:
        raise _invalid("The parameter code_challenge is missing.")
    if given.get("code_challenge_method") != "S256":
        raise _invalid("The only code_challenge_method here is S256.")
    if not _DIGEST.fullmatch(challenge):
        raise _invalid("code_challenge is a SHA-256 in base64url.")
    return challenge


def _scopes(asked: str, *, held: Sequence[str]) -> tuple[str, ...]:
    chosen = asked.split()
    if not set(chosen) <= set(held):
        raise RequestRefused("invalid_scope", "The client does not hold all of these scopes.")
    return tuple(scope for scope in SCOPES if scope in held and (not chosen or scope in chosen))


def _assurance(asked: str) -> Assurance | None:
    """Return the weakest of the ways that are asked for, since any of them will do."""
    named = asked.split()
    if not named:
        return None
    for way in Assurance:
        if way.value in named:
            return way
    raise RequestRefused(
        "unmet_authentication_requirements", "Nobody can prove who she is in these ways here."
    )


def _invalid(description: str) -> RequestRefused:
    return RequestRefused("invalid_request", description)
