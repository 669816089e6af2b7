"""Proposals for what a draft leaves open over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.contracts import access
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.model import Reasoned
from ecosystem.contracts.forms import TermsUnmet
from ecosystem.contracts.negotiating import actions, queries, rules
from ecosystem.contracts.negotiating.model import Proposal, ProposalDraft, ProposalSummary
from ecosystem.contracts.rules import (
    ContractCancelled,
    ContractInForce,
    ContractMissing,
    FormAltered,
    FormUnknown,
    NotConcerned,
    ProposalOpen,
)
from ecosystem.contracts.warned.schemas import TermsStanding
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/contracts/{contract_id:str}/proposals",
    permit=access.PROPOSE_VALUES,
    answers=TermsStanding,
    key=True,
    refuses=(
        ContractMissing, rules.NotNegotiating, ContractCancelled, ContractInForce, ProposalOpen,
        rules.SignatureCalled, rules.DraftReworded, FormUnknown, FormAltered, TermsUnmet,
        rules.NothingChanged,
    ),
)  # fmt: skip
async def propose_values(
    request: Call, contract_id: FromPath[str], data: JSONBody[ProposalDraft]
) -> Response[bytes]:
    """Propose values for what a draft leaves open.

    An officer of the authority, or a supplier's delivery or signatory, proposes values for
    variables of the standard form, and for nothing else, with a reason. Where a proposal of the
    other side waits for an answer, this is the answer, and stands in its place. Until it is
    accepted, rejected or withdrawn, nobody signs. The answer warns of every cliff that the
    payment rules would then have.
    """
    made = await actions.propose(request.tx, contract_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/contract-proposals/{made.id}")


@get(
    "/v1/contracts/{contract_id:str}/proposals",
    permit=access.READ_PROPOSALS,
    answers=Page[ProposalSummary],
    refuses=(ContractMissing, NotConcerned),
)
async def list_proposals(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List how the draft of a contract was negotiated, newest first.

    For the parties, the authority, and the auditors of its jurisdiction, also once it is in
    force.
    """
    await contracts.concern(request.tx, contract_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.PROPOSALS, cursor=cursor, limit=limit,
        contract_id=contract_id,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        **contracts.reads_as(request.by),
    )  # fmt: skip


@get(
    "/v1/contract-proposals/{proposal_id:str}",
    permit=access.READ_PROPOSALS,
    answers=Proposal,
    refuses=(rules.ProposalMissing,),
)
async def read_proposal(request: Call, proposal_id: FromPath[str]) -> Response[bytes]:
    """Read a proposal for a draft, with the terms that it would make, whole."""
    row = await queries.view(request.tx, proposal_id, seen_by=request.by)
    return request.answer(row["body"], version=row["version"])


@post(
    "/v1/contract-proposals/{proposal_id:str}/acceptance",
    permit=access.REPLY_TO_PROPOSAL,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ProposalMissing, ContractMissing, RevisionStale, rules.NotNegotiating,
        rules.OwnSideProposed, rules.ProposalOver, ContractCancelled, ContractInForce,
        rules.DraftReworded,
    ),
)  # fmt: skip
async def accept_proposal(request: Call, proposal_id: FromPath[str]) -> Response[bytes]:
    """Accept the other side's proposal.

    The draft has a new wording: terms that have grown from the form with these values, and a
    digest of their own. Signatures under the earlier wording count no more, and everybody signs
    anew.
    """
    now = await actions.accept(
        request.tx, proposal_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=_place(proposal_id))


@post(
    "/v1/contract-proposals/{proposal_id:str}/rejection",
    permit=access.REPLY_TO_PROPOSAL,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ProposalMissing, ContractMissing, RevisionStale, rules.NotNegotiating,
        rules.OwnSideProposed, rules.ProposalOver,
    ),
)  # fmt: skip
async def reject_proposal(
    request: Call, proposal_id: FromPath[str], data: JSONBody[Reasoned]
) -> Response[bytes]:
    """Reject the other side's proposal. The draft stays as it is, with its signatures."""
    now = await actions.reject(
        request.tx, proposal_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=_place(proposal_id))


@post(
    "/v1/contract-proposals/{proposal_id:str}/withdrawal",
    permit=access.WITHDRAW_PROPOSAL,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ProposalMissing, ContractMissing, RevisionStale, rules.NotOwnProposal,
        rules.ProposalOver,
    ),
)  # fmt: skip
async def withdraw_proposal(
    request: Call, proposal_id: FromPath[str], data: JSONBody[Reasoned]
) -> Response[bytes]:
    """Withdraw a proposal that one's own organisation has made for a draft."""
    now = await actions.withdraw(
        request.tx, proposal_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=_place(proposal_id))


def _place(proposal_id: str) -> str:
    return f"/v1/contract-proposals/{proposal_id}"


ROUTES = (
    propose_values, list_proposals, read_proposal, accept_proposal, reject_proposal,
    withdraw_proposal,
)  # fmt: skip
