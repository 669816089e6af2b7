"""Putting values where a form says `{name}`, `{value * 0.30}` or `{value * name}`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from ecosystem.values.yaml_tree import Plain

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_ALONE: Final = re.compile(r"[{}]")
_INSIDE: Final = re.compile(
    r"\s*([a-z][a-z0-9_]*)\s*(?:\*\s*([a-z][a-z0-9_]*|[0-9]+(?:\.[0-9]+)?)\s*)?"
)
_EXACT: Final = Context(prec=60)
RESERVED: Final = frozenset(
    {"value", "currency", "starts_on", "ends_on", "buyer", "supplier", "verifier", "lender"}
)
"""Names that every contract gives by itself."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What stands in the place of a name: in Chinese text, in English text, and elsewhere."""

    zh: str
    en: str
    bare: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name that a text uses, a part in braces that is no name, or a brace alone."""

    pointer: str
    name: str
    is_sound: bool
    in_prose: bool


def named(value: Plain, pointer: str = "") -> Iterator[Named]:
    """Yield every name used in `value`, in the order of the text."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from named(item, f"{pointer}/{key}")
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from named(item, f"{pointer}/{at}")
    elif isinstance(value, str):
        prose = pointer.endswith(("/zh", "/en"))
        for inside in _BRACES.findall(value):
            found = _INSIDE.fullmatch(inside)
            names = [name for name in found.groups() if name] if found else list[str]()
            is_sound = len(names) == 1 or names[:1] == ["value"]
            for name in names if is_sound else [inside]:
                if not (is_sound and name[0].isdigit()):
                    yield Named(pointer, name, is_sound, prose)
        if alone := _ALONE.search(_BRACES.sub("", value)):
            yield Named(pointer, alone[0], is_sound=False, in_prose=prose)


def blanked(value: Plain) -> Plain:
    """Return `value` with 1 in the place of everything in braces: what has to fit its type."""
    if isinstance(value, dict):
        return {name: blanked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [blanked(item) for item in value]
    return _BRACES.sub("1", value) if isinstance(value, str) else value


def fill(value: Plain, fillings: Mapping[str, Filling], *, step: Decimal, key: str = "") -> Plain:
    """Return `value` with every name replaced; `{value * x}` is rounded half up to `step`.

    Requires every name to be in `fillings`, as `named` tells.
    """
    if isinstance(value, dict):
        return {name: fill(item, fillings, step=step, key=name) for name, item in value.items()}
    if isinstance(value, list):
        return [fill(item, fillings, step=step, key=key) for item in value]
    if not isinstance(value, str):
        return value

    def put(found: re.Match[str]) -> str:
        return _filled(found[1], fillings, step, key)

    return _BRACES.sub(put, value)


def _filled(inside: str, fillings: Mapping[str, Filling], step: Decimal, key: str) -> str:
    found = _INSIDE.fullmatch(inside)
    if found is None:
        message = f"{inside} is no name"
        raise ValueError(message)
    first, second = found[1], found[2]
    filling = fillings[first]
    if second is None:
        return {"zh": filling.zh, "en": filling.en}.get(key, filling.bare)
    factor = Decimal(second) if second[0].isdigit() else Decimal(fillings[second].bare)
    product = _EXACT.multiply(Decimal(filling.bare), factor)
    return f"{product.quantize(step, rounding=ROUND_HALF_UP, context=_EXACT):f}"
