"""The reference: every operation and every type of the description, on one page."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ecosystem.manual.pages import page
from ecosystem.manual.shapes import Named, words
from ecosystem.runtime.markup import Html, Part, code, element, joined, line, link, prose, table

Described = Mapping[str, Any]
_PROBLEM: Final = "application/problem+json"
_CODED: Final = re.compile(r"- `([a-z0-9_]+)`(: .*)")


def reference(document: Described) -> bytes:
    """Return the page of an OpenAPI document."""
    by_tag = grouped(document)
    types: dict[str, Any] = document["components"]["schemas"]
    about = {tag["name"]: tag["description"] for tag in document["tags"]}
    info = document["info"]
    return page(
        "Reference",
        element("h1", "Reference"),
        element("p", f"Version {info['version']}. {info['summary']}", class_="lead"),
        prose(info["description"]),
        *(_room(tag, about[tag], operations) for tag, operations in by_tag.items()),
        element("h2", "Types", id="types"),
        *(_type(name, types[name]) for name in sorted(types)),
        contents=_contents(by_tag),
    )


def grouped(document: Described) -> dict[str, list[tuple[str, str, Described]]]:
    """Return method, path and operation of all that is described, by tag, with its answers."""
    found: dict[str, list[tuple[str, str, Described]]] = {}
    shared: dict[str, Any] = document["components"]["responses"]
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            answers = {
                status: shared[answer["$ref"].rsplit("/", 1)[1]] if "$ref" in answer else answer
                for status, answer in one["responses"].items()
            }
            whole = (method.upper(), path, {**one, "responses": answers})
            found.setdefault(one["tags"][0], []).append(whole)
    return {tag: found[tag] for tag in sorted(found)}


def pretty(example: object) -> str:
    """Return an example as people read JSON."""
    return json.dumps(example, ensure_ascii=False, indent=2)


def _contents(by_tag: Mapping[str, list[tuple[str, str, Described]]]) -> Html:
    parts: list[Part] = []
    for tag, operations in by_tag.items():
        items = (
            element("li", link(f"#{one['operationId']}", one["summary"]))
            for _, _, one in operations
        )
        parts += [element("h2", link(f"#room-{tag}", _title(tag))), element("ul", *items)]
    parts.append(element("h2", link("#types", "Types")))
    return element("nav", *parts, class_="contents", aria_label="Contents")


def _room(tag: str, about: str, operations: Iterable[tuple[str, str, Described]]) -> Html:
    heading = element("h2", _title(tag), id=f"room-{tag}")
    described = (_operation(method, path, one) for method, path, one in operations)
    return element("section", heading, prose(about), *described)


def _title(tag: str) -> str:
    return tag.replace("_", " ").capitalize()


def _operation(method: str, path: str, one: Described) -> Html:
    name = one["operationId"]
    return element(
        "article",
        element("h3", link(f"#{name}", one["summary"])),
        element("p", element("b", method, class_=method), " ", code(path), class_="route"),
        prose(one["description"]),
        _part("Parameters", _parameters(one["parameters"])),
        *_body("Request", one.get("requestBody", {})),
        _part("Answers", _answers(one["responses"])),
        *_examples(one["responses"]),
        class_="operation",
        id=name,
    )


def _part(title: str, content: Html) -> Html:
    return joined(element("h4", title), content) if content else Html("")


def _parameters(parameters: Iterable[Described]) -> Html:
    rows = (
        [
            code(one["name"]),
            f"{one['in']}, required" if one["required"] else one["in"],
            _shape(one["schema"]),
            line(one["description"]),
        ]
        for one in parameters
    )
    return table(("Name", "In", "Type", "Meaning"), rows)


def _body(title: str, body: Described) -> Iterator[Html]:
    for media, content in body.get("content", {}).items():
        yield element("h4", f"{title}: {media}")
        if properties := content["schema"].get("properties"):
            yield _fields(properties, content["schema"].get("required", ()))
        elif content["schema"]:
            yield element("p", _shape(content["schema"]))
        if "example" in content:
            yield element("pre", pretty(content["example"]), tabindex="0")


def _answers(responses: Mapping[str, Described]) -> Html:
    rows = (
        [
            code(status),
            joined(
                _meaning(one),
                *(_media(media, content) for media, content in one.get("content", {}).items()),
            ),
        ]
        for status, one in responses.items()
    )
    return table(("Status", "Meaning"), rows)


def _meaning(response: Described) -> Html:
    text: str = response["description"]
    if _PROBLEM not in response.get("content", {}):
        return prose(text)
    items: list[Html] = []
    for row in text.splitlines():
        found = _CODED.fullmatch(row)
        said = joined(link(f"/problems/{found[1]}", code(found[1])), found[2]) if found else row
        items.append(element("li", said))
    return element("ul", *items)


def _media(media: str, content: Described) -> Html:
    if "$ref" not in content["schema"] or media == _PROBLEM:
        return Html("")
    return _shape(content["schema"])


def _examples(responses: Mapping[str, Described]) -> Iterator[Html]:
    for status, one in responses.items():
        for content in one.get("content", {}).values():
            if "example" in content:
                yield element("h4", f"An answer: {status}")
                yield element("pre", pretty(content["example"]), tabindex="0")


def _type(name: str, schema: Described) -> Html:
    heading = element("h3", link(f"#type-{name}", code(name)))
    parts: list[Part] = [heading, prose(schema.get("description", ""))]
    if "properties" in schema:
        parts.append(_fields(schema["properties"], schema.get("required", ())))
    else:
        parts.append(element("p", _shape(schema)))
    return element("article", *parts, class_="type", id=f"type-{name}")


def _fields(properties: Mapping[str, Described], required: Iterable[str]) -> Html:
    rows = (
        [
            code(name),
            _shape(one),
            "required" if name in required else "",
            line(one.get("description", "")),
        ]
        for name, one in properties.items()
    )
    return table(("Field", "Type", "", "Meaning"), rows)


def _shape(schema: Described) -> Html:
    return joined(
        *(
            link(f"#type-{one.name}", one.name) if isinstance(one, Named) else line(one)
            for one in words(schema)
        )
    )
