"""Read milestones: facts for the rules, locked; views for people, now and as of any time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    case,
    func,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ecosystem.catalogue.profiles.days import within
from ecosystem.catalogue.profiles.model import Calendar, Span
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.documents import queries as documents
from ecosystem.contracts.law import law_of
from ecosystem.contracts.rule_parts import Code
from ecosystem.milestones.model import (
    AcceptedMilestone,
    Milestone,
    State,
    Submission,
    SubmitFacts,
    Timeliness,
)
from ecosystem.milestones.rules import MilestoneMissing
from ecosystem.milestones.tables import milestone
from ecosystem.milestones.verifying.tables import milestone_verification
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Ahead, Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner

_AT: Final = bindparam("at", type_=DateTime(timezone=True))
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_CONTRACT: Final = bindparam("contract_id", type_=Text)
_counts = case(
    (milestone.c.state == State.SUBMITTED.value, milestone.c.delivered_at),
    (milestone.c.state == State.ACCEPTED.value, milestone.c.accepted_delivery_at),
)
_TIMELINESS: Final = case(
    (milestone.c.state == State.CANCELLED.value, null()),
    (func.coalesce(_counts, _AT) > milestone.c.due_at, Timeliness.NOT_MET.value),
    (milestone.c.state == State.ACCEPTED.value, Timeliness.MET.value),
    else_=null(),
)
"""What `rules.timeliness` says, in SQL."""

_other = milestone.alias("other")
_BESIDE: Final = (
    _other.c.authority_id == milestone.c.authority_id,
    _other.c.contract_id == milestone.c.contract_id,
)


def _codes(*where: ColumnElement[bool]) -> ColumnElement[Any]:
    """Return the codes of other milestones of the same contract, in their order."""
    ordered = aggregate_order_by(_other.c.code, _other.c.code.collate("C"))
    found = select(func.json_agg(ordered)).where(*_BESIDE, *where).scalar_subquery()
    return func.coalesce(found, func.json_build_array())


def _is_after(later: FromClause, before: FromClause) -> ColumnElement[bool]:
    named = func.words_of(later.c.after, type_=ARRAY(Text))
    return and_(~later.c.early, before.c.code == any_(named), before.c.state != "accepted")


_BLOCKED_BY: Final = _codes(_is_after(milestone, _other))
_SUMMARY: Final[list[ColumnElement[Any]]] = [
    milestone.c.id,
    milestone.c.version,
    milestone.c.contract_id,
    milestone.c.code,
    milestone.c.kind,
    milestone.c.title,
    milestone.c.state,
    milestone.c.round,
    func.trim_scale(milestone.c.accepted_share).cast(Text).label("accepted_share"),
    _TIMELINESS.label("timeliness"),
    milestone.c.due_at,
    milestone.c.after,
    _BLOCKED_BY.label("blocked_by"),
    _codes(_is_after(_other, milestone)).label("blocks"),
    milestone.c.delivered_at,
    milestone.c.submitted_at,
    milestone.c.accepted_at,
]
_WHOLE: Final[list[ColumnElement[Any]]] = [
    *_SUMMARY,
    milestone.c.evidence_asked,
    milestone.c.acceptance_days,
    milestone.c.metrics,
    milestone.c.starts_at,
    milestone.c.time_zone,
    milestone.c.verification_asked,
    milestone.c.verification,
    milestone.c.accepted_deliverables,
    milestone.c.declaration,
    milestone.c.evidence,
    milestone.c.submitted_by,
    milestone.c.lateness,
    milestone.c.accepted_delivery_at,
    milestone.c.judge_by,
    milestone.c.deemed_at,
    milestone.c.deemed_after,
    milestone.c.rejected_at,
    milestone.c.reasons,
    milestone.c.remedy,
    milestone.c.findings,
]
SEEN: Final = contracts.is_concerned(milestone.c.authority_id, milestone.c.contract_id)
"""Whether the reader is concerned with a milestone; takes what `contracts.reads_as` gives."""
KEY: Final = (milestone.c.authority_id == _AUTHORITY, milestone.c.id == _ID)
_one = select(*_WHOLE).where(*KEY, SEEN).subquery("one")
_VIEW: Final = Statement(
    select(
        json_row(_one).label("body"),
        _one.c.version,
    )
)
_shown = select(milestone.c.id).where(*KEY, SEEN)
_IS_SEEN: Final = Statement(_shown)
_bare = select(*_WHOLE).where(*KEY).subquery("one")
_AFTER: Final = Statement(select(json_row(_bare)).select_from(_bare))
LISTING: Final = page_of(
    select(*_SUMMARY).where(
        milestone.c.authority_id == _AUTHORITY, milestone.c.contract_id == _CONTRACT, SEEN
    )
)
"""A page of the milestones of a contract that the reader is concerned with."""
_FILTERS: Final[Mapping[str, ColumnElement[bool]]] = {
    "contract_id": milestone.c.contract_id == _CONTRACT,
    "in_state": milestone.c.state == bindparam("in_state", type_=Text),
    "due_from": milestone.c.due_at >= bindparam("due_from", type_=DateTime(timezone=True)),
    "due_before": milestone.c.due_at < bindparam("due_before", type_=DateTime(timezone=True)),
    "overdue": and_(
        milestone.c.state.in_(("planned", "rejected", "partly_accepted")),
        milestone.c.due_at < _AT,
    ),
}


@cache
def _listing(names: frozenset[str]) -> Statement:
    return page_of(select(*_SUMMARY).where(SEEN, *(_FILTERS[name] for name in sorted(names))))


def listing(filters: Mapping[str, Any]) -> Statement:
    """Return the statement for a page of milestones, with those filters that say something.

    Overdue is what was due and of which something is still to be submitted.
    """
    return _listing(frozenset(name for name, value in filters.items() if value))


VERIFIED_HAND: Final = (
    select(milestone_verification.c.person_id)
    .where(
        milestone_verification.c.authority_id == milestone.c.authority_id,
        milestone_verification.c.milestone_id == milestone.c.id,
        milestone_verification.c.round == milestone.c.round,
    )
    .scalar_subquery()
    .label("verified_hand")
)
"""Who has examined what is submitted, or NULL."""
_LOCKED: Final = Statement(
    select(
        milestone,
        VERIFIED_HAND,
        contracts.role_of(milestone.c.authority_id, milestone.c.contract_id).label("role"),
        _BLOCKED_BY.label("blocked_by"),
    )
    .where(*KEY, SEEN)
    .with_for_update(of=milestone)
)
ACCEPTED: Final = Ahead(
    select(
        milestone.c.id,
        milestone.c.version,
        milestone.c.code,
        func.trim_scale(milestone.c.accepted_share).cast(Text).label("share"),
        milestone.c.due_at,
        milestone.c.accepted_delivery_at.label("delivered_at"),
    )
    .where(milestone.c.authority_id == _AUTHORITY, milestone.c.contract_id == _CONTRACT)
    .where(milestone.c.accepted_share > 0)
    .order_by(milestone.c.id)
)
"""What is accepted of a contract's milestones."""


async def view(tx: Tx, milestone_id: str, *, seen_by: Actor, at: datetime) -> Record:
    """Return a milestone's JSON as `body`, and its version.

    Refuses with MilestoneMissing.
    """
    return _found(
        await tx.row(
            _VIEW,
            authority_id=_owner(milestone_id),
            id=milestone_id,
            at=at,
            **contracts.reads_as(seen_by),
        )
    )


async def concern(tx: Tx, milestone_id: str, *, by: Actor) -> None:
    """Refuse with MilestoneMissing where there is none in a contract of the caller's."""
    _found(
        await tx.row(
            _IS_SEEN,
            authority_id=_owner(milestone_id),
            id=milestone_id,
            **contracts.reads_as(by),
        )
    )


async def after(tx: Tx, milestone_id: str, *, at: datetime) -> Milestone:
    """Return a milestone as it now is, whole."""
    body = await tx.value(_AFTER, authority_id=authority_of(milestone_id), id=milestone_id, at=at)
    return msgspec.json.decode(body, type=Milestone)


async def locked(
    tx: Tx, milestone_id: str, *, seen_by: Actor, expected: int | None = None
) -> Record:
    """Lock a milestone for change and return its row, with the caller's `role`.

    Refuses with MilestoneMissing, or RevisionStale where `expected` is another version.
    """
    row = _found(
        await tx.row(
            _LOCKED,
            authority_id=_owner(milestone_id),
            id=milestone_id,
            **contracts.reads_as(seen_by),
        )
    )
    revision.check(expected, actual=row["version"])
    return row


async def acceptance(tx: Tx, row: Record, *, at: datetime) -> tuple[Span | None, Calendar]:
    """Return after how long silence accepts a milestone, and the days by which that is counted."""
    law = await law_of(tx, row["contract_id"], at=at)
    deemed = law.rules.deemed_acceptance
    days = max(row["acceptance_days"], 0 if deemed is None else deemed.days)
    last = (at + timedelta(days=days)).year
    return deemed, within(law.calendar, first=at.year, last=last)


async def submit_facts(tx: Tx, row: Record, asked: Submission, *, at: datetime) -> SubmitFacts:
    """Return what the submission of a locked milestone is checked against."""
    deemed, calendar = await acceptance(tx, row, at=at)
    deliverables = msgspec.json.decode(row["evidence_asked"], type=tuple[Code, ...])
    accepted = msgspec.json.decode(row["accepted_deliverables"], type=tuple[Code, ...])
    return SubmitFacts(
        milestone_id=row["id"],
        role=row["role"],
        state=State(row["state"]),
        rounds=row["round"],
        starts_at=row["starts_at"],
        due_at=row["due_at"],
        time_zone=row["time_zone"],
        blocked_by=msgspec.json.decode(row["blocked_by"], type=tuple[Code, ...]),
        verification_asked=row["verification_asked"],
        acceptance_days=row["acceptance_days"],
        deemed=deemed,
        calendar=calendar,
        deliverables_left=tuple(one for one in deliverables if one not in accepted),
        asked=asked,
        evidence=await documents.evidence(tx, row["contract_id"], asked.documents),
    )


async def accepted(tx: Tx, contract_id: str) -> tuple[AcceptedMilestone, ...]:
    """Return what is accepted of a contract's milestones, as payment rules read it."""
    rows = await tx.rows(ACCEPTED, authority_id=authority_of(contract_id), contract_id=contract_id)
    return tuple(_accepted(row) for row in rows)


def _accepted(row: Record) -> AcceptedMilestone:
    return AcceptedMilestone(**{name: row[name] for name in AcceptedMilestone.__struct_fields__})


def _owner(milestone_id: str) -> int:
    return owner(milestone_id, "milestone", otherwise=MilestoneMissing)


def _found(row: Record | None) -> Record:
    if row is None:
        raise missing()
    return row


def missing() -> MilestoneMissing:
    """Return the refusal of a milestone that is not the caller's to see."""
    return MilestoneMissing("There is no such milestone in a contract of the caller's.")
