"""Which moment is meant, what was in force at a time, and what two moments differ in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.history.past import rules
from ecosystem.history.past.model import Asked, Change, Moment
from ecosystem.values.period import EARLIEST, LATEST, wire

TICK = timedelta(microseconds=1)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = [NOW + timedelta(days=day) for day in range(10)]


def _change(day: int, **after: Any) -> Change:
    return Change(valid_at=DAYS[day], after=msgspec.Raw(msgspec.json.encode(after)))


def _in_force(changes: list[Change], day: int) -> dict[str, Any] | None:
    found = rules.in_force(changes, valid_at=DAYS[day])
    return None if found is None else msgspec.json.decode(msgspec.json.encode(found))


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_a_moment_is_a_position(position: int) -> None:
    assert rules.moment(f"position:{position}") == Moment(position=position)


@given(
    st.datetimes(
        min_value=EARLIEST.replace(tzinfo=None),
        max_value=LATEST.replace(tzinfo=None) - TICK,
        timezones=st.just(UTC),
    )
)
def test_a_moment_is_a_time(at: datetime) -> None:
    written: str = msgspec.to_builtins(at)

    assert rules.moment(written) == Moment(at=at)


@given(st.text())
def test_any_other_text_is_refused_as_unclear(text: str) -> None:
    try:
        found = rules.moment(text)
    except rules.MomentUnclear:
        return

    assert (found.at is None) != (found.position is None)


def test_what_is_known_later_cannot_be_asked_for() -> None:
    assert rules.asked(wire(NOW), None, now=NOW) == Asked(known=Moment(at=NOW))
    with pytest.raises(rules.MomentAhead):
        rules.asked(wire(NOW + TICK), None, now=NOW)


def test_what_will_be_in_force_can_be_asked_for() -> None:
    ahead = NOW + timedelta(days=30)

    assert rules.asked(None, ahead, now=NOW) == Asked(known=Moment(at=NOW), valid_at=ahead)
    assert rules.asked(None, None, now=NOW) is None


def test_a_change_that_takes_effect_later_is_left_out_of_what_came_after_it() -> None:
    changes = [
        _change(0, version=1, price="1", state="draft"),
        _change(5, version=2, price="2", state="draft"),
        _change(2, version=3, price="2", state="active"),
    ]

    assert _in_force(changes, 1) == {"version": 1, "price": "1", "state": "draft"}
    assert _in_force(changes, 3) == {"version": 3, "price": "1", "state": "active"}
    assert _in_force(changes, 5) == {"version": 3, "price": "2", "state": "active"}


def test_a_correction_stands_from_when_what_it_corrects_took_effect() -> None:
    changes = [
        _change(0, version=1, delivered=None, accepted=False),
        _change(2, version=2, delivered="2", accepted=False),
        _change(4, version=3, delivered="2", accepted=True),
        _change(2, version=4, delivered="3", accepted=True),
    ]

    assert _in_force(changes, 1) == {"version": 1, "delivered": None, "accepted": False}
    assert _in_force(changes, 2) == {"version": 4, "delivered": "3", "accepted": False}
    assert _in_force(changes, 4) == {"version": 4, "delivered": "3", "accepted": True}


def test_what_is_said_in_another_order_is_no_change() -> None:
    said = [msgspec.Raw(text) for text in (b'{"a":{"x":1, "y":2}}', b'{"a":{"y":2,"x":1}}')]
    changes = [
        _change(0, a=None),
        Change(valid_at=DAYS[3], after=said[0]),
        Change(valid_at=DAYS[0], after=said[1]),
    ]

    assert _in_force(changes, 1) == {"a": None}
    assert _in_force(changes, 3) == {"a": {"x": 1, "y": 2}}


def test_nothing_was_in_force_before_the_first_change() -> None:
    assert _in_force([_change(3, version=1)], 2) is None
    assert _in_force([], 2) is None


def test_each_difference_names_the_events_that_caused_it() -> None:
    states: list[dict[str, Any]] = [
        {"state": "planned", "a/b": [1]},
        {"state": "submitted", "a/b": [1, 2]},
        {"state": "accepted", "a/b": [1, 2]},
    ]
    between = {"first": (states[0], states[1]), "second": (states[1], states[2])}

    found = rules.differences(states[0], states[2], between=between)

    assert [(one.pointer, one.before, one.after, one.events) for one in found] == [
        ("/state", "planned", "accepted", ("first", "second")),
        ("/a~1b/1", None, 2, ("first",)),
    ]


@pytest.mark.parametrize(
    ("decision", "facts", "said"),
    [
        ({"reason": {"en": "late"}}, {"reason": "other"}, {"en": "late"}),
        ({"state": "void", "reason": None}, {"reason": {"zh": "错"}}, {"zh": "错"}),
        ({}, {"asked": {"reason": "typo"}}, "typo"),
        ({"reasons": {"en": "No inventory"}}, {}, {"en": "No inventory"}),
        ({}, {"asked": "reason"}, None),
    ],
)
def test_why_something_happened_is_found_where_it_was_said(
    decision: dict[str, Any], facts: dict[str, Any], said: Any
) -> None:
    assert rules.why(decision, facts) == said
