"""Addresses that a client registers: where people return, and where its keys are read."""

import re
from collections.abc import Iterator
from typing import Final

_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_PATH: Final = r"(?:/[A-Za-z0-9._~!$&'()+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()+,;=:@%/?-]*)?"
_SECURE: Final = re.compile(rf"https://{_NAME}(?::([1-9][0-9]{{0,4}}))?{_PATH}")
_LOOPBACK: Final = re.compile(rf"http://(?:127\.0\.0\.1|\[::1\])(?::([1-9][0-9]{{0,4}}))?{_PATH}")
_PRIVATE: Final = re.compile(rf"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:(?=/)(?!//){_PATH}")
_PORT_MAX: Final = 65_535


def amiss(redirect_uri: str, *, public: bool) -> str | None:
    """Return what is wrong with an address to which people return, or None.

    Of an application on somebody's machine, which is public, it may be a loopback address or
    a scheme of its own with a dot. No fragment, no user, no wildcard, no `localhost`.
    Source: RFC 8252, sections 7 and 8.3; RFC 9700, section 2.1.
    """
    if _fits(_SECURE, redirect_uri):
        return None
    if not _fits(_LOOPBACK, redirect_uri) and not _PRIVATE.fullmatch(redirect_uri):
        return "It is no https address, loopback address by number, or private scheme with a dot."
    return None if public else "Only a public client returns to a loopback address or own scheme."


def is_secure(address: str) -> bool:
    """Tell whether an address is https, with a host, and without user and fragment."""
    return _fits(_SECURE, address)


def each_amiss(redirect_uris: tuple[str, ...], *, public: bool) -> Iterator[tuple[int, str]]:
    """Yield the places of addresses with something wrong, and what."""
    for index, one in enumerate(redirect_uris):
        said = "It is given twice." if one in redirect_uris[:index] else amiss(one, public=public)
        if said is not None:
            yield index, said


def _fits(pattern: re.Pattern[str], address: str) -> bool:
    found = pattern.fullmatch(address)
    return found is not None and int(found[1] or 0) <= _PORT_MAX
