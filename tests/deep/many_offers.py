"""A need for which thousands offer: each seals in a program of its own, and all over HTTP."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from ecosystem.cli import bidding, sealer
from ecosystem.cli.caller import Caller
from ecosystem.cli.texts import SOLO
from ecosystem.cli.world import World
from ecosystem.runtime.minting import mint
from ecosystem.runtime.postgres import EmbeddedServer
from tests.serving.service import Service

OPENED_BY: Final = ("opener", "second_opener")
_WRITERS: Final = 8
_BEAT_S: Final = 0.05
_ORGANISATIONS: Final = """
INSERT INTO organisation SELECT (jsonb_populate_record(known, jsonb_build_object(
  'id', bidder, 'number', nextval('organisation_number_seq')))).*
FROM organisation AS known, unnest($2::text[]) AS bidder WHERE known.id = $1"""
_INVITATIONS: Final = """
INSERT INTO invitation SELECT (jsonb_populate_record(known, jsonb_build_object(
  'id', 'invitation' || substr(made.id, 4), 'organisation_id', made.id,
  'digest', '\\x' || encode(sha256(made.id::bytea), 'hex')))).*
FROM invitation AS known, unnest($2::text[]) AS made(id)
WHERE (known.organisation_id, known.accepted_by) = ($1, $3)"""
_MEMBERSHIPS: Final = """
INSERT INTO membership SELECT (jsonb_populate_record(known, jsonb_build_object(
  'organisation_id', made.id, 'invitation_id', 'invitation' || substr(made.id, 4)))).*
FROM membership AS known, unnest($2::text[]) AS made(id)
WHERE (known.organisation_id, known.person_id) = ($1, $3)"""


@dataclass
class Crowd:
    """A need that takes offers, and the many who offer for it."""

    world: World
    bidders: list[str]
    person: str
    """Who bids for each of them."""
    need: dict[str, Any] = field(default_factory=dict[str, Any])
    receipts: dict[str, str] = field(default_factory=dict[str, str])
    """The digest that each offer's receipt names."""

    def offer(self) -> None:
        """Have each draft, seal and submit an offer of its own."""
        with ThreadPoolExecutor(_WRITERS) as writers:
            for offer_id, digest in writers.map(self._one, self.bidders):
                self.receipts[offer_id] = digest

    def _one(self, bidder: str) -> tuple[str, str]:
        caller = Caller(self.world.caller.http)
        wanted = {"person_id": self.person, "organisation_id": bidder}
        token = caller.post("/v1/sandbox/tokens", None, wanted)["access_token"]
        caller.acts_as(bidder, token)
        asked = {"kind": "delivery", "members": [{"organisation_id": bidder, "share": "100"}]}
        lot_id = self.need["lots"][0]["id"]
        made = caller.post(f"/v1/lots/{lot_id}/offers", bidder, asked)
        path = f"/v1/offers/{made['id']}"
        offer = {"id": made["id"], "lot_id": lot_id, "lead_id": bidder}
        sealed = sealer.seal(SOLO, need=self.need, offer=offer)
        receipt = caller.post(f"{path}/envelopes", bidder, sealed, changes=path)
        return made["id"], receipt["envelope_digest"]

    def close(self) -> None:
        """Let the deadline pass, and the time of the opening come."""
        self.world.set_clock(self.world.now + timedelta(days=21))

    def hand_in(self, who: str, steps: list[tuple[int, int]]) -> str:
        """Open the shares of one officer in the officer's program, and hand them in."""
        call, path = self.world.caller, f"/v1/needs/{self.need['id']}"
        sealed = call.get(f"{path}/sealed-shares", f"city/{who}")
        officer = self.world.openers[who]
        shares = officer.open(sealed, progress=lambda done, of: steps.append((done, of)))
        state: str = call.post(f"{path}/opening-shares", f"city/{who}", shares)["state"]
        return state

    def record(self) -> dict[str, Any]:
        """Return the public record of the opening."""
        return self.world.caller.get(f"/v1/needs/{self.need['id']}/opening")

    def admit(self) -> list[str]:
        """Admit the offers against which nothing speaks; return which."""
        path = f"/v1/needs/{self.need['id']}"
        by = "city/officer"
        done = self.world.caller.post(f"{path}/admissions", by, changes=path)
        admitted: list[str] = done["admitted"]
        return admitted


@contextmanager
def gathered(service: Service, *, count: int) -> Iterator[Crowd]:
    """Give a crowd of so many for one need of a service that is ready."""
    with httpx.Client(base_url=service.address, timeout=120) as http:
        world = World(Caller(http, service.folder))
        for step in (bidding.begin, bidding.budget, bidding.keys, bidding.need):
            step(world)
        person = world.caller.person("enterprise/bidder")["id"]
        bidders = [mint("org") for _ in range(count)]
        like = world.caller.organisation("enterprise")
        asyncio.run(_put(service.folder, like=like, bidders=bidders, person=person))
        need = world.caller.get(f"/v1/needs/{world.ids['need']}")
        yield Crowd(world, bidders, person, need)


async def _put(folder: Path, *, like: str, bidders: list[str], person: str) -> None:
    """Put down so many verified organisations, each of which one person bids for."""
    server = EmbeddedServer(folder / "database")
    owner = await asyncpg.connect(server.running_dsn("ecosystem", role="ecosystem_owner"))
    try:
        await owner.execute(_ORGANISATIONS, like, bidders)
        for statement in (_INVITATIONS, _MEMBERSHIPS):
            await owner.execute(statement, like, bidders, person)
    finally:
        await owner.close()


@contextmanager
def stalls(address: str) -> Iterator[list[float]]:
    """Ask a service all the while whether it lives; give how many seconds each answer took."""
    taken: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=address, timeout=120) as http:
            while not over.wait(_BEAT_S):
                began = time.monotonic()
                assert http.get("/health/live").is_success
                taken.append(time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield taken
    finally:
        over.set()
        asking.join()
