"""Where a body ceases to be JSON, and that it is told in both languages."""

import re

import pytest

from ecosystem.runtime import chinese, unreadable


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"{", "ends before its JSON does, at byte 1 (line 1, column 2)"),
        (b'{"a": [1,\n', "ends before its JSON does, at byte 10 (line 2, column 1)"),
        (b'{"a": "\xff"}', "is not UTF-8 at byte 7 (line 1, column 8)"),
        ('{"标": oh}'.encode(), "at byte 8 (line 1, column 7): invalid character"),
        (b"{} x", "at byte 3 (line 1, column 4): trailing characters"),
        (b"[1,]", "at byte 3 (line 1, column 4): trailing comma in array"),
        (b'{"a":1,}', "trailing comma in object"),
        (b"[1 2]", "expected ',' or ']'"),
        (b'{"a":1 "b":2}', "expected ',' or '}'"),
        (b'{"a" 1}', "expected ':'"),
        (b"{a:1}", "object keys must be strings"),
        (b"[01]", "invalid number"),
        (b'["\\q"]', "invalid escape"),
        (b'["\\uZZZZ"]', "invalid character in unicode escape"),
        (b'["\\ud800"]', "a UTF-16 surrogate stands alone in it"),
    ],
)
def test_a_body_that_is_no_json_is_told_where_it_ceases(body: bytes, said: str) -> None:
    told = unreadable.fault(body)

    assert told is not None
    assert said in told
    known = chinese.detail("runtime", "malformed", told)
    assert known is not None
    assert sorted(re.findall(r"\d+", known)) == sorted(re.findall(r"\d+", told))


def test_a_body_that_is_json_has_no_such_fault() -> None:
    assert unreadable.fault(b'{"a": [1, null]}') is None
