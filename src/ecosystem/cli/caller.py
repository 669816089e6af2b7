"""A client of the API, as an integrator would write one: tokens, keys, ETags, and problems."""

import base64
import hashlib
import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from ecosystem.cli.login import Console, Held, patiently

Json = dict[str, Any]
_MERGE_PATCH: Final = "application/merge-patch+json"
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Refused(Exception):
    """The service refused what the journey counts on."""

    def __init__(self, response: httpx.Response) -> None:
        """Say what was asked, and what was answered."""
        self.response = response
        request = response.request
        asked = f"{request.method} {request.url.path}"
        super().__init__(f"{asked} was answered {response.status_code} {_said(response)}")


def _said(response: httpx.Response) -> str:
    try:
        problem = response.json()
        return f"{problem['code']}. {problem['detail']}"
    except (ValueError, LookupError, TypeError):
        return response.text


@dataclass
class Recorded:
    """One exchange, kept as an example for the manual."""

    body: Json | list[Json] | None
    answer: Json | None


@dataclass
class Caller:
    """Speaks HTTP to one service for many parties."""

    http: httpx.Client
    folder: Path | None = None
    """Where the service keeps its data, with the passkeys of the sandbox's people. Without it they
    do not log in, and the sandbox gives their tokens out."""
    parties: dict[str, Json] = field(default_factory=dict[str, Json])
    recorded: dict[str, Recorded] = field(default_factory=dict[str, Recorded])
    count: int = 0
    _held: dict[str, Held] = field(default_factory=dict[str, Held])
    _key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    _operations: list[tuple[str, re.Pattern[str], str]] = field(
        default_factory=list[tuple[str, re.Pattern[str], str]]
    )

    @cached_property
    def address(self) -> str:
        """Where the service is, as it names itself: the issuer of its tokens."""
        issuer: str = self.get("/.well-known/oauth-authorization-server")["issuer"]
        return issuer

    def learn(self) -> None:
        """Read who is seeded, and which operations there are."""
        self.parties = {one["key"]: one for one in self.get("/v1/sandbox/parties")["data"]}
        for path, methods in self.get("/openapi.json")["paths"].items():
            shape = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
            self._operations += [
                (method.upper(), shape, operation["operationId"])
                for method, operation in methods.items()
            ]

    def person(self, who: str) -> Json:
        """Return the seeded person that `city/officer` names."""
        party, _, key = who.partition("/")
        found: Json = next(one for one in self.parties[party]["people"] if one["key"] == key)
        return found

    def client(self, which: str) -> Json:
        """Return the seeded client that `enterprise/system` names."""
        party, _, key = which.partition("/")
        found: Json = next(one for one in self.parties[party]["clients"] if one["key"] == key)
        return found

    def organisation(self, party: str) -> str:
        """Return the identifier of a seeded organisation."""
        found: str = self.parties[party]["organisation_id"]
        return found

    def get(self, path: str, who: str | None = None, **query: str | int) -> Json:
        """Read, and return the JSON of the answer."""
        response = self._sent("GET", path, who=who, params=query)
        return self._taken(response, body=None)

    def text(self, path: str, who: str | None = None) -> str:
        """Read, and return the text of the answer."""
        response = self._sent("GET", path, who=who)
        self._taken(response, body=None, is_json=False)
        return response.text

    def pieces(self, path: str, who: str) -> Iterator[bytes]:
        """Read, and yield the bytes of the answer as they come."""
        with self.http.stream("GET", path, headers=self._authorised(who, "GET", path)) as answer:
            answer.raise_for_status()
            yield from answer.iter_raw()

    def post(
        self, path: str, who: str | None, body: Json | list[Json] | None = None, *,
        changes: str | None = None,
    ) -> Json:  # fmt: skip
        """Send, under a new Idempotency-Key; `changes` names what the ETag is read from."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        if changes is not None:
            read = self._sent("GET", changes, who=who)
            self._taken(read, body=None)
            headers["If-Match"] = read.headers["etag"]
        if body is None:
            return self._taken(self._sent("POST", path, who=who, headers=headers), body=None)
        return self._taken(self._sent("POST", path, who=who, headers=headers, json=body), body=body)

    def patch(self, path: str, who: str, body: Json) -> Json:
        """Change some members of what is there (RFC 7396), under its ETag."""
        read = self._sent("GET", path, who=who)
        self._taken(read, body=None)
        headers = {"If-Match": read.headers["etag"], "Content-Type": _MERGE_PATCH}
        content = json.dumps(body).encode()
        return self._taken(
            self._sent("PATCH", path, who=who, headers=headers, content=content), body=body
        )

    def upload(self, path: str, who: str, *, name: str, media_type: str, content: bytes) -> Json:
        """Send a document with its digest. Source: RFC 9530."""
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {
            "Content-Type": media_type,
            "Content-Digest": f"sha-256=:{digest}:",
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        }
        return self._taken(
            self._sent("POST", path, who=who, headers=headers, content=content), body=None
        )

    def append(
        self, path: str, who: str, content: bytes | Iterator[bytes], *, offset: int, last: bool
    ) -> Json:
        """Append a part to an upload. Source: draft-ietf-httpbis-resumable-upload-12."""
        headers = {
            "Content-Type": "application/partial-upload",
            "Upload-Offset": str(offset),
            "Upload-Complete": "?1" if last else "?0",
        }
        return self._taken(
            self._sent("PATCH", path, who=who, headers=headers, content=content), body=None
        )

    def client_token(self, file: Path, *, scope: str) -> str:
        """Get a token for a program: by its key (RFC 7523), or by its secret."""
        form = {"grant_type": "client_credentials", "scope": scope}
        token: str = self.as_program("/oauth/token", file, form)["access_token"]
        return token

    def as_program(self, path: str, file: Path, form: dict[str, str]) -> Json:
        """Send a form to the authorisation server as a program, by what its file holds."""
        known = json.loads(file.read_text(encoding="utf-8"))
        if "client_secret" in known:
            basic = httpx.BasicAuth(known["client_id"], known["client_secret"])
            return self._taken(self._sent("POST", path, data=form, auth=basic), body=None)
        proof = {"client_assertion_type": _ASSERTION, "client_assertion": self._assertion(known)}
        return self._taken(self._sent("POST", path, data=form | proof), body=None)

    def form(self, path: str, form: dict[str, str]) -> Json:
        """Send a form as nobody, or as whom the form itself names."""
        return self._taken(self._sent("POST", path, data=form), body=None)

    def acts_as(self, who: str, token: str) -> None:
        """Have calls of `who` carry `token`."""
        self._held[who] = Held(token=token)

    def _sent(
        self,
        method: str,
        path: str,
        *,
        who: str | None = None,
        headers: dict[str, str] | None = None,
        **parts: Any,
    ) -> httpx.Response:
        """Send a request of `who`, with a proof of its own each time that it is sent."""

        def send() -> httpx.Response:
            proved = (headers or {}) | self._authorised(who, method, path)
            return self.http.request(method, path, headers=proved, **parts)

        return patiently(send)

    def _assertion(self, known: Json) -> str:

        now = int(time.time())
        claims = {
            "iss": known["client_id"],
            "sub": known["client_id"],
            "aud": self.address,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        }
        key = ECKey.import_key(known["private_key"])
        return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)

    def _authorised(self, who: str | None, method: str, path: str) -> dict[str, str]:
        if who is None:
            return {}
        if who not in self._held:
            self._held[who] = self._logged_in(who) if self.folder else self._given(who)
        return self._held[who].headers(method, f"{self.address}{path}")

    def _logged_in(self, who: str) -> Held:
        """Have a person log in by her passkey, and authorise the console."""
        console = Console(
            at=str(self.http.base_url),
            issuer=self.address,
            client_id=self.client("platform/console")["id"],
            key=self._key,
        )
        file = (self.folder or Path()) / self.person(who)["file"]
        return console.log_in(file, organisation_id=self.organisation(who.partition("/")[0]))

    def _given(self, who: str) -> Held:
        """Take a token for a person from the sandbox, which opens the same authorisation."""
        wanted = {
            "person_id": self.person(who)["id"],
            "organisation_id": self.organisation(who.partition("/")[0]),
        }
        answered = self._sent("POST", "/v1/sandbox/tokens", json=wanted)
        return Held(token=self._taken(answered, body=wanted)["access_token"])

    def _taken(
        self, response: httpx.Response, *, body: Json | list[Json] | None, is_json: bool = True
    ) -> Json:
        self.count += 1
        if not response.is_success:
            raise Refused(response)
        answer: Json = response.json() if is_json and response.content else {}
        path = response.request.url.path
        for method, shape, name in self._operations:
            if method == response.request.method and shape.fullmatch(path):
                self.recorded.setdefault(name, Recorded(body, answer or None))
                break
        return answer
