"""Where an answer leads, for the published description: what can be asked next, of what was made.

A thing of `/v1/needs/{need_id}` is known by the `id` of an answer at an address that ends with
`needs`, of each in a list under `data` or `needs`, and by the `need_id` of any answer.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from msgspec import inspect

from ecosystem.runtime.openapi_schemas import has_form
from ecosystem.runtime.operation import Operation

_OF_A_THING: Final = re.compile(r"/v1/([a-z-]+)/\{(\w+)\}(/.*)?")


class _Thing(NamedTuple):
    """What can be asked of things of one kind."""

    parameter: str
    """The parameter of the path that names one of them."""
    asked: list[Operation]
    """Every operation on one of them, that which reads it first."""

    def reading(self) -> list[Operation]:
        """Return the operation that reads one of them, if there is one."""
        return [one for one in self.asked if one.method == "GET" and one.path.endswith("}")]


class Links:
    """The links of each operation's success."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Learn which things there are, and what can be asked of them."""
        self._things: dict[str, _Thing] = {}
        for one in sorted(operations, key=lambda one: (one.path, one.method)):
            if (found := _OF_A_THING.fullmatch(one.path)) is not None:
                thing = self._things.setdefault(found[1], _Thing(found[2], []))
                thing.asked.append(one)

    def of(self, one: Operation) -> dict[str, Any]:
        """Return the links of an operation, by the names of those that they lead to."""
        found: dict[str, Any] = {}
        for thing, targets, place in self._leading(one):
            for target in targets:
                if target is not one:
                    link = {"operationId": target.name, "parameters": {thing.parameter: place}}
                    found.setdefault(target.name, link)
        return {name: found[name] for name in sorted(found)}

    def _leading(self, one: Operation) -> Iterator[tuple[_Thing, list[Operation], str]]:
        fields = _fields(one.answers)
        collection = _collection(one.path)
        if (own := self._things.get(collection)) is not None:
            if "id" in fields:
                yield own, own.asked, "$response.body#/id"
            elif "id" in _fields_of_items(fields.get("data")):
                yield own, own.reading(), "$response.body#/data/0/id"
        for thing in self._things.values():
            if thing.parameter in fields:
                yield thing, thing.reading(), f"$response.body#/{thing.parameter}"
            elif f"{{{thing.parameter}}}" in one.path and one.method != "GET":
                yield thing, thing.reading(), f"$request.path.{thing.parameter}"
        for name, part in self._things.items():
            if "id" in _fields_of_items(fields.get(name)):
                yield part, part.asked, f"$response.body#/{name}/0/id"


def _collection(path: str) -> str:
    """Return the last part of the path that is no parameter."""
    return next((part for part in reversed(path.split("/")) if not part.startswith("{")), "")


def _fields(type_: Any) -> Mapping[str, inspect.Type]:
    return _members(inspect.type_info(type_)) if has_form(type_) else {}


def _fields_of_items(type_: inspect.Type | None) -> Mapping[str, inspect.Type]:
    if not isinstance(type_, inspect.ListType | inspect.VarTupleType):
        return {}
    return _members(type_.item_type)


def _members(type_: inspect.Type) -> Mapping[str, inspect.Type]:
    if not isinstance(type_, inspect.StructType):
        return {}
    return {field.encode_name: field.type for field in type_.fields}
