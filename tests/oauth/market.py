"""The service as one that accepts tokens of an outside issuer, and somebody who comes with them."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import asyncpg
import httpx
import msgspec

from ecosystem import app
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from ecosystem.sandbox.model import Parties
from ecosystem.values.actor import Role
from ecosystem.values.scopes import SCOPES
from tests.conftest import reach, routes
from tests.joining import header_of, joined
from tests.parties import seeded

PATH = "/v1/me/outside-identities"


@dataclass(frozen=True, kw_only=True)
class Market:
    """The service that accepts outside tokens, and somebody new of the bank who is linked."""

    http: httpx.AsyncClient
    edge: Edge
    owner: asyncpg.Connection
    database: Database
    parties: Parties
    client_id: str
    person_id: str

    @property
    def bank(self) -> str:
        """Her organisation."""
        return self.parties.party("bank").organisation_id

    async def link(self, token: str, *, person_id: str | None = None) -> httpx.Response:
        """Have her, or somebody else of the bank, link an outside token's identity."""
        headers = await header_of(self.http, person_id or self.person_id, self.bank)
        return await self.http.post(PATH, json={"token": token}, headers=headers)

    async def me(self, token: str, **headers: str) -> httpx.Response:
        """Ask who a token is of."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.get("/v1/me", headers={"Authorization": f"Bearer {token}"} | named)

    async def works(self, token: str) -> bool:
        """Tell whether a token is accepted."""
        return (await self.me(token)).status_code == 200

    async def is_dead(self, token: str) -> bool:
        """Tell whether a token is refused."""
        return (await self.me(token)).status_code == 401

    async def somebody(self) -> str:
        """Have somebody new join the bank."""
        kind = self.parties.party("bank").kind
        return await joined(self.database, self.bank, kind, Role.LENDER)


async def opened(
    stack: AsyncExitStack, chosen: Settings, database: Database, owner_url: str, *,
    issuer: str, audience: str,
) -> Market:  # fmt: skip
    """Open the service that accepts tokens of an issuer for an audience."""
    seeding = app.build(chosen, routes=routes(chosen))
    async with app.living(seeding), reach(seeding) as http:
        parties = await seeded(http)
    owner = await asyncpg.connect(owner_url)
    stack.push_async_callback(owner.close)
    client_id = await _client(owner, parties.party("platform").organisation_id)
    built = app.build(
        msgspec.structs.replace(
            chosen, oidc_issuer=issuer, oidc_audience=audience, oidc_client=client_id
        ),
        routes=routes(chosen),
    )
    await stack.enter_async_context(app.living(built))
    http = await stack.enter_async_context(reach(built))
    bank = parties.party("bank")
    return Market(
        http=http,
        edge=built,
        owner=owner,
        database=database,
        parties=parties,
        client_id=client_id,
        person_id=await joined(database, bank.organisation_id, bank.kind, Role.LENDER),
    )


async def _client(owner: asyncpg.Connection, platform: str) -> str:
    """Register a client of the platform, as whose tokens those of the issuer count."""
    made = mint("client")
    await owner.execute(
        "INSERT INTO client (id, organisation_id, name, profile, scopes, roles, secret_digest, "
        "version) VALUES ($1, $2, 'outsiders', 'basic', $3, '{}', sha256('a'), 1)",
        made, platform, list(SCOPES),
    )  # fmt: skip
    return made
