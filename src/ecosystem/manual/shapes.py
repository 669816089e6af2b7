"""What a schema says, in words that fit into one cell of a table."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

_FORMATS: Final = {
    "date-time": "time (RFC 3339)",
    "date": "date",
    "binary": "bytes",
    "uuid": "UUID",
}
_NAMES: Final = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
    "array": "list",
}


class Named(NamedTuple):
    """A type that is described elsewhere, by its name."""

    name: str


def words(schema: Mapping[str, Any]) -> Iterator[str | Named]:
    """Yield what `schema` allows: words, and names of types; code stands in backticks."""
    if "$ref" in schema:
        yield Named(schema["$ref"].rsplit("/", 1)[1])
    elif "anyOf" in schema:
        for at, one in enumerate(schema["anyOf"]):
            yield " or " if at else ""
            yield from words(one)
    elif "const" in schema:
        yield f"`{schema['const']}`"
    elif "enum" in schema:
        yield ", ".join(f"`{value}`" for value in schema["enum"])
    elif schema.get("type") == "array":
        yield f"list{_count(schema, 'Items')} of "
        yield from words(schema.get("items", {}))
    elif isinstance(schema.get("additionalProperties"), dict):
        yield "object of "
        yield from words(schema["additionalProperties"])
    else:
        yield _plain(schema)


def _plain(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "anything")
    name = _FORMATS.get(schema.get("format", ""), _NAMES.get(kind, str(kind)))
    return f"{name}{_count(schema, 'Length')}{_range(schema)}{_pattern(schema)}"


def _count(schema: Mapping[str, Any], what: str) -> str:
    least, most = schema.get(f"min{what}"), schema.get(f"max{what}")
    if least is None and most is None:
        return ""
    unit = " characters" if what == "Length" else ""
    return f" ({_between(least, most)}{unit})"


def _range(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    return "" if least is None and most is None else f", {_between(least, most)}"


def _between(least: float | None, most: float | None) -> str:
    if least is None:
        return f"at most {most:,}"
    return f"at least {least:,}" if most is None else f"{least:,} to {most:,}"


def _pattern(schema: Mapping[str, Any]) -> str:
    return f" `{schema['pattern']}`" if "pattern" in schema else ""
