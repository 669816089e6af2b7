"""Let the milestones of a contract follow its changes."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Integer, Text, bindparam, case, select

from ecosystem.contracts.changes.model import ChangeFacts, Proposed, ProposeFacts
from ecosystem.contracts.form_shapes import ContractTerms, TermsMilestone
from ecosystem.contracts.turning import actions as turning
from ecosystem.contracts.turning.model import Turned, TurnFacts
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Occurrence
from ecosystem.milestones import actions as milestones
from ecosystem.milestones import queries
from ecosystem.milestones.model import State
from ecosystem.milestones.replanning import rules
from ecosystem.milestones.replanning.model import (
    AlterFacts,
    CancelFacts,
    MoveFacts,
    Planning,
    ReplanFacts,
)
from ecosystem.milestones.tables import milestone
from ecosystem.runtime.database import Record, Statement, Tx, updating
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_OF_CONTRACT: Final = Statement(
    select(
        milestone.c.id,
        milestone.c.code,
        milestone.c.state,
        milestone.c.due_at,
        milestone.c.time_zone,
    )
    .where(milestone.c.authority_id == bindparam("authority_id", type_=Integer))
    .where(milestone.c.contract_id == bindparam("contract_id", type_=Text))
    .order_by(milestone.c.id)
    .with_for_update()
)
_ALTER: Final = Statement(
    updating(milestone).values(
        version=milestone.c.version + 1,
        kind=bindparam("new_kind"),
        title=bindparam("new_title"),
        due_at=bindparam("new_due_at"),
        evidence_asked=bindparam("new_evidence"),
        acceptance_days=bindparam("new_days"),
        metrics=bindparam("new_metrics"),
        after=bindparam("new_after"),
        early=bindparam("new_early"),
        verification_asked=bindparam("new_verified"),
        verification=case((bindparam("new_verified"), milestone.c.verification)),
    )
)
_MOVE: Final = Statement(
    updating(milestone).values(version=milestone.c.version + 1, due_at=bindparam("new_due_at"))
)
_CONTRACT: Final = Statement(
    select(milestone.c.contract_id).where(
        milestone.c.authority_id == bindparam("authority_id", type_=Integer),
        milestone.c.id == bindparam("id", type_=Text),
    )
)
_DONE: Final = frozenset({State.ACCEPTED, State.CANCELLED})
_CANCEL: Final = Statement(
    updating(milestone).values(version=milestone.c.version + 1, state="cancelled")
)


async def check(tx: Tx, occurrence: Occurrence) -> None:
    """Refuse a proposal with MilestoneSettled that would alter what is submitted or accepted.

    Follows `change.proposed`. Effects: locks the contract's milestones.
    """
    facts: ProposeFacts = occurrence.body.facts
    proposed: Proposed = occurrence.body.decision
    await _facts(tx, facts.contract_id, before=facts.terms, after=proposed.terms)


async def replan(tx: Tx, occurrence: Occurrence) -> None:
    """Plan the milestones of a contract from its new edition.

    Follows `contract.changed`. Refuses with MilestoneSettled. Effects: locks the contract's
    milestones; `milestone.planned` for what is added, `milestone.replanned` for what is
    altered, `milestone.cancelled` for what is removed.
    """
    change: ChangeFacts = occurrence.body.facts
    by, at, contract_id = occurrence.body.by, occurrence.recorded_at, occurrence.stream
    facts, rows = await _facts(tx, contract_id, before=change.terms_before, after=change.terms)
    plan = rules.replan(facts)
    before = {one.code: one for one in facts.before}
    await milestones.plan_all(
        tx, contract_id, plan.added, starts_on=change.terms.period.starts_on, by=by, at=at
    )
    for terms in plan.altered:
        await _alter(
            tx, contract_id, rows[terms.code], before=before[terms.code], after=terms, by=by, at=at
        )
    for code in plan.removed:
        await cancel(tx, contract_id, rows[code], by=by, at=at)


async def move(tx: Tx, occurrence: Occurrence) -> None:
    """Move the dates of a resumed contract by the days of its suspension.

    Follows `contract.resumed`. Effects: locks the contract's milestones; `milestone.moved` for
    each that is neither accepted nor cancelled.
    """
    turned: Turned = occurrence.body.decision
    by, at, contract_id = occurrence.body.by, occurrence.recorded_at, occurrence.stream
    for row in await _rows(tx, contract_id):
        state, milestone_id = State(row["state"]), row["id"]
        if state in _DONE or turned.moved_days == 0:
            continue
        facts = MoveFacts(
            contract_id=contract_id, state=state, due_at=row["due_at"], days=turned.moved_days
        )
        moved = rules.move(facts, by=by, at=at)
        await tx.run(
            _MOVE, of_authority=occurrence.authority_id, of=milestone_id, new_due_at=moved.due_at
        )
        await history.record(
            tx, "milestone.moved", milestone_id, facts=facts, decision=moved, by=by, at=at,
            audience=EVERYONE, after=await queries.after(tx, milestone_id, at=at),
        )  # fmt: skip


async def end(tx: Tx, occurrence: Occurrence) -> None:
    """Cancel what is open under a contract that has ended.

    Follows `contract.terminated` and `contract.completed`. Refuses with MilestonesOpen.
    Effects: locks the contract's milestones; `milestone.cancelled` for each that is open.
    """
    turn: TurnFacts = occurrence.body.facts
    rows = {row["code"]: row for row in await _rows(tx, occurrence.stream)}
    states = {code: State(row["state"]) for code, row in rows.items()}
    for code in rules.end(states, kind=turn.kind, by_agreement=turn.by_agreement):
        await cancel(
            tx, occurrence.stream, rows[code], by=occurrence.body.by, at=occurrence.recorded_at
        )


async def submit(tx: Tx, occurrence: Occurrence) -> None:
    """Refuse a submission under a contract that is suspended or has ended.

    Follows `milestone.submitted`. Refuses with ContractSuspended or ContractEnded.
    """
    contract_id: str = await tx.value(
        _CONTRACT, authority_id=occurrence.authority_id, id=occurrence.stream
    )
    await turning.refuse_unless_running(tx, contract_id)


async def _rows(tx: Tx, contract_id: str) -> list[Record]:
    return await tx.rows(
        _OF_CONTRACT, authority_id=authority_of(contract_id), contract_id=contract_id
    )


async def _facts(
    tx: Tx, contract_id: str, *, before: ContractTerms, after: ContractTerms
) -> tuple[ReplanFacts, dict[str, Record]]:
    """Lock the milestones of a contract; refuse with MilestoneSettled what they do not allow."""
    rows = await _rows(tx, contract_id)
    facts = ReplanFacts(
        planned=tuple(Planning(code=row["code"], state=State(row["state"])) for row in rows),
        before=before.milestones,
        after=after.milestones,
    )
    rules.replan(facts)
    return facts, {row["code"]: row for row in rows}


async def _alter(
    tx: Tx,
    contract_id: str,
    row: Record,
    *,
    before: TermsMilestone,
    after: TermsMilestone,
    by: Actor,
    at: datetime,
) -> None:
    facts = AlterFacts(
        contract_id=contract_id, state=State(row["state"]), due_at=row["due_at"],
        time_zone=row["time_zone"], before=before,
        after=after,
    )  # fmt: skip
    altered = rules.alter(facts, by=by, at=at)
    encode, milestone_id = msgspec.json.encode, row["id"]
    await tx.run(
        _ALTER,
        of_authority=authority_of(contract_id), of=milestone_id, new_kind=after.kind,
        new_title=encode(after.title), new_due_at=altered.due_at,
        new_evidence=encode(after.evidence), new_days=after.acceptance_days,
        new_metrics=encode(after.metrics), new_after=encode(after.after), new_early=after.early,
        new_verified=after.verified,
    )  # fmt: skip
    await history.record(
        tx, "milestone.replanned", milestone_id, facts=facts, decision=altered, by=by, at=at,
        audience=EVERYONE, after=await queries.after(tx, milestone_id, at=at),
    )  # fmt: skip


async def cancel(tx: Tx, contract_id: str, row: Record, *, by: Actor, at: datetime) -> None:
    """Take a milestone out of the calendar. Effects: `milestone.cancelled`."""
    facts = CancelFacts(contract_id=contract_id, code=row["code"], state=State(row["state"]))
    cancelled = rules.cancel(facts, by=by, at=at)
    milestone_id: str = row["id"]
    await tx.run(_CANCEL, of_authority=authority_of(contract_id), of=milestone_id)
    await history.record(
        tx, "milestone.cancelled", milestone_id, facts=facts, decision=cancelled, by=by, at=at,
        audience=EVERYONE, after=await queries.after(tx, milestone_id, at=at),
    )  # fmt: skip
