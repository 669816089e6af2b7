"""The one order in which rules become lines, and the limits between the stages."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import UNSET

from ecosystem.contracts.payment_rules import (
    Advance,
    Availability,
    ExcessDays,
    Fixed,
    GainPain,
    Index,
    PaymentRule,
    Points,
    Retention,
    ServiceCredit,
    TerminationRight,
    UnitPrice,
    Waterfall,
    metrics_of,
)
from ecosystem.contracts.rule_parts import Release
from ecosystem.payments.calculation import (
    AcceptedMilestone,
    Assigned,
    CountedDeduction,
    Facts,
    Input,
    Line,
    Relief,
    Stage,
    VerifiedObservation,
)
from ecosystem.payments.shapes import Sight, Worth, excess, moved, plain, worth
from ecosystem.values.period import Period
from ecosystem.values.text import Text

CAP: Final = "contract-value"
FLOOR: Final = "floor"
DEDUCTION: Final = "deduction"
RELIEF: Final = "relief"
LATE: Final = "late-interest"
RESERVED: Final = frozenset({CAP, FLOOR, DEDUCTION, RELIEF, LATE})
"""Codes of lines that no rule makes."""
_SUPPLIER: Final = "supplier"
_NOTHING: Final = Decimal(0)
_DAY: Final = timedelta(days=1)
_EARNING: Final = (Stage.BASE, Stage.INDEXATION, Stage.PERFORMANCE, Stage.DEDUCTIONS)
"""Stages before the first limit."""


@dataclass(slots=True)
class Run:
    """A calculation on its way: the lines so far and what they add up to."""

    facts: Facts
    contract_value: Decimal
    step: Decimal
    """The smallest amount of the currency."""
    lines: list[Line] = field(default_factory=list[Line])
    sum: Decimal = _NOTHING
    waived: Decimal = _NOTHING
    totals: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """What each rule's lines add up to, in earlier calculations and in this one."""

    def rounded(self, amount: Decimal) -> Decimal:
        """Return `amount` rounded half up to the currency; never a negative zero."""
        return amount.quantize(self.step, rounding=ROUND_HALF_UP) + 0

    def add(self, stage: Stage, rule: tuple[str, str], inputs: Iterable[Input], by: Worth) -> None:
        """Append one line for the rule with this code and shape."""
        code, shape = rule
        amount = self.rounded(by.exact)
        self.sum += amount
        if stage is not Stage.TAX:  # A tax is of no rule, whatever it is called.
            self.totals[code] += amount
        self.lines.append(
            Line(
                stage=stage,
                rule=code,
                shape=shape,
                inputs=tuple(inputs),
                formula=by.words,
                unrounded=plain(by.exact),
                amount=f"{amount:f}",
            )
        )


def stage_of(rule: PaymentRule) -> Stage:
    """Return the stage at which `rule` acts."""
    return _STAGES.get(type(rule), Stage.PERFORMANCE)


_STAGES: Final[dict[type[PaymentRule], Stage]] = {
    Fixed: Stage.BASE,
    UnitPrice: Stage.BASE,
    Availability: Stage.BASE,
    Index: Stage.INDEXATION,
    ServiceCredit: Stage.DEDUCTIONS,
    ExcessDays: Stage.DEDUCTIONS,
    Points: Stage.DEDUCTIONS,
    GainPain: Stage.GAIN_PAIN,
    Advance: Stage.ADVANCE_RECOVERY,
    Retention: Stage.RETENTION,
    Waterfall: Stage.ASSIGNMENT,
}


def certify(run: Run, rules: tuple[PaymentRule, ...], *, most: Decimal) -> Decimal:
    """Run the stages up to gain and pain, and return what is certified: 0 to `most`.

    `rules` are in the order of their codes. Effects: lines are added to `run`.
    """
    for stage in _EARNING:
        _run_stage(run, rules, stage)
    for deduction in run.facts.deductions:
        _deduct(run, deduction)
    for relief in run.facts.reliefs:
        _relieve(run, relief)
    _limit(run, Stage.CAPS, most)
    _run_stage(run, rules, Stage.GAIN_PAIN)
    _limit(run, Stage.GAIN_PAIN, most)
    return run.sum


def settle(run: Run, rules: tuple[PaymentRule, ...], *, most: Decimal) -> None:
    """Run advance and retention on what is certified; leave a sum from 0 to `most`.

    `rules` are in the order of their codes. Effects: lines are added to `run`.
    """
    certified = run.sum
    retentions = [rule for rule in rules if isinstance(rule, Retention)]
    withheld = _withholdings(run, retentions, certified)
    held_back = sum(withheld.values(), _NOTHING)
    for rule in rules:
        if isinstance(rule, Advance):
            _recover(run, rule, retentions, (certified, held_back))
    for rule in rules:
        if isinstance(rule, Advance):
            _pay_advance(run, rule)
    for retention in retentions:
        _retain(run, retention, withheld[retention.code])
    _limit(run, Stage.RETENTION, most)


def assigned(run: Run, rules: tuple[PaymentRule, ...]) -> tuple[Assigned, ...]:
    """Return who gets what of the sum under a waterfall; nothing where there is none."""
    left, shares = run.sum, list[Assigned]()
    for rule in rules:
        if isinstance(rule, Waterfall):
            for claim in rule.claims:
                paid = run.rounded(min(Decimal(claim.amount), left))
                left -= paid
                shares.append(Assigned(claim=claim.code, amount=f"{paid:f}"))
            shares.append(Assigned(claim=_SUPPLIER, amount=f"{run.rounded(left):f}"))
    return tuple(shares)


def _deduct(run: Run, one: CountedDeduction) -> None:
    words = Text(
        zh=f"已通知的扣款 {one.amount}", en=f"deduction of which notice was given: {one.amount}"
    )
    given = Input(
        kind="deduction", id=one.id, version=one.version, code=DEDUCTION, value=one.amount
    )
    run.add(Stage.DEDUCTIONS, (DEDUCTION, DEDUCTION), [given], Worth(-Decimal(one.amount), words))


def _relieve(run: Run, one: Relief) -> None:
    """Give back what was dropped, but no more than this calculation deducts."""
    deducted = -sum(
        (Decimal(line.amount) for line in run.lines if line.stage is Stage.DEDUCTIONS), _NOTHING
    )
    words = Text(
        zh=f"经答复后免除 {one.amount}，扣款余 {plain(deducted)}",
        en=f"dropped after a reply: {one.amount}, of {plain(deducted)} deducted",
    )
    given = Input(kind="relief", id=one.id, version=one.version, code=RELIEF, value=one.amount)
    amount = min(Decimal(one.amount), max(deducted, _NOTHING))
    run.add(Stage.DEDUCTIONS, (RELIEF, RELIEF), [given], Worth(amount, words))


def _run_stage(run: Run, rules: tuple[PaymentRule, ...], stage: Stage) -> None:
    for rule in rules:
        if stage_of(rule) is not stage or isinstance(rule, TerminationRight):
            continue
        for milestone in _milestones(run.facts, rule):
            run.add(stage, _name(rule), [_delivery(milestone)], _of_milestone(run, rule, milestone))
        for observed in _observed(run.facts, rule):
            sight = Sight(observed, run.totals[rule.code])
            inputs = [_reading(observed[metric]) for metric in sorted(observed)]
            found = (
                moved(rule, sight, of=_earned(run, rule, observed))
                if isinstance(rule, Index)
                else worth(rule, sight)
            )
            run.add(stage, _name(rule), inputs, found)


def _earned(run: Run, rule: Index, observed: dict[str, VerifiedObservation]) -> Decimal:
    """Return what the rules that an index moves have earned for the period observed."""
    period = next(iter(observed.values())).period
    amounts = (
        Decimal(line.amount)
        for line in run.lines
        if line.rule in rule.rules and line.inputs[0].period == period
    )
    return sum(amounts, _NOTHING)


def _milestones(facts: Facts, rule: PaymentRule) -> Iterator[AcceptedMilestone]:
    if isinstance(rule, Fixed | ExcessDays):
        yield from (fact for fact in facts.milestones if fact.milestone == rule.milestone)


def _observed(facts: Facts, rule: PaymentRule) -> list[dict[str, VerifiedObservation]]:
    """Return what `rule` sees, one dictionary by metric for each period, the earliest first."""
    periods: dict[Period, dict[str, VerifiedObservation]] = {}
    named = metrics_of(rule)
    for fact in facts.observations:
        if fact.metric in named:
            periods.setdefault(fact.period, {})[fact.metric] = fact
    return [periods[period] for period in sorted(periods, key=_when)]


def _when(period: Period) -> tuple[str, str]:
    return period.starts_on.isoformat(), period.ends_on.isoformat()


def _of_milestone(run: Run, rule: PaymentRule, milestone: AcceptedMilestone) -> Worth:
    if isinstance(rule, ExcessDays):
        days = Decimal(_days_late(milestone))
        return excess(rule, days=days, before=run.totals[rule.code])
    amount = rule.amount if isinstance(rule, Fixed) else "0"
    zh, en = _part(milestone.share)
    words = Text(
        zh=f"里程碑 {milestone.milestone} 已验收：{amount}{zh}",
        en=f"milestone {milestone.milestone} accepted: {amount}{en}",
    )
    return Worth(Decimal(amount) * Decimal(milestone.share), words)


def _part(share: str) -> tuple[str, str]:
    """Return how an amount is multiplied where only a share is accepted; else nothing."""
    if Decimal(share) == 1:
        return "", ""
    return f" × {share}", f" x {share}"


def _days_late(milestone: AcceptedMilestone) -> int:
    """Return the days from due to delivery, a day begun being a day; 0 where in time."""
    late = datetime.fromisoformat(milestone.delivered_at) - datetime.fromisoformat(milestone.due_at)
    return max(-(-late // _DAY), 0)


def _limit(run: Run, stage: Stage, most: Decimal) -> None:
    """Add the line that brings the sum to `most`, or up to 0, where it is outside."""
    if run.sum > most:
        words = Text(
            zh=f"不超过合同余额 {plain(most)}", en=f"only {plain(most)} of the contract is left"
        )
        run.add(stage, (CAP, "cap"), (), Worth(most - run.sum, words))
    elif run.sum < 0:
        words = Text(zh="扣减不低于零", en="deductions stop at zero")
        run.waived -= run.sum
        run.add(stage, (FLOOR, "floor"), (), Worth(-run.sum, words))


def _withholdings(run: Run, rules: list[Retention], certified: Decimal) -> dict[str, Decimal]:
    """Return what each rule withholds of `certified`, together never more than it."""
    left, withheld = certified, dict[str, Decimal]()
    for rule in rules:
        room = max(Decimal(rule.limit) + run.totals[rule.code], _NOTHING)
        amount = run.rounded(min(Decimal(rule.rate) * certified, room, left))
        withheld[rule.code] = amount
        left -= amount
    return withheld


def _recover(
    run: Run, rule: Advance, retentions: list[Retention], base: tuple[Decimal, Decimal]
) -> None:
    """Recover from what is certified, as far as something is left after retention."""
    certified, held_back = base
    outstanding = run.totals[rule.code]
    before = Decimal(run.facts.certified_before)
    started = before + certified > Decimal(rule.starts_after) * run.contract_value
    if outstanding <= 0 or not started:
        return
    whole = certified if rule.first == "this" else before + certified
    if rule.base == "net":
        whole -= held_back if rule.first == "this" else _held_of(whole, retentions)
    done = Decimal(rule.amount) - outstanding if rule.first == "cumulative" else _NOTHING
    due = max(Decimal(rule.rate) * whole - done, _NOTHING)
    amount = min(due, outstanding, run.sum - held_back)
    words = Text(
        zh=f"{plain(whole)} × {rule.rate} − 已扣回 {plain(done)}，未扣回 {plain(outstanding)}",
        en=f"{plain(whole)} x {rule.rate} - {plain(done)}, outstanding {plain(outstanding)}",
    )
    run.add(Stage.ADVANCE_RECOVERY, _name(rule), (), Worth(-amount, words))


def _held_of(certified: Decimal, retentions: list[Retention]) -> Decimal:
    """Return what is retained of all that was certified, before any release."""
    held = (min(Decimal(rule.rate) * certified, Decimal(rule.limit)) for rule in retentions)
    return sum(held, _NOTHING)


def _pay_advance(run: Run, rule: Advance) -> None:
    for fact in run.facts.milestones:
        if fact.milestone == rule.milestone:
            zh, en = _part(fact.share)
            words = Text(zh=f"预付款 {rule.amount}{zh}", en=f"advance of {rule.amount}{en}")
            paid = Worth(Decimal(rule.amount) * Decimal(fact.share), words)
            run.add(Stage.ADVANCE_RECOVERY, _name(rule), [_delivery(fact)], paid)


def _retain(run: Run, rule: Retention, withheld: Decimal) -> None:
    if withheld > 0:
        words = Text(zh=f"按 {rule.rate} 留置，上限 {rule.limit}", en=f"{rule.rate} of certified")
        run.add(Stage.RETENTION, _name(rule), (), Worth(-withheld, words))
    accepted = {fact.milestone: fact for fact in run.facts.milestones}
    for release in rule.releases:
        given = _occasion(run.facts, release, accepted)
        held = -run.totals[rule.code]
        if given is not None and held > 0:
            fact = accepted.get(release.milestone or "")
            share = "1" if fact is None else fact.share
            zh, en = _part(share)
            words = Text(
                zh=f"释放留置款 {plain(held)} × {release.share}{zh}",
                en=f"release {plain(held)} x {release.share}{en}",
            )
            paid = Worth(held * Decimal(release.share) * Decimal(share), words)
            run.add(Stage.RETENTION, _name(rule), [given], paid)


def _occasion(
    facts: Facts, release: Release, accepted: dict[str, AcceptedMilestone]
) -> Input | None:
    """Return the milestone or the day that pays a part out, where it has come."""
    if release.on is not None:
        return _day(release.on) if release.on in facts.days else None
    fact = accepted.get(release.milestone or "")
    return None if fact is None else _delivery(fact)


def _day(day: date) -> Input:
    said = day.isoformat()
    return Input(kind="day", id=said, version=1, code="day", value=said)


def _name(rule: PaymentRule) -> tuple[str, str]:
    return rule.code, str(rule.__struct_config__.tag)


def _delivery(fact: AcceptedMilestone) -> Input:
    return Input(
        kind="milestone",
        id=fact.id,
        version=fact.version,
        code=fact.milestone,
        value=fact.delivered_at,
    )


def _reading(fact: VerifiedObservation) -> Input:
    return Input(
        kind="observation" if fact.aggregate is UNSET else "aggregate",
        id=fact.id,
        version=fact.version,
        code=fact.metric,
        period=fact.period,
        value=fact.value,
    )
