"""Late interest over HTTP."""

from litestar import Response
from litestar.params import FromPath

from ecosystem.ledger.rules import FundsInsufficient
from ecosystem.payments import access
from ecosystem.payments.late import actions, rules
from ecosystem.payments.rules import PaymentMissing, PaymentNotOwned
from ecosystem.runtime.web import Call, Standing, post
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/payments/{payment_id:str}/late-interest",
    permit=access.PAY_INTEREST,
    answers=Standing,
    key=True,
    changes=True,
    refuses=(
        PaymentMissing, RevisionStale, PaymentNotOwned, rules.NothingLate, FundsInsufficient,
    ),
)  # fmt: skip
async def pay_late_interest(request: Call, payment_id: FromPath[str]) -> Response[bytes]:
    """Make the interest on a late payment payable.

    What it has earned was calculated with its settlement. A treasurer takes it from what the
    programme has left; it is then claimed, approved and paid as any payment.
    """
    now = await actions.pay(
        request.tx, payment_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/payments/{now.id}")


ROUTES = (pay_late_interest,)
