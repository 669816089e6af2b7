"""What a machine does to the market it sees, and how it compares that with its account."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

import asyncpg
import pytest
from hypothesis.stateful import RuleBasedStateMachine

from ecosystem.reactions import REACTIONS
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.problems import STATUS
from ecosystem.runtime.settings import Settings
from ecosystem.values.refusal import Refusal
from tests.awards import acts
from tests.awards.account import NOT_ONES_OWN, Lot
from tests.builders import DEADLINE, Published, World, settled

SEEN: Final = """
SELECT (SELECT ARRAY[state, version::text] FROM need WHERE id = $1),
  ARRAY(SELECT ARRAY[id, state, version::text] FROM offer WHERE need_id = $1 ORDER BY id),
  ARRAY(SELECT ARRAY[id, state, version::text] FROM award WHERE need_id = $1 ORDER BY id),
  ARRAY(SELECT ARRAY[id, state, version::text] FROM challenge WHERE need_id = $1 ORDER BY id),
  ARRAY(SELECT ARRAY[id, state] FROM price_explanation WHERE need_id = $1 ORDER BY id),
  ARRAY(SELECT ARRAY[id, state, version::text] FROM contract WHERE need_id = $1 ORDER BY id),
  (SELECT count(*) FROM event)"""
Refused = str | set[str] | None


class Watching(RuleBasedStateMachine):
    """Acts on one need, and watches what lies in the database."""

    world: ClassVar[World]
    do: Callable[[Awaitable[Any]], Any]
    watch: ClassVar[asyncpg.Connection]
    reached: ClassVar[set[str]]
    """The states, and the refusals, that were seen."""
    need: Published
    before: dict[str, str]
    """Where each thing was seen last."""
    at: datetime
    lots: list[Lot]
    state: str
    """Where the need stands by the account, up to its closing by the clock."""
    is_contracted: bool
    """Whether a contract of one of the lots is in force."""

    @property
    def now(self) -> str:
        """Where the need stands; it closes by the clock."""
        return "closed" if self.state == "published" and self.at >= DEADLINE else self.state

    def went(self, which: str, state: str, goes: dict[str, set[str]]) -> None:
        before = self.before.get(which, state)
        assert state == before or state in goes[before], (which, before, state)
        self.before[which] = state
        self.reached.add(f"{which.partition('_')[0]} {state}")

    def does(self, act: Awaitable[Any], refused: Refused) -> Any:
        """Act; assert that it is done, or refused as it should be. Return what came of it."""
        before = self.seen() if refused else None
        made, refusal = self._tried(act)
        if refusal is None:
            assert refused is None, refused
            return True if made is None else made
        code, status = refusal.code(), STATUS[refusal.kind]
        assert code in ({refused} if isinstance(refused, str) else refused or ()), code
        assert status in {409, 422} or code in NOT_ONES_OWN[status]
        assert refusal.remedy
        assert self.seen() == before
        self.reached.add(code)
        return None

    def _tried(self, act: Awaitable[Any]) -> tuple[Any, Refusal | None]:
        try:
            return self.do(act), None
        except Refusal as refusal:
            return None, refusal

    def seen(self) -> tuple[Any, ...]:
        return tuple(self.do(self.watch.fetchrow(SEEN, self.need.id)))


@pytest.fixture
def searching(
    server: EmbeddedServer, database_url: str, database_name: str, tmp_path: Path
) -> Iterator[None]:
    """Give the machine a world to search in."""
    with asyncio.Runner() as running:
        database = Database(database_url, Settings(), reactions=REACTIONS)
        Watching.do = staticmethod(lambda act: running.run(_awaited(act)))
        Watching.world = Watching.do(settled(database, tmp_path))
        Watching.do(acts.endow(Watching.world))
        superuser = server.dsn(database_name, role="postgres")
        Watching.watch = Watching.do(asyncpg.connect(superuser))
        Watching.reached = set()
        yield
        Watching.do(Watching.watch.close())
        Watching.do(database.close())


async def _awaited(act: Awaitable[Any]) -> Any:
    return await act
