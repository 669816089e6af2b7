"""Accept a submission, whole or in part, or reject it."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, null

from ecosystem.contracts import queries as contracts
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.milestones import queries
from ecosystem.milestones.judging import rules
from ecosystem.milestones.judging.model import (
    Accepted,
    JudgeFacts,
    PartlyAccepted,
    Qualification,
    Rejected,
)
from ecosystem.milestones.judging.queries import judge_facts
from ecosystem.milestones.model import Judgement
from ecosystem.milestones.tables import milestone, milestone_judgement
from ecosystem.runtime.database import Record, Statement, Tx, inserting, updating
from ecosystem.runtime.web import Standing
from ecosystem.values import control
from ecosystem.values.actor import Actor

_JUDGE: Final = inserting(milestone_judgement)
_WAITING: Final = ("judge_by", "deemed_at", "deemed_after")
"""What a milestone says only while it waits to be judged."""


def _marking(*names: str) -> Statement:
    """Return the statement that gives a milestone its new state and these columns."""
    marks: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("state", *names)}
    marks |= {name: null() for name in _WAITING}
    return Statement(updating(milestone).values(version=milestone.c.version + 1, **marks))


_PARTS: Final = ("accepted_share", "accepted_deliverables", "accepted_delivery_at", "lateness")
_WHY: Final = ("reasons", "remedy", "findings")
_ACCEPT: Final = _marking("accepted_at", *_PARTS)
_ACCEPT_PART: Final = _marking(*_PARTS, *_WHY)
_REJECT: Final = _marking("rejected_at", *_WHY)


async def accept(
    tx: Tx, milestone_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Agree that a milestone is reached; what its contract pays for it is now due.

    Refuses with MilestoneMissing, RevisionStale, and as the rule does.
    """
    row = await queries.locked(tx, milestone_id, seen_by=by, expected=expected)
    return await _accept(tx, row, judge_facts(row), by=by, at=at)


async def qualify(
    tx: Tx, milestone_id: str, asked: Qualification, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Agree to a part of what was submitted, or to all of it from another delivery on.

    Refuses with MilestoneMissing, RevisionStale, and as the rules do.
    """
    row = await queries.locked(tx, milestone_id, seen_by=by, expected=expected)
    facts = judge_facts(row, qualification=asked)
    if rules.is_of_the_rest(facts):
        return await _accept(tx, row, facts, by=by, at=at)
    return await _accept_part(tx, row, facts, by=by, at=at)


async def deem(tx: Tx, row: Record, *, by: Actor, at: datetime) -> None:
    """Have silence accept what a locked milestone waits with; its period has passed.

    Effects: as of an acceptance, in force since the end of the period.
    """
    await _accept(tx, row, judge_facts(row, is_deemed=True), by=by, at=at)


async def _accept(tx: Tx, row: Record, facts: JudgeFacts, *, by: Actor, at: datetime) -> Standing:
    accepted = rules.accept(facts, by=by, at=at)
    if facts.qualification is not None:
        rules.check_qualified(facts)
    await _keep(tx, row, accepted, by=by, at=at)
    await tx.run(
        _ACCEPT,
        of_authority=row["authority_id"], of=row["id"], new_state=accepted.state,
        new_accepted_at=accepted.accepted_at, **_parts(facts, accepted, share=Decimal(1)),
    )  # fmt: skip
    version = await history.record(
        tx, "milestone.accepted", row["id"], facts=facts, decision=accepted, by=by, at=at,
        valid_at=accepted.accepted_at, audience=EVERYONE,
        after=await queries.after(tx, row["id"], at=at),
    )  # fmt: skip
    return Standing(id=row["id"], state=accepted.state, version=version)


async def _accept_part(
    tx: Tx, row: Record, facts: JudgeFacts, *, by: Actor, at: datetime
) -> Standing:
    accepted = rules.accept_part(facts, by=by, at=at)
    await _keep(tx, row, accepted, why=accepted.rest, by=by, at=at)
    await tx.run(
        _ACCEPT_PART,
        of_authority=row["authority_id"], of=row["id"], new_state=accepted.state,
        **_parts(facts, accepted, share=Decimal(accepted.accepted_share)), **_why(accepted.rest),
    )  # fmt: skip
    version = await history.record(
        tx, "milestone.partly_accepted", row["id"], facts=facts, decision=accepted, by=by, at=at,
        audience=EVERYONE, after=await queries.after(tx, row["id"], at=at),
    )  # fmt: skip
    return Standing(id=row["id"], state=accepted.state, version=version)


async def reject(
    tx: Tx, milestone_id: str, judgement: Judgement, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Send a milestone back to its supplier, with reasons and a remedy.

    Refuses with MilestoneMissing, RevisionStale, and as the rule does.
    """
    row = await queries.locked(tx, milestone_id, seen_by=by, expected=expected)
    facts = judge_facts(row, judgement=judgement)
    rejected = rules.reject(facts, by=by, at=at)
    await _keep(tx, row, rejected, why=judgement, by=by, at=at)
    await tx.run(
        _REJECT,
        of_authority=row["authority_id"], of=milestone_id, new_state=rejected.state,
        new_rejected_at=rejected.rejected_at, **_why(judgement),
    )  # fmt: skip
    version = await history.record(
        tx, "milestone.rejected", milestone_id, facts=facts, decision=rejected, by=by, at=at,
        audience=await contracts.audience(tx, row["contract_id"]),
        after=await queries.after(tx, milestone_id, at=at),
    )  # fmt: skip
    return Standing(id=milestone_id, state=rejected.state, version=version)


async def _keep(
    tx: Tx, row: Record, judged: Accepted | PartlyAccepted | Rejected, *,
    why: Judgement | None = None, by: Actor, at: datetime,
) -> None:  # fmt: skip
    """Keep what became of a round, beside those before it."""
    accepted = None if isinstance(judged, Rejected) else judged
    dispute = None if accepted is None else accepted.dispute
    explained = {name[4:]: value for name, value in _why(why).items()}
    await tx.run(
        _JUDGE,
        authority_id=row["authority_id"], milestone_id=row["id"], round=row["round"],
        outcome=judged.state, judged_by=control.hand(by),
        judged_at=at if accepted is None else accepted.accepted_at,
        is_deemed=isinstance(judged, Accepted) and judged.deemed is not None,
        share=Decimal(0) if accepted is None else Decimal(accepted.share),
        deliverables=msgspec.json.encode(() if accepted is None else accepted.deliverables),
        delivered_at=None if accepted is None else accepted.delivered_at,
        dispute=None if dispute is None else msgspec.json.encode(dispute), **explained,
    )  # fmt: skip


def _parts(
    facts: JudgeFacts, accepted: Accepted | PartlyAccepted, *, share: Decimal
) -> dict[str, Any]:
    """Return what a milestone says of its parts once these are accepted, too."""
    named = (*facts.accepted_deliverables, *accepted.deliverables)
    return {
        "new_accepted_share": share,
        "new_accepted_deliverables": msgspec.json.encode(named),
        "new_accepted_delivery_at": accepted.delivered_at,
        "new_lateness": msgspec.json.encode(accepted.lateness),
    }


def _why(judgement: Judgement | None) -> dict[str, bytes | None]:
    encode = msgspec.json.encode
    if judgement is None:
        return {"new_reasons": None, "new_remedy": None, "new_findings": b"[]"}
    return {
        "new_reasons": encode(judgement.reasons),
        "new_remedy": encode(judgement.remedy),
        "new_findings": encode(judgement.findings),
    }
