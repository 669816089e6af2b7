"""Which days are meant: half-open periods of dates, and instants on the wire."""

from datetime import UTC, date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its offset from UTC.")]

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
    """Return an instant as RFC 3339 in UTC with microseconds, as every answer writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


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
