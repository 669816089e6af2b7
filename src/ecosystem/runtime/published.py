"""Keys at addresses that others choose: fetched only from where nothing of ours can be reached."""

import asyncio
import socket
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final

import httpx
import msgspec

from ecosystem.runtime.fetching import SECONDS_MAX, Unfetched, fetch
from ecosystem.runtime.remembered import Remembered

Networks = tuple[IPv4Network | IPv6Network, ...]
Listed = tuple[dict[str, Any], ...]
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Finds the IP addresses of a host and port; raises OSError where there are none."""
_ADDRESSES_MAX: Final = 1_000
_KEYS_MAX: Final = 50
_NEVER: Final = tuple(
    ip_network(one)
    for one in ("192.0.0.0/24", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10")
)
"""Addresses that lead into other networks, which Python takes to be global or may."""


class NotPublic(Unfetched):
    """An address leads where nothing of others may be asked."""


class _Document(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class KeyAddresses:
    """The JWKS at each address, remembered; of the thousand that were used last."""

    def __init__(self, allowed: Networks) -> None:
        """Fetch nothing yet; `allowed` are networks that count although they are private."""
        self._allowed = allowed
        self._known: OrderedDict[str, Remembered[Listed]] = OrderedDict()

    async def keys(self, address: str, *, kid: str | None, now: float) -> Listed:
        """Return the keys at an address, looked at anew for a name that is not among them.

        Raises Away where they cannot be had.
        """
        known = self._known.pop(address, None) or Remembered(partial(self._load, address))
        self._known[address] = known
        if len(self._known) > _ADDRESSES_MAX:
            self._known.popitem(last=False)
        return await known.get(
            now=now, has=lambda keys: kid is None or any(key.get("kid") == kid for key in keys)
        )

    async def _load(self, address: str) -> Listed:
        found = await fetch(address, connect_to=await reachable(address, allowed=self._allowed))
        try:
            return tuple(msgspec.json.decode(found, type=_Document).keys[:_KEYS_MAX])
        except (msgspec.DecodeError, RecursionError):
            message = f"{address} is no JWKS."
            raise Unfetched(message) from None


async def resolved(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, as the machine's resolver has them. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


async def reachable(address: str, *, allowed: Networks, resolve: Resolve = resolved) -> str:
    """Return the one IP address to connect to for an https address, resolved just now.

    Raises Unfetched where it is not https, has no IP address, or has one that is not public
    and not in an allowed network.
    """
    try:
        url = httpx.URL(address)
        if url.scheme != "https":
            message = f"{address} is not https."
            raise Unfetched(message)
        async with asyncio.timeout(SECONDS_MAX):
            found = await resolve(url.raw_host.decode(), url.port or 443)
    except (httpx.InvalidURL, OSError, ValueError):
        message = f"{address} names no host that can be found."
        raise Unfetched(message) from None
    if not found or not all(is_reachable(one, allowed=allowed) for one in found):
        message = f"{address} is not in a public network."
        raise NotPublic(message)
    return found[0]


def is_reachable(address: str, *, allowed: Networks) -> bool:
    """Tell whether an IP address is public, or in a network that the operator allows."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if any(ip in network for network in allowed):
        return True
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NEVER)
