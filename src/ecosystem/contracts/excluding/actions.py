"""Hear a member that shall be excluded, and keep that it disputes what was decided."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes import queries as changes
from ecosystem.contracts.changes.tables import contract_change
from ecosystem.contracts.excluding import queries, rules
from ecosystem.contracts.excluding.model import ExclusionDispute
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.runtime.database import Record, Statement, Tx, updating
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.text import Text


def _saying(word: str, step: str) -> Statement:
    """Return the statement that keeps what a member says, by whose hand and when."""
    return Statement(
        updating(contract_change).values(
            version=contract_change.c.version + 1,
            **{
                word: bindparam("said"),
                f"{step}_by": bindparam("who"),
                f"{step}_at": bindparam("since"),
            },
        )
    )


_REPLY: Final = _saying("reply", "replied")
_DISPUTE: Final = _saying("dispute", "disputed")


async def reply(
    tx: Tx, change_id: str, said: Text, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Say what a member thinks of its exclusion.

    Refuses with ChangeMissing, RevisionStale, and as the rule does. Effects: locks the contract
    and the change; `change.replied`.
    """
    change, row = await changes.locked(tx, change_id, by=by, expected=expected)
    facts = queries.reply_facts(change, said)
    replied = rules.reply(facts, by=by, at=at)
    await _keep(tx, _REPLY, change, replied.reply, who=replied.replied_by, at=at)
    version = await history.record(
        tx, "change.replied", change_id, facts=facts, decision=replied, by=by, at=at,
        audience=await _concerned(tx, change, row),
    )  # fmt: skip
    return Standing(id=change_id, state=change["state"], version=version)


async def dispute(
    tx: Tx, change_id: str, asked: ExclusionDispute, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Keep that a member takes its exclusion to a court, or to whoever else decides.

    Refuses with ChangeMissing, RevisionStale, and as the rule does. Effects: locks the contract
    and the change; `change.disputed`.
    """
    change, row = await changes.locked(tx, change_id, by=by, expected=expected)
    facts = queries.dispute_facts(change, asked)
    disputed = rules.dispute(facts, by=by, at=at)
    await _keep(tx, _DISPUTE, change, disputed.dispute, who=disputed.disputed_by, at=at)
    version = await history.record(
        tx, "change.disputed", change_id, facts=facts, decision=disputed, by=by, at=at,
        audience=await _concerned(tx, change, row),
    )  # fmt: skip
    return Standing(id=change_id, state=change["state"], version=version)


async def _keep(
    tx: Tx, saying: Statement, change: Record, said: Text | ExclusionDispute, *, who: str,
    at: datetime,
) -> None:  # fmt: skip
    await tx.run(
        saying,
        of_authority=change["authority_id"], of=change["id"], said=msgspec.json.encode(said),
        who=who, since=at,
    )  # fmt: skip


async def _concerned(tx: Tx, change: Record, row: Record) -> Audience:
    """Return who is a party now, who would be, and who is excluded."""
    now = await contracts.parties(tx, row["id"])
    heard = {*now, *change["signers"], change["excluded_id"]}
    return Audience(organisations=tuple(sorted(heard)))
