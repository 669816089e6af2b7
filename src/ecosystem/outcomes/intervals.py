"""Intervals of a survey's result: how far what a sample says may be from what all would say.

Two methods, each a pure function of whole numbers and decimals, with a version in its name: what
it gives for a sample never changes.

- `wilson-1`, of a proportion: the score interval of Wilson (1927), without continuity correction.
- `t-1`, of a mean of thirty ratings or more: the mean and its standard error times the quantile of
  Student's distribution, by the expansion of Fisher and Cornish to the fourth power of
  1/(n - 1) (Abramowitz and Stegun, 26.7.5).

Quantiles of the normal distribution are taken to fifteen places. The ends are rounded outwards to
nine places, and cut to what a result can be at all. Neither reckons with a small population.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from ecosystem.contracts.form_shapes import Confidence, Survey
from ecosystem.contracts.observing import RATINGS_MIN
from ecosystem.values.patterns import whole

Exact = Annotated[
    str,
    Meta(
        pattern=whole(r"-?(0|[1-9][0-9]*)(\.[0-9]{1,9})?"),
        description="Decimal string, as long as it has to be.",
        examples=["1234.5"],
    ),
]
NORMAL: Final[dict[Confidence, Decimal]] = {
    "0.90": Decimal("1.644853626951473"),
    "0.95": Decimal("1.959963984540054"),
    "0.99": Decimal("2.575829303548901"),
}
"""Quantiles of the normal distribution, of (1 + confidence) / 2."""
_STUDENT: Final[tuple[tuple[int, Sequence[tuple[int, int]]], ...]] = (
    (4, ((1, 1), (3, 1))),
    (96, ((1, 3), (3, 16), (5, 5))),
    (384, ((1, -15), (3, 17), (5, 19), (7, 3))),
    (92_160, ((1, -945), (3, -1920), (5, 1482), (7, 776), (9, 79))),
)
"""Of each power of 1/(n - 1): the divisor, and the factors of the powers of the quantile."""
_PRECISION: Final = 80
_NINE: Final = Decimal("0.000000001")
_ONE: Final = Decimal(1)
_NOTHING: Final = Decimal(0)


class Interval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Between which values the result of all people lies, so far as a sample can tell."""

    method: Literal["wilson-1", "t-1", "supposed"]
    """`wilson-1` of a proportion, `t-1` of a mean; `supposed` in a simulation only."""
    confidence: Confidence | None
    """How sure it is; None where it is supposed."""
    lower: Exact
    upper: Exact


class Sample(NamedTuple):
    """What was answered: of one window, or of several that are one sample together."""

    size: int
    """How many answered."""
    total: Decimal
    """How many said yes, or the sum of their ratings."""
    squares: Decimal | None
    """The sum of the squares of their ratings; None of a proportion."""


def interval(survey: Survey, sample: Sample, *, factor: str = "1") -> Interval | None:
    """Return the interval of a sample's result, where it has one.

    It has none where the sample is too small, or where what was observed before the metric became
    a survey adds up to what no sample can say. `factor` is by what a proportion is multiplied.
    """
    if not _is_sample(survey, sample):
        return None
    with localcontext(prec=_PRECISION):
        z = NORMAL[survey.confidence]
        if survey.statistic == "proportion":
            if sample.size < 1:
                return None
            times = Decimal(factor)
            lower, upper = _wilson(sample, z)
            return _interval("wilson-1", survey.confidence, lower * times, upper * times)
        if sample.size < RATINGS_MIN or sample.squares is None or survey.scale is None:
            return None
        lower, upper = _student(sample, sample.squares, z)
        least, most = Decimal(survey.scale.lower), Decimal(survey.scale.upper)
        return _interval("t-1", survey.confidence, max(lower, least), min(upper, most))


def _is_sample(survey: Survey, sample: Sample) -> bool:
    """Tell whether so many can have answered what adds up to the total."""
    scale = survey.scale
    least, most = (_NOTHING, _ONE) if scale is None else map(Decimal, (scale.lower, scale.upper))
    return sample.size > 0 and least * sample.size <= sample.total <= most * sample.size


def student(freedom: int, z: Decimal) -> Decimal:
    """Return the quantile of Student's distribution where the normal one's is `z`.

    Of at least 29 degrees of freedom: there it is right to the fifth place.
    """
    return z + sum(
        (
            sum((times * z**power for power, times in factors), _NOTHING)
            / (divisor * Decimal(freedom) ** order)
            for order, (divisor, factors) in enumerate(_STUDENT, 1)
        ),
        _NOTHING,
    )


def _wilson(sample: Sample, z: Decimal) -> tuple[Decimal, Decimal]:
    size, share = Decimal(sample.size), sample.total / sample.size
    spread = z * z / size
    middle = share + spread / 2
    half = z * (share * (1 - share) / size + spread / (4 * size)).sqrt()
    return max((middle - half) / (1 + spread), _NOTHING), min((middle + half) / (1 + spread), _ONE)


def _student(sample: Sample, squares: Decimal, z: Decimal) -> tuple[Decimal, Decimal]:
    size = Decimal(sample.size)
    mean = sample.total / size
    spread = max((size * squares - sample.total**2) / (size * (size - 1)), _NOTHING)
    half = student(sample.size - 1, z) * (spread / size).sqrt()
    return mean - half, mean + half


def _interval(
    method: Literal["wilson-1", "t-1"], confidence: Confidence, lower: Decimal, upper: Decimal
) -> Interval:
    return Interval(
        method=method,
        confidence=confidence,
        lower=plain(lower.quantize(_NINE, ROUND_FLOOR)),
        upper=plain(upper.quantize(_NINE, ROUND_CEILING)),
    )


def plain(value: Decimal) -> str:
    """Return a number without exponent and without zeros at its end."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
