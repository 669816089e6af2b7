"""HTML that is safe by construction, and schemas in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.manual.shapes import Named, words
from ecosystem.runtime.markup import element, line, prose, table


@given(st.text(max_size=50), st.text(max_size=50))
def test_text_never_becomes_markup(text: str, value: str) -> None:
    made = element("p", text, title=value)

    inside = made.removeprefix("<p title=").removesuffix("</p>")
    assert inside.count("<") == 0
    assert inside.count('"') == 2


def test_an_attribute_may_be_named_like_a_word_of_the_language() -> None:
    made = element("nav", "x", class_="a", aria_label="b")

    assert made == '<nav class="a" aria-label="b">x</nav>'


def test_backticks_mark_code() -> None:
    assert line("send `<a>` on") == "send <code>&lt;a&gt;</code> on"


def test_blank_lines_part_paragraphs_and_dashes_make_a_list() -> None:
    assert prose("one\ntwo\n\n- a\n- b") == "<p>one two</p><ul><li>a</li><li>b</li></ul>"


def test_a_table_without_rows_is_nothing() -> None:
    assert table(["a"], []) == ""


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 300}, "text (1 to 300 characters)"),
        ({"type": "integer", "minimum": 1}, "integer, at least 1"),
        ({"type": "string", "format": "date-time"}, "time (RFC 3339)"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 3}, "list (at most 3) of text"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"enum": ["a", "b"]}, "`a`, `b`"),
        ({"type": "string", "pattern": "^x$"}, "text `^x$`"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object of integer"),
        ({}, "anything"),
    ],
)
def test_a_schema_is_told_in_words(schema: dict[str, Any], expected: str) -> None:
    assert "".join(str(one) for one in words(schema)) == expected


def test_a_type_that_is_described_elsewhere_is_named() -> None:
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Need"}}

    assert list(words(schema)) == ["list of ", Named("Need")]
