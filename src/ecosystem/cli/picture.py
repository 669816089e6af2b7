"""The one picture of how it hangs together, drawn from the code as a Mermaid diagram."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ecosystem.manual.describe import purpose
from ecosystem.runtime.operation import Operation

_PACKAGE: Final = Path(__file__).parents[1]
_FLOW: Final = (
    ("needs", "offers", "publish"), ("offers", "awards", "open, score"),
    ("awards", "contracts", "standstill"), ("contracts", "milestones", "sign"),
    ("contracts", "outcomes", "measure"), ("milestones", "payments", "accept"),
    ("outcomes", "payments", "verify"), ("budgets", "payments", "commit"),
    ("payments", "ledger", "settle"), ("payments", "assessments", "assess"),
)  # fmt: skip
"""From a need to its payment, and what leads from each room to the next."""


def rooms_page(project: Path, operations: Iterable[Operation]) -> str:
    """Return the page: the way from a need to its payment, and the rooms in their order."""
    order = order_of_rooms(project)
    count = Counter(one.tag for one in operations)
    rows = [
        f"| `{room}` | {purpose(room)} | {count[room] or ''} |" for layer in order for room in layer
    ]
    table = "\n".join(["| Room | What it is for | Operations |", "| --- | --- | --- |", *rows])
    return f"{_ABOUT}\n{_flow(order, count)}\n\n{_ORDER}\n{_stairs(order, count)}\n\n{table}\n"


def order_of_rooms(project: Path) -> list[list[str]]:
    """Return the packages that exist, highest first, as the import contract orders them."""
    contracts = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers: list[str] = contracts["contracts"][0]["layers"]
    named = ([name.strip(" ()") for name in layer.split("|")] for layer in layers)
    present = ([name for name in names if _is_room(name)] for names in named)
    return [names for names in present if names]


def _is_room(name: str) -> bool:
    if name.startswith("_"):
        return False
    return (_PACKAGE / name / "__init__.py").is_file() or (_PACKAGE / f"{name}.py").is_file()


def _flow(order: list[list[str]], count: Counter[str]) -> str:
    present = {room for layer in order for room in layer}
    steps = [step for step in _FLOW if {step[0], step[1]} <= present]
    rooms = sorted({room for step in steps for room in step[:2]})
    nodes = [f'  {room}["{_label(room, count)}"]' for room in rooms]
    edges = [f"  {start} -- {what} --> {end}" for start, end, what in steps]
    history = [f"  {room} -.-> history" for room in rooms if "history" in present]
    drawn = ["flowchart LR", *nodes, *edges, *history]
    return "\n".join(["```mermaid", *drawn, "```"])


def _label(room: str, count: Counter[str]) -> str:
    return f"{room}<br>{count[room]} operations" if count[room] else room


def _stairs(order: list[list[str]], count: Counter[str]) -> str:
    layers = [" | ".join(_counted(name, count) for name in names) for names in order]
    nodes = [f'  step{at}["{layer}"]' for at, layer in enumerate(layers)]
    edges = [f"  step{at} --> step{at + 1}" for at in range(len(order) - 1)]
    return "\n".join(["```mermaid", "flowchart TD", *nodes, *edges, "```"])


def _counted(room: str, count: Counter[str]) -> str:
    return f"{room} ({count[room]})" if count[room] else room


_ABOUT: Final = """\
# How it hangs together

From a need to its payment. Every room records what it does in the history, in the same
transaction (dotted); feed, audit and open data read it there.
"""
_ORDER: Final = """\
The rooms stand on one staircase: a room may use what stands below it, never what stands above
or beside it. `lint-imports` holds this order, and this page is drawn from it; in brackets, how
many operations a room has.
"""
