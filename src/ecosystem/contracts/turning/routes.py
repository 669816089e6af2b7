"""Turns of contracts over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.contracts import access
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rules import ContractMissing
from ecosystem.contracts.turning import actions, queries, rules
from ecosystem.contracts.turning.model import Replying, Turn, TurnDraft, TurnSummary
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/contracts/{contract_id:str}/turns",
    permit=access.PROPOSE_TURN,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        ContractMissing, RevisionStale, rules.NotTurning, rules.TurnUnfit, rules.TurnOpen,
        rules.TurnUngrounded,
    ),
)  # fmt: skip
async def propose_turn(
    request: Call, contract_id: FromPath[str], data: JSONBody[TurnDraft]
) -> Response[bytes]:
    """Propose to suspend a contract, to resume it, to end it early, or to complete it.

    The authority's officer proposes; a termination also a supplier's delivery or signatory. A
    suspension and a termination take a ground of `endings` in the profile of the need; a
    termination also that of a right to end the contract that stands, by whoever holds it. Where
    the ground gives the other side time to reply, the turn is approved after it.
    """
    made = await actions.propose(
        request.tx, contract_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(made, version=made.version, location=f"/v1/contract-turns/{made.id}")


@get(
    "/v1/contracts/{contract_id:str}/turns",
    permit=access.READ_TURNS,
    answers=Page[TurnSummary],
    refuses=(ContractMissing,),
)
async def list_turns(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the turns of a contract, newest first.

    What is in force is public; proposals and withdrawn ones are for the parties, the authority,
    and the auditors of its jurisdiction.
    """
    await contracts.view(request.tx, contract_id, seen_by=request.reader)
    return await paging.page(
        request, request.tx, queries.TURNS, cursor=cursor, limit=limit, contract_id=contract_id,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        **contracts.reads_as(request.reader, scope="contracts:read"),
    )  # fmt: skip


@get(
    "/v1/contract-turns/{turn_id:str}",
    permit=access.READ_TURNS,
    answers=Turn,
    refuses=(rules.TurnMissing,),
)
async def read_turn(request: Call, turn_id: FromPath[str]) -> Response[bytes]:
    """Read a turn of a contract: its ground and reason, the reply, and what became of it."""
    row = await queries.view(request.tx, turn_id, seen_by=request.reader)
    return request.answer(row["body"], version=row["version"])


@post(
    "/v1/contract-turns/{turn_id:str}/reply",
    permit=access.REPLY_TO_TURN,
    answers=Standing,
    changes=True,
    refuses=(
        rules.TurnMissing, ContractMissing, RevisionStale, rules.NotReplying, rules.TurnOver,
    ),
)  # fmt: skip
async def reply_to_turn(
    request: Call, turn_id: FromPath[str], data: JSONBody[Replying]
) -> Response[bytes]:
    """Reply to a termination that the other side has proposed; everyone reads the reply."""
    now = await actions.reply(
        request.tx, turn_id, data.reply, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/contract-turns/{turn_id}")


@post(
    "/v1/contract-turns/{turn_id:str}/approval",
    permit=access.APPROVE_TURN,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.TurnMissing, ContractMissing, RevisionStale, rules.NotApproving, rules.ProposedTurn,
        rules.TurnOver, rules.TurnUnfit, rules.RightLapsed, rules.ReplyAwaited,
        rules.MilestonesOpen,
        rules.PaymentsOpen,
    ),
)  # fmt: skip
async def approve_turn(request: Call, turn_id: FromPath[str]) -> Response[bytes]:
    """Approve a turn of a contract, which is then in force.

    Another person than who proposed it: an approver of the authority, or a signatory of a
    supplier, for the side that `approved_by_side` names. Suspended, nothing is submitted or
    claimed; resumed, the dates of what is not accepted move by the days of the suspension.
    Ended, what is open is cancelled, what was accepted stays payable, and the rest of the
    obligation returns to the budget.
    """
    now = await actions.approve(
        request.tx, turn_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/contract-turns/{turn_id}")


@post(
    "/v1/contract-turns/{turn_id:str}/withdrawal",
    permit=access.WITHDRAW_TURN,
    answers=Standing,
    changes=True,
    refuses=(
        rules.TurnMissing, ContractMissing, RevisionStale, rules.NotTurnsSide, rules.TurnOver,
    ),
)  # fmt: skip
async def withdraw_turn(request: Call, turn_id: FromPath[str]) -> Response[bytes]:
    """Withdraw a turn that one's own organisation has proposed."""
    now = await actions.withdraw(
        request.tx, turn_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/contract-turns/{turn_id}")


ROUTES = (
    propose_turn, list_turns, read_turn, reply_to_turn, approve_turn, withdraw_turn,
)  # fmt: skip
