"""Write findings, reply to them, conclude them, and look again."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.audit.findings import queries, rules
from ecosystem.audit.findings.model import (
    ConcludeFacts,
    Conclusion,
    Facts,
    FindingDraft,
    FollowUp,
    FollowUpFacts,
    Reply,
)
from ecosystem.audit.findings.tables import finding, finding_reply
from ecosystem.contracts import queries as contracts
from ecosystem.history import actions as history
from ecosystem.runtime.database import Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_WRITE: Final = inserting(
    finding, "authority_id", "id", "version", "state", "contract_id", "object_id",
    "organisation_id", "title", "text", "reply_by", "written_by", "written_at",
)  # fmt: skip
_REPLY: Final = inserting(finding_reply)


def _moving(**values: Any) -> Statement:
    return Statement(updating(finding).values(version=finding.c.version + 1, **values))


_HEAR: Final = _moving()
_CONCLUDE: Final = _moving(
    state="concluded", outcome=bindparam("said"), reasons=bindparam("why"),
    concluded_by=bindparam("who"), concluded_at=bindparam("since"),
    follow_up_on=bindparam("again_on"),
)  # fmt: skip
_FOLLOW_UP: Final = _moving(
    state="followed_up", is_remedied=bindparam("remedied"), follow_up=bindparam("said"),
    followed_up_by=bindparam("who"), followed_up_at=bindparam("since"),
)  # fmt: skip


async def write(tx: Tx, asked: FindingDraft, *, by: Actor, at: datetime) -> Standing:
    """Write a finding, of which the parties of its contract learn.

    Refuses with FindingObjectMissing, and as the rule does. Effects: the finding;
    `finding.written`.
    """
    facts = await queries.write_facts(tx, asked, by=by)
    written = rules.write(facts, by=by, at=at)
    finding_id = mint("finding", authority=facts.authority_number)
    await tx.run(
        _WRITE,
        authority_id=facts.authority_number, id=finding_id, version=1, state=written.state,
        contract_id=facts.contract_id, object_id=asked.object_id,
        organisation_id=written.organisation_id, title=msgspec.json.encode(asked.title),
        text=msgspec.json.encode(asked.text), reply_by=asked.reply_by,
        written_by=written.written_by, written_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "finding.written", finding_id, facts=facts, decision=written, by=by, at=at,
        audience=await contracts.audience(tx, facts.contract_id),
    )  # fmt: skip
    return Standing(id=finding_id, state=written.state, version=version)


async def reply(tx: Tx, finding_id: str, asked: Reply, *, by: Actor, at: datetime) -> Standing:
    """Have a party heard.

    Refuses with FindingMissing, and as the rule does. Effects: locks the finding; the reply;
    `finding.replied`.
    """
    found = await queries.locked(tx, finding_id, by=by, expected=None)
    facts = await queries.reply_facts(tx, found, asked, by=by)
    replied = rules.reply(facts, by=by)
    await tx.run(
        _REPLY,
        authority_id=authority_of(finding_id), finding_id=finding_id, number=replied.number,
        organisation_id=replied.organisation_id, text=msgspec.json.encode(replied.text),
        replied_by=replied.replied_by, replied_at=at,
    )  # fmt: skip
    await _move(tx, _HEAR, found)
    version = await history.record(
        tx, "finding.replied", finding_id, facts=facts, decision=replied, by=by, at=at,
        audience=await contracts.audience(tx, found.contract_id),
    )  # fmt: skip
    return Standing(id=finding_id, state=found.state, version=version)


async def conclude(
    tx: Tx, finding_id: str, asked: Conclusion, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Conclude a finding.

    Refuses with FindingMissing, RevisionStale, and as the rule does. Effects: locks the
    finding; `finding.concluded`.
    """
    found = await queries.locked(tx, finding_id, by=by, expected=expected)
    facts = ConcludeFacts(finding=found, asked=asked)
    concluded = rules.conclude(facts, by=by, at=at)
    await _move(
        tx, _CONCLUDE, found,
        said=concluded.outcome, why=msgspec.json.encode(concluded.reasons),
        who=concluded.concluded_by, since=at, again_on=concluded.follow_up_on,
    )  # fmt: skip
    version = await history.record(
        tx, "finding.concluded", finding_id, facts=facts, decision=concluded, by=by, at=at,
        audience=await contracts.audience(tx, found.contract_id),
    )  # fmt: skip
    return Standing(id=finding_id, state=concluded.state, version=version)


async def follow_up(
    tx: Tx, finding_id: str, asked: FollowUp, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Say what became of a finding.

    Refuses with FindingMissing, RevisionStale, and as the rule does. Effects: locks the
    finding; `finding.followed_up`.
    """
    found = await queries.locked(tx, finding_id, by=by, expected=expected)
    facts = FollowUpFacts(finding=found, asked=asked)
    followed = rules.follow_up(facts, by=by, at=at)
    await _move(
        tx, _FOLLOW_UP, found,
        remedied=followed.is_remedied, said=msgspec.json.encode(followed.text),
        who=followed.followed_up_by, since=at,
    )  # fmt: skip
    version = await history.record(
        tx, "finding.followed_up", finding_id, facts=facts, decision=followed, by=by, at=at,
        audience=await contracts.audience(tx, found.contract_id),
    )  # fmt: skip
    return Standing(id=finding_id, state=followed.state, version=version)


async def _move(tx: Tx, statement: Statement, found: Facts, **values: Any) -> None:
    finding_id = found.finding_id
    await tx.run(statement, of_authority=authority_of(finding_id), of=finding_id, **values)
