"""How a supposed value comes out: exact for points of a range, drawn by seed for the rest.

A draw is the first 52 bits of SHA-256 over `seed/draw/place`, plus a half, over 2^52: a number
between 0 and 1 that anybody computes again. It goes through the inverse of the distribution.
"""

import hashlib
from decimal import ROUND_HALF_UP, Decimal
from functools import singledispatch
from itertools import accumulate
from statistics import NormalDist
from typing import Final

from ecosystem.payments.shapes import plain
from ecosystem.payments.simulating.model import (
    Chosen,
    Normal,
    Range,
    Single,
    Supposition,
    Triangular,
    Uniform,
)

_BITS: Final = 52
_HALF: Final = Decimal("0.5")


def chance(seed: int, draw: int, place: str) -> Decimal:
    """Return the number between 0 and 1 that belongs to a seed, a draw and a place."""
    digest = hashlib.sha256(f"{seed}/{draw}/{place}".encode()).digest()
    bits = int.from_bytes(digest[:8]) >> (64 - _BITS)
    return (Decimal(bits) + _HALF) / (1 << _BITS)


def points(one: Range) -> tuple[str, ...]:
    """Return the values of a range, each as far from the one before."""
    low, high = Decimal(one.lower), Decimal(one.to)
    step = (high - low) / (one.points - 1)
    return tuple(_written(low + step * at, 9) for at in range(one.points))


@singledispatch
def drawn(of: Supposition, luck: Decimal) -> str:
    """Return the value for a number between 0 and 1. Requires anything but a range."""
    raise TypeError(of, luck)


@drawn.register
def _single(of: Single, luck: Decimal) -> str:
    del luck
    return of.value


@drawn.register
def _uniform(of: Uniform, luck: Decimal) -> str:
    low, high = Decimal(of.low), Decimal(of.high)
    return _written(low + (high - low) * luck, of.places)


@drawn.register
def _triangular(of: Triangular, luck: Decimal) -> str:
    low, mode, high = Decimal(of.low), Decimal(of.mode), Decimal(of.high)
    width = high - low
    if luck * width <= mode - low:
        value = low + (luck * width * (mode - low)).sqrt()
    else:
        value = high - ((1 - luck) * width * (high - mode)).sqrt()
    return _written(value, of.places)


@drawn.register
def _normal(of: Normal, luck: Decimal) -> str:
    away = Decimal(NormalDist().inv_cdf(float(luck))) * Decimal(of.deviation)
    value = Decimal(of.mean) + away
    if of.least is not None:
        value = max(value, Decimal(of.least))
    if of.most is not None:
        value = min(value, Decimal(of.most))
    return _written(value, of.places)


@drawn.register
def _chosen(of: Chosen, luck: Decimal) -> str:
    reached = accumulate(Decimal(one.probability) for one in of.options)
    for option, edge in zip(of.options, reached, strict=True):
        if luck < edge:
            return option.value
    return of.options[-1].value


def _written(value: Decimal, places: int) -> str:
    return plain(value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))
