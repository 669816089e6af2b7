"""Signals that stop the service while it is starting, before the web server has its own handlers.

A handler that only raises can lose its signal: what is raised within a destructor or a callback
of the interpreter is printed and dropped. So a signal is remembered too, and asked for again when
the web server takes over.
"""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

Handler = Callable[[int, FrameType | None], object]


class Starting:
    """The signals that end a start, and whether one came."""

    def __init__(self) -> None:
        """Note which signals stop the service: `nohup` has it outlive its terminal."""
        hung_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        self.signals = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hung_up else ()))
        self._told: int | None = None

    def leave(self, number: int, _: FrameType | None = None) -> NoReturn:
        """Remember the signal, and end what is being started in order."""
        self._told = number
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(0)

    def hand_over(self, handler: Handler) -> None:
        """Give the signals to the web server's handler; leave if one had come and was lost."""
        for one in self.signals:
            signal.signal(one, handler)
        if self._told is not None:
            self.leave(self._told)


@contextmanager
def stopped_by_signals() -> Generator[Starting]:
    """Let signals end the start in order, until the web server or the worker takes them over."""
    starting = Starting()
    before = {one: signal.signal(one, starting.leave) for one in starting.signals}
    try:
        yield starting
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
