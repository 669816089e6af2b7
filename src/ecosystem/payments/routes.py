"""Payments over HTTP."""

from typing import Annotated

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.contracts.turning.rules import ContractSuspended
from ecosystem.finance.disclosing import queries as disclosing
from ecosystem.finance.disclosing.model import Scope
from ecosystem.payments import access, actions, queries, rules
from ecosystem.payments.calculation import Calculation
from ecosystem.payments.limits.rules import AboveLimit
from ecosystem.payments.model import Reason, Settlement
from ecosystem.payments.views import CalculationSummary, Payment, PaymentSummary, PaymentTotals
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import owner
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

Proofs = Annotated[
    bool,
    Meta(
        description="Whether the observations behind aggregates come with it, so far as the "
        "caller may read them."
    ),
]


@get(
    "/v1/contracts/{contract_id:str}/payments",
    permit=access.READ,
    answers=Page[PaymentSummary],
    scoped=True,
    refuses=(ContractMissing, NotConcerned),
)
async def list_payments(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the payments of a contract, newest first.

    Those that the caller may know of: the payee, who is paid, the authority, lenders by consent and
    auditors of the jurisdiction see them.
    """
    await disclosing.concern(request.tx, contract_id, Scope.PAYMENTS, by=request.by, at=request.at)
    return await paging.page(
        request, request.tx, queries.PAYMENTS, cursor=cursor, limit=limit,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        contract_id=contract_id,
    )  # fmt: skip


@get(
    "/v1/contracts/{contract_id:str}/payment-totals",
    permit=access.READ,
    answers=PaymentTotals,
    scoped=True,
    refuses=(ContractMissing, NotConcerned),
)
async def read_payment_totals(request: Call, contract_id: FromPath[str]) -> Response[bytes]:
    """Read where the money of a contract is.

    What is earned, payable, in transit and paid are different amounts and never one field.
    Each is the sum of what this caller may see, so two callers may read different totals. What
    is payable, in transit, paid and received adds payments: authority and auditors see all of
    them, a payee and whoever is paid in its place their own, a lender also those disclosed to
    it. What is earned, withheld and late interest adds calculations, which all parties see:
    so a member of a consortium reads what all have earned beside what it is paid itself.
    Where the caller may see nothing the sum is zero.
    """
    await disclosing.concern(request.tx, contract_id, Scope.PAYMENTS, by=request.by, at=request.at)
    return request.answer(await queries.totals(request.tx, contract_id))


@get(
    "/v1/contracts/{contract_id:str}/calculations",
    permit=access.READ_CALCULATIONS,
    answers=Page[CalculationSummary],
    scoped=True,
    refuses=(ContractMissing, NotConcerned),
)
async def list_calculations(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the calculations of a contract, newest first.

    Also those that later ones supersede. The totals of all that nothing supersedes add to what
    is earned.
    """
    await disclosing.concern(
        request.tx, contract_id, Scope.CALCULATIONS, by=request.by, at=request.at
    )
    return await paging.page(
        request, request.tx, queries.CALCULATIONS, cursor=cursor, limit=limit,
        authority_id=owner(contract_id, "contract", otherwise=ContractMissing),
        contract_id=contract_id,
    )  # fmt: skip


@get(
    "/v1/calculations/{calculation_id:str}",
    permit=access.READ_CALCULATIONS,
    answers=Calculation,
    scoped=True,
    refuses=(rules.CalculationMissing,),
)
async def read_calculation(
    request: Call,
    calculation_id: FromPath[str],
    proofs: FromQuery[Proofs] = False,  # noqa: FBT002 - Litestar passes it by name.
) -> Response[bytes]:
    """Read a calculation.

    The whole of it: rules, facts with their versions, lines, digest. It never changes, and
    `ecosystem payments recompute` computes it again from itself; with `proofs`, also what
    shorter windows come to, from their observations.
    """
    body, proved = await queries.document(
        request.tx, calculation_id, proofs=proofs, seen_by=request.by
    )
    return request.answer(body, version=1, mark="proofs" if proved else None)


@get(
    "/v1/payments/{payment_id:str}",
    permit=access.READ,
    answers=Payment,
    scoped=True,
    refuses=(rules.PaymentMissing,),
)
async def read_payment(request: Call, payment_id: FromPath[str]) -> Response[bytes]:
    """Read a payment.

    With everyone who has acted on it, and when. A lender that reads it by consent is not told
    which other lender was paid in the payee's place.
    """
    body, version, hides = await queries.view(request.tx, payment_id, seen_by=request.by)
    mark = f"for{request.by.organisation_id[-8:]}" if hides else None
    return request.answer(body, version=version, mark=mark)


@get(
    "/v1/payments/{payment_id:str}/calculation",
    permit=access.READ,
    answers=Calculation,
    scoped=True,
    refuses=(rules.PaymentMissing,),
)
async def read_calculation_of_payment(
    request: Call,
    payment_id: FromPath[str],
    proofs: FromQuery[Proofs] = False,  # noqa: FBT002 - Litestar passes it by name.
) -> Response[bytes]:
    """Read why a payment is due.

    The calculation that changed what is earned, whole. Where it corrects an earlier one, the
    payment is the difference: `earned` less `owed_before`.
    """
    body, proved = await queries.explanation(
        request.tx, payment_id, proofs=proofs, seen_by=request.by
    )
    return request.answer(body, version=1, mark="proofs" if proved else None)


@post(
    "/v1/payments/{payment_id:str}/claim",
    permit=access.CLAIM,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.PaymentMissing, RevisionStale, rules.NotPayee, rules.PaymentOutOfTurn,
        rules.PaymentDisputed, ContractSuspended,
    ),
)  # fmt: skip
async def claim_payment(request: Call, payment_id: FromPath[str]) -> Response[bytes]:
    """Claim a payment.

    The payee asks for what was computed. A person may do this, or a program of the payee. For a
    payee that has left the contract so may the lender to whom its claims are assigned, once the
    authority has acknowledged it.
    """
    now = await actions.claim(
        request.tx, payment_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/payments/{payment_id}")


@post(
    "/v1/payments/{payment_id:str}/approval",
    permit=access.APPROVE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.PaymentMissing, RevisionStale, rules.PaymentNotOwned, rules.PaymentOutOfTurn,
        rules.ClaimedBySame, rules.EarnedLess, AboveLimit,
    ),
)  # fmt: skip
async def approve_payment(request: Call, payment_id: FromPath[str]) -> Response[bytes]:
    """Approve a payment.

    An approver of the authority agrees to what the payee claims; never to an own claim, and
    never to more than her limit. What the bank has refused or given back is approved anew.
    Nothing is while its payee is owed, or was paid, more than it has earned.
    """
    now = await actions.approve(
        request.tx, payment_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/payments/{payment_id}")


@post(
    "/v1/payments/{payment_id:str}/rejection",
    permit=access.REJECT,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.PaymentMissing, RevisionStale, rules.PaymentNotOwned, rules.PaymentOutOfTurn,
        rules.PaymentDisputed,
    ),
)  # fmt: skip
async def reject_payment(
    request: Call, payment_id: FromPath[str], data: JSONBody[Reason]
) -> Response[bytes]:
    """Reject a payment.

    Before it is approved, for a reason that the payee reads. The money is encumbered again, and
    is computed anew with the next fact, or once what was wrong is corrected.
    """
    now = await actions.reject(
        request.tx, payment_id, reason=data.reason, by=request.by, at=request.at,
        expected=request.expected,
    )  # fmt: skip
    return request.answer(now, version=now.version, location=f"/v1/payments/{payment_id}")


@post(
    "/v1/payments/{payment_id:str}/instruction",
    permit=access.INSTRUCT,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.PaymentMissing, RevisionStale, rules.PaymentNotOwned, rules.PaymentOutOfTurn,
        rules.ApprovedBySame, rules.PayeeNotVerified,
    ),
)  # fmt: skip
async def instruct_payment(request: Call, payment_id: FromPath[str]) -> Response[bytes]:
    """Instruct the bank to pay.

    A treasurer who has not approved the payment orders it; the money is in transit from now on.
    """
    now = await actions.instruct(
        request.tx, payment_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/payments/{payment_id}")


@post(
    "/v1/payments/{payment_id:str}/settlement",
    permit=access.SETTLE,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        rules.PaymentMissing, RevisionStale, rules.PaymentNotOwned, rules.SettledOtherwise,
        rules.PaymentOutOfTurn, rules.BankReferenceUsed, rules.SettlementMisdated,
    ),
)  # fmt: skip
async def settle_payment(
    request: Call, payment_id: FromPath[str], data: JSONBody[Settlement]
) -> Response[bytes]:
    """Record that the bank has paid.

    A bank reference settles one payment of an authority; the same settlement again, under
    whatever key and version, is answered alike and has no effect.
    """
    now = await actions.settle(
        request.tx, payment_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/payments/{payment_id}")


@post(
    "/v1/payments/{payment_id:str}/receipt",
    permit=access.RECEIVE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.PaymentMissing, RevisionStale, rules.NotPayee, rules.PaymentOutOfTurn,
        rules.ReceivedBefore,
    ),
)  # fmt: skip
async def receive_payment(request: Call, payment_id: FromPath[str]) -> Response[bytes]:
    """Confirm the receipt of a payment.

    The payee says that it has the money.
    """
    now = await actions.receive(
        request.tx, payment_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/payments/{payment_id}")


ROUTES = (
    list_payments, read_payment_totals, list_calculations, read_calculation, read_payment,
    read_calculation_of_payment, claim_payment, approve_payment, reject_payment,
    instruct_payment, settle_payment, receive_payment,
)  # fmt: skip
