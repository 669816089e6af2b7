"""Run a simulation beside the event loop, and end one that takes too long."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from ecosystem.payments.simulating import rules
from ecosystem.payments.simulating.model import Known, Simulation, Suppositions
from ecosystem.payments.simulating.plan import SimulationTooLarge

CPU_S_MAX: Final = 10
"""Of the thread that computes; the bound on work is met long before on most machines."""


async def run(known: Known, asked: Suppositions) -> Simulation:
    """Return what the rules would pay.

    Refuses as `rules.simulate` does, and with SimulationTooLarge after CPU_S_MAX.
    """
    return await asyncio.to_thread(_run, known, asked)


def _run(known: Known, asked: Suppositions) -> Simulation:
    return rules.simulate(known, asked, watched=_patience(time.thread_time() + CPU_S_MAX))


def _patience(until: float) -> Callable[[], None]:
    def watched() -> None:
        if time.thread_time() > until:
            raise SimulationTooLarge(f"It took more than {CPU_S_MAX} seconds of a processor.")

    return watched
