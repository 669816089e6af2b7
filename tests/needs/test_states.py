"""No sequence of acts brings a need into a state that it may not have."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ecosystem.needs import actions, queries
from ecosystem.needs.amending import actions as amending
from ecosystem.needs.amending.model import AmendmentDraft, NeedChange
from ecosystem.needs.model import NeedDraft
from ecosystem.needs.questions import actions as questions
from ecosystem.needs.tables import need
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal
from ecosystem.values.text import Text
from tests.builders import AT, DEADLINE, REASON, World, lot_draft, settled
from tests.builders import OPENERS as NAMED

ENQUIRIES_END = AT + timedelta(days=10)
MOVE = (
    "UPDATE need SET state = $2, published_at = now(), profile_id = 'sandbox', "
    "is_contracted = is_contracted OR $2 = 'contracted', cancelled_reason = '{}' WHERE id = $1"
)
GIVEN = [one.name for one in need.columns if one.computed is None]
COPIED = [{"id": "id || '0'", "state": "$2"}.get(one, one) for one in GIVEN]
BORN = (
    f"INSERT INTO need ({', '.join(GIVEN)}) "  # noqa: S608 - names of columns only
    f"SELECT {', '.join(COPIED)} FROM need WHERE id = $1"
)
Act = Callable[[Tx, Actor], Awaitable[Any]]


async def draft_of(world: World) -> str:
    whole = {
        "title": {"en": "Monitoring"}, "description": {"en": "By outcomes."},
        "sector": "urban_governance", "operation": "data", "phase": "operation",
        "jurisdiction": "440300", "lots": [lot_draft()], "invited_kinds": ["enterprise"],
        "invited_offers": ["delivery"], "programme_id": world.programme_id,
        "contract_form": {"id": "city-data-platform-operation", "version": "1.0"},
        "openers": [world.actor(one).person_id for one in NAMED],
        "enquiry_ends_at": ENQUIRIES_END, "submission_ends_at": DEADLINE,
        "opening_at": DEADLINE,
    }  # fmt: skip
    asked = msgspec.convert(whole, NeedDraft)
    async with world.acting("city/officer") as (tx, by):
        return (await actions.draft(tx, asked, by=by, at=AT)).id


class Need(RuleBasedStateMachine):
    """One need, what its states allow, and what the database says of it."""

    world: World
    run: Callable[[Coroutine[Any, Any, Any]], Any]

    @initialize()
    def drafted(self) -> None:
        self.at: datetime = AT
        self.state, self.version, self.title = "draft", 1, 0
        self.is_public = False
        self.waiting: list[str] = []
        self.answered: list[str] = []
        self.id: str = self.run(draft_of(self.world))

    @property
    def now(self) -> str:
        is_past = self.state == "published" and self.at >= DEADLINE
        return "closed" if is_past else self.state

    @rule()
    def change(self) -> None:
        changes = self._changes()
        self._act(
            "city/officer",
            lambda tx, by: amending.change(tx, self.id, changes, by=by, at=self.at, expected=None),
            set[str]() if self.now == "draft" else {"not_draft"},
            counts=self.now == "draft",
        )

    @rule()
    def publish(self) -> None:
        too_late = {"need_unsound"} if self.at >= ENQUIRIES_END else set[str]()
        allowed = {"draft": too_late, "published": set[str]()}.get(self.now, {"not_draft"})
        is_first = self.now == "draft" and not allowed
        self._act(
            "city/officer",
            lambda tx, by: actions.publish(tx, self.id, by=by, at=self.at, expected=None),
            allowed,
            counts=is_first,
        )
        if is_first:
            self.state, self.is_public = "published", True

    @rule()
    def amend(self) -> None:
        asked = AmendmentDraft(reason=REASON, changes=self._changes())
        allowed = self.now == "published"
        self._act(
            "city/officer",
            lambda tx, by: amending.amend(tx, self.id, asked, by=by, at=self.at, expected=None),
            set[str]() if allowed else {"not_published"},
            counts=allowed,
        )

    @rule()
    def cancel(self) -> None:
        allowed = self.now != "cancelled"
        self._act(
            "city/officer",
            lambda tx, by: actions.cancel(
                tx, self.id, reason=REASON, by=by, at=self.at, expected=None
            ),
            set[str]() if allowed else {"need_over"},
            counts=allowed,
        )
        self.state = "cancelled"

    @rule()
    def ask(self) -> None:
        expected = set[str]()
        if not self.is_public:
            expected = {"need_missing"}
        elif self.now != "published":
            expected = {"not_published"}
        elif self.at >= ENQUIRIES_END:
            expected = {"enquiry_over"}
        made = self._act(
            "enterprise/bidder",
            lambda tx, by: questions.ask(tx, self.id, text=Text(en="Why?"), by=by, at=self.at),
            expected,
            counts=False,
        )
        if made is not None:
            self.waiting.append(made.id)

    @rule(again=st.booleans())
    def answer(self, *, again: bool) -> None:
        known = self.answered if again else self.waiting
        if not known:
            return
        question = known[0]
        self._act(
            "city/officer",
            lambda tx, by: questions.answer(tx, question, text=Text(en="So."), by=by, at=self.at),
            {"answered_before"} if again else set[str](),
            counts=False,
        )
        if not again:
            self.answered.append(self.waiting.pop(0))

    @rule(days=st.sampled_from([1, 5, 11]))
    def wait(self, days: int) -> None:
        self.at += timedelta(days=days)

    @invariant()
    def the_database_says_the_same(self) -> None:
        if hasattr(self, "id"):
            assert self.run(self._read()) == (self.now, self.version)

    def _changes(self) -> NeedChange:
        self.title += 1
        return NeedChange(title=Text(en=f"Title {self.title}"))

    def _act(self, who: str, act: Act, refused: set[str], *, counts: bool) -> Any:
        """Act; assert that exactly what the state does not allow is refused, and by name."""
        made, refusal = self.run(self._acting(who, act))
        if refusal is not None:
            assert refusal.code() in refused, (refusal.code(), self.now)
            assert refusal.kind in {Kind.CONFLICT, Kind.UNMET, Kind.GONE, Kind.MISSING}
            return None
        assert not refused, (refused, self.now)
        self.version += counts
        return made

    async def _acting(self, who: str, act: Act) -> tuple[Any, Refusal | None]:
        try:
            async with self.world.acting(who) as (tx, by):
                return await act(tx, by), None
        except Refusal as refusal:
            return None, refusal

    async def _read(self) -> tuple[str, int]:
        async with self.world.acting("city/officer") as (tx, by):
            row = await queries.held(tx, self.id, seen_by=by, at=self.at)
            return row["state_now"], row["version"]


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


def test_no_sequence_of_acts_leads_where_the_states_do_not(
    runner: asyncio.Runner, database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url, Settings())
    world: World = runner.run(settled(database, tmp_path))
    machine = type("Need", (Need,), {"world": world, "run": staticmethod(runner.run)})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20, stateful_step_count=16, deadline=None, derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )  # fmt: skip
    runner.run(database.close())


GOES = {
    "draft": {"published", "cancelled"},
    "published": {"closed", "cancelled"},
    "closed": {"opened", "cancelled"},
    "opened": {"evaluated", "awarded", "contracted", "unsuccessful", "cancelled"},
    "evaluated": {"awarded", "contracted", "opened", "unsuccessful", "cancelled"},
    "awarded": {"contracted", "opened", "evaluated", "unsuccessful", "cancelled"},
    "contracted": {"opened"},
    "cancelled": set[str](),
    "unsuccessful": set[str](),
}
"""Where the domain lets a need go; back to `opened` by a challenge that was upheld, and
from `awarded` to `evaluated` or `unsuccessful` where an award fell."""


async def test_the_database_takes_a_need_nowhere_else(database: Database, tmp_path: Path) -> None:
    world = await settled(database, tmp_path)
    need_id = await draft_of(world)
    connection = await database.connect()
    seen = set[str]()

    async def walk(state: str) -> None:
        seen.add(state)
        for after in GOES:
            moving = connection.transaction()
            await moving.start()
            if after not in {state, *GOES[state]}:
                with pytest.raises(asyncpg.RestrictViolationError) as no:
                    await connection.execute(MOVE, need_id, after)
                assert no.value.constraint_name == "need_takes_its_turn"
            else:
                await connection.execute(MOVE, need_id, after)
                if after not in seen:
                    await walk(after)
            await moving.rollback()

    await walk("draft")
    await connection.close()
    assert seen == set(GOES)


async def test_a_need_of_which_a_lot_is_contracted_is_never_less_again(
    database: Database, tmp_path: Path
) -> None:
    world = await settled(database, tmp_path)
    need_id = await draft_of(world)
    connection = await database.connect()
    for state in ("published", "closed", "opened", "evaluated", "contracted", "opened"):
        await connection.execute(MOVE, need_id, state)

    for less in ("evaluated", "awarded", "unsuccessful", "cancelled"):
        with pytest.raises(asyncpg.CheckViolationError, match="stays_contracted"):
            await connection.execute(MOVE, need_id, less)
    with pytest.raises(asyncpg.RestrictViolationError, match="not amended like this"):
        await connection.execute("UPDATE need SET is_contracted = false WHERE id = $1", need_id)
    await connection.execute(MOVE, need_id, "contracted")
    await connection.close()


async def test_no_need_comes_into_the_world_in_a_later_state(
    database: Database, tmp_path: Path
) -> None:
    world = await settled(database, tmp_path)
    need_id = await draft_of(world)
    connection = await database.connect()

    for state in set(GOES) - {"draft", "published"}:
        with pytest.raises(asyncpg.RestrictViolationError) as no:
            await connection.execute(BORN, need_id, state)
        assert no.value.constraint_name == "need_takes_its_turn"
    await connection.close()
