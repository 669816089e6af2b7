"""What differs between two values of JSON, place by place."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, cast

import msgspec

from ecosystem.needs.amending.model import Difference
from ecosystem.needs.model import NeedDraft


def between(before: NeedDraft, after: NeedDraft) -> tuple[Difference, ...]:
    """Return the places at which two needs differ, in the order of their members."""
    return tuple(found(msgspec.to_builtins(before), msgspec.to_builtins(after)))


def found(before: Any, after: Any, *, pointer: str = "") -> Iterator[Difference]:
    """Yield the deepest places at which two values of JSON differ, by their JSON pointers.

    What one of them lacks is null there. Members come in the order of `before`, then of `after`.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        one, other = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        for name in {**one, **other}:
            below = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            yield from found(one.get(name), other.get(name), pointer=below)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        items = zip_longest(cast("list[Any]", before), cast("list[Any]", after))
        for index, (first, second) in enumerate(items):
            yield from found(first, second, pointer=f"{pointer}/{index}")
    elif before != after:
        yield Difference(pointer=pointer, before=before, after=after)
