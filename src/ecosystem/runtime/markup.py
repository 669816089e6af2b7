"""HTML that is safe by construction: whatever is not made here is escaped."""

import base64
import hashlib
import re
from collections.abc import Iterable
from html import escape
from typing import Final

_VOID: Final = frozenset({"meta", "link", "hr", "br", "input"})
_CODE: Final = re.compile(r"`([^`]+)`")
_BREAKABLE: Final = re.compile(r"(?<=[/_.])(?=\w)")


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Part = str | Html


def element(tag: str, *children: Part, **attributes: str) -> Html:
    """Return an element; a text among its children is escaped, `class_` is the class."""
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
    )
    if tag in _VOID:
        return Html(f"<{tag}{named}>")
    return Html(f"<{tag}{named}>{joined(*children)}</{tag}>")


def joined(*children: Part) -> Html:
    """Return the children one after the other."""
    return Html("".join(one if isinstance(one, Html) else escape(one) for one in children))


def link(to: str, *children: Part) -> Html:
    """Return a link to an address of this service or a place on the page."""
    return element("a", *children, href=to)


def code(text: str) -> Html:
    """Return a name or a path in the type of code, which may break after its separators."""
    parts = (escape(part) for part in _BREAKABLE.split(text))
    return Html(f"<code>{'<wbr>'.join(parts)}</code>")


def prose(text: str) -> Html:
    """Return paragraphs: blank lines part them, `- ` begins a list item, backticks mark code."""
    blocks = (block for block in re.split(r"\n\s*\n", text.strip()) if block)
    return joined(*(_block(block) for block in blocks))


def line(text: str) -> Html:
    """Return text in which backticks mark code."""
    pieces = _CODE.split(text)
    return joined(*(code(piece) if at % 2 else piece for at, piece in enumerate(pieces)))


def table(heads: Iterable[str], rows: Iterable[Iterable[Part]]) -> Html:
    """Return a table that scrolls by itself where it is too wide, or nothing without rows."""
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    if not body:
        return Html("")
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    made = element("table", element("thead", head), element("tbody", *body))
    return element("div", made, class_="wide")


def styled_by(style: str) -> str:
    """Return the policy of a page that loads nothing, and to which only this style applies."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def _block(text: str) -> Html:
    rows = text.splitlines()
    if all(row.startswith("- ") for row in rows):
        return element("ul", *(element("li", line(row[2:])) for row in rows))
    return element("p", line(" ".join(rows)))
