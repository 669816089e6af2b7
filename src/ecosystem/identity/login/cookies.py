"""What a browser keeps for us: read by name, set so that no script and no other site has it."""

from typing import Final

from ecosystem.runtime.web import Call

SESSION: Final = "session"
"""Who is logged in; ends with the browser, or after 12 hours."""
VISITOR: Final = "visitor"
"""Which browser it is, before anybody has logged in: forms are bound to it."""
DEVICE: Final = "device"
"""That somebody has logged in here before, so that strangers' guesses do not hold her up."""
LANGUAGE: Final = "language"


def read(call: Call, name: str) -> str | None:
    """Return the value of one of our cookies, or None where the browser has none."""
    return call.cookies.get(_full(call, name)) or None


def keep(call: Call, name: str, value: str, *, seconds: int | None = None) -> None:
    """Have the browser keep a value, of letters, digits and `-_.`, or forget it where empty.

    Without `seconds` it does until it is closed. Behind TLS the name is one that only this
    very host can set (`__Host-`). Source: RFC 6265bis, section 4.1.3.2.
    """
    life = "; Max-Age=0" if not value else f"; Max-Age={seconds}" if seconds else ""
    secure = "; Secure" if _is_secure(call) else ""
    text = f"{_full(call, name)}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{life}"
    call.visit.answer_headers.append((b"set-cookie", text.encode("ascii")))


def _full(call: Call, name: str) -> str:
    return f"__Host-{name}" if _is_secure(call) else name


def _is_secure(call: Call) -> bool:
    return call.house.settings.public_url.startswith("https:")
