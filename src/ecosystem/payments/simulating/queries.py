"""Read what a contract, or a standard form, is simulated from."""

from datetime import datetime

from ecosystem.catalogue.profiles import queries as profiles
from ecosystem.catalogue.profiles.days import day_of
from ecosystem.catalogue.profiles.model import TaxRule
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.changes.queries import rules_of
from ecosystem.contracts.form_checks import filled_rules
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.payments.calculating import queries as calculating
from ecosystem.payments.engine import RulesUnsound
from ecosystem.payments.simulating.model import FormAsked, Known, KnownStep, SimulationDraft
from ecosystem.payments.simulating.plan import FormNotListed, RulesNotChosen
from ecosystem.runtime.database import Tx
from ecosystem.values.actor import Actor


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
    )


async def taxes(tx: Tx, asked: SimulationDraft, *, by: Actor, at: datetime) -> tuple[TaxRule, ...]:
    """Return the taxes on what a need would pay that was published at a time in that place."""
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
