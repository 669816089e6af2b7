"""How a long list is read: one page of it."""

from typing import Generic, TypeVar

import msgspec

Item = TypeVar("Item")


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """One page of a list, newest first."""

    data: tuple[Item, ...]
    next_cursor: str | None
    """Send it as `cursor` to read the next page; null on the last."""
    has_more: bool
