"""The closing account of a contract over HTTP."""

from litestar import Response
from litestar.params import FromPath

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.contracts.tables import CALCULATION
from ecosystem.payments import access
from ecosystem.payments.closing import queries
from ecosystem.payments.closing.model import ClosingAccount
from ecosystem.runtime.web import Call, get


@get(
    "/v1/contracts/{contract_id:str}/closing-account",
    permit=access.READ_CALCULATIONS,
    answers=ClosingAccount,
    scoped=True,
    refuses=(ContractMissing, NotConcerned),
)
async def read_closing_account(request: Call, contract_id: FromPath[str]) -> Response[bytes]:
    """Read what a contract has come to in money.

    Value and changes, what was calculated, deducted and retained, what is payable and paid,
    what is still bound and what has returned to the programme; and whether ledger and
    calculations agree. It is final once the contract has ended and every payment is settled.
    """
    await contracts.concern(request.tx, contract_id, by=request.by)
    # Whoever reads the account need not see each payment.
    async with request.tx.allowing("purpose", CALCULATION):
        return request.answer(await queries.account(request.tx, contract_id))


ROUTES = (read_closing_account,)
