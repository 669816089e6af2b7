"""Run the engine over what is supposed, as often as asked, and say how it comes out."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Final

import msgspec

from ecosystem.contracts.rights.arising import Right, rights
from ecosystem.contracts.rule_limits import cliffs
from ecosystem.payments import engine
from ecosystem.payments.calculation import Calculation, Facts, VerifiedObservation
from ecosystem.payments.shapes import exact
from ecosystem.payments.simulating import plan
from ecosystem.payments.simulating.model import (
    At,
    GridPoint,
    Known,
    Range,
    RightArisen,
    Series,
    SimulatedStep,
    Simulation,
    Spread,
    Suppositions,
)
from ecosystem.payments.simulating.plan import Group
from ecosystem.payments.stepping import Earlier, step_of
from ecosystem.values import money

TOTAL: Final = "total"
EARNED: Final = "earned"
_NOTHING: Final = Decimal(0)
_PERCENTS: Final = (5, 25, 50, 75, 95)
_FINE: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What one run comes to: amounts by step."""

    totals: tuple[Decimal, ...]
    by_rule: tuple[Mapping[str, Decimal], ...]
    arisen: tuple[Right, ...]

    @property
    def earned(self) -> Decimal:
        """What all steps come to."""
        return sum(self.totals, _NOTHING)


def simulate(known: Known, asked: Suppositions, *, watched: Callable[[], None]) -> Simulation:
    """Return what the rules would pay.

    `watched` is called before every run, so that whoever calls can end what takes too long.
    Refuses with SuppositionsUnsound, SimulationTooLarge, then with RulesUnsound.
    """
    plan.refuse_unsound(known, asked)
    groups, grid = tuple(plan.groups(known, asked)), plan.grid(asked)
    plan.refuse_large(known, asked, groups, runs=len(grid) * asked.draws)
    _refuse_whole(known, asked, groups, at=grid[0])
    first = _published(known, asked, groups, at=grid[0])
    with exact():
        outcomes = [
            [
                _run(known, asked, groups, at=at, draw=draw, watched=watched)
                for draw in range(asked.draws)
            ]
            for at in grid
        ]
        return _told(known, asked, groups, grid, outcomes, published=first)


def _told(
    known: Known, asked: Suppositions, groups: tuple[Group, ...],
    grid: tuple[tuple[str, ...], ...], outcomes: list[list[_Outcome]], *,
    published: tuple[Calculation, ...],
) -> Simulation:  # fmt: skip
    """Return what all runs come to. Call inside `exact()`: amounts may be long."""
    everything = [one for at in outcomes for one in at]
    is_one, told = len(everything) == 1, _Telling(known.currency)
    return Simulation(
        engine_version=engine.ENGINE_VERSION,
        currency=known.currency,
        runs=len(everything),
        steps=tuple(
            SimulatedStep(ordinal=ordinal, on=group.turn[0], is_known=group.is_known)
            for ordinal, group in enumerate(groups, start=1)
        ),
        earned=told.spread([one.earned for one in everything]),
        series=told.series(known, everything) if len(grid) == 1 else (),
        grid=told.grid(asked, grid, outcomes) if len(grid) > 1 else (),
        rights=_likely(everything),
        cliffs=cliffs(known.rules),
        calculations=published if is_one else (),
        arisen=everything[0].arisen if is_one else (),
    )


def _refuse_whole(
    known: Known, asked: Suppositions, groups: tuple[Group, ...], *, at: tuple[str, ...]
) -> None:
    """Refuse unsound rules also where nothing is supposed.

    What is computed is no step of the contract, and nobody sees it.
    """
    facts = [plan.facts_of(group, asked, at=at, draw=0) for group in groups]
    engine.calculate(
        known.rules,
        Facts(
            milestones=tuple(one for step in facts for one in step.milestones),
            observations=tuple(one for step in facts for one in step.observations),
            days=tuple(one for step in facts for one in step.days),
        ),
        currency=known.currency,
        contract_value=Decimal(known.contract_value),
        paid_before=_NOTHING,
    )


def _published(
    known: Known, asked: Suppositions, groups: tuple[Group, ...], *, at: tuple[str, ...]
) -> tuple[Calculation, ...]:
    """Return the calculations of the first run, as they would be published."""
    made, earlier = list[Calculation](), Earlier()
    for ordinal, group in enumerate(groups, start=1):
        one = earlier.calculate(
            group.rules,
            plan.facts_of(group, asked, at=at, draw=0),
            currency=known.currency,
            contract_value=Decimal(known.contract_value),
            taxes=group.taxes,
        )
        earlier.add(step_of(one, calculation_id="", ordinal=ordinal))
        made.append(one)
    return tuple(made)


def _run(
    known: Known,
    asked: Suppositions,
    groups: tuple[Group, ...],
    *,
    at: tuple[str, ...],
    draw: int,
    watched: Callable[[], None],
) -> _Outcome:
    """Run the pipeline of the engine once over all steps. Call inside `exact()`."""
    watched()
    value = Decimal(known.contract_value)
    before, certified, paid = defaultdict[str, Decimal](Decimal), _NOTHING, _NOTHING
    totals, by_rule, seen = (
        list[Decimal](),
        list[Mapping[str, Decimal]](),
        list[VerifiedObservation](),
    )
    for group in groups:
        given = plan.facts_of(group, asked, at=at, draw=draw)
        facts = engine.in_order(msgspec.structs.replace(given, certified_before=f"{certified:f}"))
        limits = engine.Limits(known.currency, value, paid, group.taxes)
        rules = engine.by_code(group.rules)
        run, earned, taxed = engine.carried(rules, facts, before, limits=limits)
        changed = {code: run.totals[code] - before[code] for code in run.totals}
        before, certified = run.totals, certified + earned
        paid += run.sum + engine.withheld(taxed)
        totals.append(run.sum)
        by_rule.append(changed)
        seen += facts.observations
    return _Outcome(tuple(totals), tuple(by_rule), rights(known.rules, seen))


@dataclass(frozen=True, slots=True)
class _Telling:
    """Says how amounts come out."""

    currency: str

    def series(self, known: Known, outcomes: list[_Outcome]) -> tuple[Series, ...]:
        """Return how each rule comes out in each step, and then both sums."""
        rules = sorted({code for one in outcomes for step in one.by_rule for code in step})
        steps = range(len(outcomes[0].totals))
        every = (known.rules, *(step.rules for step in known.steps))
        named = {rule.code for among in every for rule in among}
        found = [
            self._series(
                rule,
                [[one.by_rule[at].get(rule, _NOTHING) for one in outcomes] for at in steps],
            )
            for rule in rules
            if rule in named
        ]
        totals = [[one.totals[at] for one in outcomes] for at in steps]
        sums = [[sum(one.totals[: at + 1], _NOTHING) for one in outcomes] for at in steps]
        return (*found, self._series(TOTAL, totals), self._series(EARNED, sums))

    def _series(self, rule: str, steps: list[list[Decimal]]) -> Series:
        return Series(rule=rule, steps=tuple(self.spread(amounts) for amounts in steps))

    def grid(
        self,
        asked: Suppositions,
        grid: tuple[tuple[str, ...], ...],
        outcomes: list[list[_Outcome]],
    ) -> tuple[GridPoint, ...]:
        """Return how all comes out at each point of the grid."""
        metrics = [one.metric for one in asked.values if isinstance(one.value, Range)]
        return tuple(
            GridPoint(
                at=tuple(
                    At(metric=metric, value=value)
                    for metric, value in zip(metrics, at, strict=True)
                ),
                earned=self.spread([one.earned for one in found]),
            )
            for at, found in zip(grid, outcomes, strict=True)
        )

    def spread(self, amounts: Iterable[Decimal]) -> Spread:
        """Return how amounts, at least one, lie. Percentiles by the nearest rank."""
        ranked = sorted(amounts)
        low, quarter, half, most, high = (
            ranked[ceil(percent * len(ranked) / 100) - 1] for percent in _PERCENTS
        )
        mean = sum(ranked, _NOTHING) / len(ranked)
        return Spread(
            mean=self._told(mean),
            least=self._told(ranked[0]),
            p05=self._told(low),
            p25=self._told(quarter),
            p50=self._told(half),
            p75=self._told(most),
            p95=self._told(high),
            most=self._told(ranked[-1]),
        )

    def _told(self, amount: Decimal) -> str:
        return money.of(amount + 0, self.currency).amount


def _likely(outcomes: list[_Outcome]) -> tuple[RightArisen, ...]:
    count = Counter(right.rule for one in outcomes for right in one.arisen)
    return tuple(
        RightArisen(rule=rule, share=f"{(Decimal(times) / len(outcomes)).quantize(_FINE):f}")
        for rule, times in sorted(count.items())
    )
