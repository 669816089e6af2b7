"""The log alone decides again: each event's facts, given to its rule, make its decision."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from ecosystem.history.model import canonical
from ecosystem.runtime.database import Database
from ecosystem.values.actor import Actor

Rules = Mapping[str, tuple[Callable[..., Any], Any]]
"""By type of event: the rule, and the type of the facts that it is given."""


class _Body(msgspec.Struct):
    by: Actor
    facts: msgspec.Raw
    decision: msgspec.Raw


async def replayed(database: Database, rules: Rules) -> dict[str, int]:
    """Decide every event of these types again; return how many there were of each type.

    Fails where a rule decides otherwise than the event says.
    """
    connection = await database.connect()
    rows = await connection.fetch(
        "SELECT type, recorded_at, body FROM event WHERE type = ANY ($1)", list(rules)
    )
    await connection.close()
    found = dict.fromkeys(rules, 0)
    for row in rows:
        rule, facts_type = rules[row["type"]]
        body = msgspec.json.decode(row["body"], type=_Body)
        at: datetime = row["recorded_at"]
        decided = rule(msgspec.json.decode(body.facts, type=facts_type), by=body.by, at=at)
        assert canonical(decided) == bytes(body.decision), row["type"]
        found[row["type"]] += 1
    return found
