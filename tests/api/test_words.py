"""Every form that a caller must meet is said in words, by the types themselves."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ecosystem import app
from ecosystem.manual import describe
from ecosystem.runtime import chinese_forms
from ecosystem.runtime.openapi_schemas import has_form
from ecosystem.runtime.operation import Operation
from ecosystem.sandbox import routes as sandbox
from ecosystem.values import wanting

OPERATIONS = describe.operations_of([*app.ROUTES, *sandbox.ROUTES])
NAMED = pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
_OF_IDENTIFIERS = re.compile(r"\^[a-z]+_\[0-9a-f\]\{12\}7")
_OF_PROGRAMMERS = re.compile(r"\[[^\]]*[a-z]-[a-z]|\{\d+(,\d*)?\}|\(\?|regex|`str`|`int`|NoneType")
"""How regular expressions and the types of Python look."""


@NAMED
def test_every_form_is_described_by_words_and_examples_that_meet_it(one: Operation) -> None:
    forms = [node for root in _sent(one) for node in _within(root) if "pattern" in node]

    assert [form for form in forms if not form.get("description")] == []
    assert [form for form in forms if not _is_shown(form)] == []


@NAMED
def test_whatever_is_wanted_is_said_without_an_expression(one: Operation) -> None:
    said = {wanting.words(node, root) for root in _sent(one) for node in _within(root)}

    assert {words for words in said if _OF_PROGRAMMERS.search(words)} == set()
    assert {words for words in said if not words or len(words) > 900} == set()


@NAMED
def test_whatever_is_wanted_is_said_in_chinese_too(one: Operation) -> None:
    said = {wanting.words(node, root) for root in _sent(one) for node in _within(root)}

    assert {words for words in said if chinese_forms.wants(words) is None} == set()


@NAMED
def test_an_identifier_that_a_parameter_shows_is_of_the_kind_that_it_names(one: Operation) -> None:
    shown = {
        (name, example.rpartition("_")[0])
        for name, type_ in one.queries.items()
        for node in _within(wanting.schema_of(type_))
        for example in node.get("examples", ())
        if name.endswith("_id") and name != "object_id" and "_0190f3c2" in example
    }

    kinds = {name.removesuffix("_id"): kind for name, kind in shown}
    assert [name for name, kind in kinds.items() if kind not in name] == []


def test_a_parameter_of_few_values_lists_them() -> None:
    (one,) = (one for one in OPERATIONS if one.name == "list_needs")

    assert (
        wanting.of(one.queries["operation"], null=False) == "one of `data`, `facility`, `service`"
    )


def test_a_form_without_examples_is_found() -> None:
    assert not _is_shown({"pattern": "^a$"})
    assert not _is_shown({"pattern": "^a$", "examples": ["b"]})
    assert _OF_PROGRAMMERS.search("matching '^[0-9a-f]{64}$'")


def _is_shown(form: dict[str, Any]) -> bool:
    if _OF_IDENTIFIERS.match(form["pattern"]):
        return True
    examples = form.get("examples", ())
    return bool(examples) and all(re.search(form["pattern"], each) for each in examples)


def _sent(one: Operation) -> list[wanting.Schema]:
    bodies = [type_ for type_ in (one.body, one.rows) if has_form(type_)]
    return [wanting.schema_of(type_) for type_ in (*bodies, *one.queries.values())]


def _within(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema within a schema; of mappings and of examples, none."""
    if isinstance(node, list):
        for each in node:
            yield from _within(each)
    elif isinstance(node, dict):
        if node.keys() & {"type", "anyOf", "enum", "$ref"} or "pattern" in node:
            yield node
        for name, each in node.items():
            if name in {"properties", "$defs"}:
                for inner in each.values():
                    yield from _within(inner)
            elif name in {"anyOf", "items", "prefixItems", "additionalProperties"}:
                yield from _within(each)
            elif name == "propertyNames":
                yield from _within({"type": "string", **each})
