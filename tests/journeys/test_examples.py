"""Every operation has an example, and the examples are what the service really says."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from ecosystem.cli.caller import Recorded
from tests.journeys.conftest import Journey

FILE = Path(__file__).parents[2] / "openapi" / "examples.json"
_IDENTIFIER = re.compile(r"\b([a-z]+)_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}\b")
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")
_LONG = 4


def _made(journey: Journey) -> dict[str, Any]:
    """Return what was recorded, with names that do not change from one journey to the next."""
    names: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        kind = found[1]
        number = sum(one.startswith(f"{kind}_") for one in names) + 1
        return names.setdefault(found[0], f"{kind}_0190f3c2a1b07000800000{number:010x}")

    recorded = journey.world.caller.recorded
    short = {name: _short(recorded[name]) for name in sorted(recorded)}
    text = json.dumps(short, ensure_ascii=False, indent=2, sort_keys=True)
    text = _TOKEN.sub("eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl", _IDENTIFIER.sub(renamed, text))
    made: dict[str, Any] = json.loads(text)
    return made


def _short(one: Recorded) -> dict[str, Any]:
    """Return an exchange with its long lists cut to two items, as a manual shows them."""
    found = {"body": one.body, "answer": one.answer}
    return {name: _cut(value) for name, value in found.items() if value is not None}


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cut(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_cut(part) for part in (value[:2] if len(value) > _LONG else value)]
    return value


def _is_alike(one: Any, other: Any) -> bool:
    """Tell whether two answers are made of the same names and types; null may be anything."""
    if one is None or other is None:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return not one or not other or _is_alike(one[0], other[0])
    return type(one) is type(other)


@pytest.fixture(scope="module")
def made(journey: Journey) -> dict[str, Any]:
    found = _made(journey)
    if "RECORD_EXAMPLES" in os.environ:
        text = json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True)
        FILE.write_text(text + "\n", encoding="utf-8")
    return found


def test_every_operation_that_speaks_json_has_an_example(
    journey: Journey, made: dict[str, Any]
) -> None:
    described = journey.world.caller.get("/openapi.json")["paths"]
    speaking = {
        operation["operationId"]
        for methods in described.values()
        for operation in methods.values()
        if any(
            "application/json" in one.get("content", {}) for one in operation["responses"].values()
        )
    }

    assert speaking - set(made) == set()


def test_the_committed_examples_have_the_shape_of_real_answers(made: dict[str, Any]) -> None:
    kept = json.loads(FILE.read_text(encoding="utf-8"))

    assert kept.keys() == made.keys()
    assert [name for name in kept if not _is_alike(kept[name], made[name])] == []
