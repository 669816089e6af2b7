"""Describe the whole API from the operations that routes declare: one document, all problems."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from pkgutil import iter_modules, walk_packages
from typing import Any, Final

import msgspec

import ecosystem as rooms
from ecosystem.runtime import chinese, openapi
from ecosystem.runtime.chinese import Said
from ecosystem.runtime.operation import OPERATION, Operation
from ecosystem.runtime.problems import EDGE_TYPES, STATUS
from ecosystem.values.refusal import Kind, Refusal

_CHECKOUT: Final = Path(__file__).parents[3]
_HOUSE: Final = "ecosystem."
_NO_ROOMS: Final = frozenset({"ecosystem.cli", "ecosystem.migrations"})
"""Packages that refuse nothing over HTTP; to load a migration is to run it."""


class ProblemType(msgspec.Struct, frozen=True, kw_only=True):
    """What one type of problem means."""

    code: str
    status: int
    title: str
    meaning: str
    """What there is to say beyond the title; may be empty."""
    remedy: str
    chinese: Said | None
    """The same in Chinese."""
    operations: tuple[str, ...]
    """The operations that can answer with it; none named for what any operation can."""


class ProblemUnknown(Refusal):
    """No type of problem has this code."""

    kind = Kind.MISSING
    remedy = "Look for it in the list at /problems."


def operations_of(handlers: Iterable[Any]) -> list[Operation]:
    """Return what the routes declare of themselves; a handler that declares nothing is no route."""
    found = (handler.opt.get(OPERATION) for handler in handlers)
    return [one for one in found if one is not None]


def description(operations: Iterable[Operation], *, examples: openapi.Examples) -> dict[str, Any]:
    """Return the OpenAPI document of `operations`, with the examples that were recorded."""
    listed = list(operations)
    rooms = {one.tag: purpose(one.tag) for one in listed}
    return openapi.document(listed, version=version("ecosystem"), rooms=rooms, examples=examples)


def purpose(room: str) -> str:
    """Return what a room is for: the first sentence of its front page."""
    manual = import_module(f"{_HOUSE}{room}").__doc__ or room
    return manual.strip().splitlines()[0]


def examples() -> openapi.Examples:
    """Return the examples that come with the package or the checkout, or none."""
    places: tuple[Traversable, ...] = (
        files("ecosystem.manual") / "examples.json",
        _CHECKOUT / "openapi" / "examples.json",
    )
    for place in places:
        if place.is_file():
            return msgspec.json.decode(place.read_bytes(), type=dict[str, dict[str, Any]])
    return {}


def problem_types(operations: Iterable[Operation]) -> list[ProblemType]:
    """Return every type of problem that can be answered, by status and code."""
    raised: dict[str, list[str]] = {}
    for one in operations:
        for refusal in one.refuses:
            raised.setdefault(refusal.code(), []).append(one.name)
    found = [
        ProblemType(
            code=type_.code,
            status=type_.status,
            title=type_.title,
            meaning="",
            remedy=type_.remedy,
            chinese=chinese.texts("runtime").get(type_.code),
            operations=(),
        )
        for type_ in EDGE_TYPES.values()
    ]
    found += [_of(refusal, raised.get(refusal.code(), [])) for refusal in refusals()]
    return sorted(found, key=lambda type_: (type_.status, type_.code))


def refusals() -> Iterator[type[Refusal]]:
    """Yield every refusal of the house, each once, in the order of their names.

    Effects: loads every room, so that what is found does not depend on what was used before.
    """
    for room in iter_modules(rooms.__path__, _HOUSE):
        if room.ispkg and room.name not in _NO_ROOMS:
            for module in walk_packages(import_module(room.name).__path__, f"{room.name}."):
                import_module(module.name)
    waiting, found = [Refusal], dict[str, type[Refusal]]()
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one.__module__.startswith(_HOUSE):
                found[f"{one.code()} {one.__module__}"] = one
    for name in sorted(found):
        yield found[name]


def _of(refusal: type[Refusal], operations: list[str]) -> ProblemType:
    _, _, more = (refusal.__doc__ or "").strip().partition("\n")
    return ProblemType(
        code=refusal.code(),
        status=STATUS[refusal.kind],
        title=refusal.title(),
        meaning=" ".join(more.split()),
        remedy=refusal.remedy,
        chinese=chinese.texts(chinese.room_of(refusal)).get(refusal.code()),
        operations=tuple(sorted(operations)),
    )
