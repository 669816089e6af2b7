"""Clients that submit milestones, accept parts of them, and report, again and again."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from ecosystem.cli import bidding, delivering
from ecosystem.cli.caller import Caller
from ecosystem.cli.texts import text
from ecosystem.cli.world import World, wire
from tests.conventions.market import Headers
from tests.parties import bearer
from tests.serving.load import Clients, Want, Wish, keyed

ROWS: Final = 40
"""How many observations a batch has."""
_STEPS: Final = (
    bidding.begin, bidding.budget, bidding.keys, bidding.need, bidding.programs, bidding.offers,
    bidding.opening, bidding.evaluation, bidding.award, delivering.contract,
)  # fmt: skip
_REST: Final = {
    "reasons": text("尚缺一部分", "A part is missing"),
    "remedy": text("请补交", "Deliver the rest"),
}
_METHOD: Final = text("全部记录", "All records")


@dataclass(frozen=True)
class Contract:
    """A contract in force, half a year old."""

    supplier: Headers
    officer: Headers
    milestones: tuple[str, ...]
    """Those that wait for nothing and ask for one document."""
    metric: str
    document: str
    today: date
    now: str


def grown(address: str, folder: Path) -> Contract:
    """Grow a contract in the service at `address`, which keeps its data in `folder`."""
    with httpx.Client(base_url=address, timeout=60) as http:
        world = World(Caller(http, folder))
        for step in _STEPS:
            step(world)
        world.set_clock(world.now + timedelta(days=190))
        call, path = world.caller, f"/v1/contracts/{world.ids['contract']}"
        milestones = call.get(f"{path}/milestones", "city/officer", limit=100)["data"]
        metrics = call.get(f"{path}/metrics", "city/officer", limit=100)["data"]
        document = call.upload(
            f"{path}/documents", "enterprise/delivery", name="report.txt",
            media_type="text/plain", content=b"A report",
        )  # fmt: skip
        call.post("/v1/sandbox/clock", None, {"now": wire(world.now), "runs": True})
    return Contract(
        **_people(address),
        milestones=tuple(one["id"] for one in milestones if "report" in one["code"])[:3],
        metric=next(one["id"] for one in metrics if one["code"] == "data-quality"),
        document=document["id"],
        today=world.now.date(),
        now=wire(world.now),
    )


def _people(address: str) -> dict[str, Headers]:
    async def let_in() -> dict[str, Headers]:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            return {
                "supplier": await bearer(client, "enterprise", "delivery"),
                "officer": await bearer(client, "city", "officer"),
            }

    return asyncio.run(let_in())


@dataclass
class Deliveries(Clients):
    """Clients of a contract, and all that they have wished for."""

    contract: Contract = field(kw_only=True)

    def start(self) -> None:
        """Let the clients begin: one for each milestone, two that report."""
        rounds = [self._rounds(one) for one in self.contract.milestones]
        self.begin(*rounds, self._reports, self._batches)

    def _rounds(self, milestone: str) -> Want:
        """Submit a milestone and have a hundredth of it accepted, from round to round."""
        path, there = f"/v1/milestones/{milestone}", self.contract
        submission = {
            "documents": [there.document], "delivered_at": there.now,
            "declaration": text("完成", "Done"),
        }  # fmt: skip
        part = {"share": "0.01", "rest": _REST}

        def wishes(client: httpx.Client) -> Iterator[Wish]:
            tag = client.get(path, headers=there.officer).headers["etag"]
            turns: tuple[tuple[str, Headers, dict[str, Any]], ...] = (
                ("submission", there.supplier, submission),
                ("qualified-acceptance", there.officer, part),
            )
            while not self.are_over:
                for verb, who, body in turns:
                    wish = Wish(f"{path}/{verb}", {**keyed(who), "If-Match": tag}, body)
                    yield wish
                    tag = wish.answer.headers["etag"] if wish.answer is not None else tag

        return wishes

    def _reports(self, _: httpx.Client) -> Iterator[Wish]:
        path = f"/v1/metrics/{self.contract.metric}/observations"
        begins, ends = _quarter(self.contract.today)
        while not self.are_over:
            report = {
                "period": {"starts_on": begins, "ends_on": ends}, "value": "95.5",
                "source": f"report {len(self.wishes())}", "method": _METHOD, "sample_size": 1200,
            }  # fmt: skip
            yield Wish(path, keyed(self.contract.supplier), report)

    def _batches(self, _: httpx.Client) -> Iterator[Wish]:
        path = f"/v1/metrics/{self.contract.metric}/batches"
        begins, ends = _quarter(self.contract.today)
        while not self.are_over:
            probe = len(self.wishes())
            rows = [
                {
                    "starts_on": begins, "ends_on": ends, "value": "95.5",
                    "source": f"probe {probe}.{number}",
                }
                for number in range(ROWS)
            ]  # fmt: skip
            yield Wish(path, keyed(self.contract.supplier), rows)


def _quarter(today: date) -> tuple[str, str]:
    return (today - timedelta(days=91)).isoformat(), today.isoformat()
