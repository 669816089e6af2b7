"""When a right to end a contract arises, and when it lapses."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.payment_rules import TerminationRight
from ecosystem.contracts.rights.arising import first
from ecosystem.contracts.rights.model import (
    Arose,
    Entitlement,
    Holder,
    Lapsed,
    RightFacts,
    Source,
    State,
)
from ecosystem.contracts.rule_parts import Direction
from ecosystem.values.actor import Actor

_HOLDERS: Final[dict[str, Holder]] = {
    "buyer": "authority", "supplier": "supplier", "either": "either",
}  # fmt: skip
_GOES_ON: Final = frozenset({ContractState.ACTIVE, ContractState.SUSPENDED})


def arise(facts: RightFacts, *, by: Actor, at: datetime) -> Arose | None:
    """Return the right that has arisen; None where it stands already, or nothing lets it arise.

    The calculation is a new one: the last of those that read what was worse, or else, where what
    was better is so no more, the first that reads its metric. Nothing arises under a contract
    that has ended.
    """
    del by, at
    asked = facts.entitlement
    if asked is None or facts.standing_id is not None or facts.contract_state not in _GOES_ON:
        return None
    worse = first(asked, facts.seen)
    if not worse:
        return None
    return Arose(
        state=State.STANDING,
        holder=asked.holder,
        period=worse[-1].period,
        observations=tuple(one.id for one in worse),
        calculation_id=next(
            (one.calculation_id for one in reversed(worse) if one.is_new), _first_new(facts)
        ),
    )


def lapse(facts: RightFacts, *, by: Actor, at: datetime) -> Lapsed | None:
    """Return that a right lapses; None where it still follows from what is proved, or none stands.

    The calculation is the first new one that reads its metric, or else the first new one.
    """
    del by, at
    asked = facts.entitlement
    if facts.standing_id is None or (asked is not None and first(asked, facts.seen)):
        return None
    return Lapsed(state=State.LAPSED, calculation_id=_first_new(facts))


def _first_new(facts: RightFacts) -> str:
    """Return the first new calculation that reads the metric, or else the first new one."""
    new = (one for one in facts.seen if one.is_new)
    earliest = min(new, key=lambda one: (one.period.ends_on, one.period.starts_on), default=None)
    return facts.made[0] if earliest is None else earliest.calculation_id


def entitlements(terms: ContractTerms) -> Iterator[Entitlement]:
    """Yield every right that the terms let arise from observations.

    One among the payment rules is the authority's: it is about what the supplier delivers. Of a
    termination the metric says which direction is the better one.
    """
    for rule in terms.payment_rules:
        if isinstance(rule, TerminationRight):
            yield Entitlement(
                source=Source.PAYMENT_RULE, code=rule.code, holder="authority",
                metric=rule.metric, direction=rule.direction, worse_than=rule.worse_than,
                inclusive=rule.inclusive, times=rule.times, of_periods=rule.of_periods,
            )  # fmt: skip
    better: dict[str, Direction] = {one.code: one.direction for one in terms.metrics}
    for one in terms.termination:
        trigger = one.trigger
        if trigger is not None and trigger.metric in better:
            yield Entitlement(
                source=Source.TERMINATION, code=one.code, holder=_HOLDERS[one.holder],
                metric=trigger.metric, direction=better[trigger.metric],
                worse_than=trigger.worse_than, inclusive=False, times=trigger.times,
                of_periods=trigger.of_periods,
            )  # fmt: skip
