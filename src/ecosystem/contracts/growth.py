"""How the terms of one contract grow from a form, and what may be missing for it."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from ecosystem.contracts.filling import Filling, fill
from ecosystem.contracts.form_checks import codes_of, filling_of, misfit_of, rules_of
from ecosystem.contracts.form_shapes import (
    Consortium,
    ContractTerms,
    Form,
    FormReference,
    Party,
    TermsMetric,
    TermsMilestone,
)
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.values import money
from ecosystem.values.money import Money
from ecosystem.values.period import Period
from ecosystem.values.refusal import Fault
from ecosystem.values.yaml_tree import Plain

Values = Mapping[str, str | int | Decimal | date]
_ROLES = ("buyer", "supplier", "verifier", "lender")
_WHOLE = Decimal(100)
_SAME = ("operation", "phases", "standards")
_FILLED = ("title", "clauses", "metrics", "data_terms", "changes", "termination")


def grown(
    form: Form,
    *,
    reference: str,
    values: Values,
    parties: tuple[Party, ...],
    value: Money,
    starts_on: date,
    consortia: tuple[Consortium, ...] = (),
) -> tuple[list[Fault], ContractTerms | None]:
    """Return the faults of what was given and no terms, or no faults and the terms.

    `reference` is the digest of `form`. Refuses with CurrencyUnknown and AmountTooFine.
    """
    money.check(value, pointer="/value")
    step = Decimal(1).scaleb(-money.places(value.currency))
    faults = [
        *party_faults(form, parties),
        *consortium_faults(parties, consortia),
        *_value_faults(form, values),
        *_date_faults(form, starts_on),
    ]
    if faults:
        return faults, None
    period = Period(starts_on, starts_on + timedelta(days=form.duration_days))
    texts = _texts(form, values)
    fillings = _fillings(form, texts, parties, (value, period))
    checked = rules_of(form, fillings, currency=value.currency, step=step)
    faults = [fault for _, unsound in checked for fault in unsound]
    if faults:
        return faults, None
    rules = tuple(rule for rule, _ in checked if rule is not None)
    plain: dict[str, Plain] = {
        "form": msgspec.to_builtins(
            FormReference(id=form.id, version=form.version, digest=reference)
        ),
        "value": msgspec.to_builtins(value),
        "period": msgspec.to_builtins(period),
        "parties": msgspec.to_builtins(tuple(sorted(parties, key=rank))),
        "consortia": msgspec.to_builtins(consortia),
        "variables": {**texts},
        **_filled(form, fillings, step),
    }
    return _built(plain, rules)


def names_of(parties: tuple[Party, ...], role: str) -> tuple[str, str]:
    """Return how texts name those who take a place, in Chinese and in English."""
    named = [party.name for party in sorted(parties, key=rank) if party.role == role]
    zh = "、".join(name.zh or name.en or "" for name in named) or "无"
    en = ", ".join(name.en or name.zh or "" for name in named) or "none"
    return zh, en


def party_faults(form: Form, parties: tuple[Party, ...]) -> Iterator[Fault]:
    """Yield what is wrong with those who take the places of a form.

    Codes: `role_unknown`, `kind_unfit`, `organisation_doubled`, `role_missing`, `role_doubled`,
    `lead_missing`.
    """
    places = {place.role: place for place in form.parties}
    for at, party in enumerate(parties):
        place = places.get(party.role)
        if place is None:
            detail = f"The form has no place for a {party.role}."
            yield Fault(f"/parties/{at}/role", "role_unknown", detail)
        elif party.kind not in place.kinds:
            detail = f"A {party.role} is of the kind {' or '.join(place.kinds)}."
            yield Fault(f"/parties/{at}/kind", "kind_unfit", detail)
        if any(_is_too_near(party, other) for other in parties[:at]):
            detail = "Only a supplier and a lender may be the same: who verifies stands apart."
            yield Fault(f"/parties/{at}/organisation_id", "organisation_doubled", detail)
    for place in form.parties:
        found = [party for party in parties if party.role == place.role]
        if place.required and not found:
            yield Fault("/parties", "role_missing", f"The {place.role} is missing.")
        if len(found) > 1 and not place.many:
            yield Fault("/parties", "role_doubled", f"There is one {place.role}.")
        elif len(found) > 1 and sum(party.lead for party in found) != 1:
            yield Fault("/parties", "lead_missing", f"One {place.role} leads the others.")


def consortium_faults(
    parties: tuple[Party, ...], consortia: tuple[Consortium, ...]
) -> Iterator[Fault]:
    """Yield what is wrong with what is said of those who take a place together.

    Codes: `consortium_unfit`, `shares_do_not_add_up`.
    """
    for at, one in enumerate(consortia):
        members = sorted(party.organisation_id for party in parties if party.role == one.role)
        if sorted(share.organisation_id for share in one.shares) != members:
            detail = f"Name each {one.role} once, and nobody else."
            yield Fault(f"/consortia/{at}/shares", "consortium_unfit", detail)
        total = sum((Decimal(share.share) for share in one.shares), Decimal(0))
        if total != _WHOLE:
            detail = f"The shares add to {total}, not to 100."
            yield Fault(f"/consortia/{at}/shares", "shares_do_not_add_up", detail)


def _built(
    plain: dict[str, Plain], rules: tuple[PaymentRule, ...]
) -> tuple[list[Fault], ContractTerms | None]:
    plain["payment_rules"] = msgspec.to_builtins(rules)
    try:
        # A variable is text, also where it says how many people a survey asks.
        metrics = msgspec.convert(plain["metrics"], tuple[TermsMetric, ...], strict=False)
        plain["metrics"] = msgspec.to_builtins(metrics)
        return [], msgspec.convert(plain, ContractTerms)
    except msgspec.ValidationError as error:
        return [Fault("", "type", f"The terms are not of their form: {error}.")], None


def _filled(form: Form, fillings: Mapping[str, Filling], step: Decimal) -> dict[str, Plain]:
    plain: dict[str, Plain] = msgspec.json.decode(msgspec.json.encode(form))
    filled = {name: fill(plain[name], fillings, step=step, key="") for name in _FILLED}
    same = {name: plain[name] for name in _SAME}
    starts_on = date.fromisoformat(fillings["starts_on"].bare)
    milestones = [*_milestones(form, starts_on)]
    written: Plain = msgspec.json.decode(msgspec.json.encode(milestones))
    return {**filled, **same, "milestones": fill(written, fillings, step=step)}


def _milestones(form: Form, starts_on: date) -> Iterator[TermsMilestone]:
    codes = {item.code: codes_of(item) for item in form.milestones}
    for item in form.milestones:
        for at, code in enumerate(codes_of(item)):
            days = item.due_days + (item.repeat.every_days * at if item.repeat else 0)
            yield TermsMilestone(
                code=code,
                kind=item.kind,
                title=item.title,
                due_on=starts_on + timedelta(days=days),
                acceptance_days=item.acceptance_days,
                evidence=item.evidence,
                metrics=item.metrics,
                after=tuple(code for before in item.after for code in codes[before]),
                early=item.early,
                verified=item.verified,
            )


def rank(party: Party) -> tuple[int, bool, str]:
    """Return where a party stands in the terms: by place, who leads it first."""
    return _ROLES.index(party.role), not party.lead, party.organisation_id


def _is_too_near(party: Party, other: Party) -> bool:
    """Tell whether one organisation takes two places that must be apart, or one twice."""
    may = {party.role, other.role} == {"supplier", "lender"}
    return party.organisation_id == other.organisation_id and not may


def _date_faults(form: Form, starts_on: date) -> Iterator[Fault]:
    if starts_on > date.max - timedelta(days=form.duration_days):
        yield Fault("/starts_on", "date_too_late", "The contract would never end.")


def _value_faults(form: Form, values: Values) -> Iterator[Fault]:
    declared = {variable.name: variable for variable in form.variables}
    for name in values:
        if name not in declared:
            yield Fault(f"/values/{name}", "name_unknown", f"The form has no variable {name}.")
    for name, variable in declared.items():
        if name not in values:
            if variable.default is None:
                yield Fault(f"/values/{name}", "value_missing", f"The form asks for {name}.")
            continue
        misfit = misfit_of(variable, _text(values[name]))
        if misfit is not None:
            yield Fault(f"/values/{name}", "value_unfit", misfit)


def _text(value: str | int | Decimal | date) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _texts(form: Form, values: Values) -> dict[str, str]:
    given = {name: _text(value) for name, value in values.items()}
    return {
        variable.name: given.get(variable.name, variable.default or "")
        for variable in form.variables
    }


def _fillings(
    form: Form,
    texts: Mapping[str, str],
    parties: tuple[Party, ...],
    worth: tuple[Money, Period],
) -> dict[str, Filling]:
    """Return what stands for each name of the form and for each reserved name."""
    value, period = worth
    plain = {
        "value": value.amount,
        "currency": value.currency,
        "starts_on": period.starts_on.isoformat(),
        "ends_on": period.ends_on.isoformat(),
    }
    fillings = {name: Filling(text, text, text) for name, text in plain.items()}
    for role in _ROLES:
        zh, en = names_of(parties, role)
        fillings[role] = Filling(zh, en, en)
    for variable in form.variables:
        fillings[variable.name] = filling_of(variable, texts[variable.name])
    return fillings
