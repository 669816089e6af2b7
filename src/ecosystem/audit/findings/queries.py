"""Read findings: facts for the rules, locked; views, made by PostgreSQL."""

from functools import cache
from typing import Any, Final

from sqlalchemy import Integer, Text, bindparam, func, literal_column, select

from ecosystem.audit.findings.model import Facts, FindingDraft, Reply, ReplyFacts, State, WriteFacts
from ecosystem.audit.findings.rules import FindingMissing, FindingObjectMissing
from ecosystem.audit.findings.tables import finding, finding_reply
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.tables import contract, document
from ecosystem.milestones.tables import milestone
from ecosystem.outcomes.tables import metric, observation
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_SEEN: Final = contracts.is_concerned(finding.c.authority_id, finding.c.contract_id)
_THIS: Final = (finding.c.authority_id == _AUTHORITY, finding.c.id == _ID)
_OF_IT: Final = (
    finding_reply.c.authority_id == finding.c.authority_id,
    finding_reply.c.finding_id == finding.c.id,
)
_each = (
    select(
        finding_reply.c.number, finding_reply.c.organisation_id, finding_reply.c.text,
        finding_reply.c.replied_by, finding_reply.c.replied_at,
    )
    .where(*_OF_IT)
    .order_by(finding_reply.c.number)
    .correlate(finding)
    .subquery("each_reply")
)  # fmt: skip
_REPLIES: Final = func.coalesce(
    select(func.json_agg(json_row(_each))).select_from(_each).scalar_subquery(),
    literal_column("'[]'::json"),
)
_SHOWN: Final = [
    *(column for column in finding.c if column.key != "authority_id"),
    _REPLIES.label("replies"),
]
_one = select(*_SHOWN).where(*_THIS, _SEEN).subquery("one")
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
_LOCKED: Final = Statement(select(finding).where(*_THIS, _SEEN).with_for_update(of=finding))
_COUNT: Final = Statement(
    select(func.count()).where(
        finding_reply.c.authority_id == _AUTHORITY, finding_reply.c.finding_id == _ID
    )
)
"""Asked once the finding is held: what another request has just added counts."""


def _object(table: Any) -> Statement:
    of = table.c.id if table is contract else table.c.contract_id
    return Statement(
        select(of).where(
            table.c.authority_id == _AUTHORITY,
            table.c.id == _ID,
            contracts.is_concerned(table.c.authority_id, of),
        )
    )


_OBJECTS: Final = {
    table.name: _object(table) for table in (contract, milestone, metric, observation, document)
}


@cache
def listing(*, of_contract: bool) -> Statement:
    """Return the statement for a page of findings that the reader is concerned with."""
    rows = select(*_SHOWN).where(_SEEN)
    if of_contract:
        rows = rows.where(finding.c.contract_id == bindparam("contract_id", type_=Text))
    return page_of(rows)


async def view(tx: Tx, finding_id: str, *, seen_by: Actor) -> Record:
    """Return a finding's JSON as `body`, and its version. Refuses with FindingMissing."""
    return await _found(tx, _VIEW, finding_id, by=seen_by)


async def write_facts(tx: Tx, asked: FindingDraft, *, by: Actor) -> WriteFacts:
    """Return what a finding is checked against. Refuses with FindingObjectMissing."""
    kind = asked.object_id.partition("_")[0]
    authority = authority_of(asked.object_id)
    contract_id: str | None = await tx.value(
        _OBJECTS[kind], authority_id=authority, id=asked.object_id, **contracts.reads_as(by)
    )
    if contract_id is None:
        raise FindingObjectMissing("Nothing there bears this identifier.", pointer="/object_id")
    return WriteFacts(authority_number=authority, contract_id=contract_id, asked=asked)


async def locked(tx: Tx, finding_id: str, *, by: Actor, expected: int | None) -> Facts:
    """Lock a finding, and return what is decided by. Refuses with FindingMissing, RevisionStale."""
    row = await _found(tx, _LOCKED, finding_id, by=by)
    revision.check(expected, actual=row["version"])
    replies: int = await tx.value(_COUNT, authority_id=row["authority_id"], id=finding_id)
    return Facts(
        finding_id=finding_id,
        contract_id=row["contract_id"],
        state=State(row["state"]),
        auditor_id=row["organisation_id"],
        replies=replies,
        reply_by=row["reply_by"],
        follow_up_on=row["follow_up_on"],
    )


async def reply_facts(tx: Tx, found: Facts, asked: Reply, *, by: Actor) -> ReplyFacts:
    """Return what a reply to a locked finding is checked against."""
    is_party = by.organisation_id in await contracts.parties(tx, found.contract_id)
    return ReplyFacts(finding=found, is_party=is_party, asked=asked)


async def _found(tx: Tx, statement: Statement, finding_id: str, *, by: Actor) -> Record:
    authority = owner(finding_id, "finding", otherwise=FindingMissing)
    row = await tx.row(statement, authority_id=authority, id=finding_id, **contracts.reads_as(by))
    if row is None:
        raise FindingMissing("There is no such finding.")
    return row
