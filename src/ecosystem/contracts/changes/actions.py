"""Propose changes of a contract, sign, withdraw and reject them."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.budgets import actions as budgets
from ecosystem.contracts import canonical
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes import queries, rules
from ecosystem.contracts.changes.model import (
    Changed,
    ChangeDraft,
    Ended,
    Proposed,
    ProposeFacts,
    State,
)
from ecosystem.contracts.changes.tables import (
    contract_change,
    contract_change_signature,
    contract_departure,
)
from ecosystem.contracts.model import Signing
from ecosystem.contracts.tables import contract, contract_party
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.runtime.database import Record, Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.text import Text

_PROPOSED: Final = tuple(
    column.key
    for column in contract_change.columns
    if not column.key.startswith(("ended_", "approved_", "replied_", "disput"))
    and column.key != "reply"
)
_PROPOSE: Final = inserting(contract_change, *_PROPOSED)
_SIGN: Final = inserting(contract_change_signature)
_SIGNED: Final = Statement(updating(contract_change).values(version=contract_change.c.version + 1))
_IN_FORCE: Final = Statement(
    updating(contract_change).values(
        state="in_force", version=contract_change.c.version + 1, ended_at=bindparam("since")
    )
)
_END: Final = Statement(
    updating(contract_change).values(
        state=bindparam("new_state"),
        version=contract_change.c.version + 1,
        ended_at=bindparam("since"),
        ended_by=bindparam("who"),
        ended_reason=bindparam("why"),
    )
)
_APPROVE: Final = Statement(
    updating(contract_change).values(
        version=contract_change.c.version + 1,
        approved_by=bindparam("who"),
        approved_at=bindparam("since"),
    )
)
_LEAVE: Final = inserting(contract_departure)
_JOIN: Final = inserting(contract_party)
_CHANGE: Final = Statement(
    updating(contract).values(
        version=contract.c.version + 1,
        edition=bindparam("new_edition"),
        terms=bindparam("new_terms"),
        terms_digest=bindparam("new_digest"),
        price=bindparam("new_price"),
        ends_on=bindparam("new_end"),
    )
)


async def propose(
    tx: Tx, contract_id: str, asked: ChangeDraft, *, by: Actor, at: datetime
) -> Standing:
    """Propose a change of a contract, which its parties then read and sign.

    Refuses with ContractMissing, and as the rule does. Effects: locks the contract; the change;
    `change.proposed`, which the parties learn of, and on which a milestone that is settled
    refuses.
    """
    row = await contracts.locked(tx, contract_id, seen_by=by)
    facts = await queries.propose_facts(tx, row, asked)
    proposed = rules.propose(facts, by=by, at=at)
    change_id = mint("change", authority=facts.authority_number)
    await _keep(tx, change_id, facts, proposed, by=by, at=at)
    version = await history.record(
        tx, "change.proposed", change_id, facts=facts, decision=proposed, by=by, at=at,
        audience=await _parties(tx, row, proposed.signers),
    )  # fmt: skip
    return Standing(id=change_id, state=proposed.state, version=version)


async def _keep(
    tx: Tx, change_id: str, facts: ProposeFacts, proposed: Proposed, *, by: Actor, at: datetime
) -> None:
    encode, value = msgspec.json.encode, proposed.impact.value
    await tx.run(
        _PROPOSE,
        authority_id=facts.authority_number, id=change_id, version=1,
        contract_id=facts.contract_id, edition=proposed.edition, state=proposed.state,
        side=proposed.side, organisation_id=by.organisation_id, proposed_by=proposed.proposed_by,
        ground=facts.asked.ground, reason=encode(facts.asked.reason),
        base_digest=facts.terms_digest, changes=encode(facts.asked.changes),
        impact=encode(proposed.impact), terms=canonical.canonical(proposed.terms),
        terms_digest=proposed.terms_digest, signers=list(proposed.signers),
        price_before=value.before.decimal(), price_after=value.after.decimal(),
        currency=value.after.currency, needs_approval=proposed.needs_approval, proposed_at=at,
        excluded_id=proposed.excluded_id, reply_by=proposed.reply_by,
    )  # fmt: skip


async def sign(tx: Tx, change_id: str, asked: Signing, *, by: Actor, at: datetime) -> Standing:
    """Sign a change for the caller's organisation; with the last signature it is in force.

    Refuses with ChangeMissing, as the rules do, and as `budgets.adjust` does. Effects: locks
    the contract and the change; the signature and `change.signed`; with the last one also the
    contract's new edition, what is obligated for it, and `contract.changed`, on which
    milestones and metrics follow.
    """
    change, row = await queries.locked(tx, change_id, by=by)
    facts = await queries.sign_facts(tx, change, row, asked=asked, by=by)
    signed = rules.sign(facts, by=by, at=at)
    authority = change["authority_id"]
    await tx.run(
        _SIGN,
        authority_id=authority, change_id=change_id, organisation_id=signed.organisation_id,
        person_id=signed.person_id, digest=facts.terms_digest, signed_at=at,
        own_key=msgspec.json.encode(signed.own_key) if signed.own_key else None,
    )  # fmt: skip
    if signed.is_complete:
        await tx.run(_IN_FORCE, of_authority=authority, of=change_id, since=at)
    else:
        await tx.run(_SIGNED, of_authority=authority, of=change_id)
    version = await history.record(
        tx, "change.signed", change_id, facts=facts, decision=signed, by=by, at=at,
        audience=await _parties(tx, row, facts.signers),
    )  # fmt: skip
    if signed.is_complete:
        await _change(tx, change, row, by=by, at=at)
        return Standing(id=change_id, state=State.IN_FORCE, version=version)
    return Standing(id=change_id, state=State.PROPOSED, version=version)


async def _change(tx: Tx, change: Record, row: Record, *, by: Actor, at: datetime) -> None:
    facts = queries.change_facts(change, row)
    changed = rules.change(facts, by=by, at=at)
    contract_id: str = row["id"]
    await _replace(tx, change, changed)
    await tx.run(
        _CHANGE,
        of_authority=row["authority_id"], of=contract_id, new_edition=changed.edition,
        new_terms=canonical.canonical(facts.terms), new_digest=changed.terms_digest,
        new_price=changed.value.decimal(), new_end=changed.ends_on,
    )  # fmt: skip
    await budgets.adjust(
        tx, programme_id=row["programme_id"], contract_id=contract_id,
        before=changed.value_before, after=changed.value, by=by, at=at,
    )  # fmt: skip
    await history.record(
        tx, "contract.changed", contract_id, facts=facts, decision=changed, by=by, at=at,
        audience=EVERYONE, after=await contracts.after(tx, contract_id),
    )  # fmt: skip


async def _replace(tx: Tx, change: Record, changed: Changed) -> None:
    """Let parties leave and join as the new edition says."""
    key = {"authority_id": change["authority_id"], "contract_id": change["contract_id"]}
    for organisation_id in changed.left:
        await tx.run(
            _LEAVE, **key, organisation_id=organisation_id, change_id=change["id"],
            edition=changed.edition,
        )  # fmt: skip
    for one in changed.joined:
        await tx.run(_JOIN, **key, **msgspec.structs.asdict(one))


async def approve(
    tx: Tx, change_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Approve a change that puts another organisation in a member's place; then it is signed.

    Refuses with ChangeMissing, RevisionStale, and as the rule does. Effects: locks the contract
    and the change; `change.approved`.
    """
    change, row = await queries.locked(tx, change_id, by=by, expected=expected)
    facts = queries.approve_facts(change)
    approved = rules.approve(facts, by=by, at=at)
    await tx.run(
        _APPROVE,
        of_authority=row["authority_id"], of=change_id, who=approved.approved_by, since=at,
    )  # fmt: skip
    version = await history.record(
        tx, "change.approved", change_id, facts=facts, decision=approved, by=by, at=at,
        audience=await _parties(tx, row, tuple(change["signers"])),
    )  # fmt: skip
    return Standing(id=change_id, state=State.PROPOSED, version=version)


async def withdraw(
    tx: Tx, change_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Take a proposal back.

    Refuses with ChangeMissing, RevisionStale, and as the rule does. Effects: locks the contract
    and the change; `change.withdrawn`.
    """
    change, row = await queries.locked(tx, change_id, by=by, expected=expected)
    facts = queries.end_facts(change, reason=reason)
    withdrawn = rules.withdraw(facts, by=by, at=at)
    await _end(tx, change_id, withdrawn, at=at, authority=row["authority_id"])
    version = await history.record(
        tx, "change.withdrawn", change_id, facts=facts, decision=withdrawn, by=by, at=at,
        audience=await _parties(tx, row, facts.signers),
    )  # fmt: skip
    return Standing(id=change_id, state=withdrawn.state, version=version)


async def reject(
    tx: Tx, change_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Refuse another party's proposal, which is then no more.

    Refuses and effects as `withdraw`, with `change.rejected`.
    """
    change, row = await queries.locked(tx, change_id, by=by, expected=expected)
    facts = queries.end_facts(change, reason=reason)
    rejected = rules.reject(facts, by=by, at=at)
    await _end(tx, change_id, rejected, at=at, authority=row["authority_id"])
    version = await history.record(
        tx, "change.rejected", change_id, facts=facts, decision=rejected, by=by, at=at,
        audience=await _parties(tx, row, facts.signers),
    )  # fmt: skip
    return Standing(id=change_id, state=rejected.state, version=version)


async def _end(tx: Tx, change_id: str, ended: Ended, *, at: datetime, authority: int) -> None:
    await tx.run(
        _END,
        of_authority=authority, of=change_id, new_state=ended.state, since=at,
        who=ended.ended_by, why=msgspec.json.encode(ended.reason),
    )  # fmt: skip


async def _parties(tx: Tx, row: Record, signers: tuple[str, ...]) -> Audience:
    """Return who is a party now, or would be."""
    now = await contracts.parties(tx, row["id"])
    return Audience(organisations=tuple(sorted({*now, *signers})))
