"""Who is logged in, in the browser that a request comes from."""

import hashlib
import re
from datetime import datetime
from typing import Final

import msgspec

from ecosystem.identity.login import actions, cookies, guard, queries
from ecosystem.runtime.database import Tx
from ecosystem.runtime.minting import secret
from ecosystem.runtime.web import Call
from ecosystem.values.actor import Assurance

_BROWSERS: Final = (
    ("Edg", "Edge"), ("MicroMessenger", "WeChat"), ("Firefox", "Firefox"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
"""What a User-Agent holds, and what its browser is called: the narrower first."""
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
    ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A person who is logged in."""

    digest: bytes
    person_id: str
    acr: Assurance
    authenticated_at: datetime
    csrf: str
    """What a form of hers brings, which no other site knows."""


async def begin(call: Call, tx: Tx, *, person_id: str, acr: Assurance, now: datetime) -> Session:
    """Log a person in, who has proved who she is, and have her browser keep the new session.

    Whatever session the browser had ends: nobody logs in under an identifier that another
    may know. Effects: as of actions.begin_session; the browser counts as known to her.
    """
    if (given := _given(call)) is not None:
        await actions.end_session(tx, _digest(given))
    cookie = secret()
    await actions.begin_session(
        tx, _digest(cookie), person_id=person_id, acr=acr, browser=_browser(call), now=now
    )
    cookies.keep(call, cookies.SESSION, cookie)
    guard.remember(call, person_id)
    return _session(cookie, person_id=person_id, acr=acr, authenticated_at=now)


async def current(call: Call) -> Session | None:
    """Return who is logged in, in the browser that the request comes from, or None.

    Asks on the connection that the request holds, where it holds one: did each request wait
    for a second, as many as there are connections would wait for each other.
    """
    cookie = _given(call)
    if cookie is None:
        return None
    found = await queries.session(call.reading, _digest(cookie))
    if found is None:
        return None
    return _session(
        cookie,
        person_id=found.person_id,
        acr=found.acr,
        authenticated_at=found.authenticated_at,
    )


async def hold(tx: Tx, session: Session) -> bool:
    """Tell whether a login still lasts, and have it last until the transaction ends.

    Whoever ends it waits, and then ends what was made by it too.
    """
    return await queries.hold(tx, session.digest)


async def end(call: Call, tx: Tx, session: Session) -> None:
    """Log a person out in this browser."""
    await actions.end_session(tx, session.digest)
    cookies.keep(call, cookies.SESSION, "")


def _given(call: Call) -> str | None:
    cookie = cookies.read(call, cookies.SESSION)
    return cookie if cookie is not None and _SHAPE.fullmatch(cookie) else None


def _session(cookie: str, *, person_id: str, acr: Assurance, authenticated_at: datetime) -> Session:
    return Session(
        digest=_digest(cookie),
        person_id=person_id,
        acr=acr,
        authenticated_at=authenticated_at,
        csrf=hashlib.sha256(f"form {cookie}".encode()).hexdigest(),
    )


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode()).digest()


def _browser(call: Call) -> str:
    """Return what a person may recognise her browser by, without keeping what it is exactly."""
    agent = call.header(b"user-agent") or ""
    found = [
        next((name for part, name in known if part in agent), None)
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(name for name in found if name is not None) or "?"
