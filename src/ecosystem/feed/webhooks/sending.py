"""Send one message to a target: soon, to a public network, to the address that was looked up."""

import asyncio
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import httpx

from ecosystem.feed.webhooks.model import Answered
from ecosystem.runtime.fetching import Unfetched, trust
from ecosystem.runtime.published import Networks, NotPublic, Resolve, reachable

_ANSWER_BYTES_MAX: Final = 16_384
_LOOKERS: Final = ThreadPoolExecutor(64, "webhook-name")
"""Threads of their own, so that a name server which says nothing holds up nobody else's."""


async def looked_up(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, as the machine's resolver has them. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        _LOOKERS, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return [str(one[4][0]) for one in found]


@dataclass(frozen=True)
class Way:
    """How targets are reached."""

    seconds: float
    """What one may take, from looking up its name to the end of its answer."""
    allowed: Networks = ()
    """Networks that will do although they are private."""
    loopback: bool = False
    """Whether http on this machine will do."""
    resolve: Resolve = field(default=looked_up)

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answered:
        """Send a message, and return the status of the answer, or why there is none.

        Nothing is followed: a redirect is an answer. Of its body no more than 16 KiB is read.
        """
        try:
            async with asyncio.timeout(self.seconds):
                connect_to = await self._address(url)
                return Answered(status=await self._posted(url, connect_to, content, headers))
        except (TimeoutError, httpx.TimeoutException):
            return Answered(problem="timed_out")
        except NotPublic:
            return Answered(problem="address_refused")
        except (Unfetched, httpx.ConnectError):
            return Answered(problem="not_connected")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            return Answered(problem="broke_off")

    async def _address(self, url: str) -> str:
        """Return the address to connect to. Raises Unfetched; NotPublic where it is private."""
        target = httpx.URL(url)
        if self.loopback and target.scheme == "http" and target.host in {"127.0.0.1", "::1"}:
            return target.host
        return await reachable(url, allowed=self.allowed, resolve=self.resolve)

    async def _posted(
        self, url: str, connect_to: str, content: bytes, headers: Mapping[str, str]
    ) -> int:
        """Post to the address that was looked up; name and certificate stay those of `url`."""
        target = httpx.URL(url)
        sent = {
            "host": target.netloc.decode("ascii"),
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": "ecosystem-webhooks",
            **headers,
        }
        async with (
            httpx.AsyncClient(
                verify=trust(), trust_env=False, follow_redirects=False, timeout=self.seconds
            ) as client,
            client.stream(
                "POST",
                target.copy_with(host=connect_to),
                content=content,
                headers=sent,
                extensions={"sni_hostname": target.raw_host.decode()},
            ) as answer,
        ):
            read = 0
            async for part in answer.aiter_raw():
                read += len(part)
                if read > _ANSWER_BYTES_MAX:
                    break
            return answer.status_code
