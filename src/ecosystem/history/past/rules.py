"""Which moment is meant, what was in force then, and what differs between two."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, Final, cast

import msgspec

from ecosystem.history.past.model import Asked, Change, Difference, Moment
from ecosystem.values.period import is_within_reach, shown
from ecosystem.values.refusal import Kind, Refusal

_POSITION: Final = "position:"
_POSITION_DIGITS_MAX: Final = 15
_REASONS: Final = ("reason", "reasons")
_SAID_IN: Final = ("asked", "judgement", "change")
"""Where among the facts of a decision stands what somebody asked for."""

Members = dict[str, msgspec.Raw]
"""A thing by its members, each as its JSON."""


class MomentUnclear(Refusal):
    """The moment that is asked for is neither a time nor a position."""

    kind = Kind.UNMET
    remedy = "Give RFC 3339 with its offset (2026-03-31T16:00:00Z), or `position:` and a number."


class MomentAhead(Refusal):
    """The moment that is asked for has not come."""

    kind = Kind.UNMET
    remedy = "Ask for what is known by now at the latest; `valid_at` may lie ahead, `as_of` not."


class MomentsReversed(Refusal):
    """The first moment lies after the second."""

    kind = Kind.UNMET
    remedy = "Give the earlier moment in `from`, and the later one in `until`."


class MomentsFarApart(Refusal):
    """More happened between the two moments than is compared at once."""

    kind = Kind.UNMET
    remedy = "Compare moments that lie nearer to each other; the history has every event."


def moment(text: str, *, parameter: str = "as_of") -> Moment:
    """Return the time or the position that `text` of a parameter names.

    Refuses with MomentUnclear.
    """
    if text.startswith(_POSITION):
        digits = text.removeprefix(_POSITION)
        if digits.isascii() and digits.isdecimal() and len(digits) <= _POSITION_DIGITS_MAX:
            return Moment(position=int(digits))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise MomentUnclear(f"{text[:60]!a} names no moment.", parameter=parameter)
    return Moment(at=in_reach(at, parameter=parameter))


def known(text: str, *, now: datetime, parameter: str = "as_of") -> Moment:
    """Return the moment that `text` of a parameter names.

    Refuses with MomentUnclear, MomentAhead.
    """
    found = moment(text, parameter=parameter)
    if found.at is not None and found.at > now:
        raise MomentAhead(f"It is {shown(now)}.", parameter=parameter)
    return found


def asked(as_of: str | None, valid_at: datetime | None, *, now: datetime) -> Asked | None:
    """Return what of the past is asked for, or None where the present is.

    Refuses with MomentUnclear, MomentAhead.
    """
    if as_of is None and valid_at is None:
        return None
    by_when = Moment(at=now) if as_of is None else known(as_of, now=now)
    return Asked(known=by_when, valid_at=valid_at and in_reach(valid_at, parameter="valid_at"))


def in_reach(at: datetime, *, parameter: str) -> datetime:
    """Return in UTC a time that somebody can ask about. Refuses with MomentUnclear."""
    if not is_within_reach(at):
        message = "Nothing is known of times before 1900 or after 2199."
        raise MomentUnclear(message, parameter=parameter)
    return at.astimezone(UTC)


def in_force(changes: Sequence[Change], *, valid_at: datetime) -> Members | None:
    """Return the thing as what was known has it for a time, or None where it was not there.

    `changes` are all that were known, in their order. Of those that had taken effect by then the
    first gives the whole, and each later one the members in which it differs from the one
    recorded before it.
    """
    found: Members | None = None
    before: Members = {}
    for change in changes:
        after = members(change.after)
        if change.valid_at <= valid_at:
            found = after if found is None else found | _changed(before, after)
        before = after
    return found


def members(text: msgspec.Raw | bytes) -> Members:
    """Return the members of a JSON object, each as its JSON."""
    return msgspec.json.decode(text, type=Members)


def _changed(before: Members, after: Members) -> Members:
    return {
        name: value
        for name, value in after.items()
        if name not in before or not _is_same(before[name], value)
    }


def _is_same(one: msgspec.Raw, other: msgspec.Raw) -> bool:
    """Tell whether two texts of JSON say the same: a row's is as it was sent, an event's sorted."""
    return bytes(one) == bytes(other) or msgspec.json.decode(one) == msgspec.json.decode(other)


def differences(
    before: Any, after: Any, *, between: Mapping[str, tuple[Any, Any]]
) -> tuple[Difference, ...]:
    """Return where two states differ, each place with the events that changed it.

    `between` has, by the identifier of each event, the states before and after it.
    """
    touched = {
        event: [place for place, _, _ in places(one, other)]
        for event, (one, other) in between.items()
    }
    return tuple(
        Difference(
            pointer=place,
            before=one,
            after=other,
            events=tuple(
                event
                for event, touches in touched.items()
                if any(_is_within(place, touch) for touch in touches)
            ),
        )
        for place, one, other in places(before, after)
    )


def places(before: Any, after: Any, *, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the deepest places at which two values of JSON differ: pointer, before and after.

    What one of them lacks is null there. What is the same is not gone into. Source: RFC 6901.
    """
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        one, other = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
        for name in {**one, **other}:
            below = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            yield from places(one.get(name), other.get(name), pointer=below)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        items = zip_longest(cast("list[Any]", before), cast("list[Any]", after))
        for index, (first, second) in enumerate(items):
            yield from places(first, second, pointer=f"{pointer}/{index}")
    else:
        yield pointer, before, after


def _is_within(place: str, other: str) -> bool:
    """Tell whether one of two places is the other, or lies in it."""
    return place == other or place.startswith(f"{other}/") or other.startswith(f"{place}/")


def why(decision: Any, facts: Any) -> Any:
    """Return the reason that was given for what happened, or None where none was.

    Decision and facts are structs, or what JSON has of them.
    """
    for one in (decision, facts, *(_member(facts, name) for name in _SAID_IN)):
        for name in _REASONS:
            if (given := _member(one, name)) is not None:
                return given
    return None


def words(reason: Any) -> str | None:
    """Return a reason as text to be searched, in all its languages; None where there is none."""
    if isinstance(reason, str):
        return reason or None
    said = [_member(reason, language) for language in ("zh", "en")]
    return " ".join(one for one in said if isinstance(one, str) and one) or None


def _member(one: Any, name: str) -> Any:
    if isinstance(one, Mapping):
        return cast("Mapping[str, Any]", one).get(name)
    return getattr(one, name, None)
