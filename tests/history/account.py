"""What somebody writes down who reads everything again after each act.

The account has each thing as it was read then, and when each act took effect. Of the history it
knows nothing: not a time that was recorded, and not which events there are.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass
class Step:
    """A thing after an act that changed it."""

    act: int
    valid_at: datetime
    whole: Json
    changed: Json
    """What is other than before."""


@dataclass
class Account:
    """What is known of one thing, by the steps that it has taken."""

    path: str
    says: Json
    """What it must say by what was done."""
    steps: list[Step] = field(default_factory=list[Step])

    @property
    def now(self) -> Json:
        """What it was after the last act."""
        return self.steps[-1].whole

    def known(self, act: int) -> list[Step]:
        """Return the steps up to an act."""
        return [one for one in self.steps if one.act <= act]

    def was(self, act: int, valid_at: datetime | None) -> Json | None:
        """Return how it was known after an act, as it was at a time; None for not there."""
        known = self.known(act)
        if valid_at is None:
            return known[-1].whole if known else None
        found: Json | None = None
        for one in known:
            if one.valid_at <= valid_at:
                found = one.whole if found is None else {**found, **one.changed}
        return found

    def corrected_by(self, act: int, valid_at: datetime | None, *, by: datetime) -> int | None:
        """Return the version of the newest later step that speaks of what is shown."""
        until = by if valid_at is None else min(by, valid_at)
        later = [one for one in self.steps if one.act > act and one.valid_at <= until]
        return later[-1].whole["version"] if later else None
