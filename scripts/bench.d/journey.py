"""Bring about, through the published API, what the measured requests need: one partnership."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from ecosystem.cli import bidding, delivering
from ecosystem.cli.caller import Caller
from ecosystem.cli.texts import NEED, SOLO, text
from ecosystem.cli.world import World, wire

_WHOLE: Final[tuple[Callable[[World], object], ...]] = (
    bidding.need, bidding.programs, bidding.offers, bidding.opening, bidding.evaluation,
    bidding.award, delivering.contract, delivering.milestone,
)  # fmt: skip
_PEOPLE: Final = (
    "city/officer", "enterprise/bidder", "enterprise/delivery", "verifier/verifier",
)  # fmt: skip
_AGES: Final = timedelta(days=60)
"""From the milestone's acceptance to the report of a quarter that is over."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A client, with what it proves itself by: its key or its secret."""

    id: str
    issuer: str
    """What an assertion must be made for."""
    private_key: dict[str, str | list[str]] = {}
    secret: str = ""


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to ask for."""

    bearers: dict[str, str]
    """The Authorization header's value of each person."""
    draft: str
    """A need that can be published."""
    published: str
    """A need that is offered for."""
    offer: str
    """An offer for it that can be submitted."""
    program: Program
    """One that has a key."""
    reader: Program
    """One that has a secret."""
    officers: list[tuple[str, str]]
    """Those who open the offers, each with the public key."""
    content: dict[str, Any]
    """What is offered."""
    milestone: str | None
    metric: str | None
    report: dict[str, Any]


def stage(address: str, folder: Path, *, whole: bool) -> Staged:
    """Make drafts to copy, and where `whole` is set a contract in force with a milestone.

    Leaves the sandbox's clock running. `folder` is where the service keeps its data.
    """
    with httpx.Client(base_url=address, timeout=60) as http:
        world = World(Caller(http, folder))
        bidding.begin(world)
        bidding.budget(world)
        bidding.keys(world)
        if whole:
            for step in _WHOLE:
                step(world)
            world.set_clock(world.now + _AGES)
            bidding.budget(world)
        draft, published = _need(world), _need(world)
        path = f"/v1/needs/{published}"
        world.caller.post(f"{path}/publication", "city/officer", changes=path)
        world.ids["lot"] = world.caller.get(path)["lots"][0]["id"]
        staged = Staged(
            bearers={who: _bearer(world, who) for who in _PEOPLE},
            draft=draft,
            published=published,
            offer=_offer(world),
            program=_program(world, "system"),
            reader=_program(world, "reader"),
            officers=[(one.person_id, one.public_key) for one in world.openers.values()],
            content=SOLO,
            milestone=world.ids.get("milestone"),
            metric=_metric(world) if whole else None,
            report=_report(world.now),
        )
        moved = {"now": wire(world.now + timedelta(minutes=1)), "runs": True}
        world.caller.post("/v1/sandbox/clock", None, moved)
        return staged


def renewed(address: str, staged: Staged) -> Staged:
    """Return the same with new tokens, since they live for an hour."""
    with httpx.Client(base_url=address, timeout=60) as http:
        world = World(Caller(http))
        world.caller.learn()
        return msgspec.structs.replace(
            staged, bearers={who: _bearer(world, who) for who in _PEOPLE}
        )


def _need(world: World) -> str:
    asked = {
        **NEED,
        "programme_id": world.ids["programme"],
        "openers": [officer.person_id for officer in world.openers.values()],
        "enquiry_ends_at": wire(world.now + timedelta(days=100)),
        "submission_ends_at": wire(world.now + timedelta(days=200)),
        "opening_at": wire(world.now + timedelta(days=200, hours=1)),
    }
    identifier: str = world.caller.post("/v1/needs", "city/officer", asked)["id"]
    return identifier


def _offer(world: World) -> str:
    asked = {
        "kind": "delivery",
        "members": [{"organisation_id": world.caller.organisation("enterprise"), "share": "100"}],
    }
    path = f"/v1/lots/{world.ids['lot']}/offers"
    identifier: str = world.caller.post(path, "enterprise/bidder", asked)["id"]
    return identifier


def _program(world: World, key: str) -> Program:
    file = world.folder / world.caller.client(f"enterprise/{key}")["file"]
    kept = msgspec.json.decode(file.read_bytes())
    described = world.caller.get("/.well-known/oauth-authorization-server")
    return Program(
        id=kept["client_id"],
        issuer=described["issuer"],
        private_key=kept.get("private_key", {}),
        secret=kept.get("client_secret", ""),
    )


def _metric(world: World) -> str:
    path = f"/v1/contracts/{world.ids['contract']}/metrics"
    listed = world.caller.get(path, "enterprise/delivery", limit=100)["data"]
    identifier: str = next(one["id"] for one in listed if one["code"] == "data-quality")
    return identifier


def _report(now: datetime) -> dict[str, Any]:
    ends_on = now.astimezone(UTC).date()
    return {
        "period": {
            "starts_on": (ends_on - timedelta(days=91)).isoformat(),
            "ends_on": ends_on.isoformat(),
        },
        "value": "95.5",
        "source": "platform",
        "method": text("分层随机抽样 1200 条", "Stratified random sample of 1,200 records"),
        "sample_size": 1200,
    }


def _bearer(world: World, who: str) -> str:
    party, _, _ = who.partition("/")
    asked = {
        "person_id": world.caller.person(who)["id"],
        "organisation_id": world.caller.organisation(party),
    }
    token = world.caller.http.post("/v1/sandbox/tokens", json=asked).raise_for_status().json()
    return f"Bearer {token['access_token']}"
