"""A need that takes offers, and the parties over HTTP."""

from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ecosystem.cli import sealer
from ecosystem.history.sequencer import sequence
from ecosystem.offers import sealing
from ecosystem.offers.envelope import Envelope, encode
from ecosystem.offers.model import OfferContent
from ecosystem.values.period import wire
from tests.builders import Published, World, as_sent
from tests.parties import bearer

_keys = count(1)


class Market:
    """A need that takes offers, and the parties over HTTP."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        world: World,
        need: Published,
        start: datetime,
        folder: Path,
    ) -> None:
        self.client = client
        self.world = world
        self.need = need
        self.start = start
        self.folder = folder

    async def post(
        self, path: str, who: str, body: object = None, *, key: str | None = None, match: str = "*"
    ) -> httpx.Response:
        party, _, person = who.partition("/")
        headers = await bearer(self.client, party, person)
        headers |= {"Idempotency-Key": key or f"key-{next(_keys)}", "If-Match": match}
        return await self.client.post(path, headers=headers, json=body)

    async def get(self, path: str, who: str | None = None) -> httpx.Response:
        party, _, person = (who or "").partition("/")
        headers = await bearer(self.client, party, person) if who else {}
        return await self.client.get(path, headers=headers)

    async def clock(self, to: datetime) -> None:
        asked = {"now": wire(to), "runs": False}
        assert (await self.client.post("/v1/sandbox/clock", json=asked)).status_code == 200

    async def draft(self, shares: dict[str, str], kind: str = "delivery") -> str:
        members = [
            {"organisation_id": self.world.organisation(party), "share": share}
            for party, share in shares.items()
        ]
        lead = next(iter(shares))
        answer = await self.post(
            f"/v1/lots/{self.need.lot_id}/offers",
            f"{lead}/bidder",
            {"kind": kind, "members": members},
        )
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made

    async def shares(self, who: str, *, of: str = "") -> list[dict[str, Any]]:
        answer = await self.get(f"/v1/needs/{self.need.id}/{of}sealed-shares", who)
        assert answer.status_code == 200, answer.text
        return [
            {
                "offer_id": one["offer_id"],
                "share": encode(
                    sealing.open_share(
                        msgspec.convert(one["envelope"], Envelope),
                        officer_id=one["officer_id"],
                        private_key=self.world.private_keys[who],
                    )
                ),
            }
            for one in answer.json()["data"]
        ]

    async def submit(self, offer_id: str, lead: str, what: OfferContent) -> httpx.Response:
        path = f"/v1/offers/{offer_id}/submission"
        return await self.post(path, f"{lead}/bidder", as_sent(what))

    async def sealed(self, offer_id: str, lead: str, what: OfferContent) -> dict[str, Any]:
        """Seal an offer as the lead's own program does."""
        need = (await self.get(f"/v1/needs/{self.need.id}")).json()
        offer = (await self.get(f"/v1/offers/{offer_id}", f"{lead}/bidder")).json()
        return sealer.seal(as_sent(what), need=need, offer=offer)

    async def hand_in(self, who: str, *, of: str = "") -> httpx.Response:
        """Hand in shares of the offers, or with `financial-` those of their prices."""
        path = f"/v1/needs/{self.need.id}/{of}opening-shares"
        return await self.post(path, who, {"shares": await self.shares(who, of=of)})

    async def record(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.get(f"/v1/needs/{self.need.id}/opening")).json()
        return found

    async def told(self) -> None:
        """Have the feed tell whatever has happened."""
        while await sequence(self.world.database):
            pass
