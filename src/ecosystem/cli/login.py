"""How a person logs in and authorises a program, as a program that drives her browser sees it.

The console pushes what it wants (RFC 9126), she logs in by her passkey and agrees on the pages
of the service, her browser brings the code (RFC 6749, PKCE), and the console gets a token that
is bound to its key (RFC 9449).
"""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from ecosystem.cli.authenticator import Authenticator, read
from ecosystem.runtime.minting import secret

Json = dict[str, Any]
_RETURNS_TO: Final = "http://127.0.0.1:49152/back"
_HOPS_MAX: Final = 5
_REST_S: Final = 1
_UNAVAILABLE: Final = 503
_TRIES_MAX: Final = 15


class LoginFailed(Exception):
    """The service showed or said something that a login does not lead through."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A token, and the key that it is bound to, where it is bound to one."""

    token: str
    key: ECKey | None = None

    def headers(self, method: str, address: str) -> dict[str, str]:
        """Return what proves to the service who sends a request."""
        if self.key is None:
            return {"Authorization": f"Bearer {self.token}"}
        proof = proof_of(self.key, method, address, token=self.token)
        return {"Authorization": f"DPoP {self.token}", "DPoP": proof}


def patiently(send: Callable[[], httpx.Response]) -> httpx.Response:
    """Send a request; while the service says that it cannot answer now, make and send it again."""
    response = send()
    for _ in range(_TRIES_MAX):
        if response.status_code != _UNAVAILABLE:
            break
        time.sleep(float(response.headers.get("retry-after", _REST_S)))
        response = send()
    return response


def proof_of(key: ECKey, method: str, address: str, *, token: str | None = None) -> str:
    """Return a proof of the key for one request. Source: RFC 9449, section 4.2."""
    claims: Json = {
        "htm": method,
        "htu": address,
        "iat": int(time.time()),
        "jti": str(uuid.uuid4()),
    }
    if token is not None:
        claims["ath"] = _digest(token)
    public = {name: key.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
    return jwt.encode({"typ": "dpop+jwt", "alg": "ES256", "jwk": public}, claims, key)


@dataclass(frozen=True, kw_only=True)
class Console:
    """The sandbox's program through which anybody acts: a public client with a key of its own."""

    at: str
    """Where the service is reached."""
    issuer: str
    """How it names itself."""
    client_id: str
    key: ECKey

    def log_in(self, file: Path, *, organisation_id: str) -> Held:
        """Log a person in by what her file holds, and have her agree; return her token."""
        known = json.loads(file.read_text(encoding="utf-8"))
        authenticator = read({**known["passkey"], "origin": self.issuer})
        verifier, state = secret() + secret(), secret()
        with httpx.Client(base_url=self.at, timeout=30, trust_env=False) as browser:
            page = self._sent_to(browser, verifier, state)
            page = by_passkey(browser, page, authenticator)
            code = _agreed(browser, page, organisation_id, state=state, issuer=self.issuer)
            return self._exchanged(browser, code, verifier)

    def _sent_to(self, browser: httpx.Client, verifier: str, state: str) -> httpx.Response:
        """Push the request, and send the browser with it to the service."""
        form = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": _RETURNS_TO,
            "state": state,
            "code_challenge": _digest(verifier),
            "code_challenge_method": "S256",
        }
        asked = patiently(
            lambda: browser.post("/oauth/par", data=form, headers=self._proved("/oauth/par"))
        )
        query = {"client_id": self.client_id, "request_uri": _json(asked)["request_uri"]}
        return _followed(browser, patiently(lambda: browser.get("/oauth/authorize", params=query)))

    def _exchanged(self, browser: httpx.Client, code: str, verifier: str) -> Held:
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "redirect_uri": _RETURNS_TO,
            "code": code,
            "code_verifier": verifier,
        }
        answer = patiently(
            lambda: browser.post("/oauth/token", data=form, headers=self._proved("/oauth/token"))
        )
        return Held(token=_json(answer)["access_token"], key=self.key)

    def _proved(self, path: str) -> dict[str, str]:
        return {"DPoP": proof_of(self.key, "POST", f"{self.issuer}{path}")}


class _Form(HTMLParser):
    """What the hidden fields of a page's forms hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") == "hidden":
            self.hidden[given["name"]] = given.get("value", "")


def by_passkey(
    browser: httpx.Client, page: httpx.Response, authenticator: Authenticator
) -> httpx.Response:
    """Have the passkey sign what the login page asks for; return the page that comes then."""
    options = _json(patiently(lambda: browser.get("/login/passkey/options")))
    form = _Form(page.text).hidden | {"credential": authenticator.get(options)}
    return _followed(browser, patiently(lambda: browser.post("/login/passkey", data=form)))


def _agreed(
    browser: httpx.Client, page: httpx.Response, organisation_id: str, *, state: str, issuer: str
) -> str:
    """Agree, for one organisation, and return the code that the browser brings back."""
    form = _Form(page.text).hidden
    if "request_uri" not in form:
        raise LoginFailed(f"The page at {page.request.url.path} asks for no agreement.")
    form |= {"organisation_id": organisation_id, "decision": "allow"}
    answer = patiently(lambda: browser.post("/oauth/consent", data=form))
    location = str(answer.headers.get("location", ""))
    told = dict(parse_qsl(urlsplit(location).query))
    if not location.startswith(_RETURNS_TO) or told.get("state") != state:
        raise LoginFailed(f"The agreement was answered {answer.status_code}, and led nowhere.")
    if told.get("iss") != issuer or "code" not in told:
        raise LoginFailed(f"The browser came back with {told.get('error', 'another issuer')}.")
    return told["code"]


def _followed(browser: httpx.Client, answer: httpx.Response) -> httpx.Response:
    """Follow a browser's way on this service, to the page where it ends."""
    for _ in range(_HOPS_MAX):
        if not answer.has_redirect_location:
            break
        onward = str(answer.headers["location"])
        answer = patiently(partial(browser.get, onward))
    if not answer.is_success:
        said = f"{answer.request.url.path} was answered {answer.status_code}"
        raise LoginFailed(f"On the way through the login, {said}.")
    return answer


def _json(answer: httpx.Response) -> Json:
    if not answer.is_success:
        said = f"{answer.request.url.path} was answered {answer.status_code}: {answer.text}"
        raise LoginFailed(f"On the way through the login, {said}")
    read: Json = answer.json()
    return read


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
