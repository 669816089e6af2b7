"""Read what a contract, or a standard form, is simulated from."""

from datetime import datetime

from ecosystem.catalogue import queries as catalogue
from ecosystem.catalogue.profiles import queries as profiles
from ecosystem.catalogue.profiles.days import day_of
from ecosystem.catalogue.profiles.model import TaxRule
from ecosystem.catalogue.rules import JurisdictionUnknown
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.queries import rules_of
from ecosystem.contracts.form_checks import filled_rules
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.shares import suppliers
from ecosystem.finance.disclosing import queries as disclosing
from ecosystem.finance.disclosing.model import Scope
from ecosystem.finance.disclosing.rules import NotDisclosed
from ecosystem.payments.calculating import queries as calculating
from ecosystem.payments.engine import RulesUnsound
from ecosystem.payments.simulating.model import FormAsked, Known, KnownStep, SimulationDraft
from ecosystem.payments.simulating.plan import FormNotListed, RulesNotChosen
from ecosystem.runtime.database import Tx
from ecosystem.values.actor import Actor, OrganisationKind


async def concerning(tx: Tx, contract_id: str, *, by: Actor, at: datetime) -> Known:
    """Return as `known` does, to whom the contract concerns and all that is proved is shown.

    Refuses with ContractMissing, NotConcerned, or with NotDisclosed a lender that does not see the
    calculations of a contract in force: to it nothing would be proved.
    """
    await contracts.concern(tx, contract_id, by=by)
    if by.kind is OrganisationKind.FINANCIAL_INSTITUTION:
        terms, row = await contracts.terms(tx, contract_id)
        supplies = by.organisation_id in suppliers(terms)
        seen = await disclosing.scopes(tx, contract_id, by=by, at=at)
        if row["activated_at"] and not supplies and Scope.CALCULATIONS not in seen:
            raise NotDisclosed("No consent to `calculations` stands for the caller's organisation.")
    return await known(tx, contract_id, at=at)


async def known(tx: Tx, contract_id: str, *, at: datetime) -> Known:
    """Return the rules of a contract, and what is proved under it as it was calculated.

    New steps are taxed as if they were calculated on their day, but not before the day of `at`.
    Refuses with ContractMissing.
    """
    terms, row = await contracts.terms(tx, contract_id)
    facts = await calculating.step_facts(tx, terms, row)
    law = await rules_of(tx, row)
    return Known(
        rules=facts.rules,
        currency=facts.currency,
        contract_value=facts.contract_value,
        steps=tuple(
            KnownStep(
                rules=step.rules,
                taxes=step.taxes,
                milestones=step.milestones,
                observations=step.observations,
                days=step.days,
                reliefs=step.reliefs,
            )
            for step in facts.steps
        ),
        taxes=law.rules.taxes,
        today=day_of(at, calendar=law.calendar),
        term=terms.period,
    )


async def taxes(tx: Tx, asked: SimulationDraft, *, by: Actor, at: datetime) -> tuple[TaxRule, ...]:
    """Return the taxes on what a need would pay that was published at a time in that place.

    Refuses with JurisdictionUnknown.
    """
    if asked.jurisdiction and await catalogue.jurisdiction_path(tx, asked.jurisdiction) is None:
        said = f"There is no jurisdiction {asked.jurisdiction}."
        raise JurisdictionUnknown(said, pointer="/jurisdiction")
    place = asked.jurisdiction or by.jurisdiction
    return (await profiles.profile_at(tx, jurisdiction=place, at=at)).rules.taxes


def given(asked: SimulationDraft, *, taxes: tuple[TaxRule, ...]) -> Known:
    """Return the rules that were given, or those of the form that was named.

    Refuses with RulesNotChosen, FormNotListed or RulesUnsound.
    """
    if bool(asked.rules) == (asked.form is not None):
        raise RulesNotChosen("`rules` and `form` are both given, or neither.")
    rules = asked.rules if asked.form is None else _of_form(asked, asked.form)
    value = asked.contract_value
    return Known(rules=rules, currency=value.currency, contract_value=value.amount, taxes=taxes)


def _of_form(asked: SimulationDraft, form: FormAsked) -> tuple[PaymentRule, ...]:
    found = contracts.forms_by_name().get((form.id, form.version))
    if found is None:
        raise FormNotListed(f"There is no form {form.id} {form.version}.", pointer="/form")
    faults, rules = filled_rules(
        found, variables=form.variables, value=asked.contract_value, pointer="/form"
    )
    if faults:
        raise RulesUnsound("The form cannot be filled in like this.", faults=faults)
    return rules
