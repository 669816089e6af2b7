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


def found(before: Any, after: Any, *, pointer: str = "") -> Iterator[Difference]:
    """Yield the deepest places at which two values of JSON, which stand at `pointer`, differ."""
    for place, one, other in places(before, after):
        yield Difference(pointer=f"{pointer}{place}", before=one, after=other)
