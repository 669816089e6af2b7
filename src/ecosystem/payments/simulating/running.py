"""Run a simulation in a thread of its own, and end one that takes too long.

A process computes one at a time and lets a few wait, one of each organisation, while no
transaction is open: however much anybody supposes, others are served.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from ecosystem.payments.simulating import rules
from ecosystem.payments.simulating.model import Known, Simulation, Suppositions
from ecosystem.payments.simulating.plan import SimulationTooLarge
from ecosystem.runtime import problems
from ecosystem.runtime.web import EdgeFinding

CPU_S_MAX: Final = 10
"""Of the thread that computes; the bound on work is met long before on most machines."""
_LINE_MAX: Final = 8
_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="simulation")
_LINE: Final[set[str]] = set()
"""The organisations whose simulation runs or waits."""


async def run(known: Known, asked: Suppositions, *, of: str) -> Simulation:
    """Return what the rules would pay, for the organisation `of`.

    Refuses as `rules.simulate` does, and with SimulationTooLarge after CPU_S_MAX; finds
    `too_many_requests` while another of the organisation runs, `unavailable` in a long line.
    """
    if of in _LINE:
        detail = "A simulation of your organisation is running; ask when it has answered."
        raise EdgeFinding(problems.TOO_MANY, detail)
    if len(_LINE) >= _LINE_MAX:
        raise EdgeFinding(problems.UNAVAILABLE, "Too many simulations wait at this moment.")
    _LINE.add(of)
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREAD, _run, known, asked)
    finally:
        _LINE.discard(of)


def in_line() -> int:
    """Return how many organisations simulate, or wait to."""
    return len(_LINE)


def _run(known: Known, asked: Suppositions) -> Simulation:
    return rules.simulate(known, asked, watched=_patience(time.thread_time() + CPU_S_MAX))


def _patience(until: float) -> Callable[[], None]:
    def watched() -> None:
        if time.thread_time() > until:
            raise SimulationTooLarge(f"It took more than {CPU_S_MAX} seconds of a processor.")

    return watched
