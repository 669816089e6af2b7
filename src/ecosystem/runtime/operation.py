"""What a route says of itself: the source of its checks and of its description."""

from datetime import datetime
from functools import cached_property
from typing import Any, Final, get_args

import msgspec

from ecosystem.values.permit import Permit
from ecosystem.values.refusal import Refusal

OPERATION: Final = "operation"
"""Where a route's operation stands in the handler's `opt`."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """How a value of a query parameter is looked at before anybody takes it."""

    form: type[msgspec.Struct]
    """A struct of one member, `value`: the decoder looks a struct up, any other type it reads."""
    strict: bool
    """Whether text is no number: of an instant, which a number would else be."""


class Operation(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a route declares of itself."""

    method: str
    path: str
    permit: Permit
    answers: Any
    """The type of the answer's body, None for none, or bytes for another media type."""
    status: int
    refuses: tuple[type[Refusal], ...]
    key_required: bool
    changes: bool
    """Whether it changes the resource that its path names: then If-Match is required."""
    scoped: bool
    """Whether a read needs a transaction that row-level security knows the caller of."""
    discreet: bool = False
    """Whether the log keeps who called to itself: even that somebody did may be secret."""
    accepts: str
    produces: str
    tag: str
    name: str
    manual: str
    queries: dict[str, Any]
    """The query parameters by name, each with its type and bounds."""
    told: dict[str, str] = {}
    """What query parameters ask for, in words of their own, where they have such."""
    defaults: dict[str, Any]
    """What a query parameter is when it is left out."""
    body: Any
    """The type of the request's body, or None."""
    late: bool = False
    """Whether the route opens its transactions itself, having computed for long before."""
    streams: bool = False
    """Whether the route itself takes the body from the network, and then begins to write."""
    ranges: bool = False
    """Whether a part of the answer can be asked for."""
    reads_query: bool = False
    """Whether the route itself reads the query, and leaves unread what it does not know."""
    body_bytes_max: int = 0
    """How large a JSON body may be, where that is more than the setting allows."""
    rows: Any = None
    """The type of one row, where the body is many: a JSON array, NDJSON or CSV; else None."""
    form: Any = None
    """The schema of the form that the body is, or None."""
    leads: str | None = None
    """Where a 303 leads, in words, or None where there is none."""
    pages: tuple[int, ...] = ()
    """The statuses of refusals that are pages for people."""

    @cached_property
    def checks(self) -> dict[str, Check]:
        """Return how each query parameter is looked at, by name."""
        return {
            name: Check(
                form=msgspec.defstruct("Query", [("value", kind)]), strict=_is_instant(kind)
            )
            for name, kind in self.queries.items()
        }


def _is_instant(kind: Any) -> bool:
    """Tell whether a parameter is an instant."""
    return kind is datetime or any(map(_is_instant, get_args(kind)))
