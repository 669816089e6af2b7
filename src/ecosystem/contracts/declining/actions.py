"""Call upon a winner to sign, decline an award, and let one lapse."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, update

from ecosystem.awards import queries as awards
from ecosystem.awards.falling import actions as falling
from ecosystem.awards.falling.model import Fall
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.declining import queries, rules
from ecosystem.contracts.declining.model import CancelFacts, FallFacts, Fell
from ecosystem.contracts.model import State
from ecosystem.contracts.tables import contract
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.text import Text

_THIS: Final = (
    contract.c.authority_id == bindparam("of_authority"), contract.c.id == bindparam("of")
)  # fmt: skip
_CALL: Final = Statement(
    update(contract)
    .where(*_THIS)
    .values(
        version=contract.c.version + 1, sign_by=bindparam("until"), called_by=bindparam("who")
    )
)  # fmt: skip
_CANCEL: Final = Statement(
    update(contract)
    .where(*_THIS)
    .values(version=contract.c.version + 1, state="cancelled", ended_at=bindparam("since"))
)


async def call(
    tx: Tx, contract_id: str, reason: Text, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Call upon who won to sign a draft in the time that the rules of the place give.

    Refuses with ContractMissing, RevisionStale, and as the rule does. Effects: locks the
    contract, which bears the time; contract.signature_called, of which the parties learn.
    """
    row = await contracts.locked(tx, contract_id, seen_by=by)
    revision.check(expected, actual=row["version"])
    facts = await queries.call_facts(tx, row, reason, at=at)
    called = rules.call(facts, by=by, at=at)
    await tx.run(
        _CALL,
        of_authority=row["authority_id"], of=contract_id, until=called.sign_by,
        who=called.called_by,
    )  # fmt: skip
    version = await history.record(
        tx, "contract.signature_called", contract_id, facts=facts, decision=called, by=by, at=at,
        audience=await _parties(tx, contract_id), after=await contracts.after(tx, contract_id),
    )  # fmt: skip
    return Standing(id=contract_id, state=State.DRAFT, version=version)


async def decline(
    tx: Tx, award_id: str, reason: Text, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Decline a final award, for the offer that won it; it falls.

    Refuses with AwardMissing, RevisionStale, and as the rule does. Effects: locks the need, the
    award, then its drafts; award.declined for everyone; contract.cancelled for each draft; and
    what follows by `falling.follow`.
    """
    found, row = await awards.locked(tx, award_id, by=by, at=at, expected=expected)
    drafted = await queries.drafts(tx, found)
    facts = await queries.fall_facts(tx, found, drafted, reason, at=at)
    declined = rules.decline(facts, by=by, at=at)
    fall = await _fall(tx, found, declined, at=at)
    version = await history.record(
        tx, "award.declined", award_id, facts=facts, decision=declined, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    await _end(tx, drafted, facts, by=by, at=at)
    await falling.follow(tx, found, row, fall, by=by, at=at)
    return Standing(id=award_id, state=declined.state, version=version)


async def lapse(
    tx: Tx, award_id: str, reason: Text, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Let a final award lapse whose winner has not signed in its time.

    Refuses with AwardMissing, RevisionStale, and as the rule does. Effects as of `decline`,
    with award.lapsed.
    """
    found, row = await awards.locked(tx, award_id, by=by, at=at, expected=expected)
    drafted = await queries.drafts(tx, found)
    facts = await queries.fall_facts(tx, found, drafted, reason, at=at)
    lapsed = rules.lapse(facts, by=by, at=at)
    fall = await _fall(tx, found, lapsed, at=at)
    version = await history.record(
        tx, "award.lapsed", award_id, facts=facts, decision=lapsed, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    await _end(tx, drafted, facts, by=by, at=at)
    await falling.follow(tx, found, row, fall, by=by, at=at)
    return Standing(id=award_id, state=lapsed.state, version=version)


async def _fall(tx: Tx, found: Record, fell: Fell, *, at: datetime) -> Fall:
    fall = Fall(lapse=fell.lapse, reason=fell.reason, fallen_by=fell.fallen_by, fallen_at=at)
    await falling.let_fall(tx, found, fall)
    return fall


async def _end(tx: Tx, drafted: list[Record], of: FallFacts, *, by: Actor, at: datetime) -> None:
    """End the drafts of an award that has fallen."""
    for row in drafted:
        facts = CancelFacts(contract_id=row["id"], award_id=of.award_id, state=State(row["state"]))
        cancelled = rules.cancel(facts, by=by, at=at)
        await tx.run(
            _CANCEL, of_authority=row["authority_id"], of=row["id"], since=cancelled.ended_at
        )
        await history.record(
            tx, "contract.cancelled", row["id"], facts=facts, decision=cancelled, by=by, at=at,
            audience=await _parties(tx, row["id"]), after=await contracts.after(tx, row["id"]),
        )  # fmt: skip


async def _parties(tx: Tx, contract_id: str) -> Audience:
    return Audience(organisations=await contracts.parties(tx, contract_id))
