"""Propose turns of a contract, reply to them, approve and withdraw them."""

from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET
from sqlalchemy import bindparam, update

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.tables import contract
from ecosystem.contracts.turning import queries, rules
from ecosystem.contracts.turning.model import Kind, ReplyFacts, State, TurnDraft, Turned
from ecosystem.contracts.turning.tables import contract_turn
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.text import Text

_PROPOSE: Final = inserting(
    contract_turn, "authority_id", "id", "version", "contract_id", "kind", "state", "side",
    "approved_by_side", "organisation_id", "proposed_by", "ground", "by_agreement", "reason",
    "proposed_at", "reply_by", "right_id",
)  # fmt: skip
_THIS: Final = (
    contract_turn.c.authority_id == bindparam("of_authority"),
    contract_turn.c.id == bindparam("of"),
)
_REPLY: Final = Statement(
    update(contract_turn)
    .where(*_THIS)
    .values(
        version=contract_turn.c.version + 1,
        reply=bindparam("said"),
        replied_by=bindparam("who"),
        replied_at=bindparam("since"),
    )
)
_END: Final = Statement(
    update(contract_turn)
    .where(*_THIS)
    .values(
        version=contract_turn.c.version + 1,
        state=bindparam("new_state"),
        ended_at=bindparam("since"),
        ended_by=bindparam("who"),
        moved_days=bindparam("days"),
        ordinal=bindparam("place"),
    )
)
_TURN: Final = Statement(
    update(contract)
    .where(contract.c.authority_id == bindparam("of_authority"), contract.c.id == bindparam("of"))
    .values(
        version=contract.c.version + 1,
        turns=contract.c.turns + 1,
        state=bindparam("new_state"),
        suspended_at=bindparam("suspended"),
        ended_at=bindparam("ended"),
        ends_on=bindparam("new_end"),
    )
)
_EVENTS: Final = {
    Kind.SUSPENSION: "contract.suspended",
    Kind.RESUMPTION: "contract.resumed",
    Kind.TERMINATION: "contract.terminated",
    Kind.COMPLETION: "contract.completed",
}
_ENDED: Final = frozenset({ContractState.TERMINATED, ContractState.COMPLETED})


async def propose(
    tx: Tx, contract_id: str, asked: TurnDraft, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Propose a turn of a contract, of which its parties learn.

    Refuses with ContractMissing, RevisionStale, and as the rule does. Effects: locks the
    contract; the turn; `turn.proposed`.
    """
    row = await contracts.locked(tx, contract_id, seen_by=by)
    revision.check(expected, actual=row["version"])
    facts = await queries.propose_facts(tx, row, asked)
    proposed = rules.propose(facts, by=by, at=at)
    turn_id = mint("turn", authority=facts.authority_number)
    await tx.run(
        _PROPOSE,
        authority_id=facts.authority_number, id=turn_id, version=1, contract_id=contract_id,
        kind=asked.kind, state=proposed.state, side=proposed.side,
        approved_by_side=proposed.approved_by_side, organisation_id=by.organisation_id,
        proposed_by=proposed.proposed_by, ground=None if asked.ground is UNSET else asked.ground,
        by_agreement=asked.by_agreement, reason=msgspec.json.encode(asked.reason),
        proposed_at=at, reply_by=proposed.reply_by, right_id=proposed.right_id,
    )  # fmt: skip
    version = await history.record(
        tx, "turn.proposed", turn_id, facts=facts, decision=proposed, by=by, at=at,
        audience=await contracts.audience(tx, contract_id),
    )  # fmt: skip
    return Standing(id=turn_id, state=proposed.state, version=version)


async def reply(
    tx: Tx, turn_id: str, said: Text, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Say what the other side thinks of a termination.

    Refuses with TurnMissing, RevisionStale, and as the rule does. Effects: locks the contract
    and the turn; `turn.replied`.
    """
    turn, row = await queries.locked(tx, turn_id, by=by, expected=expected)
    facts = ReplyFacts(turn=queries.turn_facts(turn, row), reply=said)
    replied = rules.reply(facts, by=by, at=at)
    await tx.run(
        _REPLY,
        of_authority=row["authority_id"], of=turn_id, said=msgspec.json.encode(replied.reply),
        who=replied.replied_by, since=at,
    )  # fmt: skip
    version = await history.record(
        tx, "turn.replied", turn_id, facts=facts, decision=replied, by=by, at=at,
        audience=await contracts.audience(tx, row["id"]),
    )  # fmt: skip
    return Standing(id=turn_id, state=State.PROPOSED, version=version)


async def approve(
    tx: Tx, turn_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Bring a turn into force.

    Refuses with TurnMissing, RevisionStale, as the rule does, and as what follows does. Effects:
    locks the contract and the turn; `turn.approved`, and `contract.suspended`, `.resumed`,
    `.terminated` or `.completed`, on which milestones and the budget follow.
    """
    turn, row = await queries.locked(tx, turn_id, by=by, expected=expected)
    facts = queries.turn_facts(turn, row)
    turned = rules.approve(facts, by=by, at=at)
    await tx.run(
        _END,
        of_authority=row["authority_id"], of=turn_id, new_state=turned.state, since=at,
        who=turned.approved_by, days=turned.moved_days, place=row["turns"] + 1,
    )  # fmt: skip
    version = await history.record(
        tx, "turn.approved", turn_id, facts=facts, decision=turned, by=by, at=at,
        audience=await contracts.audience(tx, row["id"]),
    )  # fmt: skip
    await _turn(tx, row, turned, at=at)
    await history.record(
        tx, _EVENTS[facts.kind], row["id"], facts=facts, decision=turned, by=by, at=at,
        audience=EVERYONE, after=await contracts.after(tx, row["id"]),
    )  # fmt: skip
    return Standing(id=turn_id, state=turned.state, version=version)


async def _turn(tx: Tx, row: Record, turned: Turned, *, at: datetime) -> None:
    is_suspended = turned.contract_state is ContractState.SUSPENDED
    await tx.run(
        _TURN,
        of_authority=row["authority_id"], of=row["id"], new_state=turned.contract_state,
        suspended=at if is_suspended else None,
        ended=at if turned.contract_state in _ENDED else None, new_end=turned.ends_on,
    )  # fmt: skip


async def withdraw(
    tx: Tx, turn_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Take a proposal back.

    Refuses with TurnMissing, RevisionStale, and as the rule does. Effects: locks the contract
    and the turn; `turn.withdrawn`.
    """
    turn, row = await queries.locked(tx, turn_id, by=by, expected=expected)
    facts = queries.turn_facts(turn, row)
    withdrawn = rules.withdraw(facts, by=by, at=at)
    await tx.run(
        _END,
        of_authority=row["authority_id"], of=turn_id, new_state=withdrawn.state, since=at,
        who=withdrawn.withdrawn_by, days=None, place=None,
    )  # fmt: skip
    version = await history.record(
        tx, "turn.withdrawn", turn_id, facts=facts, decision=withdrawn, by=by, at=at,
        audience=await contracts.audience(tx, row["id"]),
    )  # fmt: skip
    return Standing(id=turn_id, state=withdrawn.state, version=version)


async def refuse_unless_running(tx: Tx, contract_id: str, *, is_open: bool = True) -> None:
    """Refuse what is done under a contract that is suspended, or has ended where `is_open`.

    Refuses with ContractSuspended or ContractEnded. Effects: holds the contract as it stands.
    """
    stood = await queries.stood(tx, contract_id)
    if stood.state is ContractState.SUSPENDED:
        raise rules.ContractSuspended(f"{contract_id} is suspended.")
    if is_open and stood.state in _ENDED:
        raise rules.ContractEnded(f"{contract_id} is {stood.state}.")
