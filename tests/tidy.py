"""The rules of the house that imports cannot express, read from the syntax of the sources.

Each check takes the parsed modules of a tree and yields one sentence for each violation, so
that a test can run it on the house and on a violation planted elsewhere.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).parent.parent
FUNCTION_LINES_MAX: Final = 40
MODULE_LINES_MAX: Final = 400
LINE_CHARACTERS_MAX: Final = 100
ROOM_FILES: Final = frozenset(
    {"__init__", "model", "rules", "tables", "queries", "actions", "schemas", "routes"}
)
IMPURE_EXTRAS: Final = frozenset({"authentication", "law", "sequencer", "shelf"})
"""Extra modules that do touch the outside: background work, who a caller is, which law holds."""
_WRITERS: Final = frozenset({"insert", "update", "delete", "inserting", "marking", "updating"})
_METHODS: Final = frozenset({"get", "post", "patch", "put", "delete", "head", "route"})
_CLOCKS: Final = frozenset({"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns"})
_DICE: Final = frozenset(
    {"entropy", "generate_key", "generate_private_key", "getrandbits", "mint", "randbelow"}
    | {"randbytes", "randint", "token_bytes", "token_hex", "token_urlsafe", "urandom"}
    | {"uuid1", "uuid4", "uuid6", "uuid7"}
)
_MOMENTS: Final = re.compile(r"(\w+_)?(at|now)|(answer|reply|sign)_by")
_OTHERWISE: Final = frozenset({"isoformat", "strftime", "wire"})
_WRITTEN: Final = re.compile(r"\s*(?:insert\s+into|update|delete\s+from)\s+(\w+)\s", re.IGNORECASE)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class Module:
    """One source file: where it stands below the root of the package, and what it says."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The folder below the package, or nothing for a file that stands in the package."""
        return self.path.parts[0] if len(self.path.parts) > 1 else ""

    @property
    def name(self) -> str:
        """The name of the file without its ending."""
        return self.path.stem

    def at(self, line: int) -> str:
        """Name a line of this file."""
        return f"{self.path}:{line}"


Check = Callable[[list[Module]], Iterator[str]]


def modules_of(root: Path) -> list[Module]:
    """Parse every Python file below `root`."""
    found: list[Module] = []
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(Module(path=path.relative_to(root), text=text, tree=ast.parse(text)))
    return found


def order_of_rooms() -> list[str]:
    """Return the folders of the package, highest first, as the import contract orders them."""
    layers: list[str] = _contracts()[0]["layers"]
    return [name.strip(" ()") for layer in layers for name in layer.split("|")]


def capabilities() -> frozenset[str]:
    """Return the folders that are rooms: below the faces, above the ground."""
    order = order_of_rooms()
    return frozenset(order[order.index("audit") : order.index("runtime")])


def pure_names() -> frozenset[str]:
    """Return the names of the modules that the import contract holds to be pure."""
    sources: list[str] = _contracts()[2]["source_modules"]
    return frozenset(name.rsplit(".", 1)[1] for name in sources if ".*." in name)


def _contracts() -> list[dict[str, list[str]]]:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, list[str]]] = project["tool"]["importlinter"]["contracts"]
    return contracts


def functions_are_short(modules: list[Module]) -> Iterator[str]:
    """Functions have at most 40 lines, the docstring not counted."""
    for module in modules:
        for function in _functions(module):
            if (lines := _lines_of(function)) > FUNCTION_LINES_MAX:
                yield f"{module.at(function.lineno)} {function.name} has {lines} lines."


def modules_are_short(modules: list[Module]) -> Iterator[str]:
    """Modules have at most 400 lines."""
    for module in modules:
        if (lines := module.text.count("\n")) > MODULE_LINES_MAX:
            yield f"{module.path} has {lines} lines."


def lines_are_short(modules: list[Module]) -> Iterator[str]:
    """Lines have at most 100 characters."""
    for module in modules:
        for number, line in enumerate(module.text.splitlines(), start=1):
            if len(line) > LINE_CHARACTERS_MAX:
                yield f"{module.at(number)} has {len(line)} characters."


def modules_say_what_they_hold(modules: list[Module]) -> Iterator[str]:
    """A module has a docstring."""
    for module in modules:
        if ast.get_docstring(module.tree) is None:
            yield f"{module.path} does not say what it holds."


def imports_stand_at_the_top(modules: list[Module]) -> Iterator[str]:
    """No function imports: that is how knots hide."""
    for module in modules:
        for function in _functions(module):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield f"{module.at(node.lineno)} imports inside {function.name}."


def only_the_edge_ends_transactions(modules: list[Module]) -> Iterator[str]:
    """Nobody commits or rolls back outside runtime; a budget's `commit` takes arguments."""
    for module in modules:
        if module.room == "runtime":
            continue
        for call in _calls(module.tree):
            if call.args or call.keywords or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr in {"commit", "rollback"}:
                yield f"{module.at(call.lineno)} calls {call.func.attr}()."


def pure_modules_read_no_clock_and_no_dice(modules: list[Module]) -> Iterator[str]:
    """What rules decide on is passed in, so that the log alone can decide it again."""
    pure = pure_names()
    for module in modules:
        if module.room != "values" and not (module.room and module.name in pure):
            continue
        given = {node.arg for node in ast.walk(module.tree) if isinstance(node, ast.arg)}
        for call in _calls(module.tree):
            if _called(call) in (_CLOCKS | _DICE) - given:
                yield f"{module.at(call.lineno)} calls {_called(call)}()."


def rooms_write_their_own_tables(modules: list[Module]) -> Iterator[str]:
    """A room writes only what its own tables.py defines, and only from its actions."""
    rooms = {
        table: module.room
        for module in modules
        if module.name == "tables"
        for table in _tables_in(module)
    }
    for module in modules:
        if module.room not in capabilities():
            continue
        owners = _owners(module)
        for call in _calls(module.tree):
            if not isinstance(call.func, ast.Name) or call.func.id not in _WRITERS:
                continue
            yield from _misplaced_write(module, call, owners)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written = _WRITTEN.match(node.value)
                if written and rooms.get(written[1], module.room) != module.room:
                    yield f"{module.at(node.lineno)} writes {written[1]}, not its own table."


def _misplaced_write(module: Module, call: ast.Call, owners: dict[str, str]) -> Iterator[str]:
    owner = owners.get(_root_name(call.args[0])) if call.args else None
    if owner is None:
        return
    if owner != module.room:
        yield f"{module.at(call.lineno)} writes a table of {owner}."
    elif module.name not in IMPURE_EXTRAS | {"actions"}:
        yield f"{module.at(call.lineno)} writes a table outside actions."


def routes_say_who_may(modules: list[Module]) -> Iterator[str]:
    """Every route passes `permit=`: a scope, or that it is public."""
    for module in modules:
        if module.room == "runtime":
            continue
        for function in _functions(module):
            for decorator in function.decorator_list:
                if isinstance(decorator, ast.Name) and decorator.id in _METHODS:
                    yield f"{module.at(function.lineno)} {function.name} has no permit."
                if not isinstance(decorator, ast.Call) or _called(decorator) not in _METHODS:
                    continue
                if "permit" not in {keyword.arg for keyword in decorator.keywords}:
                    yield f"{module.at(function.lineno)} {function.name} has no permit."


def rooms_have_files_of_known_names(modules: list[Module]) -> Iterator[str]:
    """A file of a room bears one of eight names, or is declared pure, or is background work.

    A folder inside a room (`identity/oauth`) names its own files.
    """
    known = ROOM_FILES | pure_names() | IMPURE_EXTRAS
    for module in modules:
        stands_in_a_room = module.room in capabilities() and len(module.path.parts) == 2
        if stands_in_a_room and module.name not in known:
            yield f"{module.path} is none of {', '.join(sorted(known))}."


def sentences_write_instants_as_answers_do(modules: list[Module]) -> Iterator[str]:
    """What a room says of an instant is written by `values.period.shown`, as every answer is."""
    for module in modules:
        if module.room in capabilities() | {"sandbox", "feed"}:
            for sentence in ast.walk(module.tree):
                if isinstance(sentence, ast.JoinedStr) and " " in _words(sentence):
                    for value in sentence.values:
                        if isinstance(value, ast.FormattedValue) and _is_raw_instant(value):
                            yield f"{module.at(value.lineno)} writes an instant without `shown`."


def _words(text: ast.JoinedStr) -> str:
    return "".join(str(one.value) for one in text.values if isinstance(one, ast.Constant))


def _is_raw_instant(value: ast.FormattedValue) -> bool:
    if isinstance(value.format_spec, ast.JoinedStr) and "%" in _words(value.format_spec):
        return True
    if isinstance(value.value, ast.Call):
        return _called(value.value) in _OTHERWISE
    named = ast.unparse(value.value).rpartition(".")[2]
    return _MOMENTS.fullmatch(named) is not None


SIZE_CHECKS: Final[tuple[Check, ...]] = (
    functions_are_short,
    modules_are_short,
    lines_are_short,
    modules_say_what_they_hold,
)
"""Held by every Python file of the project."""
HOUSE_CHECKS: Final[tuple[Check, ...]] = (
    imports_stand_at_the_top,
    only_the_edge_ends_transactions,
    pure_modules_read_no_clock_and_no_dice,
    rooms_write_their_own_tables,
    routes_say_who_may,
    rooms_have_files_of_known_names,
    sentences_write_instants_as_answers_do,
)
"""Held by the package."""


def _functions(module: Module) -> Iterator[Function]:
    for node in ast.walk(module.tree):
        if isinstance(node, Function):
            yield node


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _lines_of(function: Function) -> int:
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def _root_name(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _owners(module: Module) -> dict[str, str]:
    """Map each name that was imported from a room's tables to that room."""
    owners: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        _, _, place = node.module.partition("ecosystem.")
        for alias in node.names:
            if place.endswith(".tables") or (place and alias.name == "tables"):
                owners[alias.asname or alias.name] = place.split(".")[0]
    return owners


def _tables_in(module: Module) -> set[str]:
    return {
        str(call.args[0].value)
        for call in _calls(module.tree)
        if _called(call) == "Table" and call.args and isinstance(call.args[0], ast.Constant)
    }
