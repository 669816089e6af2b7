"""Assign what a contract will pay, acknowledge and refuse it, and give it back."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.finance.assigning import queries, rules
from ecosystem.finance.assigning.model import AssignmentFacts, Ended, EndFacts
from ecosystem.finance.assigning.tables import assignment
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.runtime.database import Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.text import Text

_ASSIGN: Final = inserting(
    assignment,
    "authority_id", "id", "version", "state", "contract_id", "facility_id", "assignor_id",
    "assignee_id", "notified_by", "notified_at",
)  # fmt: skip


def _marking(**marks: Any) -> Statement:
    marks |= {"state": bindparam("new_state"), "version": assignment.c.version + 1}
    return Statement(updating(assignment).values(**marks))


_ACKNOWLEDGE: Final = _marking(acknowledged_by=bindparam("who"), acknowledged_at=bindparam("when"))
_END: Final = _marking(
    ended_by=bindparam("who"), ended_at=bindparam("when"), reason=bindparam("why")
)


async def assign(tx: Tx, facility_id: str, *, by: Actor, at: datetime) -> Standing:
    """Assign the claims under a facility's contract. Refuses with FacilityMissing, as the rule.

    Effects: locks the facility; `assignment.notified`, for the authority and both sides.
    """
    facts = await queries.assign_facts(tx, facility_id)
    assigned = rules.assign(facts, by=by, at=at)
    authority = authority_of(facility_id)
    assignment_id = mint("assignment", authority=authority)
    await tx.run(
        _ASSIGN,
        authority_id=authority, id=assignment_id, version=1, state=assigned.state,
        contract_id=assigned.contract_id, facility_id=facility_id,
        assignor_id=assigned.assignor_id, assignee_id=assigned.assignee_id,
        notified_by=assigned.notified_by, notified_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "assignment.notified", assignment_id, facts=facts, decision=assigned, by=by, at=at,
        audience=Audience(organisations=(assigned.assignor_id, assigned.assignee_id)),
    )  # fmt: skip
    return Standing(id=assignment_id, state=assigned.state, version=version)


async def acknowledge(
    tx: Tx, assignment_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Acknowledge an assignment. Refuses with AssignmentMissing, RevisionStale, as the rule.

    Effects: locks the assignment; `assignment.acknowledged`; whatever the bank is told to pay
    from now on, it is told to pay to the lender.
    """
    facts = await queries.locked(tx, assignment_id, expected=expected)
    acknowledged = rules.acknowledge(facts, by=by, at=at)
    await tx.run(
        _ACKNOWLEDGE,
        of_authority=facts.authority_number, of=assignment_id, new_state=acknowledged.state,
        who=acknowledged.acknowledged_by, when=at,
    )  # fmt: skip
    version = await history.record(
        tx, "assignment.acknowledged", assignment_id, facts=facts, decision=acknowledged, by=by,
        at=at, audience=_audience(facts),
    )  # fmt: skip
    return Standing(id=assignment_id, state=acknowledged.state, version=version)


async def refuse(
    tx: Tx, assignment_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Do not accept a notice. Refuses with AssignmentMissing, RevisionStale, and as the rule.

    Effects: locks the assignment; `assignment.refused`.
    """
    locked = await queries.locked(tx, assignment_id, expected=expected)
    facts = EndFacts(assignment=locked, reason=reason)
    refused = rules.refuse(facts, by=by, at=at)
    await _end(tx, facts, refused, at=at)
    version = await history.record(
        tx, "assignment.refused", assignment_id, facts=facts, decision=refused, by=by, at=at,
        audience=_audience(locked),
    )  # fmt: skip
    return Standing(id=assignment_id, state=refused.state, version=version)


async def release(
    tx: Tx, assignment_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Give claims back. Refuses with AssignmentMissing, RevisionStale, and as the rule.

    Effects: locks the assignment; `assignment.released`; the supplier is paid again.
    """
    locked = await queries.locked(tx, assignment_id, expected=expected)
    facts = EndFacts(assignment=locked, reason=reason)
    released = rules.release(facts, by=by, at=at)
    await _end(tx, facts, released, at=at)
    version = await history.record(
        tx, "assignment.released", assignment_id, facts=facts, decision=released, by=by, at=at,
        audience=_audience(locked),
    )  # fmt: skip
    return Standing(id=assignment_id, state=released.state, version=version)


async def _end(tx: Tx, facts: EndFacts, ended: Ended, *, at: datetime) -> None:
    await tx.run(
        _END,
        of_authority=facts.assignment.authority_number, of=facts.assignment.assignment_id,
        new_state=ended.state, who=ended.ended_by, when=at, why=msgspec.json.encode(ended.reason),
    )  # fmt: skip


def _audience(facts: AssignmentFacts) -> Audience:
    return Audience(organisations=(facts.assignor_id, facts.assignee_id))
