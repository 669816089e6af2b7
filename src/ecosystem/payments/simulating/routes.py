"""Simulations over HTTP."""

from litestar import Response
from litestar.params import FromPath, JSONBody

from ecosystem.catalogue.rules import JurisdictionUnknown
from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.finance.disclosing.rules import NotDisclosed
from ecosystem.payments import access
from ecosystem.payments.engine import RulesUnsound
from ecosystem.payments.simulating import plan, queries, running
from ecosystem.payments.simulating.model import Simulation, SimulationDraft, Suppositions
from ecosystem.runtime.web import Call, post, seen_by
from ecosystem.values.money import AmountTooFine, CurrencyUnknown


@post(
    "/v1/payment-simulations",
    permit=access.SIMULATE,
    late=True,
    answers=Simulation,
    refuses=(
        plan.RulesNotChosen, plan.FormNotListed, RulesUnsound, plan.SuppositionsUnsound,
        plan.SimulationTooLarge, JurisdictionUnknown, CurrencyUnknown, AmountTooFine,
    ),
)  # fmt: skip
async def simulate_payments(request: Call, data: JSONBody[SimulationDraft]) -> Response[bytes]:
    """See what payment rules would pay, before anybody signs them.

    Rules that are given, or those of a standard form, run over supposed values by the engine that
    pays for real ones. A value is single, a range whose points make a grid, or a distribution
    that is drawn from by a seed: the same request has the same answer. Nothing is kept, and nobody
    is told. Taxes are those of the profile of a place, at the rates of the days that are supposed.
    One at a time is computed for an organisation: another meanwhile gets 429.
    """
    by = request.by
    async with request.house.database.reading(seen_by(by)) as tx:
        taxes = await queries.taxes(tx, data, by=by, at=request.at)
    found = await running.run(queries.given(data, taxes=taxes), data, of=by.organisation_id)
    return request.answer(found)


@post(
    "/v1/contracts/{contract_id:str}/simulation",
    permit=access.SIMULATE_CONTRACT,
    late=True,
    answers=Simulation,
    refuses=(
        ContractMissing, NotConcerned, NotDisclosed, plan.SuppositionsUnsound,
        plan.SimulationTooLarge,
    ),
)  # fmt: skip
async def simulate_contract(
    request: Call, contract_id: FromPath[str], data: JSONBody[Suppositions]
) -> Response[bytes]:
    """See what a contract would pay.

    Its own rules run over what is proved, and over what is supposed to follow; of a draft over
    what is supposed alone. A supposed value of a period that is calculated already joins the
    step of that period; days of which something is verified are not supposed again. A lender is
    answered once the suppliers let it see the calculations. Taxes are those of its profile, at the
    rates of the days that are supposed, or of today where they are past. Nothing is kept, and
    nobody is told. One at a time is computed for an organisation.
    """
    by = request.by
    async with request.house.database.reading(seen_by(by)) as tx:
        known = await queries.concerning(tx, contract_id, by=by, at=request.at)
    return request.answer(await running.run(known, data, of=by.organisation_id))


ROUTES = (simulate_payments, simulate_contract)
