"""People of a real installation at their browsers, over HTTP: no sandbox gives them anything.

Each comes by the link that she was handed, makes an account and a passkey on the pages of the
service, and authorises the platform's client, which gets the token.
"""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from joserfc.jwk import ECKey

from ecosystem.cli.authenticator import Authenticator
from ecosystem.cli.login import by_passkey
from ecosystem.runtime.minting import secret
from ecosystem.values.scopes import SCOPES
from tests.login.visitor import Page
from tests.parties import assertion

BACK: Final = "https://console.example/back"
PASSWORD: Final = "a few words that nobody guesses"


@dataclass(frozen=True)
class Installation:
    """A service in which nobody was seeded, and what its operator was told."""

    address: str
    invitation: str
    client_id: str
    key: ECKey

    def wanted(self, verifier: str, **more: str) -> str:
        """Return the address to which the platform's client sends a person's browser."""
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "scope": " ".join(SCOPES),
            "state": "mine",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{self.address}/oauth/authorize?{urlencode(asked | more)}"

    def token(self, location: str, verifier: str) -> dict[str, str]:
        """Return the header that a client gets for the code with which a browser comes back."""
        assert location.startswith(BACK), location
        said = dict(parse_qsl(urlsplit(location).query))
        assert (said["state"], said["iss"]) == ("mine", self.address)
        form = assertion(self.client_id, self.key, aud=self.address) | {
            "grant_type": "authorization_code",
            "code": said["code"],
            "redirect_uri": BACK,
            "code_verifier": verifier,
        }
        answer = httpx.post(f"{self.address}/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}


class Person:
    """Somebody with a browser of her own, and a passkey that she may have registered."""

    def __init__(self, place: Installation) -> None:
        self.place = place
        self.passkey = Authenticator(origin=place.address)
        self._cookies = httpx.Cookies()

    @classmethod
    def joined(cls, place: Installation, link: str, username: str) -> "Person":
        """Have somebody new come by a link, and make an account."""
        made = cls(place)
        with made._browser() as browser:
            form = _hidden(browser.get(link), "/invitation")
            form |= {"username": username, "password": PASSWORD, "again": PASSWORD}
            answer = browser.post("/invitation", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account"), answer.text
        return made

    def add_passkey(self) -> "Person":
        """Have her add the passkey on the page of her account."""
        with self._browser() as browser:
            csrf = _hidden(browser.get("/account"), "/logout")["csrf"]
            made = self.passkey.create(browser.get("/account/passkeys/options").json())
            form = {"csrf": csrf, "label": "device", "credential": made}
            answer = browser.post("/account/passkeys", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account"), answer.text
        return self

    def authorises(self, *, by_passkey_alone: bool = True) -> dict[str, str]:
        """Have her authorise the client, for her only organisation; return its header."""
        verifier = secret() + secret()
        more = {"acr_values": "phr"} if by_passkey_alone else {}
        with self._browser() as browser:
            page = browser.get(self.place.wanted(verifier, **more), follow_redirects=True)
            if by_passkey_alone:
                assert page.url.path == "/login", page.url
                page = by_passkey(browser, page, self.passkey)
            (organisation_id,) = Page(page.text).choices
            form = _hidden(page, "/oauth/consent")
            form |= {"organisation_id": organisation_id, "decision": "allow"}
            answer = browser.post("/oauth/consent", data=form)
        return self.place.token(answer.headers["location"], verifier)

    @contextmanager
    def _browser(self) -> Iterator[httpx.Client]:
        """Open her browser, which has kept its cookies."""
        with httpx.Client(
            base_url=self.place.address, cookies=self._cookies, timeout=30
        ) as browser:
            yield browser
            self._cookies = browser.cookies


def _hidden(page: httpx.Response, action: str) -> dict[str, str]:
    """Return what the hidden fields of the page's form to `action` hold."""
    assert page.status_code == 200, page.text
    return next(hidden for to, hidden in Page(page.text).forms if to == action)
