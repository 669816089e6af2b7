"""At which places a document says something else than what was computed again from it."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import TypeAlias

import msgspec

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


class Difference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place at which a document says something else than its recomputation."""

    pointer: str
    stated: str
    computed: str


def differences(stated: Json, computed: Json, pointer: str = "") -> Iterator[Difference]:
    """Yield each place that differs: by name in what is stated, then what it lacks."""
    if isinstance(stated, dict) and isinstance(computed, dict):
        for key in stated | computed:
            yield from differences(stated.get(key), computed.get(key), f"{pointer}/{key}")
    elif isinstance(stated, list) and isinstance(computed, list):
        for at, (one, two) in enumerate(zip_longest(stated, computed)):
            yield from differences(one, two, f"{pointer}/{at}")
    elif stated != computed:
        yield Difference(pointer=pointer, stated=_shown(stated), computed=_shown(computed))


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
