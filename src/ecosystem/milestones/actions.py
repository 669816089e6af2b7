"""Plan, submit, accept and reject milestones."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, null, update

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.model import Contract
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience, Occurrence
from ecosystem.milestones import queries, rules
from ecosystem.milestones.model import Judgement, PlanFacts, Submission
from ecosystem.milestones.tables import milestone
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor

_PLAN: Final = inserting(
    milestone,
    "authority_id", "id", "version", "contract_id", "code", "kind", "title", "state", "due_at",
    "evidence_asked", "acceptance_days", "metrics", "evidence",
)  # fmt: skip
_KEY = (milestone.c.authority_id == bindparam("of_authority"), milestone.c.id == bindparam("of"))
_SUBMIT: Final = Statement(
    update(milestone)
    .where(*_KEY)
    .values(
        state="submitted",
        version=milestone.c.version + 1,
        delivered_at=bindparam("delivered"),
        submitted_at=bindparam("submitted"),
        submitted_by=bindparam("submitter"),
        declaration=bindparam("declared"),
        evidence=bindparam("named"),
        rejected_at=null(),
        reasons=null(),
        remedy=null(),
    )
)
_ACCEPT: Final = Statement(
    update(milestone)
    .where(*_KEY)
    .values(state="accepted", version=milestone.c.version + 1, accepted_at=bindparam("accepted"))
)
_REJECT: Final = Statement(
    update(milestone)
    .where(*_KEY)
    .values(
        state="rejected",
        version=milestone.c.version + 1,
        rejected_at=bindparam("rejected"),
        reasons=bindparam("why"),
        remedy=bindparam("what"),
    )
)


async def plan(tx: Tx, occurrence: Occurrence) -> None:
    """Plan the milestones of a contract that has come into force.

    Follows `contract.activated`. Effects: a milestone and `milestone.planned` for each one of
    the terms.
    """
    contract: Contract = occurrence.body.after
    by, at, encode = occurrence.body.by, occurrence.recorded_at, msgspec.json.encode
    for terms in contract.terms.milestones:
        facts = PlanFacts(contract_id=contract.id, terms=terms)
        planned = rules.plan(facts, by=by, at=at)
        milestone_id = mint("milestone", authority=occurrence.authority_id)
        await tx.run(
            _PLAN,
            authority_id=occurrence.authority_id, id=milestone_id, version=1,
            contract_id=contract.id, code=terms.code, kind=terms.kind, title=encode(terms.title),
            state=planned.state, due_at=planned.due_at, evidence_asked=encode(terms.evidence),
            acceptance_days=terms.acceptance_days, metrics=encode(terms.metrics), evidence=b"[]",
        )  # fmt: skip
        await history.record(
            tx, "milestone.planned", milestone_id, facts=facts, decision=planned, by=by, at=at,
            audience=EVERYONE, after=await queries.after(tx, milestone_id, at=at),
        )  # fmt: skip


async def submit(
    tx: Tx, milestone_id: str, asked: Submission, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Show that a milestone is reached, with evidence.

    Refuses with MilestoneMissing, RevisionStale, and as the rule does. The event takes effect
    at the delivery.
    """
    row = await queries.locked(tx, milestone_id, seen_by=by, expected=expected)
    facts = await queries.submit_facts(tx, row, asked)
    submitted = rules.submit(facts, by=by, at=at)
    await tx.run(
        _SUBMIT,
        of_authority=row["authority_id"], of=milestone_id, delivered=submitted.delivered_at,
        submitted=submitted.submitted_at, submitter=by.person_id or by.client_id,
        declared=msgspec.json.encode(submitted.declaration),
        named=msgspec.json.encode(submitted.evidence),
    )  # fmt: skip
    version = await history.record(
        tx, "milestone.submitted", milestone_id, facts=facts, decision=submitted, by=by, at=at,
        valid_at=submitted.delivered_at, audience=await _parties(tx, row),
        after=await queries.after(tx, milestone_id, at=at),
    )  # fmt: skip
    return Standing(id=milestone_id, state=submitted.state, version=version)


async def accept(
    tx: Tx, milestone_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Agree that a milestone is reached; what its contract pays for it is now due.

    Refuses with MilestoneMissing, RevisionStale, and as the rule does.
    """
    row = await queries.locked(tx, milestone_id, seen_by=by, expected=expected)
    facts = queries.judge_facts(row)
    accepted = rules.accept(facts, by=by, at=at)
    await tx.run(
        _ACCEPT,
        of_authority=row["authority_id"], of=milestone_id, accepted=accepted.accepted_at,
    )  # fmt: skip
    version = await history.record(
        tx, "milestone.accepted", milestone_id, facts=facts, decision=accepted, by=by, at=at,
        audience=EVERYONE, after=await queries.after(tx, milestone_id, at=at),
    )  # fmt: skip
    return Standing(id=milestone_id, state=accepted.state, version=version)


async def reject(
    tx: Tx, milestone_id: str, judgement: Judgement, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Send a milestone back to its supplier, with reasons and a remedy.

    Refuses with MilestoneMissing, RevisionStale, and as the rule does.
    """
    row = await queries.locked(tx, milestone_id, seen_by=by, expected=expected)
    facts = queries.judge_facts(row, judgement)
    rejected = rules.reject(facts, by=by, at=at)
    await tx.run(
        _REJECT,
        of_authority=row["authority_id"], of=milestone_id, rejected=rejected.rejected_at,
        why=msgspec.json.encode(rejected.reasons), what=msgspec.json.encode(rejected.remedy),
    )  # fmt: skip
    version = await history.record(
        tx, "milestone.rejected", milestone_id, facts=facts, decision=rejected, by=by, at=at,
        audience=await _parties(tx, row), after=await queries.after(tx, milestone_id, at=at),
    )  # fmt: skip
    return Standing(id=milestone_id, state=rejected.state, version=version)


async def _parties(tx: Tx, row: Record) -> Audience:
    return Audience(organisations=await contracts.parties(tx, row["contract_id"]))
