"""A message goes to the address that was looked up, if that is public, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest

from ecosystem.feed.webhooks.model import Answered
from ecosystem.feed.webhooks.sending import Way
from ecosystem.runtime.published import Resolve
from tests.feed.target import Target, listening, status

HERE = Way(seconds=0.5, loopback=True)


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    async with listening() as opened:
        yield opened


def finding(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> list[str]:
        del host, port
        return list(addresses)

    return resolve


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.0.0.8"], ["169.254.169.254"], ["192.168.1.1"], ["100.64.0.1"],
        ["::1"], ["fd00::1"], ["fe80::1"], ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"],
        ["2002:a00:1::1"], ["224.0.0.1"], ["ff02::1"], ["0.0.0.8"], ["93.184.215.14", "127.0.0.1"],
    ],
    ids="+".join,
)  # fmt: skip
async def test_a_name_that_leads_to_a_private_address_is_never_asked(
    target: Target, addresses: list[str]
) -> None:
    way = Way(seconds=0.5, resolve=finding(*addresses))
    answered = await way.post(f"https://hooks.example:{target.port}/", b"{}", {})

    assert answered == Answered(problem="address_refused")
    assert target.messages == []


async def test_the_name_is_looked_up_once_and_the_connection_goes_there() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    asked: list[str] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.put_nowait(await reader.read(2_000))
        writer.close()

    async def rebinding(host: str, port: int) -> list[str]:
        del port
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    way = Way(seconds=2, allowed=(ip_network("127.0.0.1/32"),), resolve=rebinding)
    answered = await way.post(f"https://hooks.example:{port}/", b"{}", {})
    server.close()

    hello = await heard.get()
    assert asked == ["hooks.example"]
    assert (hello[:1], b"hooks.example" in hello) == (b"\x16", True)
    assert answered.problem in {"not_connected", "broke_off"}


async def test_http_is_for_this_machine_and_by_a_setting_alone(target: Target) -> None:
    assert await HERE.post(target.url, b"{}", {}) == Answered(status=204)
    refused = await Way(seconds=0.5).post(target.url, b"{}", {})
    elsewhere = await HERE.post("http://10.0.0.1/", b"{}", {})

    assert (refused.status, elsewhere.status) == (None, None)
    assert len(target.messages) == 1


async def test_a_redirect_is_an_answer_and_is_not_followed(target: Target) -> None:
    target.answer = lambda _: status(307, f"location: {target.url}/elsewhere")

    assert await HERE.post(target.url, b"{}", {}) == Answered(status=307)
    assert len(target.messages) == 1


async def test_an_answer_without_end_is_read_no_further(target: Target) -> None:
    target.answer = lambda _: b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000

    assert await HERE.post(target.url, b"{}", {}) == Answered(status=200)


async def test_silence_nonsense_and_absence_are_told_apart(target: Target) -> None:
    target.answer = lambda _: None
    assert await HERE.post(target.url, b"{}", {}) == Answered(problem="timed_out")
    target.answer = lambda _: b"nonsense\r\n\r\n"
    assert await HERE.post(target.url, b"{}", {}) == Answered(problem="broke_off")
    port = target.port
    async with listening() as other:
        gone = other.url
    assert port
    assert await HERE.post(gone, b"{}", {}) == Answered(problem="not_connected")
