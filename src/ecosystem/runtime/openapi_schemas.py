"""The schemas of all types that operations name, made together so that their names agree."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, get_args, get_origin

import msgspec
from msgspec import inspect

from ecosystem.runtime import attributes
from ecosystem.runtime.operation import Operation
from ecosystem.runtime.problems import Problem
from ecosystem.values.patterns import published

REF: Final = "#/components/schemas/{name}"
_REFERRED: Final = re.compile(r'(?<="#/components/schemas/)[^"]+')
_OF: Final = re.compile(r"(\w+?)_(.+)_")
_MORE: Final[Mapping[str, dict[str, Any]]] = {
    "Text": {"minProperties": 1},
    "ProblemPlace": {"oneOf": [{"required": ["pointer"]}, {"required": ["parameter"]}]},
}
"""What the types check beyond what their schema can say."""
_WITHOUT_FORM: Final = (None, bytes, str)


class Schemas:
    """What each operation's answer, body and query parameters look like."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Describe the types of all `operations`."""
        named = [(key, type_) for one in operations for key, type_ in _types(one)]
        types = [Problem, *(type_ for _, type_ in named)]
        found, components = _made(types)
        self.components = components
        self._found = dict(zip((key for key, _ in named), found[1:], strict=True))
        for name, more in _MORE.items():
            components.get(name, {}).update(more)
        for type_ in _classes(types):
            _tell(components, type_)

    def of(self, one: Operation, part: str) -> dict[str, Any]:
        """Return the schema of a part of an operation: `answer`, `body` or `?` and a name."""
        return dict(self._found[one.name, part])


def _made(types: list[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the schema of each type, and their components, of nothing but JSON's own values."""
    raw, named = msgspec.json.schema_components(types, ref_template=REF)
    names = _names(named)
    renamed = {names[name]: component for name, component in named.items()}
    encoded = published(msgspec.json.encode((raw, renamed)).decode())
    found, components = msgspec.json.decode(_REFERRED.sub(lambda one: names[one[0]], encoded))
    return found, components


def _names(given: Iterable[str]) -> dict[str, str]:
    """Return for each name a short one; one that would not be its own stays as it was given."""
    short = {name: _short(name) for name in given}
    times = Counter(short.values())
    return {name: one if times[one] == 1 else name for name, one in short.items()}


def _short(name: str) -> str:
    """Return how a type is named, with the rooms that it is in: `NeedPage`, `OffersState`."""
    if (generic := _OF.fullmatch(name)) is not None:
        return _short(generic[2]) + _short(generic[1])
    _, *rooms, last = ("", *name.split("."))
    own = rooms[1:-1] or rooms[1:]
    return f"{''.join(room.capitalize() for room in own)}{last}"


def has_form(type_: Any) -> bool:
    """Tell whether a body of this type is more than bytes or text."""
    return not any(type_ is one for one in _WITHOUT_FORM)


def _types(one: Operation) -> Iterator[tuple[tuple[str, str], Any]]:
    for part, type_ in (("answer", one.answers), ("body", one.body), ("rows", one.rows)):
        if has_form(type_):
            yield (one.name, part), type_
    for name, type_ in one.queries.items():
        yield (one.name, f"?{name}"), type_


def _classes(types: Iterable[Any]) -> list[type]:
    """Return every struct that the types are made of; a generic one once, for all that it is of."""
    waiting: list[Any] = list(inspect.multi_type_info(types))
    found: dict[Any, type] = {}
    while waiting:
        node = waiting.pop()
        if isinstance(node, inspect.StructType):
            if node.cls in found:
                continue
            found[node.cls] = get_origin(node.cls) or node.cls
            waiting += [field.type for field in node.fields]
        else:
            waiting += _within(node)
    return list(dict.fromkeys(found.values()))


def _within(node: Any) -> Iterator[Any]:
    for name in ("type", "item_type", "key_type", "value_type"):
        if isinstance(inner := getattr(node, name, None), inspect.Type):
            yield inner
    for name in ("types", "item_types"):
        yield from getattr(node, name, ())


def _tell(components: dict[str, Any], type_: type) -> None:
    """Say of each property of the type what its docstring says, and which are instants."""
    said = attributes.manual(type_)
    instants = set(_instants(type_))
    for properties in _properties(components, type_):
        for field, one in properties.items():
            if field in said:
                known = one.get("description")
                one["description"] = f"{said[field]} {known}" if known else said[field]
            if field in instants:
                _date(one)


def _properties(components: dict[str, Any], type_: type) -> Iterator[dict[str, dict[str, Any]]]:
    """Yield the properties of every component that describes the type."""
    names = set(getattr(type_, "__struct_encode_fields__", ()))
    tag = {getattr(getattr(type_, "__struct_config__", None), "tag_field", None)}
    for name, component in components.items():
        properties: dict[str, Any] = component.get("properties", {})
        own = component.get("title", name).partition("[")[0] == type_.__name__
        if own and names == set(properties) - tag:
            yield properties


def _instants(type_: type) -> Iterator[str]:
    for field in msgspec.structs.fields(type_):
        if datetime in {field.type, *get_args(field.type)}:
            yield field.encode_name


def _date(schema: dict[str, Any]) -> None:
    """Say that a text is an instant, which is left out where its type asks for no offset."""
    for one in (schema, *schema.get("anyOf", ())):
        if one.get("type") == "string":
            one["format"] = "date-time"
