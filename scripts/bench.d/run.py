"""Measure our server, the bare minimum for the same work, and a peer, in one interleaved run."""

import argparse
import asyncio
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import as_of
import bare
import journey
import ledger
import msgspec
import observations
import place
import recording
from asking import asked
from cells import BARE, CELLS, NOBODY, OURS, PEER, Cell, Stock
from load import Order
from place import Place
from report import Sample, report, table
from serving import BARE as BARE_APP
from serving import PEER as PEER_APP
from serving import Server, serving, usage

from ecosystem.values.identifiers import authority_of

_CONNECTIONS: Final = 32
_WRITES_PER_S_MAX: Final = 1_500
"""How many of each write are prepared for each second of measuring."""
_WARM_S: Final = 0.3
_OBSERVATIONS: Final = "observations"
_LEDGER: Final = "ledger"
_AS_OF: Final = "as_of"


@dataclass(frozen=True)
class Plan:
    """What the arguments ask for."""

    sizes: list[int]
    rounds: int
    seconds: float
    cells: list[Cell]
    as_json: bool

    def writes(self) -> int:
        """Return how many of each write one subject needs."""
        return int((self.rounds * self.seconds + _WARM_S) * _WRITES_PER_S_MAX) + 2


class Failed(Exception):
    """An answer was not 2xx: what is measured would not be what is meant."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the arguments say; return 1 where an answer failed."""
    parsed = _parser().parse_args(arguments)
    if parsed.only == [_OBSERVATIONS]:
        return observations.measure([int(one) for one in parsed.rows.split(",")])
    if parsed.only == [_LEDGER]:
        return ledger.measure(rounds=parsed.rounds or 3, seconds=parsed.seconds or 3.0)
    if parsed.only == [_AS_OF]:
        return as_of.measure(parsed.events, core=_part_cores())
    plan = _plan(parsed)
    with place.opened(core=_part_cores()) as here:
        _tell(f"Preparing {', '.join(f'{size:,}' for size in plan.sizes)} needs")
        writes = {cell.name: plan.writes() for cell in plan.cells if cell.once}
        stocks = place.prepare(here, plan.sizes, wanted=plan.cells, writes=writes)
        with ExitStack() as stack:
            try:
                samples = list(Run(here, plan, stocks, stack).samples())
            except Failed as failed:
                _tell(str(failed))
                return 1
    made = report(samples, plan.cells, plan.sizes)
    if plan.as_json:
        sys.stdout.buffer.write(msgspec.json.encode(made) + b"\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in table(made, plan.cells))
    return 0


class Run:
    """One run: all servers at once, asked one after the other in shuffled rounds."""

    def __init__(self, here: Place, plan: Plan, stocks: dict[int, Stock], stack: ExitStack) -> None:
        """Start all servers; `stack` stops them."""
        self._here = here
        self._plan = plan
        self._stocks = stocks
        self._servers: dict[tuple[str, int], Server] = {}
        self._dice = random.Random(1)  # noqa: S311 - an order, not a secret
        for size in plan.sizes:
            name = place.name_of(size, plan.sizes)
            server = stack.enter_context(here.ours(name, name=name))
            self._servers[OURS, size] = self._servers[NOBODY, size] = server
        self._renew()
        self._start_others(stack)

    def samples(self) -> Iterator[Sample]:
        """Yield what was measured, after a short warming of each pair."""
        for cell, subject, size in self._pairs():
            self._measured(cell, subject, size, _WARM_S)
        for number in range(self._plan.rounds):
            _tell(f"Round {number + 1} of {self._plan.rounds}")
            for cell, subject, size in self._pairs():
                yield self._measured(cell, subject, size, self._plan.seconds)

    def _renew(self) -> None:
        first = self._servers[OURS, self._plan.sizes[0]]
        for size, stock in self._stocks.items():
            address = f"http://127.0.0.1:{first.port}"
            stock.staged = journey.renewed(address, stock.staged)
            stock.cursors = place.pages(self._servers[OURS, size], stock)

    def _start_others(self, stack: ExitStack) -> None:
        size = self._plan.sizes[0]
        stock, chosen = self._stocks[size], self._here.settings(place.name_of(size, [size]))
        compared = [cell for cell in self._plan.cells if cell.of_bare is not None]
        traces = asyncio.run(recording.record(chosen, stock, compared))
        file = self._here.folder / "traces"
        recording.keep(traces, file)
        environ = {
            "DATABASE_URL": chosen.database_url or "",
            bare.TRACES: str(file),
            bare.AUTHORITY: str(authority_of(stock.staged.draft)),
            bare.OFFICERS: msgspec.json.encode(stock.staged.officers).decode(),
        }
        others = {BARE: BARE_APP, PEER: PEER_APP}
        if find_spec("fastapi") is None:
            _tell("FastAPI is not installed, so there is no peer; ./scripts/bench installs it")
            del others[PEER]
        for name, target in others.items():
            self._servers[name, size] = stack.enter_context(
                serving(
                    name, target, port=place.free_port(), core=self._here.core, environ=environ,
                    log=self._here.folder / f"{name}.log",
                )
            )  # fmt: skip

    def _pairs(self) -> list[tuple[Cell, str, int]]:
        """Return every cell with every subject, shuffled; one cell's subjects stay together."""
        first = self._plan.sizes[0]
        pairs: list[tuple[Cell, str, int]] = []
        for cell in self._dice.sample(self._plan.cells, k=len(self._plan.cells)):
            subjects = [(OURS, first)]
            if cell.of_bare is not None:
                subjects += [(BARE, first)] + [(OURS, size) for size in self._plan.sizes[1:]]
            subjects += [(PEER, first)] if cell.peer and (PEER, first) in self._servers else []
            subjects += [(NOBODY, first)] if cell.public else []
            self._dice.shuffle(subjects)
            pairs += [(cell, subject, size) for subject, size in subjects]
        return pairs

    def _errors(self, server: Server) -> str:
        """Return the last of what a server has logged as an error."""
        log = (self._here.folder / f"{server.name}.log").read_text(errors="replace")
        return "\n".join([line for line in log.splitlines() if '"error"' in line][-1:])

    def _measured(self, cell: Cell, subject: str, size: int, seconds: float) -> Sample:
        server = self._servers[subject, size]
        count = int(seconds * _WRITES_PER_S_MAX)
        requests = cell.requests(self._stocks[size], subject, count if cell.once else 10_000)
        order = Order(
            port=server.port, connections=_CONNECTIONS, seconds=seconds, requests=requests,
            once=cell.once,
        )  # fmt: skip
        postgres = self._here.postgres.pid
        before = (server.usage(), usage(postgres))
        measured = asked(order, self._here.folder / "order")
        after = (server.usage(), usage(postgres))
        if measured.failed or not measured.count:
            raise Failed(
                f"{cell.name} of {subject}: {measured.failed} of {measured.count} answers failed."
                f"\n{measured.example}\n{self._errors(server)}"
            )
        return Sample(
            cell=cell.name,
            subject=subject,
            size=size,
            rate=measured.count / measured.seconds,
            p50_ms=measured.p50_ms,
            p99_ms=measured.p99_ms,
            server_us=1e6 * (after[0].seconds - before[0].seconds) / measured.count,
            postgres_us=1e6 * (after[1].seconds - before[1].seconds) / measured.count,
            resident=after[0].resident,
        )


def _part_cores() -> int:
    """Keep this process and all that it starts off the first core, for servers; return that."""
    if not hasattr(os, "sched_setaffinity"):
        return -1
    first, *rest = sorted(os.sched_getaffinity(0))
    if not rest:
        return -1
    os.sched_setaffinity(0, rest)
    return first


def _plan(parsed: argparse.Namespace) -> Plan:
    sizes = [10_000, 1_000_000] if parsed.full else parsed.needs
    rounds, seconds = (2, 0.5) if parsed.quick else (3, 3.0)
    if parsed.quick and not parsed.full:
        sizes = parsed.needs
    wanted = [cell for cell in CELLS if not parsed.only or cell.name in parsed.only]
    return Plan(
        sizes=sizes,
        rounds=parsed.rounds or rounds,
        seconds=parsed.seconds or seconds,
        cells=wanted,
        as_json=parsed.json,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    names = [*(cell.name for cell in CELLS), _OBSERVATIONS, _AS_OF, _LEDGER]
    parser.add_argument(
        "--quick", action="store_true", help="about a minute: shorter, and fewer rounds"
    )
    parser.add_argument("--full", action="store_true", help="ten thousand and a million needs")
    parser.add_argument(
        "--needs", type=_sizes, default=[10_000, 50_000], metavar="N,N",
        help="how many needs; comparisons are made with the first (default 10000,50000)",
    )  # fmt: skip
    parser.add_argument(
        "--only", action="append", choices=names, metavar="NAME",
        help=f"only this, which may be said again: {', '.join(names)}; {_OBSERVATIONS} stand "
        f"alone, are loaded in batches beside PostgreSQL's COPY, and read by year; {_AS_OF} stands "
        f"alone, and reads one milestone's past beside its present, among many events; {_LEDGER} "
        "moves money and calculates beside a bare insert of two legs",
    )  # fmt: skip
    parser.add_argument(
        "--events", type=int, default=1_000_000, metavar="N",
        help="among how many events the past is read (default 1000000)",
    )  # fmt: skip
    parser.add_argument(
        "--rows", default="1000000", metavar="N,N",
        help="how many observations, the smallest number first (default 1000000)",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, help="how often each is measured")
    parser.add_argument("--seconds", type=float, help="how long each time")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _sizes(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


def _tell(sentence: str) -> None:
    sys.stderr.write(f"[{time.monotonic() - _BEGAN:4.0f} s] {sentence}\n")
    sys.stderr.flush()


_BEGAN: Final = time.monotonic()

if __name__ == "__main__":
    sys.exit(main())
