"""Changes of contracts over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.budgets.rules import ProgrammeMissing
from ecosystem.contracts import access
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes import actions, queries, rules
from ecosystem.contracts.changes.model import (
    Change,
    ChangeDraft,
    ChangeSummary,
    FormDifferences,
    Reasoned,
)
from ecosystem.contracts.excluding import rules as excluding
from ecosystem.contracts.model import Signing
from ecosystem.contracts.own_key import JwsDiffers, JwsKeyUnregistered, JwsUnfit
from ecosystem.contracts.rules import (
    ContractMissing,
    DigestDiffers,
    FormMissing,
    NotParty,
    SignedBefore,
    SignsForAnother,
)
from ecosystem.ledger.rules import FundsInsufficient
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/contracts/{contract_id:str}/changes",
    permit=access.PROPOSE_CHANGE,
    answers=Standing,
    key=True,
    refuses=(
        ContractMissing, rules.NotProposer, rules.ContractNotActive, rules.ChangeOpen,
        rules.BaseDiffers, rules.ChangeUnfounded, excluding.NotExcluding,
        excluding.ExclusionUnfounded, rules.ChangeUnsound, rules.ValueBeyondLimit,
        rules.MilestoneSettled,
    ),
)  # fmt: skip
async def propose_change(
    request: Call, contract_id: FromPath[str], data: JSONBody[ChangeDraft]
) -> Response[bytes]:
    """Propose a change of a contract.

    An officer of the authority, or a supplier's delivery or signatory, says what changes about
    the terms, why, and on which ground of the profile. The new terms are checked as those of
    a new contract are. What the change comes to is computed at once, and read under `impact`.
    A member that does not agree to be substituted is excluded on a ground of its own, by the
    authority; the lead also by the other members, of whom one proposes and each signs. It learns
    of it now, and may reply until `exclusion.reply_by`. Where the lead leaves, `new_lead_id` says
    which of those that stay leads then.
    """
    made = await actions.propose(request.tx, contract_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/contract-changes/{made.id}")


@get(
    "/v1/contracts/{contract_id:str}/changes",
    permit=access.READ_CHANGES,
    answers=Page[ChangeSummary],
    refuses=(ContractMissing,),
)
async def list_changes(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the changes of a contract, newest first.

    What is in force is public; proposals and what became of them are for the parties, the
    authority, and the auditors of its jurisdiction.
    """
    await contracts.view(request.tx, contract_id, seen_by=request.reader)
    return await paging.page(
        request, request.tx, queries.CHANGES, cursor=cursor, limit=limit, contract_id=contract_id,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        **contracts.reads_as(request.reader, scope="contracts:read"),
    )  # fmt: skip


@get(
    "/v1/contracts/{contract_id:str}/differences",
    permit=access.READ,
    answers=FormDifferences,
    refuses=(ContractMissing, FormMissing),
)
async def read_differences(request: Call, contract_id: FromPath[str]) -> Response[bytes]:
    """Read how a contract differs from its standard form.

    The variables for which it says something else than the form, and what changes have made
    of the terms since. Seen by whoever may read the contract.
    """
    return request.answer(
        await queries.differences(request.tx, contract_id, seen_by=request.reader)
    )


@get(
    "/v1/contract-changes/{change_id:str}",
    permit=access.READ_CHANGES,
    answers=Change,
    refuses=(rules.ChangeMissing,),
)
async def read_change(request: Call, change_id: FromPath[str]) -> Response[bytes]:
    """Read a change of a contract, and what it comes to.

    `impact` lists every place that differs with what stood there and would stand there, the
    value in money and in per cent, also since the first signature, dates by the days that
    they move, metrics and payment rules, and the limits of the law with what is used of them.
    """
    row = await queries.view(request.tx, change_id, seen_by=request.reader)
    return request.answer(row["body"], version=row["version"])


@post(
    "/v1/contract-changes/{change_id:str}/signatures",
    permit=access.SIGN_CHANGE,
    answers=Standing,
    key=True,
    refuses=(
        rules.ChangeMissing, ContractMissing, NotParty, rules.ChangeOver, rules.ContractNotActive,
        rules.BaseDiffers, rules.ApprovalAwaited, SignedBefore, SignsForAnother,
        rules.ProposedOneself, DigestDiffers, JwsUnfit, JwsKeyUnregistered, JwsDiffers,
        ProgrammeMissing, FundsInsufficient, rules.MilestoneSettled,
    ),
)  # fmt: skip
async def sign_change(
    request: Call, change_id: FromPath[str], data: JSONBody[Signing]
) -> Response[bytes]:
    """Sign a change of a contract.

    The signatory sends the SHA-256 of the canonical JSON (RFC 8785) of the new `terms`. With
    the last party's signature the contract has its new edition: the budget is obligated by
    the difference, milestones that are neither submitted nor accepted are planned anew, and
    what is proved from then on is paid by the new rules.
    """
    now = await actions.sign(request.tx, change_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/contract-changes/{change_id}")


@post(
    "/v1/contract-changes/{change_id:str}/approval",
    permit=access.APPROVE_CHANGE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.ChangeMissing, ContractMissing, RevisionStale, rules.NotChangesAuthority,
        rules.ApprovesOwnChange, rules.ChangeOver, rules.ApprovalNotAwaited,
        excluding.MemberUnheard,
    ),
)  # fmt: skip
async def approve_change(request: Call, change_id: FromPath[str]) -> Response[bytes]:
    """Approve a change that substitutes a member of a consortium.

    Another person than who proposed it, an approver of the authority, decides before anybody
    signs. Then everybody does: who joins, too, and who leaves, but for one that is excluded.
    Such a member has replied before, or had its time to.
    """
    now = await actions.approve(
        request.tx, change_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/contract-changes/{change_id}")


@post(
    "/v1/contract-changes/{change_id:str}/withdrawal",
    permit=access.WITHDRAW_CHANGE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ChangeMissing, ContractMissing, RevisionStale, rules.NotProposingSide,
        rules.ChangeOver,
    ),
)  # fmt: skip
async def withdraw_change(
    request: Call, change_id: FromPath[str], data: JSONBody[Reasoned]
) -> Response[bytes]:
    """Withdraw a change that one's own organisation has proposed."""
    now = await actions.withdraw(
        request.tx, change_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/contract-changes/{change_id}")


@post(
    "/v1/contract-changes/{change_id:str}/rejection",
    permit=access.REJECT_CHANGE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ChangeMissing, ContractMissing, RevisionStale, NotParty, rules.OwnProposal,
        rules.ChangeOver,
    ),
)  # fmt: skip
async def reject_change(
    request: Call, change_id: FromPath[str], data: JSONBody[Reasoned]
) -> Response[bytes]:
    """Reject a change that another party has proposed, with the reason."""
    now = await actions.reject(
        request.tx, change_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/contract-changes/{change_id}")


ROUTES = (
    propose_change, list_changes, read_differences, read_change, sign_change, approve_change,
    withdraw_change, reject_change,
)  # fmt: skip
