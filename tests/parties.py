"""The seeded parties of a sandbox, and how a test acts as one of their people or programs."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, Key

from ecosystem.runtime.minting import secret
from ecosystem.runtime.settings import Settings
from ecosystem.sandbox.model import Parties, Party, SeededPerson
from ecosystem.values.permit import Permit

ISSUER = "http://127.0.0.1:8080"
SEEN: dict[str, Any] = {
    "reason": "Papers seen.",
    "evidence": [
        {"title": "Business licence", "reference": "extract 2026-0117", "seen_on": "2026-01-17"}
    ],
}
"""Why an operator verifies an organisation, and what was seen."""
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def seeded(client: httpx.AsyncClient) -> Parties:
    """Return the parties that the sandbox was seeded with."""
    answer = await client.get("/v1/sandbox/parties")
    return msgspec.json.decode(answer.content, type=Parties)


async def bearer(
    client: httpx.AsyncClient,
    party: str,
    person: str,
    *,
    scopes: list[str] | None = None,
    **login: Any,
) -> dict[str, str]:
    """Return the Authorization header of a seeded person, both by their short names.

    `acr` and `authenticated_ago_s` say how she has logged in: by default just now, by passkey.
    """
    found = (await seeded(client)).party(party)
    asked = {
        "person_id": found.person(person).id,
        "organisation_id": found.organisation_id,
    }
    answer = await client.post("/v1/sandbox/tokens", json={**asked, "scopes": scopes, **login})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def able(parties: Parties, permit: Permit) -> Iterator[tuple[Party, SeededPerson]]:
    """Yield who may do what a permit says, as far as kind and role go: the city's people first."""
    for party in sorted(parties.data, key=lambda one: one.key != "city"):
        if not permit.kinds or party.kind in permit.kinds:
            for person in party.people:
                if not permit.roles or set(permit.roles) & set(person.roles):
                    yield party, person


def proof(chosen: Settings, file: str) -> dict[str, Any]:
    """Return what the seeding has written down for a client: its key or its secret."""
    path = Path(chosen.data_folder or ".") / file
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return found


def assertion(
    client_id: str, key: Key, *, header: dict[str, Any] | None = None, **changed: Any
) -> dict[str, str]:
    """Return the form of a token request with a signed assertion; None leaves a claim out."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
        "jti": secret(),
    } | changed
    signed = jwt.encode(
        {"alg": "ES256", "kid": key.kid, **(header or {})},
        {name: value for name, value in claims.items() if value is not None},
        key,
        algorithms=["ES256", "PS256", "Ed25519", "EdDSA", "RS256"],
    )
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signed,
    }


def key_of(chosen: Settings, file: str) -> tuple[str, ECKey]:
    """Return a seeded client's identifier and private key."""
    found = proof(chosen, file)
    return found["client_id"], ECKey.import_key(found["private_key"])


async def comes_true(ask: Callable[[], Awaitable[bool]], *, within_s: float) -> bool:
    """Ask again and again; tell whether the answer was yes in time."""
    for _ in range(round(within_s / 0.01)):
        if await ask():
            return True
        await asyncio.sleep(0.01)
    return False
