"""Announce deductions, reply to them, and decide what of them is kept."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.history import actions as history
from ecosystem.history.model import Audience, Occurrence
from ecosystem.payments.calculating import queries as calculating
from ecosystem.payments.computing import actions as computing
from ecosystem.payments.deducting import queries, rules
from ecosystem.payments.deducting.model import (
    AnnounceFacts,
    DecideFacts,
    DecisionDraft,
    DeductedPart,
    Reply,
    ReplyFacts,
    SupersedeFacts,
)
from ecosystem.payments.deducting.tables import deduction_notice, deduction_reply
from ecosystem.runtime.database import Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_ANNOUNCE: Final = inserting(
    deduction_notice,
    "authority_id", "id", "version", "state", "contract_id", "calculation_id", "ordinal",
    "amount", "currency", "lines", "parts", "announced_by", "announced_at", "reply_ends_at",
)  # fmt: skip
_SAY: Final = inserting(deduction_reply)


def _turning(*names: str) -> Statement:
    """Return the statement that takes a notice a step further, and sets these columns."""
    return Statement(
        updating(deduction_notice).values(
            state=bindparam("new_state"),
            version=deduction_notice.c.version + 1,
            **{name: bindparam(f"new_{name}") for name in names},
        )
    )


_SUPERSEDE: Final = _turning()
_REPLY: Final = _turning()
_DECIDE: Final = _turning("kept", "reasons", "answers", "decided_by", "decided_at")


async def announce(tx: Tx, occurrence: Occurrence) -> None:
    """Tell whoever is paid what a new calculation deducts, where that is anything new.

    Follows `calculation.made`, while its contract is held. Effects: notices of what was deducted
    before are superseded, with `deduction.superseded`; `deduction.announced`.
    """
    body = occurrence.body
    facts = await queries.announce_facts(
        tx, occurrence.stream, body.facts, body.decision, at=occurrence.recorded_at
    )
    if rules.is_changed(facts):
        await _supersede(tx, facts, by=body.by, at=occurrence.recorded_at)
        await _announce(tx, facts, by=body.by, at=occurrence.recorded_at)


async def _supersede(tx: Tx, facts: AnnounceFacts, *, by: Actor, at: datetime) -> None:
    for notice, row in await queries.standing(tx, facts.contract_id, ordinal=facts.ordinal):
        ending = SupersedeFacts(notice=notice, calculation_id=facts.calculation_id)
        superseded = rules.supersede(ending, by=by, at=at)
        await tx.run(
            _SUPERSEDE, of_authority=row["authority_id"], of=row["id"], new_state=superseded.state
        )
        await history.record(
            tx, "deduction.superseded", row["id"], facts=ending, decision=superseded, by=by, at=at,
            audience=_audience(notice.parts),
        )  # fmt: skip


async def _announce(tx: Tx, facts: AnnounceFacts, *, by: Actor, at: datetime) -> None:
    announced = rules.announce(facts, by=by, at=at)
    if announced is None:
        return
    authority = authority_of(facts.contract_id)
    deduction_id = mint("deduction", authority=authority)
    await tx.run(
        _ANNOUNCE,
        authority_id=authority, id=deduction_id, version=1, state=announced.state,
        contract_id=facts.contract_id, calculation_id=facts.calculation_id, ordinal=facts.ordinal,
        amount=announced.amount.decimal(), currency=facts.currency,
        lines=msgspec.json.encode(facts.lines), parts=msgspec.json.encode(facts.parts),
        announced_by=announced.announced_by, announced_at=at,
        reply_ends_at=announced.reply_ends_at,
    )  # fmt: skip
    await history.record(
        tx, "deduction.announced", deduction_id, facts=facts, decision=announced, by=by, at=at,
        audience=_audience(facts.parts),
    )  # fmt: skip


async def reply(
    tx: Tx, deduction_id: str, asked: Reply, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Reply to a deduction. Refuses with DeductionMissing, RevisionStale, and as the rule.

    Effects: locks the notice; `deduction.replied`, which all on whom a part falls may read.
    """
    notice, row = await queries.locked(tx, deduction_id, expected=expected)
    facts = ReplyFacts(notice=notice, asked=asked)
    replied = rules.reply(facts, by=by, at=at)
    await tx.run(
        _SAY,
        authority_id=row["authority_id"], deduction_id=deduction_id,
        organisation_id=replied.organisation_id, reply=msgspec.json.encode(asked.reply),
        replied_by=replied.replied_by, replied_at=at,
    )  # fmt: skip
    await tx.run(_REPLY, of_authority=row["authority_id"], of=deduction_id, new_state=replied.state)
    version = await history.record(
        tx, "deduction.replied", deduction_id, facts=facts, decision=replied, by=by, at=at,
        audience=_audience(notice.parts),
    )  # fmt: skip
    return Standing(id=deduction_id, state=replied.state, version=version)


async def decide(
    tx: Tx, deduction_id: str, asked: DecisionDraft, *, by: Actor, at: datetime,
    expected: int | None,
) -> Standing:  # fmt: skip
    """Decide what of a deduction is kept, and pay the rest.

    Refuses with DeductionMissing, RevisionStale, and as the rule. Effects: holds the contract,
    locks the notice; `deduction.decided`; where something is dropped, as `computing.calculate`.
    """
    contract_id = await queries.contract_of(tx, deduction_id)
    await calculating.contract_locked(tx, contract_id)
    notice, row = await queries.locked(tx, deduction_id, expected=expected)
    facts = DecideFacts(notice=notice, asked=asked)
    decided = rules.decide(facts, by=by, at=at)
    await tx.run(
        _DECIDE,
        of_authority=row["authority_id"], of=deduction_id, new_state=decided.state,
        new_kept=decided.kept.decimal(), new_reasons=msgspec.json.encode(asked.reasons),
        new_answers=msgspec.json.encode(asked.answers), new_decided_by=decided.decided_by,
        new_decided_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "deduction.decided", deduction_id, facts=facts, decision=decided, by=by, at=at,
        audience=_audience(notice.parts),
    )  # fmt: skip
    if decided.dropped.decimal():
        await computing.calculate(tx, contract_id, by=by, at=at)
    return Standing(id=deduction_id, state=decided.state, version=version)


def _audience(parts: Iterable[DeductedPart]) -> Audience:
    return Audience(organisations=tuple(one.organisation_id for one in parts))
