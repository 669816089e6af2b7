"""Propose values for what a draft leaves open, accept, reject and withdraw them."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.contracts import canonical
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.negotiating import queries, rules
from ecosystem.contracts.negotiating.model import (
    Accepted,
    Ended,
    ProposalDraft,
    Proposed,
    ProposeFacts,
    State,
)
from ecosystem.contracts.negotiating.tables import contract_proposal
from ecosystem.contracts.rule_limits import cliffs
from ecosystem.contracts.tables import contract
from ecosystem.contracts.warned.schemas import TermsStanding
from ecosystem.history import actions as history
from ecosystem.runtime.database import Record, Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.text import Text

_PROPOSE: Final = inserting(
    contract_proposal,
    *(one.key for one in contract_proposal.columns if not one.key.startswith("ended_")),
)
_END: Final = Statement(
    updating(contract_proposal).values(
        version=contract_proposal.c.version + 1,
        state=bindparam("new_state"),
        ended_at=bindparam("since"),
        ended_by=bindparam("who"),
        ended_reason=bindparam("why"),
    )
)
_REWORD: Final = Statement(
    updating(contract).values(
        version=contract.c.version + 1,
        wording=bindparam("new_wording"),
        terms=bindparam("new_terms"),
        terms_digest=bindparam("new_digest"),
        sign_by=None,
        called_by=None,
    )
)


async def propose(
    tx: Tx, contract_id: str, asked: ProposalDraft, *, by: Actor, at: datetime
) -> TermsStanding:
    """Propose values for what a draft leaves open, in the place of the other side's proposal.

    Refuses with ContractMissing, and as the rule does. Effects: locks the contract and what is
    proposed; where the other side's stood there, `proposal.answered`; `proposal.made`, which
    the parties learn of.
    """
    row = await contracts.locked(tx, contract_id, seen_by=by)
    waiting = await queries.open_of(tx, row)
    facts = queries.propose_facts(row, asked, waiting=waiting)
    proposed = rules.propose(facts, by=by, at=at)
    if waiting is not None:
        await _answer(tx, waiting, row, by=by, at=at)
    proposal_id = mint("proposal", authority=authority_of(contract_id))
    await _keep(tx, proposal_id, facts, proposed, by=by, at=at)
    version = await history.record(
        tx, "proposal.made", proposal_id, facts=facts, decision=proposed, by=by, at=at,
        audience=await contracts.audience(tx, contract_id),
    )  # fmt: skip
    return TermsStanding(
        id=proposal_id, state=proposed.state, version=version,
        cliffs=cliffs(proposed.terms.payment_rules),
    )  # fmt: skip


async def _answer(tx: Tx, waiting: Record, row: Record, *, by: Actor, at: datetime) -> None:
    facts = queries.reply_facts(waiting, row)
    answered = rules.answer(facts, by=by, at=at)
    await _end(tx, waiting["id"], answered, at=at)
    await history.record(
        tx, "proposal.answered", waiting["id"], facts=facts, decision=answered, by=by, at=at,
        audience=await contracts.audience(tx, row["id"]),
    )  # fmt: skip


async def _keep(
    tx: Tx, proposal_id: str, facts: ProposeFacts, proposed: Proposed, *, by: Actor, at: datetime
) -> None:
    encode = msgspec.json.encode
    await tx.run(
        _PROPOSE,
        authority_id=facts.sides.authority_number, id=proposal_id, version=1,
        contract_id=facts.contract_id, wording=proposed.wording, state=proposed.state,
        side=proposed.side, organisation_id=by.organisation_id,
        proposed_by=proposed.proposed_by, answers=proposed.answers,
        reason=encode(facts.asked.reason), base_digest=facts.terms_digest,
        values=encode(proposed.values), terms=canonical.canonical(proposed.terms),
        terms_digest=proposed.terms_digest, proposed_at=at,
    )  # fmt: skip


async def accept(
    tx: Tx, proposal_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Accept the other side's proposal: the draft is worded by it, and is signed anew.

    Refuses with ProposalMissing, RevisionStale, and as the rule does. Effects: locks the
    contract and the proposal; `proposal.accepted`; the draft's new terms and `contract.worded`,
    of which the parties learn.
    """
    proposal, row = await queries.locked(tx, proposal_id, by=by, expected=expected)
    facts = await queries.accept_facts(tx, proposal, row)
    accepted = rules.accept(facts, by=by, at=at)
    await _end(tx, proposal_id, accepted, at=at)
    await tx.run(
        _REWORD,
        of_authority=row["authority_id"], of=row["id"], new_wording=accepted.wording,
        new_terms=proposal["terms"], new_digest=accepted.terms_digest,
    )  # fmt: skip
    audience = await contracts.audience(tx, row["id"])
    version = await history.record(
        tx, "proposal.accepted", proposal_id, facts=facts, decision=accepted, by=by, at=at,
        audience=audience,
    )  # fmt: skip
    await history.record(
        tx, "contract.worded", row["id"], facts=facts, decision=accepted, by=by, at=at,
        audience=audience, after=await contracts.after(tx, row["id"]),
    )  # fmt: skip
    return Standing(id=proposal_id, state=State.ACCEPTED, version=version)


async def reject(
    tx: Tx, proposal_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Reject the other side's proposal.

    Refuses with ProposalMissing, RevisionStale, and as the rule does. Effects: locks the
    contract and the proposal; `proposal.rejected`.
    """
    proposal, row = await queries.locked(tx, proposal_id, by=by, expected=expected)
    facts = queries.reply_facts(proposal, row, reason=reason)
    rejected = rules.reject(facts, by=by, at=at)
    await _end(tx, proposal_id, rejected, at=at)
    version = await history.record(
        tx, "proposal.rejected", proposal_id, facts=facts, decision=rejected, by=by, at=at,
        audience=await contracts.audience(tx, row["id"]),
    )  # fmt: skip
    return Standing(id=proposal_id, state=rejected.state, version=version)


async def withdraw(
    tx: Tx, proposal_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Take a proposal back; refuses and effects as `reject`, with `proposal.withdrawn`."""
    proposal, row = await queries.locked(tx, proposal_id, by=by, expected=expected)
    facts = queries.reply_facts(proposal, row, reason=reason)
    withdrawn = rules.withdraw(facts, by=by, at=at)
    await _end(tx, proposal_id, withdrawn, at=at)
    version = await history.record(
        tx, "proposal.withdrawn", proposal_id, facts=facts, decision=withdrawn, by=by, at=at,
        audience=await contracts.audience(tx, row["id"]),
    )  # fmt: skip
    return Standing(id=proposal_id, state=withdrawn.state, version=version)


async def _end(tx: Tx, proposal_id: str, ended: Ended | Accepted, *, at: datetime) -> None:
    reason = ended.reason if isinstance(ended, Ended) else None
    await tx.run(
        _END,
        of_authority=authority_of(proposal_id), of=proposal_id, new_state=ended.state, since=at,
        who=ended.ended_by, why=None if reason is None else msgspec.json.encode(reason),
    )  # fmt: skip
