"""Whatever happens to a thing whose past can be asked for says how the thing then was."""

import ast
from collections.abc import Iterator
from pathlib import Path

import ecosystem
from ecosystem.history.past.model import REMEMBERED

ROOT = Path(ecosystem.__file__).parent


def _recorded(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each type of event that a module records, and whether it says `after`."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("record"):
            kinds = [one.value for one in node.args if isinstance(one, ast.Constant)]
            for kind in kinds:
                yield str(kind), "after" in {one.arg for one in node.keywords}


def test_every_event_of_what_is_remembered_is_recorded_with_its_state() -> None:
    found = [
        one
        for file in ROOT.rglob("*actions.py")
        for one in _recorded(file.read_text(encoding="utf-8"))
        if one[0].partition(".")[0] in REMEMBERED
    ]

    assert {kind.partition(".")[0] for kind, _ in found} == REMEMBERED
    assert [kind for kind, has_state in found if not has_state] == []


def test_an_event_without_its_state_would_be_found() -> None:
    planted = 'await history.record(tx, "metric.registered", metric_id, facts=facts)'

    assert list(_recorded(planted)) == [("metric.registered", False)]
