"""Change drafts, and amend what is published."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import String, bindparam, update

from ecosystem.catalogue import queries as catalogue
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.needs import queries as needs
from ecosystem.needs.actions import content_of, keep_lots
from ecosystem.needs.amending import queries, rules
from ecosystem.needs.amending.model import AmendmentDraft, Changed, NeedChange
from ecosystem.needs.model import NeedDraft
from ecosystem.needs.rules import check_published
from ecosystem.needs.tables import need, need_amendment
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_CONTENT: Final = (
    *needs.DOCUMENTS, *needs.SCALARS, "lots", "documents", "openers_asked", "value", "currency",
    "estimated_value",
)  # fmt: skip
_REWRITE: Final = Statement(
    update(need)
    .where(need.c.authority_id == bindparam("of_authority"), need.c.id == bindparam("of_need"))
    .values(
        version=need.c.version + 1,
        content_version=need.c.version + 1,
        places=catalogue.places_of(bindparam("jurisdiction", type_=String)),
        **{name: bindparam(name) for name in _CONTENT},
    )
)
_KEEP: Final = inserting(need_amendment)


async def change(
    tx: Tx, need_id: str, changes: NeedChange, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Change a draft. Refuses with NeedMissing, RevisionStale, and as the rule does."""
    row = await needs.locked(tx, need_id, seen_by=by, at=at, expected=expected)
    authority = row["authority_id"]
    facts = await queries.change_facts(
        tx, row, changes, mint=lambda: mint("lot", authority=authority)
    )
    decided = rules.change(facts, by=by, at=at)
    await _rewrite(tx, need_id, facts.after, decided)
    version = await history.record(
        tx, "need.changed", need_id, facts=facts, decision=decided, by=by, at=at
    )
    return Standing(id=need_id, state=decided.state, version=version)


async def amend(
    tx: Tx, need_id: str, asked: AmendmentDraft, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Amend a published need. Refuses with NeedMissing, RevisionStale, and as the rule does.

    Effects: the need's next version; the amendment with its differences; need.amended,
    on which those who have offered are asked to confirm.
    """
    row = await needs.locked(tx, need_id, seen_by=by, at=at, expected=expected)
    check_published(row["authority_id"], row["state_now"], by=by)
    authority = row["authority_id"]
    facts = await queries.amend_facts(
        tx, row, asked.changes, reason=asked.reason, mint=lambda: mint("lot", authority=authority)
    )
    amended = rules.amend(facts, by=by, at=at)
    moved = msgspec.structs.replace(
        facts.after, submission_ends_at=amended.submission_ends_at, opening_at=amended.opening_at
    )
    await _rewrite(tx, need_id, moved, amended)
    await tx.run(
        _KEEP,
        authority_id=authority, id=mint("amendment", authority=authority), need_id=need_id,
        version=row["version"] + 1, reason=msgspec.json.encode(amended.reason),
        differences=msgspec.json.encode(amended.differences), is_extended=amended.is_extended,
        amended_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "need.amended", need_id, facts=facts, decision=amended, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=need_id, state=amended.state, version=version)


async def _rewrite(tx: Tx, need_id: str, asked: NeedDraft, decided: Changed) -> None:
    content = content_of(asked, decided, documents=decided.documents)
    await tx.run(_REWRITE, of_authority=authority_of(need_id), of_need=need_id, **content)
    await keep_lots(tx, need_id, decided.lots)
