"""Those concerned are reminded before a date and when it has passed: once each, by the clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.catalogue.profiles.model import Reminders
from ecosystem.milestones.model import State
from ecosystem.milestones.reminding import actions as reminding
from ecosystem.milestones.reminding import rules
from ecosystem.milestones.reminding.model import RemindFacts, ScheduleFacts, Settled
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Actor, OrganisationKind
from tests.contracts.partnership import Partnership, awarded
from tests.replay import replayed

SUPPLIER = ("enterprise", "delivery")
STRANGER = ("bank", "lender")
DAY = timedelta(days=1)
DUE = datetime(2026, 5, 1, 16, tzinfo=UTC)
"""The midnight that ends the first of May in Shanghai."""
BY = Actor(
    organisation_id="org", organisation_number=3, kind=OrganisationKind.GOVERNMENT, verified=True,
    jurisdiction="440000", client_id=reminding.RULE,
)  # fmt: skip
FACTS = RemindFacts(
    milestone_id="milestone", contract_id="contract", code="takeover", state=State.PLANNED,
    due_at=DUE, is_moved=False, is_overtaken=False, days_late=1, remind_at=DUE + DAY,
)  # fmt: skip


def _scheduled(zone: str, *, at: datetime) -> list[tuple[int, datetime]]:
    asked = Reminders(before=(3, 14), after=(14, 1), law="platform")
    facts = ScheduleFacts(due_at=DUE, time_zone=zone, reminders=asked)
    return [(one.days_late, one.remind_at) for one in rules.schedule(facts, at=at)]


def test_days_are_counted_where_the_milestone_is_due_and_past_ones_are_left_out() -> None:
    every = [(days, DUE + days * DAY) for days in (-14, -3, 1, 14)]

    assert _scheduled("Asia/Shanghai", at=DUE - 30 * DAY) == every
    assert _scheduled("Asia/Shanghai", at=DUE - 3 * DAY) == every[2:]
    none = ScheduleFacts(due_at=DUE, time_zone="Asia/Shanghai", reminders=None)
    assert rules.schedule(none, at=DUE - 30 * DAY) == ()


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, Settled.GIVEN),
        ({"state": State.REJECTED}, Settled.GIVEN),
        ({"state": State.PARTLY_ACCEPTED}, Settled.GIVEN),
        ({"state": State.SUBMITTED}, Settled.NEEDLESS),
        ({"state": State.ACCEPTED}, Settled.NEEDLESS),
        ({"state": State.CANCELLED}, Settled.NEEDLESS),
        ({"is_moved": True}, Settled.NEEDLESS),
        ({"is_overtaken": True}, Settled.NEEDLESS),
    ],
    ids=lambda one: str(one) if isinstance(one, str) else "",
)
def test_nobody_is_reminded_of_what_the_supplier_does_not_owe(
    changed: dict[str, Any], state: Settled
) -> None:
    facts = msgspec.structs.replace(FACTS, **changed)

    assert rules.remind(facts, by=BY, at=DUE + DAY).state is state


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    made = await awarded(client, database, server.dsn(database_name, role="postgres"))
    return await made.active()


async def _last(active: Partnership) -> tuple[str, datetime]:
    """Return the milestone that is due last, and when."""
    path = f"/v1/contracts/{active.contract_id}/milestones?limit=100"
    listed = (await active.get(path, by=SUPPLIER)).json()["data"]
    last = max(listed, key=lambda one: one["due_at"])
    return last["id"], datetime.fromisoformat(last["due_at"])


async def _given(active: Partnership, milestone_id: str, *, by: tuple[str, str]) -> list[int]:
    path = f"/v1/reminders?limit=100&contract_id={active.contract_id}"
    listed = (await active.get(path, by=by)).json()["data"]
    return [one["days_late"] for one in listed if one["milestone_id"] == milestone_id]


async def test_each_day_is_reminded_of_once_whoever_does_it(
    active: Partnership, database: Database, database_url: str, server: EmbeddedServer,
    database_name: str,
) -> None:  # fmt: skip
    milestone_id, due_at = await _last(active)
    other = Database(database_url, Settings(), reactions=database.reactions)
    now = datetime.now(UTC)
    soon, late = (Clock(offset=due_at + days * DAY - now) for days in (-13, 20))

    both = await asyncio.gather(reminding.remind(database, soon), reminding.remind(other, soon))
    again = await reminding.remind(database, soon)
    first = await _given(active, milestone_id, by=SUPPLIER)
    while await reminding.remind(other, late):
        pass
    await other.close()

    assert sum(both) > 0
    assert again == 0
    assert (first, await _given(active, milestone_id, by=SUPPLIER)) == ([-14], [14, -14])
    assert await _given(active, milestone_id, by=STRANGER) == []
    connection = await asyncpg.connect(server.dsn(database_name, role="postgres"))
    counted = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM milestone_reminder WHERE state = 'given') AS given,"
        " (SELECT count(DISTINCT stream) FROM event WHERE type = 'reminder.given') AS told,"
        " (SELECT count(*) FROM event WHERE type = 'reminder.given') AS events"
    )
    assert counted is not None
    assert counted["given"] == counted["told"] == counted["events"]
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await connection.execute(
            "UPDATE milestone_reminder SET state = 'given', settled_at = now()"
            " WHERE state = 'needless'"
        )
    await connection.close()
    assert refused.value.constraint_name == "milestone_reminder_takes_its_turn"
    replay = await replayed(database, {"reminder.given": (rules.remind, RemindFacts)})
    assert replay["reminder.given"] == counted["events"]
