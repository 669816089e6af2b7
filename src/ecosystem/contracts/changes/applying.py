"""The terms that a set of changes makes, and what is wrong with them: as with new terms."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from ecosystem.contracts.changes import substituting
from ecosystem.contracts.changes.model import TermsChange
from ecosystem.contracts.form_checks import languages
from ecosystem.contracts.form_shapes import ContractTerms, Form, TermsMetric, TermsMilestone
from ecosystem.contracts.growth import party_faults
from ecosystem.contracts.model import Organisation
from ecosystem.contracts.observing import figure_faults, observing_faults
from ecosystem.contracts.payment_rules import Advance, PaymentRule, Retention, metrics_of
from ecosystem.contracts.rule_checks import check_rule
from ecosystem.contracts.succession import Successor, order_faults
from ecosystem.values import money
from ecosystem.values.period import Period
from ecosystem.values.refusal import Fault, Refusal

_WRITTEN: Final = ("clauses", "milestones", "metrics", "payment_rules")


class _Coded(Protocol):
    @property
    def code(self) -> str: ...


Part = TypeVar("Part", bound=_Coded)


def applied(
    terms: ContractTerms, asked: TermsChange, *, joining: Organisation | None = None
) -> ContractTerms:
    """Return the terms with what is asked for, whether it is sound or not."""
    terms = substituting.substituted(terms, asked, joining=joining)
    period, value = terms.period, terms.value
    if asked.ends_on is not UNSET:
        period = Period(period.starts_on, asked.ends_on)
    return msgspec.structs.replace(
        terms,
        value=value if asked.value is UNSET else asked.value,
        period=period,
        milestones=_milestones(terms, asked),
        metrics=_metrics(terms, asked),
        payment_rules=_without(
            _put(terms.payment_rules, asked.payment_rules), asked.removed_payment_rules
        ),
        clauses=_put(terms.clauses, asked.clauses),
    )


def faults(
    before: ContractTerms,
    asked: TermsChange,
    *,
    form: Form | None,
    joining: Organisation | None = None,
    left: tuple[str, ...] = (),
) -> Iterator[Fault]:
    """Yield what is wrong with a set of changes of `before`.

    Pointers are those of the request's `changes`, or of the terms that they would make. Codes:
    `nothing_changed`, `code_unknown`, `code_doubled`, `rule_holds_money`, `currency_mixed`,
    `currency_unknown`, `amount_too_fine`, `value_missing`, `period_empty`, `before_start`,
    `after_end`, `metric_missing`, `metric_unknown`, `role_missing`, `outcomes_unpaid`,
    `language_missing`, those of `substituting`, of `succession`, of parties and of `rule_checks`.
    """
    found = [
        *_misnamed(before, asked),
        *substituting.faults(before, asked, joining=joining, left=left),
    ]
    yield from found
    if found:
        return
    after = applied(before, asked, joining=joining)
    if after == before:
        yield Fault("/changes", "nothing_changed", "Change something about the terms.")
    yield from _value(after, currency=before.value.currency)
    yield from _dates(after, kept=set(before.milestones))
    yield from _measured(after)
    yield from _ordered(after)
    yield from _paid(after)
    plain = msgspec.to_builtins(asked)
    for section in _WRITTEN:
        yield from languages(plain[section], f"/changes/{section}")
    if form is not None:
        yield from party_faults(form, after.parties)


def _milestones(terms: ContractTerms, asked: TermsChange) -> tuple[TermsMilestone, ...]:
    dates = {one.code: one.due_on for one in asked.due_dates}
    moved = (
        msgspec.structs.replace(one, due_on=dates.get(one.code, one.due_on))
        for one in terms.milestones
    )
    return _without(_put(tuple(moved), asked.milestones), asked.removed_milestones)


def _metrics(terms: ContractTerms, asked: TermsChange) -> tuple[TermsMetric, ...]:
    aims = {one.code: one for one in asked.targets}

    def aimed(one: TermsMetric) -> TermsMetric:
        aim = aims.get(one.code)
        if aim is None:
            return one
        return msgspec.structs.replace(
            one,
            baseline=one.baseline if aim.baseline is UNSET else aim.baseline,
            target=one.target if aim.target is UNSET else aim.target,
        )

    return _put(tuple(map(aimed, terms.metrics)), asked.metrics)


def _put(parts: tuple[Part, ...], given: Sequence[Part]) -> tuple[Part, ...]:
    """Return `parts` with each of `given` in the place of its code, or at the end."""
    new = {one.code: one for one in given}
    kept = tuple(new.pop(one.code, one) for one in parts)
    return (*kept, *new.values())


def _without(parts: tuple[Part, ...], removed: Sequence[str]) -> tuple[Part, ...]:
    return tuple(one for one in parts if one.code not in removed)


def _misnamed(before: ContractTerms, asked: TermsChange) -> Iterator[Fault]:
    """Yield codes that name nothing, or two things, and rules that still hold money back."""
    milestones = {one.code for one in before.milestones}
    metrics = {one.code for one in before.metrics}
    rules = {one.code: one for one in before.payment_rules}
    dated = [one.code for one in asked.due_dates]
    put = [one.code for one in asked.milestones]
    gone = list(asked.removed_milestones)
    aimed = [one.code for one in asked.targets]
    measured = [one.code for one in asked.metrics]
    paid, unpaid = [one.code for one in asked.payment_rules], list(asked.removed_payment_rules)
    yield from _unknown("due_dates", dated, milestones, below="/code")
    yield from _unknown("removed_milestones", gone, milestones)
    yield from _unknown("targets", aimed, metrics, below="/code")
    yield from _unknown("removed_payment_rules", unpaid, set(rules))
    for name, codes in (
        ("milestones", [*dated, *put, *gone]),
        ("metrics", [*aimed, *measured]),
        ("payment_rules", [*paid, *unpaid]),
        ("clauses", [one.code for one in asked.clauses]),
    ):
        for code in sorted({one for one in codes if codes.count(one) > 1}):
            yield Fault(f"/changes/{name}", "code_doubled", f"{code} is named more than once.")
    yield from _held(rules, asked)


def _unknown(
    name: str, codes: Sequence[str], known: set[str], *, below: str = ""
) -> Iterator[Fault]:
    for at, code in enumerate(codes):
        if code not in known:
            detail = f"The terms have nothing that is called {code}."
            yield Fault(f"/changes/{name}/{at}{below}", "code_unknown", detail)


def _held(rules: dict[str, PaymentRule], asked: TermsChange) -> Iterator[Fault]:
    """Yield faults where a retention or an advance would go, which may hold money."""
    kept = {one.code: one for one in asked.payment_rules}
    for code, rule in rules.items():
        if not isinstance(rule, Retention | Advance):
            continue
        instead = kept.get(code, rule)
        if code in asked.removed_payment_rules or type(instead) is not type(rule):
            detail = f"{code} may hold money: change its rates, and let it stand."
            yield Fault("/changes/payment_rules", "rule_holds_money", detail)


def _value(terms: ContractTerms, *, currency: str) -> Iterator[Fault]:
    if terms.value.currency != currency:
        detail = f"The contract is in {currency}."
        yield Fault("/changes/value/currency", "currency_mixed", detail)
        return
    try:
        amount = money.check(terms.value, pointer="/changes/value")
    except Refusal as refusal:
        yield from refusal.faults
        return
    if amount == 0:
        yield Fault("/changes/value/amount", "value_missing", "Give an amount above zero.")


def _dates(terms: ContractTerms, *, kept: set[Any]) -> Iterator[Fault]:
    period = terms.period
    if period.is_empty():
        detail = f"The contract starts on {period.starts_on}: let it end after that."
        yield Fault("/changes/ends_on", "period_empty", detail)
        return
    for at, one in enumerate(terms.milestones):
        if one.due_on > period.ends_on:
            detail = f"The milestone is due on {one.due_on}, after the end, {period.ends_on}."
            yield Fault(f"/terms/milestones/{at}/due_on", "after_end", detail)
        elif one.due_on < period.starts_on and one not in kept:
            detail = f"The milestone is due on {one.due_on}, before the start, {period.starts_on}."
            yield Fault(f"/terms/milestones/{at}/due_on", "before_start", detail)


def _measured(terms: ContractTerms) -> Iterator[Fault]:
    metrics = {one.code for one in terms.metrics}
    for at, one in enumerate(terms.milestones):
        pointer = f"/terms/milestones/{at}"
        if one.kind == "outcome" and not one.metrics:
            yield Fault(pointer, "metric_missing", "An outcome names the metrics that show it.")
        for index, code in enumerate(one.metrics):
            if code not in metrics:
                detail = f"No metric has the code {code}."
                yield Fault(f"{pointer}/metrics/{index}", "metric_unknown", detail)
    for at, metric in enumerate(terms.metrics):
        if metric.verified_by != "verifier":
            detail = "Nobody but the verifier verifies: no buyer, supplier or lender."
            yield Fault(f"/terms/metrics/{at}/verified_by", "role_missing", detail)
    yield from observing_faults(terms.metrics, "/terms/metrics")


def _ordered(terms: ContractTerms) -> Iterator[Fault]:
    order = [
        Successor(
            code=one.code, after=one.after, first=one.due_on.toordinal(),
            last=one.due_on.toordinal(),
        )
        for one in terms.milestones
    ]  # fmt: skip
    yield from order_faults(order, within="/terms/milestones")


def _paid(terms: ContractTerms) -> Iterator[Fault]:
    names = {
        "metrics": [one.code for one in terms.metrics],
        "milestones": [one.code for one in terms.milestones],
    }
    for at, rule in enumerate(terms.payment_rules):
        unsound = check_rule(rule, currency=terms.value.currency, **names)
        for fault in (*unsound, *figure_faults(rule, terms.metrics)):
            pointer = f"/terms/payment_rules/{at}{fault.pointer}"
            yield Fault(pointer, fault.code, fault.detail)
    if not any(metrics_of(rule) for rule in terms.payment_rules):
        yield Fault("/terms/payment_rules", "outcomes_unpaid", "At least one rule reads a metric.")
