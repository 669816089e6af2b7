"""What a form has to say beyond its shape: names that exist, codes said once, sound rules."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from ecosystem.contracts.filling import RESERVED, Filling, blanked, fill, named
from ecosystem.contracts.form_shapes import Form, FormMilestone, Variable
from ecosystem.contracts.observing import figure_faults, observing_faults
from ecosystem.contracts.payment_rules import PaymentRule, metrics_of
from ecosystem.contracts.rule_checks import check_rule
from ecosystem.contracts.rule_limits import between
from ecosystem.contracts.succession import Successor, order_faults
from ecosystem.values import money
from ecosystem.values.refusal import Fault
from ecosystem.values.yaml_tree import Plain, misfits

_NUMBERS: Final = frozenset({"integer", "decimal", "ratio"})
_CODED: Final = (
    "clauses",
    "milestones",
    "metrics",
    "payment_rules",
    "standards",
    "data_terms",
    "changes",
    "termination",
)
_SAMPLE_VALUE: Final = "10000000"
_SAMPLE_CURRENCY: Final = "CNY"
RuleAndFaults = tuple[PaymentRule | None, tuple[Fault, ...]]


def shape_faults(tree: dict[str, Plain]) -> Iterator[Fault]:
    """Yield what in `tree` is not of the shape of a form, its payment rules included.

    Codes: `key_unknown`, `key_missing`, `type`.
    """
    yield from misfits(tree, Form, pointer="", strict=True)
    rules = tree.get("payment_rules")
    for at, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict):
            whole = blanked({"currency": _SAMPLE_CURRENCY, **rule})
            pointer = f"/payment_rules/{at}"
            yield from misfits(whole, PaymentRule, pointer=pointer, strict=False)


def faults_of(form: Form, tree: dict[str, Plain]) -> Iterator[Fault]:
    """Yield the faults of a form of the right shape; `tree` is the same form as it was read.

    Codes: `code_doubled`, `language_missing`, `name_unknown`, `name_unused`, `name_reserved`,
    `placeholder`, `default_missing`, `default_unfit`, `metric_unknown`, `milestone_unknown`,
    `milestone_cycle`, `predecessor_later`,
    `metric_missing`, `role_missing`, `after_end`, `window_unfit`, `percentile_unfit`,
    `time_zone_unknown`, `survey_unfit`, `survey_missing`, `outcomes_unpaid`, those of
    `rule_checks`, and `type` for a default that does not fit into its payment rule.
    """
    yield from _codes(tree)
    yield from languages(tree, "")
    yield from _variables(form, tree)
    yield from _parties(form)
    yield from _milestones(form)
    yield from observing_faults(form.metrics, "/metrics", form.variables)
    yield from _order(form)
    yield from _termination(form)
    yield from _rules(form, tree)


def codes_of(milestone: FormMilestone) -> tuple[str, ...]:
    """Return the code of a milestone, or the codes that it has when repeated."""
    if milestone.repeat is None:
        return (milestone.code,)
    return tuple(f"{milestone.code}-{at:02}" for at in range(1, milestone.repeat.times + 1))


def rules_of(
    form: Form, fillings: Mapping[str, Filling], *, currency: str, step: Decimal
) -> list[RuleAndFaults]:
    """Return each payment rule of `form` filled in, or None, with its faults.

    Pointers start at the form.
    """
    metrics = [metric.code for metric in form.metrics]
    milestones = [code for item in form.milestones for code in codes_of(item)]
    found = list[RuleAndFaults]()
    for at, plain in enumerate(form.payment_rules):
        pointer = f"/payment_rules/{at}"
        filled = fill({"currency": currency, **plain}, fillings, step=step)
        faults = tuple(misfits(filled, PaymentRule, pointer=pointer, strict=False))
        if faults:
            found.append((None, faults))
            continue
        rule: PaymentRule = msgspec.convert(filled, PaymentRule, strict=False)
        unsound = check_rule(rule, metrics=metrics, milestones=milestones, currency=currency)
        unread = tuple(figure_faults(rule, form.metrics))
        found.append((rule, tuple(_below(pointer, (*unsound, *unread)))))
    leaning = tuple(_below("/payment_rules", tuple(between([rule for rule, _ in found]))))
    return [*found, (None, leaning)] if leaning else found


def _below(pointer: str, faults: tuple[Fault, ...]) -> Iterator[Fault]:
    for fault in faults:
        yield Fault(f"{pointer}{fault.pointer}", fault.code, fault.detail)


def sample_rules(form: Form) -> tuple[PaymentRule, ...]:
    """Return the payment rules of a sound form at its defaults, for a sample of a value."""
    value = money.Money(_SAMPLE_VALUE, _SAMPLE_CURRENCY)
    return filled_rules(form, variables={}, value=value, pointer="")[1]


def filled_rules(
    form: Form, *, variables: Mapping[str, str], value: money.Money, pointer: str
) -> tuple[tuple[Fault, ...], tuple[PaymentRule, ...]]:
    """Return the payment rules of a sound form for a contract of this value, or all faults.

    `variables` are given at `pointer` of a request; others are at their defaults.
    Refuses with CurrencyUnknown and AmountTooFine.
    """
    money.check(value, pointer="/contract_value")
    declared = {variable.name: variable for variable in form.variables}
    faults, fillings = list[Fault](), _sample(form)
    fillings["value"] = Filling(value.amount, value.amount, value.amount)
    for name, text in variables.items():
        misfit = misfit_of(declared[name], text) if name in declared else "No variable of the form."
        if misfit is None:
            fillings[name] = filling_of(declared[name], text)
        else:
            faults.append(Fault(f"{pointer}/variables/{name}", "value_unfit", misfit))
    if faults:
        return tuple(faults), ()
    step = Decimal(1).scaleb(-money.places(value.currency))
    found = rules_of(form, fillings, currency=value.currency, step=step)
    unsound = tuple(
        Fault(f"{pointer}{one.pointer}", one.code, one.detail) for _, fs in found for one in fs
    )
    return unsound, tuple(rule for rule, _ in found if rule is not None)


def languages(value: Plain, pointer: str) -> Iterator[Fault]:
    """Yield the texts in `value`, which stands at `pointer`, that lack a language."""
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from languages(item, f"{pointer}/{at}")
    if not isinstance(value, dict):
        return
    if value.keys() & {"zh", "en"} and not value.keys() >= {"zh", "en"}:
        yield Fault(pointer, "language_missing", "Give the text in both zh and en.")
    for key, item in value.items():
        yield from languages(item, f"{pointer}/{key}")


def misfit_of(variable: Variable, text: str) -> str | None:
    """Return why `text` cannot be the value of `variable`, or None where it can."""
    if variable.kind == "text":
        return None if text.strip() else "Say something."
    expected = {"date": date, "integer": int}.get(variable.kind, money.Measure)
    try:
        msgspec.convert(text, expected, strict=False)
    except msgspec.ValidationError:
        return f"{text} is not of the kind {variable.kind}."
    if variable.kind == "date":
        return None
    number = Decimal(text)
    low, high = variable.minimum, variable.maximum
    if variable.kind == "ratio":
        low, high = low or "0", high or "1"
    if low is not None and number < Decimal(low):
        return f"{text} is below {low}."
    if high is not None and number > Decimal(high):
        return f"{text} is above {high}."
    return None


def filling_of(variable: Variable, text: str) -> Filling:
    """Return how the value `text` of `variable` is written; a ratio is read as percent."""
    if variable.kind != "ratio":
        return Filling(text, text, text)
    percent = (Decimal(text) * 100).normalize()
    return Filling(f"{percent:f}%", f"{percent:f} %", text)


def _codes(tree: dict[str, Plain]) -> Iterator[Fault]:
    for section, key in [*((name, "code") for name in _CODED), ("variables", "name")]:
        seen = set[Plain]()
        items = tree.get(section)
        for at, item in enumerate(items if isinstance(items, list) else []):
            code = item.get(key) if isinstance(item, dict) else None
            if isinstance(code, str) and code in seen:
                detail = f"Another part of {section} is called {code}."
                yield Fault(f"/{section}/{at}/{key}", "code_doubled", detail)
            elif isinstance(code, str):
                seen.add(code)


def _variables(form: Form, tree: dict[str, Plain]) -> Iterator[Fault]:
    declared = {variable.name: variable for variable in form.variables}
    used = set[str]()
    body: dict[str, Plain] = {key: item for key, item in tree.items() if key != "variables"}
    for use in named(body):
        used.add(use.name)
        variable = declared.get(use.name)
        if not use.is_sound:
            yield Fault(use.pointer, "placeholder", _unsound(use.name))
        elif variable is None and use.name not in RESERVED:
            yield Fault(use.pointer, "name_unknown", f"No variable is called {use.name}.")
        elif variable is not None and not use.in_prose and variable.kind not in _NUMBERS:
            detail = f"{use.name} is of the kind {variable.kind}: a number stands here."
            yield Fault(use.pointer, "placeholder", detail)
    for at, variable in enumerate(form.variables):
        if variable.name not in used:
            detail = f"Nothing uses {variable.name}."
            yield Fault(f"/variables/{at}/name", "name_unused", detail)
        if variable.name in RESERVED:
            detail = f"Every contract gives {variable.name} by itself."
            yield Fault(f"/variables/{at}/name", "name_reserved", detail)
        yield from _default(at, variable)


def _unsound(name: str) -> str:
    if name in {"{", "}"}:
        return f"A {name} stands here alone: braces stand around a name, and nowhere else."
    return f"{{{name}}} is neither a name nor {{value * a number or a name}}."


def _default(at: int, variable: Variable) -> Iterator[Fault]:
    if variable.default is None:
        return
    misfit = misfit_of(variable, variable.default)
    if misfit is not None:
        yield Fault(f"/variables/{at}/default", "default_unfit", misfit)


def _parties(form: Form) -> Iterator[Fault]:
    roles = [party.role for party in form.parties]
    for role in ("buyer", "supplier", "verifier"):
        if role not in roles:
            yield Fault("/parties", "role_missing", f"A form has a {role}.")
    for at, role in enumerate(roles):
        if role in roles[:at]:
            detail = f"The place {role} stands here twice."
            yield Fault(f"/parties/{at}/role", "code_doubled", detail)
    for at, metric in enumerate(form.metrics):
        if metric.verified_by != "verifier":
            detail = "Nobody but the verifier verifies: no buyer, supplier or lender."
            yield Fault(f"/metrics/{at}/verified_by", "role_missing", detail)


def _milestones(form: Form) -> Iterator[Fault]:
    metrics = {metric.code for metric in form.metrics}
    for at, item in enumerate(form.milestones):
        pointer = f"/milestones/{at}"
        last = _last_day(item)
        if last > form.duration_days:
            detail = f"Day {last} is after the contract's {form.duration_days} days."
            yield Fault(f"{pointer}/due_days", "after_end", detail)
        if item.kind == "outcome" and not item.metrics:
            yield Fault(pointer, "metric_missing", "An outcome names the metrics that show it.")
        for index, code in enumerate(item.metrics):
            if code not in metrics:
                detail = f"No metric has the code {code}."
                yield Fault(f"{pointer}/metrics/{index}", "metric_unknown", detail)


def _order(form: Form) -> Iterator[Fault]:
    order = [
        Successor(code=one.code, after=one.after, first=one.due_days, last=_last_day(one))
        for one in form.milestones
    ]
    yield from order_faults(order, within="/milestones")


def _last_day(item: FormMilestone) -> int:
    """Return on which day a milestone is due, for the last time where it is repeated."""
    repeat = item.repeat
    return item.due_days + (0 if repeat is None else repeat.every_days * (repeat.times - 1))


def _termination(form: Form) -> Iterator[Fault]:
    metrics = {metric.code for metric in form.metrics}
    for at, right in enumerate(form.termination):
        if right.trigger is not None and right.trigger.metric not in metrics:
            pointer = f"/termination/{at}/trigger/metric"
            detail = f"No metric has the code {right.trigger.metric}."
            yield Fault(pointer, "metric_unknown", detail)


def _rules(form: Form, tree: dict[str, Plain]) -> Iterator[Fault]:
    """Yield the faults that payment rules have at the defaults of the variables."""
    declared = {variable.name: variable for variable in form.variables}
    missing = False
    for use in named({"payment_rules": tree["payment_rules"]}):
        variable = declared.get(use.name)
        if not use.is_sound or (variable is None and use.name not in RESERVED):
            missing = True
        elif variable is not None and variable.default is None:
            missing = True
            detail = f"{use.name} needs a default, so that this rule can be checked."
            yield Fault(use.pointer, "default_missing", detail)
    if missing or any(_default_misfits(variable) for variable in form.variables):
        return
    checked = rules_of(form, _sample(form), currency=_SAMPLE_CURRENCY, step=Decimal("0.01"))
    for _, faults in checked:
        yield from faults
    if not any(rule is not None and metrics_of(rule) for rule, _ in checked):
        yield Fault("/payment_rules", "outcomes_unpaid", "At least one rule reads a metric.")


def _default_misfits(variable: Variable) -> bool:
    return variable.default is not None and misfit_of(variable, variable.default) is not None


def _sample(form: Form) -> dict[str, Filling]:
    """Return fillings for everything that a rule may name: the defaults, and a sample."""
    fillings = {name: Filling("-", "-", "0") for name in RESERVED}
    fillings["value"] = Filling(_SAMPLE_VALUE, _SAMPLE_VALUE, _SAMPLE_VALUE)
    for variable in form.variables:
        if variable.default is not None:
            fillings[variable.name] = filling_of(variable, variable.default)
    return fillings
