"""The sentences by which rules refuse, as they stand in the source."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

Assigned = dict[str, list[str]]


def sentences(source: Path, *, codes: Mapping[str, str]) -> dict[str, set[str]]:
    """Return each sentence with which a refusal is made, by its code; its blanks are {0}, {1}.

    `codes` are the codes of refusals by the names of their classes. What is not written where the
    refusal is made, but brought there from elsewhere, is not found.
    """
    found: dict[str, set[str]] = {}
    for path in sorted(source.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                assigned = _assigned(function)
                for name, detail in _made(function):
                    if name in codes:
                        found.setdefault(codes[name], set()).update(_told(detail, assigned))
    return found


def faults(source: Path) -> set[str]:
    """Return each sentence that is said of one place where its fault is made."""
    found: set[str] = set()
    for path in sorted(source.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                assigned = _assigned(function)
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and _is_fault(node):
                        found.update(_told(node.args[2], assigned))
    return found


def _is_fault(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "Fault" and len(node.args) > 2


def written(source: Path) -> set[str]:
    """Return every text that stands in the source."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in source.rglob("*.py"))
    return {text for tree in trees for node in ast.walk(tree) for text in _text(node)}


def _text(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant | ast.JoinedStr):
        yield from _told(node, {})


def _made(function: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is called in a function with something first: its name, and that."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and node.args:
            called = node.func
            if isinstance(called, ast.Name):
                yield called.id, node.args[0]
            elif isinstance(called, ast.Attribute):
                yield called.attr, node.args[0]


def _assigned(function: ast.AST) -> Assigned:
    found: Assigned = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for name, value in _pairs(node.targets[0], node.value):
                found.setdefault(name, []).extend(_told(value, {}))
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, its in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, its)


def _told(node: ast.expr, assigned: Assigned) -> Iterator[str]:
    """Yield what an expression may come to, as far as it is written there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _told(node.body, assigned)
        yield from _told(node.orelse, assigned)
    elif isinstance(node, ast.Name):
        yield from assigned.get(node.id, [])
    elif isinstance(node, ast.JoinedStr):
        yield _template(node)


def _template(node: ast.JoinedStr) -> str:
    pieces = [one.value if isinstance(one, ast.Constant) else None for one in node.values]
    numbers = iter(range(len(pieces)))
    return "".join(f"{{{next(numbers)}}}" if one is None else str(one) for one in pieces)


def blanks(text: str) -> set[str]:
    """Return the blanks of a sentence."""
    return set(re.findall(r"\{[0-9]\}", text))
