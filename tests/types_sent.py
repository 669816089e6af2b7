"""What a type is made of, as msgspec sees it."""

from collections.abc import Iterator
from typing import Any

from msgspec import inspect


def types_within(*given: Any) -> list[inspect.Type]:
    """Return every type that the given ones are made of, themselves among them."""
    waiting = list(inspect.multi_type_info([one for one in given if one not in {None, bytes}]))
    found: list[inspect.Type] = []
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.append(one)
            waiting += _parts(one)
    return found


def _parts(one: inspect.Type) -> Iterator[inspect.Type]:
    for field in getattr(one, "fields", ()):
        yield field.type
    for name in ("type", "item_type", "key_type", "value_type"):
        if isinstance(inner := getattr(one, name, None), inspect.Type):
            yield inner
    for name in ("types", "item_types"):
        yield from getattr(one, name, ())
