"""What differs between two versions of a need, place by place."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ecosystem.history.past.rules import places
from ecosystem.needs.amending.model import Difference
from ecosystem.needs.model import NeedDraft


def between(before: NeedDraft, after: NeedDraft) -> tuple[Difference, ...]:
    """Return the places at which two needs differ, in the order of their members."""
    return tuple(found(msgspec.to_builtins(before), msgspec.to_builtins(after)))


def found(before: Any, after: Any) -> Iterator[Difference]:
    """Yield the deepest places at which two values of JSON differ."""
    for pointer, one, other in places(before, after):
        yield Difference(pointer=pointer, before=one, after=other)
