"""A target of webhooks: a small real server that writes down what comes, and answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

OK = b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"


def status(number: int, *headers: str) -> bytes:
    """Return an empty answer."""
    said = "".join(f"{one}\r\n" for one in headers)
    return f"HTTP/1.1 {number} Said\r\n{said}content-length: 0\r\n\r\n".encode()


@dataclass(frozen=True)
class Message:
    """One request that has arrived."""

    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def id(self) -> str:
        """Its `webhook-id`."""
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        """What it tells."""
        found: dict[str, Any] = msgspec.json.decode(self.content)
        return found


@dataclass
class Target:
    """What has arrived, and what is answered to it."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    answer: Callable[[Message], bytes | None] = lambda _: OK
    """None lets the sender wait."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def has(self, count: int, *, within_s: float = 10) -> list[Message]:
        """Wait until so many messages have come, and return them all."""
        for _ in range(round(within_s / 0.02)):
            if len(self.messages) >= count:
                break
            await asyncio.sleep(0.02)
        assert len(self.messages) >= count, self.messages
        return self.messages

    async def about(self, identifier: str) -> Message:
        """Wait for a message about a thing, and return the first."""
        for _ in range(500):
            for one in self.messages:
                if one.said["data"].get("object") == identifier:
                    return one
            await asyncio.sleep(0.02)
        raise AssertionError(self.messages)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines)
            }
            content = await reader.readexactly(int(headers.get("content-length", "0")))
            message = Message(first.split()[1], headers, content)
            self.messages.append(message)
            said = self.answer(message)
            if said is None:
                await reader.read()
            else:
                writer.write(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Target]:
    """Open a target on a port of its own."""
    target = Target()
    server = await asyncio.start_server(target.serve, "127.0.0.1", 0)
    target.port = server.sockets[0].getsockname()[1]
    try:
        yield target
    finally:
        server.close()
