"""Verify what was submitted of a milestone."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.contracts import queries as contracts
from ecosystem.history import actions as history
from ecosystem.milestones import queries
from ecosystem.milestones.model import State
from ecosystem.milestones.tables import milestone
from ecosystem.milestones.verifying import rules
from ecosystem.milestones.verifying.model import Examination
from ecosystem.milestones.verifying.queries import examine_facts
from ecosystem.milestones.verifying.tables import milestone_verification
from ecosystem.runtime.database import Statement, Tx, inserting, updating
from ecosystem.runtime.web import Standing
from ecosystem.values import control
from ecosystem.values.actor import Actor

_KEEP: Final = inserting(
    milestone_verification,
    "authority_id", "milestone_id", "round", "contract_id", "outcome", "report", "reasons",
    "verified_by", "person_id", "examined_at",
)  # fmt: skip
_MARK: Final = Statement(
    updating(milestone).values(
        version=milestone.c.version + 1,
        verification=bindparam("found"),
        judge_by=bindparam("judged_until"),
        deemed_at=bindparam("deemed_from"),
        deemed_after=bindparam("deemed_by"),
    )
)


async def examine(
    tx: Tx, milestone_id: str, asked: Examination, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Confirm what was submitted, or refuse to.

    Refuses with MilestoneMissing, RevisionStale, and as the rule does. Effects: locks the
    milestone; the finding stays with its round; `milestone.examined`.
    """
    row = await queries.locked(tx, milestone_id, seen_by=by, expected=expected)
    facts = await examine_facts(tx, row, asked, by=by, at=at)
    examined = rules.examine(facts, by=by, at=at)
    await tx.run(
        _KEEP,
        authority_id=row["authority_id"], milestone_id=milestone_id, round=row["round"],
        contract_id=row["contract_id"], outcome=examined.outcome,
        report=msgspec.json.encode(examined.report), reasons=msgspec.json.encode(examined.reasons),
        verified_by=examined.verified_by, person_id=control.hand(by), examined_at=at,
    )  # fmt: skip
    deemed = None if examined.deemed_at is None else msgspec.json.encode(facts.deemed)
    await tx.run(
        _MARK,
        of_authority=row["authority_id"], of=milestone_id, found=examined.outcome,
        judged_until=examined.judge_by, deemed_from=examined.deemed_at, deemed_by=deemed,
    )  # fmt: skip
    version = await history.record(
        tx, "milestone.examined", milestone_id, facts=facts, decision=examined, by=by, at=at,
        audience=await contracts.audience(tx, row["contract_id"]),
        after=await queries.after(tx, milestone_id, at=at),
    )  # fmt: skip
    return Standing(id=milestone_id, state=State.SUBMITTED, version=version)
