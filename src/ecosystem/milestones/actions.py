"""Plan and submit milestones."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, literal, null
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.form_shapes import TermsMilestone
from ecosystem.contracts.law import law_of
from ecosystem.contracts.model import Contract
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Occurrence
from ecosystem.milestones import queries, rules
from ecosystem.milestones.model import PlanFacts, Planned, Submission, SubmitFacts, Submitted
from ecosystem.milestones.tables import milestone, milestone_submission
from ecosystem.runtime.database import Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_PLAN: Final = inserting(
    milestone,
    "authority_id", "id", "version", "contract_id", "code", "kind", "title", "state", "round",
    "profile_id", "time_zone", "starts_at", "due_at", "evidence_asked", "acceptance_days",
    "metrics", "after", "early", "verification_asked", "evidence", "accepted_share",
    "accepted_deliverables", "findings",
)  # fmt: skip
_KEEP: Final = inserting(milestone_submission)
_SUBMIT: Final = Statement(
    updating(milestone).values(
        state="submitted",
        version=milestone.c.version + 1,
        round=bindparam("counted"),
        delivered_at=bindparam("delivered"),
        submitted_at=bindparam("submitted"),
        submitted_by=bindparam("submitter"),
        declaration=bindparam("declared"),
        evidence=bindparam("named"),
        lateness=bindparam("late"),
        judge_by=bindparam("judged_until"),
        deemed_at=bindparam("deemed_from"),
        deemed_after=bindparam("deemed_by"),
        verification=null(),
        rejected_at=null(),
        reasons=null(),
        remedy=null(),
        findings=literal("[]").cast(JSON),
    )
)


async def plan(tx: Tx, occurrence: Occurrence) -> None:
    """Plan the milestones of a contract that has come into force.

    Follows `contract.activated`. Effects: a milestone and `milestone.planned` for each one of
    the terms.
    """
    contract: Contract = occurrence.body.after
    await plan_all(
        tx, contract.id, contract.terms.milestones, starts_on=contract.starts_on,
        by=occurrence.body.by, at=occurrence.recorded_at,
    )  # fmt: skip


async def plan_all(
    tx: Tx,
    contract_id: str,
    milestones: Iterable[TermsMilestone],
    *,
    starts_on: date,
    by: Actor,
    at: datetime,
) -> None:
    """Plan milestones of a contract that starts on a day.

    Effects: each milestone, and `milestone.planned`.
    """
    law = await law_of(tx, contract_id, at=at)
    made: list[tuple[str, PlanFacts, Planned]] = []
    for terms in milestones:
        facts = PlanFacts(
            contract_id=contract_id,
            terms=terms,
            starts_on=starts_on,
            profile_id=law.profile_id,
            time_zone=law.calendar.time_zone,
        )
        planned = rules.plan(facts, by=by, at=at)
        milestone_id = mint("milestone", authority=authority_of(contract_id))
        await tx.run(_PLAN, **_planned(milestone_id, facts, planned))
        made.append((milestone_id, facts, planned))
    for milestone_id, facts, planned in made:
        # Only now: each says which of the others it waits for, wherever that stands in the terms.
        await history.record(
            tx, "milestone.planned", milestone_id, facts=facts, decision=planned, by=by, at=at,
            audience=EVERYONE, after=await queries.after(tx, milestone_id, at=at),
        )  # fmt: skip


def _planned(milestone_id: str, facts: PlanFacts, planned: Planned) -> dict[str, Any]:
    """Return the columns of a new milestone."""
    terms, encode = facts.terms, msgspec.json.encode
    return {
        "authority_id": authority_of(milestone_id), "id": milestone_id, "version": 1,
        "contract_id": facts.contract_id, "code": terms.code, "kind": terms.kind,
        "title": encode(terms.title), "state": planned.state, "round": 0,
        "profile_id": facts.profile_id, "time_zone": facts.time_zone,
        "starts_at": planned.starts_at, "due_at": planned.due_at,
        "evidence_asked": encode(terms.evidence), "acceptance_days": terms.acceptance_days,
        "metrics": encode(terms.metrics), "after": encode(terms.after), "early": terms.early,
        "verification_asked": terms.verified, "evidence": b"[]", "accepted_share": Decimal(0),
        "accepted_deliverables": b"[]", "findings": b"[]",
    }  # fmt: skip


async def submit(
    tx: Tx, milestone_id: str, asked: Submission, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Show that a milestone is reached, with evidence.

    Refuses with MilestoneMissing, RevisionStale, and as the rule does. The event takes effect
    at the delivery.
    """
    row = await queries.locked(tx, milestone_id, seen_by=by, expected=expected)
    facts = await queries.submit_facts(tx, row, asked, at=at)
    submitted = rules.submit(facts, by=by, at=at)
    await _keep(tx, facts, submitted, by=by)
    version = await history.record(
        tx, "milestone.submitted", milestone_id, facts=facts, decision=submitted, by=by, at=at,
        valid_at=submitted.delivered_at,
        audience=await contracts.audience(tx, row["contract_id"]),
        after=await queries.after(tx, milestone_id, at=at),
    )  # fmt: skip
    return Standing(id=milestone_id, state=submitted.state, version=version)


async def _keep(tx: Tx, facts: SubmitFacts, submitted: Submitted, *, by: Actor) -> None:
    """Keep a round beside those before it, and have the milestone say what it says."""
    milestone_id, submitter = facts.milestone_id, control.hand(by)
    authority = authority_of(milestone_id)
    declared = msgspec.json.encode(submitted.declaration)
    named = msgspec.json.encode(submitted.evidence)
    await tx.run(
        _KEEP,
        authority_id=authority, milestone_id=milestone_id, round=submitted.round,
        id=mint("submission", authority=authority), delivered_at=submitted.delivered_at,
        submitted_at=submitted.submitted_at, submitted_by=submitter, declaration=declared,
        evidence=named, digest=submitted.digest,
    )  # fmt: skip
    await tx.run(
        _SUBMIT,
        of_authority=authority, of=milestone_id, counted=submitted.round,
        delivered=submitted.delivered_at, submitted=submitted.submitted_at, submitter=submitter,
        declared=declared, named=named, late=msgspec.json.encode(submitted.lateness),
        judged_until=submitted.judge_by, deemed_from=submitted.deemed_at,
        deemed_by=None if submitted.deemed_at is None else msgspec.json.encode(facts.deemed),
    )  # fmt: skip
