"""What in a description of the API would break a client of another, each in one sentence.

A client breaks when something it sends is no longer taken, or something it counts on no
longer comes. So what is sent may only widen, and what comes back may only narrow, except
that new fields and new values may come.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

Described = Mapping[str, Any]
Way = Literal["sent", "answered"]
_AT_MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_AT_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_SAME: Final = ("pattern", "format", "const")


def breaks(released: Described, now: Described) -> list[str]:
    """Return what of `now` would break a client of `released`, in the order of the paths."""
    found: list[str] = []
    for path, methods in sorted(released["paths"].items()):
        for method, before in sorted(methods.items()):
            name = f"{method.upper()} {path}"
            after = now["paths"].get(path, {}).get(method)
            if after is None:
                found.append(f"{name} is gone.")
            else:
                compared = _Compared(released, now)
                found += [f"{name}: {one}." for one in compared.operations(before, after)]
    return found


class _Compared:
    """Two descriptions, and which types of theirs have been compared already."""

    def __init__(self, released: Described, now: Described) -> None:
        self._released = released
        self._now = now
        self._done: set[tuple[str, str, Way]] = set()

    def operations(self, before: Described, after: Described) -> Iterator[str]:
        yield from self._parameters(before, after)
        yield from self._bodies(before.get("requestBody", {}), after.get("requestBody", {}))
        for status, answer in before["responses"].items():
            if status not in after["responses"]:
                yield f"answers {status} no longer"
            else:
                yield from self._answers(answer, after["responses"][status], f"the {status}")
        yield from _security(before.get("security", []), after.get("security", []))

    def _parameters(self, before: Described, after: Described) -> Iterator[str]:
        old = {(one["in"], one["name"]): one for one in before.get("parameters", ())}
        new = {(one["in"], one["name"]): one for one in after.get("parameters", ())}
        for key, one in new.items():
            required = one.get("required", False)
            if required and not old.get(key, {}).get("required", False):
                yield f"the {' parameter '.join(key)} is now required"
        for key, one in old.items():
            where = f"the {' parameter '.join(key)}"
            if key not in new:
                yield f"{where} is gone"
            else:
                yield from self.schemas(one["schema"], new[key]["schema"], where, "sent")

    def _bodies(self, before: Described, after: Described) -> Iterator[str]:
        if after.get("required", False) and not before.get("required", False):
            yield "a body is now required"
        for media, content in before.get("content", {}).items():
            if media not in after.get("content", {}):
                yield f"takes {media} no longer"
            else:
                new = after["content"][media]
                yield from self.schemas(content["schema"], new["schema"], "the body", "sent")

    def _answers(self, before: Described, after: Described, where: str) -> Iterator[str]:
        before, after = _followed(before, self._released), _followed(after, self._now)
        for media, content in before.get("content", {}).items():
            if media not in after.get("content", {}):
                yield f"{where} comes as {media} no longer"
            else:
                new = after["content"][media]
                yield from self.schemas(content["schema"], new["schema"], where, "answered")

    def schemas(self, old: Described, new: Described, where: str, way: Way) -> Iterator[str]:
        """Compare two schemas, for what is sent or for what is answered."""
        pair = (old.get("$ref", ""), new.get("$ref", ""), way)
        if any(pair[:2]):
            if pair in self._done:
                return
            self._done.add(pair)
        old, new = _followed(old, self._released), _followed(new, self._now)
        yield from self._options(old, new, where, way)
        yield from _kinds(old, new, where, way)
        yield from self._properties(old, new, where, way)
        yield from _values(old, new, where)
        if way == "sent":
            yield from _bounds(old, new, where)
            if _is_closed(new) and not _is_closed(old) and "properties" in old:
                yield f"{where} takes no other fields now"
        for part in ("items", "additionalProperties"):
            inner, outer = _part(old, part), _part(new, part)
            if inner is not None and outer is not None:
                yield from self.schemas(inner, outer, f"{where}[]", way)

    def _options(self, old: Described, new: Described, where: str, way: Way) -> Iterator[str]:
        """Compare alternatives: each that was sent must still be taken, and none new may come."""
        before, after = _alternatives(old), _alternatives(new)
        if len(before) == 1 and len(after) == 1:
            return
        wider, narrower = (after, before) if way == "sent" else (before, after)
        word = "is no longer taken" if way == "sent" else "may now come"
        for name in narrower:
            if name not in wider:
                yield f"{where} {word} as {name}"
        for name in before.keys() & after.keys():
            if "anyOf" in old and "anyOf" in new:
                yield from self.schemas(before[name], after[name], where, way)

    def _properties(self, old: Described, new: Described, where: str, way: Way) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was, is_ = set(old.get("required", ())), set(new.get("required", ()))
        for name, one in before.items():
            if name not in after:
                yield f"{where}.{name} is gone"
            else:
                yield from self.schemas(one, after[name], f"{where}.{name}", way)
        if way == "sent":
            yield from (f"{where}.{name} is now required" for name in sorted(is_ - was))
        else:
            left = (was - is_) & after.keys()
            yield from (f"{where}.{name} may now be absent" for name in sorted(left))


def _followed(schema: Described, document: Described) -> Described:
    if "$ref" not in schema:
        return schema
    _, *path = schema["$ref"].split("/")
    found: Any = document
    for name in path:
        found = found[name]
    named: Described = found
    return named


def _part(schema: Described, name: str) -> Described | None:
    found: Described | bool | None = schema.get(name)
    return None if isinstance(found, bool) else found


def _is_closed(schema: Described) -> bool:
    return schema.get("additionalProperties") is False


def _alternatives(schema: Described) -> dict[str, Described]:
    options = schema.get("anyOf", [schema])
    return {str(one.get("$ref", one.get("type", "anything"))): one for one in options}


def _kinds(old: Described, new: Described, where: str, way: Way) -> Iterator[str]:
    before, after = old.get("type"), new.get("type")
    if "anyOf" in old or "anyOf" in new or before == after:
        return
    widened = after is None if way == "sent" else before is None
    if not (widened or {before, after} == {"integer", "number"}):
        yield f"{where} was {before or 'anything'} and is {after or 'anything'}"


def _values(old: Described, new: Described, where: str) -> Iterator[str]:
    if "enum" in old and "enum" in new:
        gone = [one for one in old["enum"] if one not in new["enum"]]
        yield from (f"{where} is never {one!r} now" for one in gone)
    elif "enum" in new and "enum" not in old:
        yield f"{where} is now one of {', '.join(map(str, new['enum']))}"


def _bounds(old: Described, new: Described, where: str) -> Iterator[str]:
    for name in (*_AT_MOST, *_AT_LEAST):
        if name not in new:
            continue
        lower = name in _AT_MOST
        if name not in old or (new[name] < old[name] if lower else new[name] > old[name]):
            yield f"{where} has {name} {new[name]} now"
    for name in _SAME:
        if name in new and new[name] != old.get(name):
            yield f"{where} has the {name} {new[name]} now"


def _security(before: list[Described], after: list[Described]) -> Iterator[str]:
    for way in before:
        if not any(_suffices(way, one) for one in after or [{}]):
            yield f"{_told(way)} no longer suffices"


def _suffices(given: Described, asked: Described) -> bool:
    return all(name in given and set(scopes) <= set(given[name]) for name, scopes in asked.items())


def _told(way: Described) -> str:
    parts = [f"{name} {' '.join(scopes)}".strip() for name, scopes in sorted(way.items())]
    return " with ".join(parts) or "no token"
