"""Clients of every kind, and a person who authorises them: what tests of the grants stand on."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg
import httpx
import msgspec
from joserfc.jwk import ECKey

from ecosystem.identity.login.sessions import Session
from ecosystem.identity.oauth import authorising
from ecosystem.identity.oauth.authorising import Browser, Onward, Question, Trouble
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint, secret
from ecosystem.values.actor import Assurance
from tests.parties import ISSUER, assertion, seeded

BACK = "https://client.example/back"
SCOPES = ("needs:read", "offers:draft", "offers:read")
DIGEST = bytes(32)
"""Of the cookie of the person's browser, in which she is logged in."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A client with whatever it proves itself by."""

    id: str
    key: ECKey | None = None
    secret: str | None = None

    def proof(self, **changed: Any) -> dict[str, Any]:
        """Return how a request is sent, so that it is known to be this client's."""
        if self.key is not None:
            form = assertion(self.id, self.key, **changed)
            del form["grant_type"]
            return {"data": form}
        if self.secret is not None:
            return {"data": {}, "auth": (self.id, self.secret)}
        return {"data": {"client_id": self.id}}


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A person of the seeded enterprise, the service, and its database."""

    http: httpx.AsyncClient
    database: Database
    owner: asyncpg.Connection
    organisation_id: str
    person_id: str
    authenticated_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    acr: Assurance = Assurance.PASSKEY
    verifier: str = field(default_factory=lambda: secret() + secret())

    def with_(self, **changed: Any) -> "Flow":
        """Return the same with something else in it."""
        return replace(self, **changed)

    @property
    def session(self) -> Session:
        """The person's login."""
        return Session(
            digest=DIGEST,
            person_id=self.person_id,
            acr=self.acr,
            authenticated_at=self.authenticated_at,
            csrf="csrf",
        )

    def browser(self, *, session: Session | None = None) -> Browser:
        """Return the person's browser, just now."""
        return Browser(session=session, issuer=ISSUER, now=datetime.now(UTC))

    async def program(self, kind: str = "keys", **changed: Any) -> Program:
        """Register a client: with `keys`, with a `secret`, or `public`."""
        made = Program(
            id=mint("client"),
            key=ECKey.generate_key("P-256", {"kid": "one"}) if kind == "keys" else None,
            secret=secret() if kind == "secret" else None,
        )
        public = None if made.key is None else {"keys": [made.key.as_dict(private=False)]}
        row = {
            "id": made.id,
            "organisation_id": self.organisation_id,
            "name": "A <client>",
            "profile": "basic",
            "scopes": list(SCOPES),
            "roles": [],
            "redirect_uris": [BACK],
            "secret_digest": made.secret and hashlib.sha256(made.secret.encode()).digest(),
            "jwks": public and msgspec.json.encode(public).decode(),
            "version": 1,
        } | changed
        places = ", ".join(f"${at}" for at in range(1, len(row) + 1))
        await self.owner.execute(
            f"INSERT INTO client ({', '.join(row)}) VALUES ({places})",  # noqa: S608
            *row.values(),
        )
        return made

    def wanted(self, client: Program, **changed: str | None) -> dict[str, str]:
        """Return an authorisation request; None leaves a parameter out."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        given = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": BACK,
            "state": "a state",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        } | changed
        return {name: value for name, value in given.items() if value is not None}

    async def push(
        self, client: Program, *, claims: Mapping[str, Any] | None = None, **changed: Any
    ) -> httpx.Response:
        """Push an authorisation request."""
        proof = client.proof(**(claims or {}))
        form = self.wanted(client, **changed) | proof.pop("data")
        return await self.http.post("/oauth/par", data=form, **proof)

    async def come(
        self, query: Mapping[str, str] | str, *, session: Session | None = None
    ) -> Onward | Question | Trouble:
        """Come to the authorisation endpoint, with a login or without."""
        text = query if isinstance(query, str) else urlencode(query)
        async with self.database.transaction() as tx:
            return await authorising.authorise(
                tx, text.encode(), browser=self.browser(session=session)
            )

    async def asked(self, client: Program, **changed: str | None) -> Question:
        """Come with a request, and return what the person is asked."""
        kept = await self.come(self.wanted(client, **changed))
        assert isinstance(kept, Onward), kept
        question = await self.come(urlsplit(kept.location).query, session=self.session)
        assert isinstance(question, Question), question
        return question

    async def answer(self, question: Question, **changed: str) -> dict[str, str] | Trouble:
        """Answer, by default with yes; return what the client is told."""
        form = {
            "csrf": question.csrf,
            "client_id": question.client.id,
            "request_uri": f"urn:ietf:params:oauth:request_uri:{question.handle}",
            "organisation_id": self.organisation_id,
            "decision": "allow",
        } | changed
        async with self.database.transaction() as tx:
            told = await authorising.decide(
                tx, urlencode(form).encode(), browser=self.browser(session=self.session)
            )
        return said(told) if isinstance(told, Onward) else told

    async def code(self, client: Program, **changed: str | None) -> str:
        """Return a code that the person's agreement has made."""
        told = await self.answer(await self.asked(client, **changed))
        assert isinstance(told, dict), told
        return told["code"]

    async def ask(self, client: Program, form: Mapping[str, str], **claims: Any) -> httpx.Response:
        """Send a token request of a client."""
        proof = client.proof(**claims)
        return await self.http.post("/oauth/token", data={**form, **proof.pop("data")}, **proof)

    async def exchange(self, client: Program, code: str, **changed: str | None) -> httpx.Response:
        """Exchange a code for tokens; None leaves a parameter out."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": self.verifier,
        } | changed
        return await self.ask(client, {n: v for n, v in form.items() if v is not None})

    async def refresh(self, client: Program, token: str, **more: str) -> httpx.Response:
        """Refresh, with one refresh token."""
        return await self.ask(
            client, {"grant_type": "refresh_token", "refresh_token": token} | more
        )

    async def works(self, token: str) -> bool:
        """Tell whether an access token is accepted."""
        answer = await self.http.get("/v1/me", headers={"authorization": f"Bearer {token}"})
        return answer.status_code == 200


def said(told: Onward | Question | Trouble) -> dict[str, str]:
    """Return what a redirect tells, having gone to the client's address."""
    assert isinstance(told, Onward), told
    assert told.location.startswith(BACK), told.location
    return dict(parse_qsl(urlsplit(told.location).query, keep_blank_values=True))


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of an OAuth error."""
    assert answer.headers["content-type"] == "application/json", answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["error"]


async def flow_of(http: httpx.AsyncClient, database: Database, owner_url: str) -> Flow:
    """Return the flow of the seeded enterprise's bidder."""
    party = (await seeded(http)).party("enterprise")
    owner = await asyncpg.connect(owner_url)
    await owner.execute(
        "INSERT INTO login_session (digest, person_id, acr, browser, authenticated_at, expires_at)"
        " VALUES ($1, $2, 'phr', '?', now(), now() + interval '12 hours') ON CONFLICT DO NOTHING",
        DIGEST,
        party.person("bidder").id,
    )
    return Flow(
        http=http,
        database=database,
        owner=owner,
        organisation_id=party.organisation_id,
        person_id=party.person("bidder").id,
    )
