"""What time it is: the database's clock, moved only in a sandbox."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """Turns real time into the time of this service.

    In production both are the same. In a sandbox an operator sets the clock, and lets it
    run on from there or stand still.
    """

    offset: timedelta = field(default_factory=timedelta)
    stands_at: datetime | None = None

    def at(self, real: datetime) -> datetime:
        """Return the service's time at the `real` instant."""
        return self.stands_at if self.stands_at is not None else real + self.offset

    def now(self) -> datetime:
        """Return the service's time now, by this machine's clock; for reading only."""
        return self.at(datetime.now(UTC))

    def set(self, to: datetime, *, runs: bool) -> None:
        """Set the clock `to` an instant, from which it runs on or at which it stands still."""
        self.offset = to - datetime.now(UTC)
        self.stands_at = None if runs else to
