"""A text matches as a whole, or not: a newline at its end is one character too many."""

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta, inspect

from ecosystem import app
from ecosystem.manual import describe
from ecosystem.runtime.operation import Operation
from ecosystem.values.patterns import published, whole
from tests.types_sent import types_within

Word = Annotated[str, Meta(pattern=whole("[a-z]+"))]
OPERATIONS = describe.operations_of(app.ROUTES)


def test_a_text_matches_as_a_whole() -> None:
    assert msgspec.convert("abc", Word) == "abc"
    for other in ("abc\n", "\nabc", "abc\r\n", "", "ab c"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(other, Word)


def test_what_is_published_has_no_guard() -> None:
    made = msgspec.json.encode(msgspec.json.schema(Word)).decode()

    assert published(whole("[a-z]+")) == "^[a-z]+$"
    assert msgspec.json.decode(published(made)) == {"type": "string", "pattern": "^[a-z]+$"}


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_whatever_is_sent_matches_as_a_whole(one: Operation) -> None:
    patterns = {
        found.pattern
        for found in types_within(one.body, *one.queries.values())
        if isinstance(found, inspect.StrType) and found.pattern is not None
    }

    assert {pattern for pattern in patterns if pattern != whole(published(pattern)[1:-1])} == set()
