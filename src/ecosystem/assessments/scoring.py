"""Compute a score from evidence: exact fractions, and two scores where something is unmeasured.

Each part of an indicator weighs the same. A part counts 1 where its target is met, else actual
over target (or target over actual, where lower is better), from 0 to 1. Points of an indicator
are the mean of its parts times its weight; nothing is rounded before the grade is found.
"""

from decimal import Decimal
from fractions import Fraction as Ratio
from typing import Final

from ecosystem.assessments.model import Evidence, IndicatorScore, Part, Score, Scored
from ecosystem.catalogue.profiles.model import AssessmentTable, Indicator

_NINE: Final = 10**9


def score(evidence: Evidence) -> Scored:
    """Return evidence with what it comes to."""
    lines = [_indicator(one, evidence) for one in evidence.table.indicators]
    least = sum((low for _, low, _ in lines), Ratio(0))
    most = sum((high for _, _, high in lines), Ratio(0))
    grades = {grade_of(least, evidence.table), grade_of(most, evidence.table)}
    return Scored(
        evidence=evidence,
        score=Score(
            indicators=tuple(line for line, _, _ in lines),
            points_min=_shown(least),
            points_max=_shown(most),
            exact_min=_exact(least),
            exact_max=_exact(most),
            grade=grades.pop() if len(grades) == 1 else None,
        ),
    )


def grade_of(points: Ratio, table: AssessmentTable) -> str:
    """Return the grade of unrounded points: the first whose least score they reach."""
    return next(one.code for one in table.grades if points >= Ratio(one.score_min))


def worth(part: Part) -> Ratio | None:
    """Return what a part counts, from 0 to 1; None where nothing was measured."""
    if part.actual is None:
        return None
    actual, target = Ratio(Decimal(part.actual)), Ratio(Decimal(part.target))
    higher = part.direction == "higher"
    if (actual >= target) if higher else (actual <= target):
        return Ratio(1)
    above, below = (actual, target) if higher else (target, actual)
    return max(Ratio(0), min(Ratio(1), above / below)) if below > 0 else Ratio(0)


def _indicator(one: Indicator, evidence: Evidence) -> tuple[IndicatorScore, Ratio, Ratio]:
    """Return the line of an indicator, and its points at worst and at best."""
    is_aside = any(aside.indicator == one.code for aside in evidence.set_aside)
    parts = [part for part in evidence.parts if part.indicator == one.code]
    found = [value for part in parts if (value := worth(part)) is not None and not is_aside]
    weight = Ratio(Decimal(one.weight))
    each = weight / len(parts) if parts else Ratio(0)
    least = each * sum(found, Ratio(0))
    most = least + each * (len(parts) - len(found)) if parts else weight
    line = IndicatorScore(
        code=one.code,
        weight=one.weight,
        state="not_demonstrated" if not found
        else "demonstrated" if len(found) == len(parts) else "partly",
        parts=len(parts),
        demonstrated=len(found),
        points_min=_shown(least),
        points_max=_shown(most),
        exact_min=_exact(least),
        exact_max=_exact(most),
    )  # fmt: skip
    return line, least, most


def _exact(value: Ratio) -> str:
    return f"{value.numerator}/{value.denominator}"


def _shown(value: Ratio) -> str:
    """Return a ratio that is not negative, rounded half up to nine places."""
    units = (value * _NINE * 2 + 1) // 2
    text = f"{units // _NINE}.{units % _NINE:09d}"
    return text.rstrip("0").rstrip(".")
