"""A line says something, on one line; a text says it in Chinese, in English, or in both."""

import msgspec
import pytest

from ecosystem.values.text import Line, Text

SPACES = " \u00a0\u2003\u3000\ufeff"


@pytest.mark.parametrize("line", ["数据", "a", " a ", "§ 1 – b", "e\u0301"])
def test_a_line_that_says_something(line: str) -> None:
    assert msgspec.convert(line, Line) == line


@pytest.mark.parametrize(
    "line",
    ["", " ", SPACES, "\x00", "\x1f", "\x7f", "a\x00", "\x00a", "a\nb", "a\n", "\t", "a" * 301],
)
def test_what_is_no_line(line: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(line, Line)


@pytest.mark.parametrize(
    "text",
    [
        {}, {"en": ""}, {"en": "a\x00"}, {"fr": "a"}, {"zh": None}, {"zh": " "}, {"en": SPACES},
        {"zh": "\t\r\n"}, {"zh": "数据", "en": "\n"}, {"en": " " * 20_000},
        {"en": f"{'a' * 19_999}\x00"},
    ],
)  # fmt: skip
def test_what_is_no_text(text: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Text)


def test_a_text_may_have_lines() -> None:
    assert msgspec.convert({"en": "a\n\tb\r\n"}, Text) == Text(en="a\n\tb\r\n")


@pytest.mark.parametrize("said", ["数", "\n\n§\n", f"{' ' * 9_000}a{' ' * 9_000}"])
def test_a_text_may_have_spaces_around_what_it_says(said: str) -> None:
    assert msgspec.convert({"zh": said}, Text) == Text(zh=said)
