"""What a type wants, in words: from its own declaration, so that it is what is checked.

The declaration is the type's JSON Schema, as msgspec makes it. What has a form says it by its
description and examples, an identifier by its prefix; a number and a text say their bounds; what
is one of few values lists them.
Source: JSON Schema 2020-12.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from ecosystem.values.identifiers import EXAMPLE_DIGITS

Schema = Mapping[str, Any]

_LISTED_MAX: Final = 30
_REF: Final = "#/$defs/"
_PREFIX: Final = re.compile(r"\^([a-z]+)_\[0-9a-f\]\{12\}7")
_PLACE: Final = re.compile(r" - at (`key` in )?`\$([^`]*)`$")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_NAMED: Final = re.compile(r"Object (missing required|contains unknown) field `([^`]*)`")
_LOWERED: Final = re.compile(r"^[A-Z](?=[a-z ])")
_BY_FORMAT: Final[Mapping[str, str]] = {
    "date": "a date such as `2026-03-01`",
    "decimal": "a decimal number such as `0.95`",
    "date-time": "an instant with its offset from UTC, such as `2026-03-01T09:00:00Z`",
}
_BY_TYPE: Final[Mapping[str, str]] = {"boolean": "true or false", "null": "null"}


class Misfit(msgspec.Struct, frozen=True):
    """What is wrong with a value."""

    pointer: str
    """RFC 6901 JSON pointer to the place; empty for the whole value."""
    said: str
    """What follows the name of the place in a sentence: "must be a date such as ..."."""


def of(type_: Any, *, null: bool = True) -> str:
    """Return what a value must be to be of `type_`; without `null`, none is named as a way."""
    schema = schema_of(type_)
    return words(schema, schema, null=null)


def misfit(error: msgspec.ValidationError, type_: Any, *, quiet: bool = False) -> Misfit:
    """Return in words what the decoder of `type_` has met, and where.

    Where `quiet`, a field that is not known is not named.
    """
    place = _PLACE.search(str(error))
    path = place[2] if place else ""
    pointer = _STEP.sub(lambda step: f"/{step[1] or step[2]}", path)
    if error.__cause__ is not None:
        # A check of the type itself has refused, in its own words.
        return Misfit(pointer, f"is refused: {_PLACE.sub('', str(error))}")
    root = schema_of(type_)
    found = _at(root, path, root)
    named = _NAMED.match(str(error))
    if named is None:
        names = place is not None and place[1] is not None
        return Misfit(pointer, _must(_names_in(found) if names else found, root, names=names))
    for option in found:
        if named[1] == "contains unknown":
            return Misfit(pointer, stranger(None if quiet else named[2], option))
        if named[2] in option.get("properties", ()):
            return Misfit(pointer, lack(named[2], option, root))
    return Misfit(pointer, _must(found, root))


def words(schema: Schema, root: Schema, *, null: bool = True) -> str:
    """Return what a value must be to fit `schema`, whose references are to `root`."""
    options = list(_options(schema, root))
    some = [one for one in options if one.get("type") != "null"]
    said = _kinds(some, root)
    return " or ".join([*said, "null"] if null and len(some) < len(options) else said)


def lack(name: str, schema: Schema, root: Schema) -> str:
    """Return that an object lacks a field, and what the field must be."""
    return f"lacks `{name}`, which must be {words(schema['properties'][name], root)}"


def stranger(name: str | None, schema: Schema) -> str:
    """Return that an object has a field that is not known, and which are; None names it not."""
    known = _listed(schema.get("properties", ()))
    named = "a field" if name is None else f"a field {name[:60]!r}"
    return f"has {named} that is not known here; known: {known or 'none'}"


@lru_cache(maxsize=512)
def schema_of(type_: Any) -> Schema:
    """Return the JSON Schema of a type."""
    return msgspec.json.schema(type_)


def _must(options: list[Schema], root: Schema, *, names: bool = False) -> str:
    wanted = " or ".join(dict.fromkeys(words(one, root) for one in options))
    return f"{'has a name that ' if names else ''}must be {wanted or 'as the schema says'}"


def _kinds(options: list[Schema], root: Schema) -> list[str]:
    """Return the words of each way; of objects that a tag tells apart, the tag's values."""
    tagged: dict[str, list[str]] = {}
    said: dict[str, None] = {}
    for one in options:
        tag = _tag(one) if len(options) > 1 else None
        if tag is None:
            said[_kind(one, root)] = None
        else:
            tagged.setdefault(tag[0], []).append(tag[1])
    for name, values in tagged.items():
        said[f"an object whose `{name}` is one of {_listed(values)}"] = None
    return list(said)


def _tag(schema: Schema) -> tuple[str, str] | None:
    """Return the field by which an object is told apart from others, and its value there."""
    for name, one in schema.get("properties", {}).items():
        if name in schema.get("required", ()) and len(one.get("enum", ())) == 1:
            return name, str(one["enum"][0])
    return None


def _kind(schema: Schema, root: Schema) -> str:
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        return _listed(values) if len(values) == 1 else f"one of {_listed(values)}"
    kind = schema.get("type")
    if kind == "string":
        return _text(schema)
    if kind in {"integer", "number"}:
        number = "a whole number" if kind == "integer" else "a number"
        return f"{number}{_bounds(schema, 'minimum', 'maximum', ' from {}', ' to {}')}"
    if kind == "array":
        return f"a list{_within(schema, 'minItems', 'maxItems', 'items')}"
    if kind == "object":
        known = _listed(schema.get("properties", ()))
        return f"an object with the fields {known}" if known else _mapping(schema, root)
    return _BY_TYPE.get(str(kind), "any JSON")


def _text(schema: Schema) -> str:
    if "pattern" in schema:
        return _form(schema)
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    return f"text{_within(schema, 'minLength', 'maxLength', 'characters')}"


def _form(schema: Schema) -> str:
    """Return the words of a form: what its declaration says, and its examples."""
    said = _phrase(schema.get("description", "text of its form"))
    bounds = _within(schema, "minLength", "maxLength", "characters")
    examples = list(schema.get("examples", ()))
    if prefix := _PREFIX.match(schema["pattern"]):
        said = f"an {said}" if said.startswith("identifier") else said
        examples = [f"{prefix[1]}_{EXAMPLE_DIGITS}"]
    such = f", such as {' or '.join(f'`{one}`' for one in examples)}" if examples else ""
    return f"{said}{bounds and f' ({bounds.strip()})'}{such}"


def _phrase(description: str) -> str:
    """Return a description as it stands within a sentence."""
    return _LOWERED.sub(lambda letter: letter[0].lower(), description.strip().rstrip("."))


def _within(schema: Schema, least: str, most: str, unit: str) -> str:
    low, high = schema.get(least, 0), schema.get(most)
    if high is None:
        return f" of at least {low} {unit}" if low else ""
    if low == high:
        return f" of {low} {unit}"
    return f" of {low} to {high} {unit}" if low else f" of at most {high} {unit}"


def _bounds(schema: Schema, least: str, most: str, above: str, below: str) -> str:
    low = above.format(schema[least]) if least in schema else ""
    return low + (below.format(schema[most]) if most in schema else "")


def _mapping(schema: Schema, root: Schema) -> str:
    values: Schema | bool = schema.get("additionalProperties", False)
    if isinstance(values, bool):
        return "an object"
    return f"an object of which each value is {words(values, root)}"


def _listed(values: Iterable[Any]) -> str:
    every = [f"`{one}`" for one in values]
    more = len(every) - _LISTED_MAX
    shown = ", ".join(every[:_LISTED_MAX])
    return f"{shown} and {more} more" if more > 0 else shown


def _options(schema: Schema, root: Schema) -> Iterator[Schema]:
    """Yield every way to fit a schema, each without references."""
    if (name := schema.get("$ref")) is not None:
        yield from _options(root["$defs"][name.removeprefix(_REF)], root)
    elif "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _options(one, root)
    else:
        yield schema


def _at(schema: Schema, path: str, root: Schema) -> list[Schema]:
    """Return the schemas that can stand at a path of the decoder."""
    found = list(_options(schema, root))
    for name, _ in _STEP.findall(path):
        below = [_below(one, name) for one in found]
        found = [way for one in below if one is not None for way in _options(one, root)]
    return found


def _below(schema: Schema, name: str) -> Schema | None:
    if name:
        field: Schema | None = schema.get("properties", {}).get(name)
        return field
    inner: Schema | bool | None = schema.get("items") or schema.get("additionalProperties")
    return None if isinstance(inner, bool) else inner


def _names_in(schemas: list[Schema]) -> list[Schema]:
    """Return what the names of mappings must be."""
    return [{"type": "string", **one["propertyNames"]} for one in schemas if "propertyNames" in one]
