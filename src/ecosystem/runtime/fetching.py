"""Documents that other services publish: fetched soon, small, and from nowhere else."""

import asyncio
import ssl
from functools import cache
from typing import Final

import httpx

SECONDS_MAX: Final = 3
BYTES_MAX: Final = 65_536
_OK: Final = 200


class Unfetched(Exception):
    """A document was not to be had; the text is a sentence that says why."""


async def fetch(address: str, *, connect_to: str | None = None) -> bytes:
    """Return the document at an address: within 3 s, at most 64 KiB, without a redirect.

    `connect_to` is the IP address to connect to; name and certificate stay those of `address`.
    No proxy and no password of the environment is used. Raises Unfetched.
    """
    try:
        async with asyncio.timeout(SECONDS_MAX):
            return await _fetched(httpx.URL(address), connect_to)
    except TimeoutError:
        message = f"{address} did not answer within {SECONDS_MAX} s."
        raise Unfetched(message) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        message = f"{address} cannot be read: {type(error).__name__}."
        raise Unfetched(message) from None


async def _fetched(url: httpx.URL, connect_to: str | None) -> bytes:
    target = url if connect_to is None else url.copy_with(host=connect_to)
    # What is not compressed cannot grow while it is read.
    headers = {
        "host": url.netloc.decode("ascii"),
        "accept": "application/json",
        "accept-encoding": "identity",
    }
    found = bytearray()
    async with (
        httpx.AsyncClient(verify=trust(), trust_env=False, follow_redirects=False) as client,
        client.stream(
            "GET", target, headers=headers, extensions={"sni_hostname": url.raw_host.decode()}
        ) as answer,
    ):
        if answer.status_code != _OK:
            message = f"{url} answers {answer.status_code}."
            raise Unfetched(message)
        async for part in answer.aiter_raw():
            found += part
            if len(found) > BYTES_MAX:
                message = f"{url} is larger than {BYTES_MAX} bytes."
                raise Unfetched(message)
    return bytes(found)


@cache
def trust() -> ssl.SSLContext:
    """Return whom TLS trusts: the system's authorities, or those that SSL_CERT_FILE names."""
    return ssl.create_default_context()
