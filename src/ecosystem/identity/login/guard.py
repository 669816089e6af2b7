"""What keeps others from sending our forms, and browsers that are known from being held up.

A form that is sent before anybody has logged in carries a mark that is made from a cookie of
the same browser: without it another site could log a person in as somebody else. Headers would
not do: our pages send no referrer, so browsers send `Origin: null`, and `Sec-Fetch-Site` is
missing wherever there is no TLS. Source: OWASP, Login CSRF and Slow Down Online Guessing
Attacks with Device Cookies.
"""

import hashlib
import hmac
import ipaddress
from typing import Final

from ecosystem.identity.login import cookies
from ecosystem.identity.login.model import Counted
from ecosystem.runtime.minting import secret
from ecosystem.runtime.web import Call

_KNOWN_S: Final = 180 * 86_400
_V6_NETWORK: Final = 64


def mark(call: Call) -> str:
    """Return what a form of this browser's must bring back; sets its cookie where it has none."""
    visitor = cookies.read(call, cookies.VISITOR)
    if visitor is None:
        visitor = secret()
        cookies.keep(call, cookies.VISITOR, visitor)
    return _keyed(call, "form", visitor).hex()


def is_ours(call: Call, given: str) -> bool:
    """Tell whether a form comes from a page that this very browser was given."""
    visitor = cookies.read(call, cookies.VISITOR)
    if visitor is None:
        return False
    return hmac.compare_digest(given.encode(), _keyed(call, "form", visitor).hex().encode())


def remember(call: Call, person_id: str) -> None:
    """Have the browser known as one in which a person has logged in, for half a year."""
    if _nonce(call, person_id) is None:
        nonce = secret()
        value = f"{nonce}.{_signature(call, nonce, person_id)}"
        cookies.keep(call, cookies.DEVICE, value, seconds=_KNOWN_S)


def counted(call: Call, *, username: str, person_id: str | None) -> dict[bytes, Counted]:
    """Return for what a try is counted: the known browser alone, or else name and address.

    So whoever guesses from elsewhere never holds up a browser that is known. Only keyed
    digests are told, since people type passwords where names belong.
    """
    nonce = None if person_id is None else _nonce(call, person_id)
    if nonce is not None:
        return {_keyed(call, Counted.BROWSER, nonce): Counted.BROWSER}
    return {
        _keyed(call, Counted.NAME, username): Counted.NAME,
        _keyed(call, Counted.ADDRESS, _network(call.address)): Counted.ADDRESS,
    }


def _nonce(call: Call, person_id: str) -> str | None:
    nonce, _, given = (cookies.read(call, cookies.DEVICE) or "").partition(".")
    expected = _signature(call, nonce, person_id)
    return nonce if hmac.compare_digest(given.encode(), expected.encode()) else None


def _signature(call: Call, nonce: str, person_id: str) -> str:
    return _keyed(call, "device", f"{nonce} {person_id}").hex()


def _keyed(call: Call, purpose: str, text: str) -> bytes:
    key = call.house.keys.browsers
    return hmac.digest(key, f"{purpose} {text}".encode(), hashlib.sha256)


def _network(address: str) -> str:
    """Return the network of one subscriber: in IPv6 he has 64 bits of addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # noqa: PLR2004 - the version of the protocol
        return str(found)
    return str(ipaddress.ip_network((found, _V6_NETWORK), strict=False))
