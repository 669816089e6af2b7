"""Disputes of payments over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.payments import access
from ecosystem.payments.disputing import actions, queries, rules
from ecosystem.payments.disputing.model import Dispute, DisputeDraft, Proposal
from ecosystem.payments.rules import (
    CalculationMissing,
    PaymentDisputed,
    PaymentMissing,
    PaymentOutOfTurn,
)
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.money import AmountTooFine, CurrencyUnknown
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/payments/{payment_id:str}/dispute",
    permit=access.DISPUTE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        PaymentMissing, RevisionStale, rules.NotOfDispute, PaymentOutOfTurn, PaymentDisputed,
        CurrencyUnknown, AmountTooFine, rules.DisputedPartUnfit,
    ),
)  # fmt: skip
async def dispute_payment(
    request: Call, payment_id: FromPath[str], data: JSONBody[DisputeDraft]
) -> Response[bytes]:
    """Dispute a part of a payment.

    Before it is approved, by an approver of the authority, or by its payee. The payment is taken
    back, and two stand in its place: `rest_id` is claimed and paid as any other, `held_id` waits
    until both sides agree what of it is payable. Of what was rejected and is earned still, either
    side opens the talk so: it stays rejected, `held_id` has what is disputed, and nothing goes on.
    """
    now = await actions.open_dispute(
        request.tx, payment_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/payment-disputes/{now.id}")


@post(
    "/v1/calculations/{calculation_id:str}/dispute",
    permit=access.DISPUTE_CALCULATION,
    answers=Standing,
    key=True,
    refuses=(
        CalculationMissing, rules.NotOfCalculation, rules.CalculationSuperseded, CurrencyUnknown,
        AmountTooFine, rules.DisputedPartUnfit,
    ),
)  # fmt: skip
async def dispute_calculation(
    request: Call, calculation_id: FromPath[str], data: JSONBody[DisputeDraft]
) -> Response[bytes]:
    """Dispute a calculation as a whole.

    By an approver of the authority, or by the lead of those who supply together. The amount is
    divided by the shares of the calculation, to the last cent, and each member's part is held as
    in a dispute of its own payments; each is resolved by itself. Where a part is approved, paid or
    held already, nothing is.
    """
    now = await actions.dispute_calculation(
        request.tx, calculation_id, data, by=request.by, at=request.at
    )
    return request.answer(now, version=now.version, location=f"/v1/calculations/{calculation_id}")


@get(
    "/v1/contracts/{contract_id:str}/payment-disputes",
    permit=access.READ,
    answers=Page[Dispute],
    scoped=True,
    refuses=(ContractMissing, NotConcerned),
)
async def list_payment_disputes(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the disputes of a contract's payments, newest first."""
    await contracts.concern(request.tx, contract_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.DISPUTES, cursor=cursor, limit=limit,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        contract_id=contract_id,
    )  # fmt: skip


@get(
    "/v1/payment-disputes/{dispute_id:str}",
    permit=access.READ,
    answers=Dispute,
    scoped=True,
    refuses=(rules.DisputeMissing,),
)
async def read_payment_dispute(request: Call, dispute_id: FromPath[str]) -> Response[bytes]:
    """Read a dispute of a payment.

    With what is proposed, and what both sides have agreed.
    """
    body, version = await queries.view(request.tx, dispute_id)
    return request.answer(body, version=version)


@post(
    "/v1/payment-disputes/{dispute_id:str}/proposal",
    permit=access.SETTLE_DISPUTE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.DisputeMissing, RevisionStale, rules.NotOfDispute, rules.OwnOpening,
        rules.DisputeSettled, CurrencyUnknown, AmountTooFine, rules.PayablePartUnfit,
    ),
)  # fmt: skip
async def propose_resolution(
    request: Call, dispute_id: FromPath[str], data: JSONBody[Proposal]
) -> Response[bytes]:
    """Propose how a dispute is resolved.

    Either side says what of the disputed amount is payable; a new proposal takes the place of
    the one before.
    """
    now = await actions.propose(
        request.tx, dispute_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/payment-disputes/{dispute_id}")


@post(
    "/v1/payment-disputes/{dispute_id:str}/resolution",
    permit=access.SETTLE_DISPUTE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.DisputeMissing, RevisionStale, rules.NotOfDispute, rules.OwnOpening,
        rules.DisputeSettled, rules.NothingProposed, rules.OwnResolution,
    ),
)  # fmt: skip
async def resolve_dispute(request: Call, dispute_id: FromPath[str]) -> Response[bytes]:
    """Resolve a dispute as the other side proposes.

    What is payable becomes a payment, `released_id`. The payee forgoes the rest: it is not
    computed again, and its money stays with the contract.
    """
    now = await actions.resolve(
        request.tx, dispute_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/payment-disputes/{dispute_id}")


ROUTES = (
    dispute_payment, dispute_calculation, list_payment_disputes, read_payment_dispute,
    propose_resolution, resolve_dispute,
)  # fmt: skip
