"""Instants are written in one way, and read in any."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from ecosystem.values.period import in_utc, shown, wire

EAST = timezone(timedelta(hours=8))


class Part(msgspec.Struct, frozen=True):
    at: datetime
    name: str = "a"


class Whole(msgspec.Struct, frozen=True):
    parts: tuple[Part, ...]
    more: dict[str, datetime]
    left_at: datetime | None = None


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 3, 1, 9, tzinfo=UTC), "2026-03-01T09:00:00Z"),
        (datetime(2026, 3, 1, 9, tzinfo=EAST), "2026-03-01T01:00:00Z"),
        (datetime(2026, 3, 1, 9, 0, 0, 500_000, tzinfo=UTC), "2026-03-01T09:00:00.500000Z"),
    ],
)
def test_an_instant_is_shown_as_the_encoder_of_answers_writes_it(at: datetime, text: str) -> None:
    assert shown(at) == text
    assert msgspec.json.decode(msgspec.json.encode(in_utc(at))) == text


def test_what_is_hashed_or_sorted_has_always_six_digits() -> None:
    assert wire(datetime(2026, 3, 1, 9, tzinfo=EAST)) == "2026-03-01T01:00:00.000000Z"


def test_every_instant_of_a_value_is_taken_to_utc_and_nothing_else_is_touched() -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=EAST)
    value = Whole(parts=(Part(at, "b"),), more={"c": at})

    found = in_utc(value)

    assert found == value
    assert b"+08:00" in msgspec.json.encode(value)
    assert msgspec.json.decode(msgspec.json.encode(found)) == {
        "parts": [{"at": "2026-03-01T01:00:00Z", "name": "b"}],
        "more": {"c": "2026-03-01T01:00:00Z"},
        "left_at": None,
    }


@pytest.mark.parametrize(
    "far", [datetime(1, 1, 1, tzinfo=EAST), datetime(9999, 12, 31, 23, tzinfo=timezone.min)]
)
def test_what_is_no_instant_of_any_year_in_utc_stays_to_be_refused(far: Any) -> None:
    assert in_utc(far) is far
