"""Ask one server again and again over kept connections, and measure how fast it answers.

Run as a process of its own: `python load.py ORDER`, where ORDER is a file that `Order` in
MessagePack. Prints `Measured` as JSON. Raw sockets, so that asking costs little beside answering.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Final

import msgspec
import uvloop

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"
_STATUS: Final = slice(9, 12)
_CONNECT_S_MAX: Final = 10


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask, and for how long."""

    port: int
    connections: int
    seconds: float
    requests: list[bytes]
    once: bool
    """Whether each request may be sent only once, as what writes may."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """How it was answered."""

    count: int
    seconds: float
    p50_ms: float
    p99_ms: float
    bytes_each: int
    """Bytes of the last answer."""
    failed: int
    """Answers whose status was not 2xx, and connections that broke."""
    example: str
    """The first failed answer, if any."""


class Asking(asyncio.Protocol):
    """One connection: sends a request, reads the whole answer, sends the next."""

    def __init__(self, crowd: "Crowd") -> None:
        """Ask what `crowd` still has to ask."""
        self._crowd = crowd
        self._buffer = b""
        self._needed = 0
        self._sent_at = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport  # type: ignore[assignment]
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer, and when it is whole ask again."""
        self._buffer += data
        if not self._needed:
            end = self._buffer.find(_HEAD_END)
            if end < 0:
                return
            self._needed = end + len(_HEAD_END) + _length(self._buffer[:end])
        if len(self._buffer) < self._needed:
            return
        self._crowd.took(self._buffer, time.perf_counter() - self._sent_at)
        self._buffer, self._needed = b"", 0
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        """End; a connection that breaks in the middle of an answer counts as failed."""
        self._crowd.left(broken=self._sent_at > 0, why=repr(error))

    def _ask(self) -> None:
        request = self._crowd.next_request()
        if self._transport is None or request is None:
            self._sent_at = 0.0
            if self._transport is not None:
                self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


class Crowd:
    """All connections together."""

    def __init__(self, order: Order) -> None:
        """Ask nothing yet."""
        self._order = order
        self._requests: Iterator[bytes] = (
            iter(order.requests) if order.once else cycle(order.requests)
        )
        self._ends = 0.0
        self._latencies: list[float] = []
        self._open = order.connections
        self._done = asyncio.Event()
        self._failed = 0
        self._example = ""
        self._bytes = 0

    async def run(self) -> Measured:
        """Ask until the time is over or nothing is left, and return how it went."""
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        self._ends = began + self._order.seconds
        async with asyncio.timeout(self._order.seconds + 60):
            for _ in range(self._order.connections):
                await loop.create_connection(lambda: Asking(self), "127.0.0.1", self._order.port)
            await self._done.wait()
        seconds = time.perf_counter() - began
        taken = sorted(self._latencies) or [0.0]
        return Measured(
            count=len(self._latencies),
            seconds=seconds,
            p50_ms=1000 * taken[len(taken) // 2],
            p99_ms=1000 * taken[min(len(taken) - 1, len(taken) * 99 // 100)],
            bytes_each=self._bytes,
            failed=self._failed,
            example=self._example,
        )

    def next_request(self) -> bytes | None:
        """Return what is to be sent next, or None where the asking is over."""
        if time.perf_counter() >= self._ends:
            return None
        return next(self._requests, None)

    def took(self, answer: bytes, seconds: float) -> None:
        """Count one answer."""
        self._latencies.append(seconds)
        self._bytes = len(answer)
        if not answer[_STATUS].startswith(b"2"):
            self._failed += 1
            self._example = self._example or answer.decode(errors="replace")

    def left(self, *, broken: bool, why: str) -> None:
        """Note that a connection has closed."""
        self._open -= 1
        self._failed += broken
        if broken:
            self._example = self._example or f"connection lost: {why}"
        if not self._open:
            self._done.set()


def _length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.find(_LENGTH)
    if start < 0:
        return 0
    value, _, _ = lowered[start + len(_LENGTH) :].partition(b"\r\n")
    return int(value)


def main() -> None:
    """Carry out the order that the first argument names."""
    order = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_run(order))))


async def _run(order: Order) -> Measured:
    return await Crowd(order).run()


if __name__ == "__main__":
    main()
