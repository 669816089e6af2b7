"""The types of events that the house records, as its actions name them."""

import ast
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

_TYPE: Final = re.compile(r"[a-z_]+\.[a-z_]+")
_MADE: Final = '"""Written by `ecosystem docs` from the actions: every type of event."""'


def types(source: Path) -> list[str]:
    """Return every type of event that an action below `source` names, sorted."""
    actions = (ast.parse(file.read_text(encoding="utf-8")) for file in source.rglob("*actions.py"))
    return sorted({name for tree in actions if _records(tree) for name in _named(tree)})


def _records(tree: ast.AST) -> bool:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(ast.unparse(call.func).endswith("record") for call in calls)


def _named(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and _TYPE.fullmatch(value):
            yield value


def module(names: list[str]) -> str:
    """Return the module that holds the types, for those who search for them."""
    listed = "\n".join(f'        "{name}",' for name in names)
    head = f"{_MADE}\n\nfrom typing import Final\n\n"
    return f"{head}TYPES: Final = frozenset(\n    {{\n{listed}\n    }}\n)\n"


def page(names: list[str]) -> str:
    """Return the page of all types, by the thing that each is about."""
    parts = [f"# Events\n\n{_EVENTS}"]
    for thing, listed in groupby(names, key=lambda name: name.partition(".")[0]):
        parts.append("\n".join([f"## {thing}", "", *(f"- `{name}`" for name in listed)]) + "\n")
    return "\n".join(parts)


_EVENTS: Final = """\
Every type of event that the log can hold, by the thing that it is about. An auditor searches for
them by `type`, and for all of a thing by `milestone.*`; the feed and webhooks name them.
"""
