"""How a price becomes a score: pure formulas, each published by name and version.

A formula never changes; a better one is a new version. The two defaults look at one price at
a time. The relative ones look at the others as well, so that an offer that loses can decide
which of two others wins; they are used only where a jurisdiction's profile asks for them.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final

from ecosystem.values.refusal import Kind, Refusal

HUNDRED: Final = Decimal(100)


class Formula(StrEnum):
    """A price formula with its version."""

    ABSOLUTE_CEILING = "absolute_ceiling/1"
    QUALITY_TO_PRICE = "quality_to_price/1"
    LOWEST_RATIO = "lowest_ratio/1"
    SPREAD = "spread/1"
    MEAN = "mean/1"

    @property
    def is_relative(self) -> bool:
        """Tell whether a price's score depends on the other prices."""
        return self in _RELATIVE


_RELATIVE: Final = frozenset({Formula.LOWEST_RATIO, Formula.SPREAD, Formula.MEAN})


class PriceAboveCeiling(Refusal):
    """The price is above the published ceiling."""

    kind = Kind.UNMET
    remedy = "Offer a price no higher than the ceiling of the lot."


def absolute_ceiling(price: Decimal, *, ceiling: Decimal) -> Decimal:
    """Return 100 x (ceiling - price) / ceiling.

    From 0 at the ceiling to 100 for nothing; independent of other offers. Requires a ceiling
    above 0 and a price of 0 or more. Refuses with PriceAboveCeiling.
    Source: the absolute linear form of Stilger, Siderius and van Raaij, "A comparative study
    of formulas for choosing the economically most advantageous tender", Journal of Public
    Procurement 17(1), 2017.
    """
    _check(price, ceiling=ceiling)
    return HUNDRED * (ceiling - price) / ceiling


def quality_to_price(
    price: Decimal, *, ceiling: Decimal, point_value: Decimal, weight: Decimal
) -> Decimal:
    """Return 100 x (ceiling - price) / (weight x point_value).

    `point_value` is the money that the buyer declares one point of the other criteria to be
    worth. Weighted, a price gives (ceiling - price) / point_value points: so the most points
    go to the lowest of price - point_value x other points. From 0 at the ceiling, over 100
    where a saving is worth more than the weight; independent of other offers. Requires a
    ceiling, weight and point value above 0 and a price of 0 or more. Refuses with
    PriceAboveCeiling.
    Source: quality-to-price scoring of Bergman and Lundberg, "Tender evaluation and award
    methodologies in public procurement", 2011.
    """
    _check(price, ceiling=ceiling)
    return HUNDRED * (ceiling - price) / (weight * point_value)


def lowest_ratio(price: Decimal, *, prices: Sequence[Decimal]) -> Decimal:
    """Return 100 x lowest / price, where `prices` are all, this one among them.

    Over 0, and 100 for the lowest; 100 for a price of 0. Relative: in 0.5 % of 10,000 random
    contests of three an offer that did not win turned the order of the others
    (`ecosystem evaluations reversals`).
    Source: China, Ministry of Finance, Order 87 (2017), article 55: low-price-first.
    """
    lowest = min(prices)
    return HUNDRED if price == lowest else HUNDRED * lowest / price


def spread(price: Decimal, *, prices: Sequence[Decimal]) -> Decimal:
    """Return 100 x (highest - price) / (highest - lowest).

    From 0 for the highest to 100 for the lowest; 100 where all are equal. Relative: an
    offer that did not win turned the order of the others in 19.8 % of such contests.
    Source: a relative form of Stilger, Siderius and van Raaij, 2017.
    """
    lowest, highest = min(prices), max(prices)
    return HUNDRED if lowest == highest else HUNDRED * (highest - price) / (highest - lowest)


def mean(price: Decimal, *, prices: Sequence[Decimal]) -> Decimal:
    """Return 50 + 100 x (average - price) / average, kept within 0 and 100.

    The average has 50; one point more or less for each per cent below or above it. 50 where
    all prices are 0. Relative: an offer that did not win turned the order of the others in
    1.1 % of such contests.
    Source: the mean average method of UK guides, procurementtemplates.co.uk/mean-calculation.
    """
    average = sum(prices, Decimal(0)) / len(prices)
    if average == 0:
        return HUNDRED / 2
    return min(HUNDRED, max(Decimal(0), HUNDRED / 2 + HUNDRED * (average - price) / average))


def _check(price: Decimal, *, ceiling: Decimal) -> None:
    if price > ceiling:
        raise PriceAboveCeiling(f"{price} is above the ceiling of {ceiling}.")
