"""Ask to have a time excused, and decide on it."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.contracts import queries as contracts
from ecosystem.history import actions as history
from ecosystem.outcomes.aggregates.queries import defined
from ecosystem.outcomes.excusals import queries, rules
from ecosystem.outcomes.excusals.model import AskFacts, ExcusalDecision, ExcusalDraft
from ecosystem.outcomes.excusals.tables import excusal
from ecosystem.runtime.database import Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_ASK: Final = inserting(
    excusal,
    "authority_id", "id", "version", "metric_id", "contract_id", "state", "starts_at", "ends_at",
    "ground", "reason", "asked_by", "asked_hand", "asked_at",
)  # fmt: skip
_DECIDE: Final = Statement(
    updating(excusal).values(
        state=bindparam("became"),
        version=excusal.c.version + 1,
        decided_by=bindparam("decider"),
        decided_hand=bindparam("hand"),
        decided_at=bindparam("since"),
        decision_reason=bindparam("why"),
    )
)


async def ask(tx: Tx, metric_id: str, asked: ExcusalDraft, *, by: Actor, at: datetime) -> Standing:
    """Ask to have a time of a metric excused. Refuses with MetricMissing, and as the rule does."""
    definition, row = await defined(tx, metric_id, seen_by=by)
    facts = AskFacts(
        metric_id=metric_id, role=row["role"], starts_on=row["starts_on"],
        ends_on=row["ends_on"], time_zone=definition.observed.time_zone, asked=asked,
    )  # fmt: skip
    waiting = rules.ask(facts, by=by, at=at)
    authority = authority_of(metric_id)
    excusal_id = mint("excusal", authority=authority)
    await tx.run(
        _ASK,
        authority_id=authority, id=excusal_id, version=1, metric_id=metric_id,
        contract_id=row["contract_id"], state=waiting.state, starts_at=asked.starts_at,
        ends_at=asked.ends_at, ground=asked.ground, reason=msgspec.json.encode(asked.reason),
        asked_by=waiting.asked_by, asked_hand=control.hand(by), asked_at=at,
    )  # fmt: skip
    audience = await contracts.audience(tx, row["contract_id"])
    version = await history.record(
        tx, "excusal.asked", excusal_id, facts=facts, decision=waiting, by=by, at=at,
        audience=audience,
    )  # fmt: skip
    return Standing(id=excusal_id, state=waiting.state, version=version)


async def decide(
    tx: Tx, excusal_id: str, decision: ExcusalDecision, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Grant or refuse an excusal.

    Refuses with ExcusalMissing, RevisionStale, and as the rule does.
    """
    facts, row = await queries.locked(tx, excusal_id, decision, by=by, expected=expected)
    decided = rules.decide(facts, by=by, at=at)
    await tx.run(
        _DECIDE,
        of_authority=row["authority_id"], of=excusal_id, became=decided.state,
        decider=decided.decided_by, hand=control.hand(by), since=at,
        why=msgspec.json.encode(decision.reason),
    )  # fmt: skip
    audience = await contracts.audience(tx, row["contract_id"])
    version = await history.record(
        tx, "excusal.decided", excusal_id, facts=facts, decision=decided, by=by, at=at,
        audience=audience,
    )  # fmt: skip
    return Standing(id=excusal_id, state=decided.state, version=version)
