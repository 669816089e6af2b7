"""Which days are meant: half-open periods of dates, and instants on the wire."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its offset from UTC.")]

_LISTS: Final[frozenset[Any]] = frozenset((list, tuple))
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The days from `starts_on`, up to and not including `ends_on`."""

    starts_on: date
    ends_on: date

    def is_empty(self) -> bool:
        """Tell whether the period holds no day."""
        return self.ends_on <= self.starts_on

    def overlaps(self, other: "Period") -> bool:
        """Tell whether a day lies in both periods."""
        return self.starts_on < other.ends_on and other.starts_on < self.ends_on


def wire(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC with six digits of a second.

    So what is hashed, signed or sorted as text writes it: always as long.
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def shown(at: datetime) -> str:
    """Return an instant as every answer writes it: RFC 3339 in UTC, which `Z` says.

    Of a whole second there is no fraction, else one of six digits.
    """
    return wire(at).replace(".000000Z", "Z")


def in_utc(value: Any) -> Any:
    """Return a decoded value with every instant in it, within the years that can be, in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo and is_within_reach(value) else value
    if isinstance(value, msgspec.Struct):
        return type(value)(**{name: in_utc(getattr(value, name)) for name in _fields(value)})
    kind = _kind(value)
    if kind is dict:
        return {name: in_utc(part) for name, part in value.items()}
    return kind(in_utc(part) for part in value) if kind in _LISTS else value


def _kind(value: object) -> Any:
    return type(value)


def _fields(value: msgspec.Struct) -> tuple[str, ...]:
    return value.__struct_fields__


def is_time_zone(name: str) -> bool:
    """Tell whether a name is that of a time zone of the IANA, such as Asia/Shanghai."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


def is_within_reach(at: datetime) -> bool:
    """Tell whether an instant is of the years 1900 to 2199.

    Others can be written down, yet some of them are no instants of any year in UTC.
    """
    return EARLIEST <= at < LATEST
