"""What a change comes to: places that differ, value, dates, metrics, rules, limits."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, Literal

import msgspec

from ecosystem.catalogue.profiles.model import ChangeGround, ChangeLimit
from ecosystem.contracts.changes.model import (
    Act,
    DateImpact,
    Difference,
    Impact,
    LimitImpact,
    PartImpact,
    ProposeFacts,
    ValueImpact,
)
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.rule_limits import cliffs
from ecosystem.needs.amending.differences import found
from ecosystem.needs.amending.model import Difference as Changed
from ecosystem.values.money import Money, of

_CODED: Final = ("clauses", "milestones", "metrics", "payment_rules", "data_terms", "changes")
_HUNDRED: Final = Decimal(100)
_HUNDREDTH: Final = Decimal("0.01")


def between(
    before: ContractTerms,
    after: ContractTerms,
    *,
    first: Money,
    limits: tuple[LimitImpact, ...],
) -> Impact:
    """Return what it comes to when `after` takes the place of `before`."""
    ends = (before.period.ends_on, after.period.ends_on)
    return Impact(
        differences=tuple(differences(before, after)),
        value=_value(before.value, after.value, first=first),
        ends_on_before=ends[0],
        ends_on_after=ends[1],
        ends_on_moved_days=(ends[1] - ends[0]).days,
        milestones=tuple(_dates(before, after)),
        metrics=tuple(_parts(before.metrics, after.metrics)),
        payment_rules=tuple(_parts(before.payment_rules, after.payment_rules)),
        cliffs=cliffs(after.payment_rules),
        limits=limits,
    )


def differences(before: ContractTerms, after: ContractTerms) -> Iterator[Difference]:
    """Yield the deepest places that differ; what has a code is compared with its like."""
    old: dict[str, Any] = msgspec.to_builtins(before)
    new: dict[str, Any] = msgspec.to_builtins(after)
    for name, was in old.items():
        compared = _coded if name in _CODED else found
        for one in compared(was, new[name], pointer=f"/{name}"):
            yield Difference(pointer=one.pointer, before=one.before, after=one.after)


def limits(
    facts: ProposeFacts, ground: ChangeGround, terms: ContractTerms
) -> Iterator[LimitImpact]:
    """Yield each limit that is set, with what would then have been added in all."""
    added = terms.value.decimal() - facts.terms.value.decimal()
    alike = [Decimal(one.change) for one in facts.earlier if one.ground == ground.code]
    first, rule = facts.first_value, facts.limit
    if ground.share_each_max is not None:
        yield _limit("share_each_max", ground.share_each_max, ground, added, first=first)
    if ground.share_all_max is not None:
        together = added + sum(alike, Decimal(0))
        yield _limit("share_all_max", ground.share_all_max, ground, together, first=first)
    if rule.share_max is not None:
        since = terms.value.decimal() - first.decimal()
        yield _limit("share_max", rule.share_max, rule, since, first=first)


def _limit(
    rule: Literal["share_each_max", "share_all_max", "share_max"],
    share: str,
    cited: ChangeGround | ChangeLimit,
    added: Decimal,
    *,
    first: Money,
) -> LimitImpact:
    return LimitImpact(
        rule=rule,
        law=cited.law,
        article=cited.article,
        share_max=share,
        allowed=of(first.decimal() * Decimal(share), first.currency),
        added=f"{added:f}",
    )


def _coded(before: list[Any], after: list[Any], *, pointer: str) -> Iterator[Changed]:
    left = {one["code"]: one for one in before}
    for at, one in enumerate(after):
        yield from found(left.pop(one["code"], None), one, pointer=f"{pointer}/{at}")
    for at, one in enumerate(before):
        if one["code"] in left:
            yield Changed(pointer=f"{pointer}/{at}", before=one, after=None)


def _value(before: Money, after: Money, *, first: Money) -> ValueImpact:
    return ValueImpact(
        before=before,
        after=after,
        change=f"{after.decimal() - before.decimal():f}",
        per_cent=_per_cent(after.decimal() - before.decimal(), of=before),
        first=first,
        change_since_first=f"{after.decimal() - first.decimal():f}",
        per_cent_since_first=_per_cent(after.decimal() - first.decimal(), of=first),
    )


def _per_cent(part: Decimal, *, of: Money) -> str:
    share = part * _HUNDRED / of.decimal()
    return f"{share.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP) + 0:f}"


def _dates(before: ContractTerms, after: ContractTerms) -> Iterator[DateImpact]:
    old = {one.code: one.due_on for one in before.milestones}
    new = {one.code: one.due_on for one in after.milestones}
    for code, act in _acts(before.milestones, after.milestones):
        was, becomes = old.get(code), new.get(code)
        yield DateImpact(
            code=code,
            act=act,
            due_on_before=was,
            due_on_after=becomes,
            moved_days=None if was is None or becomes is None else (becomes - was).days,
        )


def _parts(before: Sequence[Any], after: Sequence[Any]) -> Iterator[PartImpact]:
    for code, act in _acts(before, after):
        yield PartImpact(code=code, act=act)


def _acts(before: Sequence[Any], after: Sequence[Any]) -> Iterator[tuple[str, Act]]:
    old, new = ({one.code: one for one in parts} for parts in (before, after))
    for code in {**old, **new}:
        if code not in new:
            yield code, "removed"
        elif code not in old:
            yield code, "added"
        elif old[code] != new[code]:
            yield code, "changed"
