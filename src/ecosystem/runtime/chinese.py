"""What problems say in Chinese: the title of each type, and what would satisfy its rule.

Each room has a `chinese.toml`, by the codes of its refusals; that of this room has what the edge
itself finds. Their English stands in the code, beside the rule.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

FILE: Final = "chinese.toml"


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a type of problem says in Chinese."""

    title: str
    remedy: str
    meaning: str = ""
    """What there is to say beyond the title, where the English says more."""


@cache
def texts(room: str) -> Mapping[str, Said]:
    """Return what the problems of a room say, by their codes; nothing where it has none."""
    place = files("ecosystem") / room / FILE
    if not place.is_file():
        return {}
    return msgspec.toml.decode(place.read_bytes(), type=dict[str, Said])


def of_refusal(refusal: type, code: str) -> Said | None:
    """Return what a refusal of some room says, or None where there is no Chinese text for it."""
    _, room, *_ = (*refusal.__module__.split("."), "")
    return texts(room).get(code)


def of_edge(code: str) -> Said | None:
    """Return what a type of problem says that the edge finds."""
    return texts("runtime").get(code)
