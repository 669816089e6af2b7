"""From rules and facts to a calculation that a stranger recomputes to the last cent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET

from ecosystem.catalogue.profiles.model import TaxKind
from ecosystem.contracts.canonical import canonical, digest
from ecosystem.contracts.form_shapes import MemberShare
from ecosystem.contracts.payment_rules import PaymentRule, metrics_of, milestones_of
from ecosystem.contracts.rule_checks import check_rule
from ecosystem.contracts.rule_limits import between
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Calculation,
    CountedDeduction,
    Facts,
    LatePayment,
    Recomputation,
    Relief,
    RuleTotal,
    Tax,
    TaxLine,
    VerifiedObservation,
)
from ecosystem.payments.dividing.parting import parted, shares_in
from ecosystem.payments.late.accruing import accrue
from ecosystem.payments.pipeline import RESERVED, Run, assigned, certify, settle
from ecosystem.payments.proving import unproved
from ecosystem.payments.shapes import exact
from ecosystem.payments.taxing.splitting import room, taxed
from ecosystem.values import money
from ecosystem.values.differing import Json, differences
from ecosystem.values.refusal import Fault, Kind, Refusal

ENGINE_VERSION: Final = "4"
"""Changes whenever any calculation could come out differently."""


_NO: Final = Decimal(0)


class RulesUnsound(Refusal):
    """The payment rules cannot be computed."""

    kind = Kind.UNMET
    remedy = "Correct the rules named in `errors`."


class FactsDoubled(Refusal):
    """The same fact is given twice."""

    kind = Kind.CONFLICT
    remedy = "Give each milestone, day, deduction and relief once, and one observation for any day."


class CalculationUnreadable(Refusal):
    """The document is not a calculation."""

    kind = Kind.MALFORMED
    remedy = "Give the document as it was published."


class EngineUnknown(Refusal):
    """The calculation was made by another version of the engine."""

    kind = Kind.UNMET
    remedy = "Recompute it with the release that has the engine version of the document."


def calculate(
    rules: Iterable[PaymentRule],
    facts: Facts,
    *,
    currency: str,
    contract_value: Decimal,
    paid_before: Decimal,
    taxes: Iterable[Tax] = (),
    shares: tuple[MemberShare, ...] = (),
) -> Calculation:
    """Compute what is payable for `facts` under `rules`, whatever order they come in.

    `contract_value` and `paid_before` are in `currency`, not negative and no finer than it
    allows. The total is from 0 to `contract_value - paid_before`, but for late interest. It is
    divided by `shares`, where several take the supplier's place. Refuses with CurrencyUnknown,
    AmountTooFine, RulesUnsound, FactsDoubled and SharesUnsound, in that order.
    """
    value = _limit_text(contract_value, currency, "/contract_value")
    paid = _limit_text(paid_before, currency, "/paid_before")
    _limit_text(Decimal(facts.certified_before), currency, "/facts/certified_before")
    ordered = by_code(rules)
    _refuse_unsound(ordered, currency)
    said = known(facts)
    before = {item.rule: Decimal(item.amount) for item in said.before}
    limits = Limits(currency, contract_value, paid_before, tuple(taxes))
    with exact():
        run, certified, lines = carried(ordered, said, before, limits=limits)
        amounts = (certified, run.waived, run.sum, withheld(lines))
        shared, written = assigned(run, ordered), [run.rounded(one) for one in amounts]
    certified_text, waived, total, kept = (f"{amount:f}" for amount in written)
    whole = Calculation(
        engine_version=ENGINE_VERSION,
        currency=currency,
        contract_value=value,
        paid_before=paid,
        rules=ordered,
        rule_set_digest=digest(ordered),
        facts=said,
        lines=tuple(run.lines),
        certified=certified_text,
        waived=waived,
        total=total,
        taxes=lines,
        withheld=kept,
        assigned=shared,
    )
    return sealed(parted(whole, among=shares))


def known(facts: Facts) -> Facts:
    """Return the facts in order. Refuses with FactsDoubled where something would count twice."""
    ordered = in_order(facts)
    _refuse_doubled(ordered)
    return ordered


def by_code(rules: Iterable[PaymentRule]) -> tuple[PaymentRule, ...]:
    """Return rules in the order in which they are carried out and written."""
    return tuple(sorted(rules, key=lambda rule: rule.code))


def withheld(lines: Iterable[TaxLine]) -> Decimal:
    """Return what is kept back of a payment for the tax office."""
    return sum((Decimal(one.amount) for one in lines if one.kind is TaxKind.WITHHELD), _NO)


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds a calculation."""

    currency: str
    contract_value: Decimal
    paid_before: Decimal
    taxes: tuple[Tax, ...] = ()


def carried(
    rules: tuple[PaymentRule, ...], facts: Facts, before: Mapping[str, Decimal], *, limits: Limits
) -> tuple[Run, Decimal, tuple[TaxLine, ...]]:
    """Carry sound rules and facts, both in order, through all stages.

    Also return what is certified, and what the taxes are.

    `before` is what the lines of each rule add up to so far. Call inside `exact()`.
    """
    value = limits.contract_value
    run = Run(facts, value, Decimal(1).scaleb(-money.places(limits.currency)))
    run.totals.update(before)
    left = room(value, limits.taxes, step=run.step) - Decimal(facts.certified_before)
    certified = certify(run, rules, most=max(left, Decimal(0)))
    most = max(value - limits.paid_before, Decimal(0))
    settle(run, rules, most=room(most, limits.taxes, step=run.step))
    lines = taxed(run, limits.taxes, most=most)
    accrue(run)
    return run, certified, lines


def sealed(calculation: Calculation) -> Calculation:
    """Return `calculation` with its own digest in it."""
    bare = msgspec.structs.replace(calculation, digest="")
    return msgspec.structs.replace(bare, digest=digest(bare))


def recompute(document: bytes) -> Recomputation:
    """Compute a published calculation again from its own rules and facts.

    `document` is the JSON of a Calculation, in any order of keys. Every place at which it
    says something else than the computation is in `differences`. Where it has `proofs`, the
    aggregates among its facts are computed again from their observations too.
    Refuses with CalculationUnreadable, EngineUnknown, and as `calculate` does.
    """
    try:
        stated = msgspec.json.decode(document, type=Calculation)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CalculationUnreadable(f"The document is not a calculation: {error}") from None
    for at, one in enumerate(stated.facts.milestones):
        _refuse_unknown_instants(one, f"/facts/milestones/{at}")
    if stated.engine_version != ENGINE_VERSION:
        detail = f"The document is of engine {stated.engine_version}, this is {ENGINE_VERSION}."
        raise EngineUnknown(detail, pointer="/engine_version")
    computed = calculate(
        stated.rules,
        stated.facts,
        currency=stated.currency,
        contract_value=Decimal(stated.contract_value),
        paid_before=Decimal(stated.paid_before),
        taxes=(Tax(code=one.code, kind=one.kind, rate=one.rate) for one in stated.taxes),
        shares=shares_in(stated),
    )
    bare = msgspec.structs.replace(stated, proofs=UNSET)
    found = (*unproved(stated), *differences(_plain(bare), _plain(computed)))
    return Recomputation(
        calculation=computed, differences=found, is_proved=stated.proofs is not UNSET
    )


def _refuse_unknown_instants(one: AcceptedMilestone, pointer: str) -> None:
    """Refuse with CalculationUnreadable what has the form of an instant and is none."""
    for name in ("due_at", "delivered_at"):
        try:
            datetime.fromisoformat(getattr(one, name))
        except ValueError:
            detail = f"{getattr(one, name)} is no instant."
            raise CalculationUnreadable(detail, pointer=f"{pointer}/{name}") from None


def _limit_text(amount: Decimal, currency: str, pointer: str) -> str:
    """Return `amount` as the document writes it, or refuse as `money.check` does."""
    money.check(money.Money(f"{amount:f}", currency), pointer=pointer)
    return money.of(amount, currency).amount


def _refuse_unsound(rules: tuple[PaymentRule, ...], currency: str) -> None:
    faults = list[Fault]()
    for at, rule in enumerate(rules):
        named = {"metrics": metrics_of(rule), "milestones": milestones_of(rule)}
        for fault in check_rule(rule, **named, currency=currency):
            faults.append(Fault(f"/rules/{at}{fault.pointer}", fault.code, fault.detail))
        if rule.code in RESERVED:
            detail = f"{rule.code} names a line of the engine: choose another code."
            faults.append(Fault(f"/rules/{at}/code", "code_reserved", detail))
        if at and rules[at - 1].code == rule.code:
            detail = f"Two rules have the code {rule.code}."
            faults.append(Fault(f"/rules/{at}/code", "code_doubled", detail))
    for fault in between(rules):
        faults.append(Fault(f"/rules{fault.pointer}", fault.code, fault.detail))
    if faults:
        raise RulesUnsound("The payment rules have faults.", faults=tuple(faults))


def in_order(facts: Facts) -> Facts:
    """Return the same facts in the one order in which documents give them."""
    return Facts(
        milestones=tuple(sorted(facts.milestones, key=lambda fact: (fact.milestone, fact.id))),
        observations=tuple(sorted(facts.observations, key=_place)),
        days=tuple(sorted(facts.days)),
        deductions=tuple(sorted(facts.deductions, key=_id)),
        reliefs=tuple(sorted(facts.reliefs, key=_id)),
        late=tuple(sorted(facts.late, key=_part)),
        before=tuple(sorted(facts.before, key=_rule)),
        certified_before=facts.certified_before,
    )


def _place(fact: VerifiedObservation) -> tuple[str, str, str, str]:
    start, end = fact.period.starts_on.isoformat(), fact.period.ends_on.isoformat()
    return fact.metric, start, end, fact.id


def _id(one: CountedDeduction | Relief) -> str:
    return one.id


def _part(one: LatePayment) -> tuple[str, str]:
    return one.id, one.settled_on.isoformat()


def _rule(total: RuleTotal) -> str:
    return total.rule


def _refuse_doubled(facts: Facts) -> None:
    """Refuse sorted facts in which something would count twice."""
    doubled = [
        f"The observations {one.id} and {two.id} of {one.metric} share days."
        for one, two in zip(facts.observations, facts.observations[1:], strict=False)
        if one.metric == two.metric and one.period.overlaps(two.period)
    ]
    doubled += _twice("milestone", [fact.milestone for fact in facts.milestones])
    doubled += _twice("day", [day.isoformat() for day in facts.days])
    doubled += _twice("deduction", [one.id for one in facts.deductions])
    doubled += _twice("relief", [one.id for one in facts.reliefs])
    doubled += _twice("late payment", [" of ".join(_part(one)) for one in facts.late])
    doubled += _twice("rule total", [total.rule for total in facts.before])
    if doubled:
        raise FactsDoubled(" ".join(doubled), pointer="/facts")


def _twice(what: str, codes: list[str]) -> list[str]:
    return [f"The {what} {code} is given twice." for code, n in Counter(codes).items() if n > 1]


def _plain(calculation: Calculation) -> Json:
    plain: Json = msgspec.json.decode(canonical(calculation))
    return plain
