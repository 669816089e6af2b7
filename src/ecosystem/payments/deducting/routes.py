"""Notices of deductions over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.ledger.rules import FundsInsufficient
from ecosystem.payments import access
from ecosystem.payments.deducting import actions, queries, rules
from ecosystem.payments.deducting.model import DecisionDraft, Deduction, Reply
from ecosystem.payments.rules import NotPayee, PaymentNotOwned
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.money import AmountTooFine, CurrencyUnknown
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@get(
    "/v1/contracts/{contract_id:str}/deductions",
    permit=access.READ,
    answers=Page[Deduction],
    scoped=True,
    refuses=(ContractMissing, NotConcerned),
)
async def list_deductions(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List what is deducted under a contract, newest first.

    Each with its ground and its lines, on whom it falls with how much, until when they may reply,
    and what became of it.
    """
    await contracts.concern(request.tx, contract_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.DEDUCTIONS, cursor=cursor, limit=limit,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        contract_id=contract_id,
    )  # fmt: skip


@get(
    "/v1/deductions/{deduction_id:str}",
    permit=access.READ,
    answers=Deduction,
    scoped=True,
    refuses=(rules.DeductionMissing,),
)
async def read_deduction(request: Call, deduction_id: FromPath[str]) -> Response[bytes]:
    """Read the notice of a deduction.

    Its amount is kept back, and all else is paid. It is final once it is decided, and without
    a reply from `reply_ends_at` on.
    """
    body, version = await queries.view(request.tx, deduction_id)
    return request.answer(body, version=version)


@post(
    "/v1/deductions/{deduction_id:str}/reply",
    permit=access.REPLY_TO_DEDUCTION,
    answers=Standing,
    changes=True,
    refuses=(
        rules.DeductionMissing, RevisionStale, NotPayee, rules.DeductionOutOfTurn,
        rules.DeductionFinal,
    ),
)  # fmt: skip
async def reply_to_deduction(
    request: Call, deduction_id: FromPath[str], data: JSONBody[Reply]
) -> Response[bytes]:
    """Reply to a deduction.

    Whoever is paid says why nothing, or less, is to be deducted: once, and before `reply_ends_at`.
    Of those who supply together each speaks for the part that falls on itself, and reads what the
    others say.
    """
    now = await actions.reply(
        request.tx, deduction_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/deductions/{deduction_id}")


@post(
    "/v1/deductions/{deduction_id:str}/decision",
    permit=access.DECIDE_DEDUCTION,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.DeductionMissing, RevisionStale, PaymentNotOwned, rules.DeductionOutOfTurn,
        rules.AnnouncedBySame, rules.RepliesOpen, rules.ReplyUnanswered, CurrencyUnknown,
        AmountTooFine, rules.KeptPartUnfit, FundsInsufficient,
    ),
)  # fmt: skip
async def decide_deduction(
    request: Call, deduction_id: FromPath[str], data: JSONBody[DecisionDraft]
) -> Response[bytes]:
    """Decide on a deduction after the payee's reply.

    An approver whose act has not brought it says what of it is `kept`, and why, when all on whom a
    part falls have replied, or their time is over. Of those who supply together each that has
    replied is answered. The rest is dropped: the step is calculated again, and the difference
    becomes payments by the shares.
    """
    now = await actions.decide(
        request.tx, deduction_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/deductions/{deduction_id}")


ROUTES = (list_deductions, read_deduction, reply_to_deduction, decide_deduction)
