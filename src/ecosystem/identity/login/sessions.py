"""Who is logged in, in the browser that a request comes from."""

from datetime import datetime

import msgspec

from ecosystem.runtime.web import Call
from ecosystem.values.actor import Assurance


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A person who is logged in."""

    digest: bytes
    person_id: str
    acr: Assurance
    authenticated_at: datetime
    csrf: str


async def current(call: Call) -> Session | None:
    """Return nobody: there is no login yet."""
    del call
    return None
