"""A thing that changes and is corrected at random, with a simple account of what was when.

The account knows nothing of differences between states: it keeps each value that somebody set,
with when it was set and from when it holds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import literal, select

from ecosystem.history import actions as history
from ecosystem.history.past.model import Asked, Moment
from ecosystem.history.past.queries import Past
from ecosystem.history.queries import NothingThen
from ecosystem.history.sequencer import sequence
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import authority_of

BEGAN: Final = datetime(2025, 1, 1, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
TICK: Final = timedelta(microseconds=1)
BY: Final = Actor(
    organisation_id="org", organisation_number=7, kind=OrganisationKind.GOVERNMENT, verified=True,
    jurisdiction="440300", client_id="client",
)  # fmt: skip
NAMES: Final = ("price", "due_on", "state")
PAST: Final = Past(select(literal(1, literal_execute=True).label("one")))
"""The past of what everybody may see."""

Values = dict[str, int]
VALUES: Final = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3), min_size=1)
"""Few values, so that what is set is often what was there before, or what was there once."""


class Event(msgspec.Struct, frozen=True):
    """What the log was told: the thing as it then was, as every action tells it."""

    recorded_at: datetime
    valid_at: datetime
    whole: Values
    set_: Values
    """What is other than before."""


class Nothing(msgspec.Struct, frozen=True):
    """Facts and decision of no matter."""


class Thing(msgspec.Struct, frozen=True):
    """The thing as an event keeps it."""

    version: int
    price: int
    due_on: int
    state: int


def was(events: list[Event], *, known: int, valid_at: datetime | None) -> Values | None:
    """Return the thing by the first `known` events, as it was at a time; None for not there."""
    if valid_at is None:
        return events[known - 1].whole | {"version": known} if known else None
    there: Values | None = None
    for number, one in enumerate(events[:known], start=1):
        if one.valid_at <= valid_at:
            there = (one.whole if there is None else there | one.set_) | {"version": number}
    return there


def corrected(
    events: list[Event], *, known: int, by: datetime, valid_at: datetime | None
) -> int | None:
    """Return the newest event that became known later and holds of the time that is shown."""
    until = by if valid_at is None else min(by, valid_at)
    later = [n for n, one in enumerate(events, 1) if n > known and one.valid_at <= until]
    return max(later, default=None)


@contextmanager
def machine(database_url: str) -> Iterator[type["Bitemporal"]]:
    """Have the machine run on a database."""
    with asyncio.Runner() as runner:
        database = Database(database_url, Settings())
        yield type("Here", (Bitemporal,), {"do": staticmethod(runner.run), "database": database})
        runner.run(database.close())


class Bitemporal(RuleBasedStateMachine):
    """One thing, from when it came to be."""

    do: Callable[[Awaitable[Any]], Any]
    database: Database
    points = 0
    """How many answers have been compared, in all runs."""

    def __init__(self) -> None:
        super().__init__()
        self.stream = mint("contract", authority=7)
        self.events: list[Event] = []
        self.at = BEGAN

    @initialize(values=st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(0, 3))))
    def comes_to_be(self, values: Values) -> None:
        self._record(values, valid_at=self.at)

    @rule(values=VALUES, hours=st.integers(0, 5))
    def changes(self, values: Values, hours: int) -> None:
        self.at += hours * HOUR
        self._record(values, valid_at=self.at)

    @rule(values=VALUES, hours=st.integers(0, 5), back=st.integers(1, 30))
    def is_corrected(self, values: Values, hours: int, back: int) -> None:
        self.at += hours * HOUR
        self._record(values, valid_at=self.at - back * HOUR)

    @rule(values=VALUES, hours=st.integers(0, 5), ahead=st.integers(1, 30))
    def is_agreed_for_later(self, values: Values, hours: int, ahead: int) -> None:
        self.at += hours * HOUR
        self._record(values, valid_at=self.at + ahead * HOUR)

    def teardown(self) -> None:
        self.do(self._compare())

    def _record(self, values: Values, *, valid_at: datetime) -> None:
        before = self.events[-1].whole if self.events else {}
        whole = before | values
        set_ = {name: value for name, value in whole.items() if before.get(name) != value}
        self.events.append(Event(self.at, valid_at, whole, set_))
        self.do(self._recorded(Thing(len(self.events), **whole), valid_at=valid_at))

    async def _recorded(self, thing: Thing, *, valid_at: datetime) -> None:
        async with self.database.transaction() as tx:
            await history.record(
                tx, "contract.changed", self.stream, facts=Nothing(), decision=Nothing(), by=BY,
                at=self.at, valid_at=valid_at, after=thing,
            )  # fmt: skip

    async def _compare(self) -> None:
        """Ask for every moment around every event, by both times and by both ways to name one."""
        while await sequence(self.database):
            pass
        valid = {one.valid_at + step for one in self.events for step in (-TICK, 0 * TICK, TICK)}
        known = {one.recorded_at + step for one in self.events for step in (-TICK, 0 * TICK)}
        first = await self._first_position()
        for number in range(1, len(self.events) + 1):
            at = self.events[number - 1].recorded_at
            await self._at(Moment(position=first + number - 1), number, at, valid)
        for at in sorted(known):
            number = sum(one.recorded_at <= at for one in self.events)
            await self._at(Moment(at=at), number, at, valid)

    async def _first_position(self) -> int:
        connection = await self.database.connect()
        position: int = await connection.fetchval(
            "SELECT min(position) FROM log_entry JOIN event ON id = event_id WHERE stream = $1",
            self.stream,
        )
        await connection.close()
        return position

    async def _at(self, moment: Moment, known: int, by: datetime, valid: set[datetime]) -> None:
        for valid_at in (None, *sorted(valid)):
            expected = was(self.events, known=known, valid_at=valid_at)
            found = await self._shown(Asked(known=moment, valid_at=valid_at))
            correction = corrected(self.events, known=known, by=by, valid_at=valid_at)
            told = None if expected is None else (expected, correction)
            assert found == told, (moment, valid_at, self.events)
            type(self).points += 1

    async def _shown(self, asked: Asked) -> tuple[Values, int | None] | None:
        try:
            memory = await PAST.read(
                self.database.plain(), self.stream, asked=asked,
                authority_id=authority_of(self.stream),
            )  # fmt: skip
        except NothingThen:
            return None
        assert memory is not None
        correction = memory.then.corrected_by
        shown: Values = msgspec.json.decode(memory.state)
        return shown, None if correction is None else correction.version
