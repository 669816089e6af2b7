"""Every operation has an example, and the examples are what the service really says."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ecosystem.cli.caller import Recorded
from tests.journeys.conftest import Journey

FILE = Path(__file__).parents[2] / "openapi" / "examples.json"
_IDENTIFIER = re.compile(r"\b([a-z]+)_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}\b")
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:")
_SHOWN = re.compile(r"[0-9-]{10}T[0-9:]{8}(\.[0-9]{6})?Z")
_FIXED = {
    "read_calculation_of_payment", "simulate_contract", "read_evaluation", "read_sealed_shares",
    "read_financial_sealed_shares",
}  # fmt: skip
"""What is recomputed or was signed: its texts have six digits in every instant."""
_AMOUNTS = {
    "cash_after", "cash_before", "interest", "jump", "left", "paid", "principal", "surplus"
}  # fmt: skip
_COINS = re.compile(r"-?[0-9]+\.[0-9]{2}")
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


def _events(journey: Journey) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after, more = 0, True
    while more:
        page = journey.world.caller.get("/v1/events", "auditor/auditor", after=after, limit=100)
        found += page["data"]
        after, more = page["next_after"], page["has_more"]
    return found


def _odd(value: Any, place: str = "", *, fixed: bool = False) -> Iterator[str]:
    """Yield where an instant is not as every answer, or one of `fixed` length, writes it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _odd(part, f"{place}/{name}", fixed=fixed)
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _odd(part, f"{place}/{number}", fixed=fixed)
    elif isinstance(value, str) and _INSTANT.match(value):
        digits = _SHOWN.fullmatch(value)
        if digits is None or (digits[1] == ".000000" and not fixed):
            yield place


def _uneven(value: Any, place: str = "") -> Iterator[str]:
    """Yield where an amount has not the two digits of the currencies that are used here."""
    if isinstance(value, dict):
        for name, part in value.items():
            is_amount = name in _AMOUNTS or (name == "amount" and "currency" in value)
            if is_amount and isinstance(part, str) and not _COINS.fullmatch(part):
                yield f"{place}/{name}"
            yield from _uneven(part, f"{place}/{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _uneven(part, f"{place}/{number}")


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


def test_every_instant_that_is_answered_is_in_utc_and_says_so_by_z(journey: Journey) -> None:
    recorded = journey.world.caller.recorded

    odd = {
        f"{name}{place}"
        for name, one in recorded.items()
        for place in _odd(one.answer, fixed=name in _FIXED)
    }
    events = _events(journey)

    assert odd == set()
    assert [one for one in events if list(_odd(one))] == []
    assert "excusal.asked" in {one["type"] for one in events}


def test_an_instant_with_an_offset_or_with_three_digits_is_found() -> None:
    kept = json.loads(FILE.read_text(encoding="utf-8"))

    assert list(_odd({"a_at": ["2026-11-28T18:00:00+00:00"]})) == ["/a_at/0"]
    assert list(_odd({"a_at": "2026-11-28T18:00:00.123Z"})) == ["/a_at"]
    assert list(_odd({"a_at": "2026-11-28T18:00:00.000000Z"})) == ["/a_at"]
    assert list(_odd(kept["read_evaluation"]["answer"])) != []


def test_every_amount_that_is_answered_has_all_digits_of_its_currency(journey: Journey) -> None:
    recorded = journey.world.caller.recorded

    odd = {f"{name}{at}" for name, one in recorded.items() for at in _uneven(one.answer)}

    assert odd == set()
    assert list(_uneven({"lines": [{"left": "0", "paid": "10.00"}]})) == ["/lines/0/left"]
    assert list(_uneven({"amount": "5", "currency": "CNY"})) == ["/amount"]


def test_the_committed_examples_have_the_shape_of_real_answers(made: dict[str, Any]) -> None:
    kept = json.loads(FILE.read_text(encoding="utf-8"))

    assert kept.keys() == made.keys()
    assert [name for name in kept if not _is_alike(kept[name], made[name])] == []
