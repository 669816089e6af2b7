"""Splits a secret among n holders so that any k rebuild it and fewer learn nothing.

Shamir's scheme over GF(2^8), byte by byte, with the field of AES (x^8 + x^4 + x^3 + x + 1).
A share is the values of the secret's polynomials at one x, followed by the byte x: the
layout of HashiCorp Vault. Holder number i of 1..n has x = i.

Source: A. Shamir, "How to share a secret", CACM 22(11), 1979; the field: FIPS 197, 4.2.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

HOLDERS_MAX: Final = 255
"""As many holders as the field has elements other than 0, where the secret lies."""


def coefficients_length(secret_length: int, *, threshold: int) -> int:
    """Return how many random bytes `split` needs for a secret of `secret_length` bytes."""
    return secret_length * (threshold - 1)


def split(secret: bytes, *, threshold: int, holders: int, coefficients: bytes) -> tuple[bytes, ...]:
    """Return one share for each of `holders`; any `threshold` of them rebuild `secret`.

    `coefficients` are uniformly random and never used again: `len(secret)` bytes for x^1, then
    as many for x^2, up to x^(threshold - 1). A zero among them is as good as any other byte.
    Requires 1 <= threshold <= holders <= 255; anything else is a ValueError.
    """
    if not 1 <= threshold <= holders <= HOLDERS_MAX:
        raise ValueError("requires 1 <= threshold <= holders <= 255")
    if len(coefficients) != coefficients_length(len(secret), threshold=threshold):
        raise ValueError("requires len(secret) random bytes for each power of x")
    size = len(secret)
    rows = [secret, *(coefficients[at : at + size] for at in range(0, len(coefficients), size))]
    return tuple(
        bytes(_evaluate([row[at] for row in rows], x) for at in range(size)) + bytes([x])
        for x in range(1, holders + 1)
    )


def combine(shares: Sequence[bytes]) -> bytes:
    """Return the secret of which `shares` are at least as many as the threshold.

    Fewer shares, or false ones, give other bytes and no warning: check what is returned.
    """
    return value_at(shares, 0)


def value_at(shares: Sequence[bytes], x: int) -> bytes:
    """Return what the polynomials through `shares` are at `x`; at 0 that is the secret.

    Requires shares of one length with x distinct and not 0; anything else is a ValueError.
    """
    points = [share[-1] for share in shares if len(share) > 1]
    if not points or len(points) != len(shares) or len(set(points)) != len(points) or 0 in points:
        raise ValueError("requires shares with distinct x, none of them 0")
    if any(len(left) != len(right) for left, right in pairwise(shares)):
        raise ValueError("requires shares of one length")
    weights = [_weight(points, at=at, x=x) for at in range(len(points))]
    columns = zip(*(share[:-1] for share in shares), strict=True)
    return bytes(_sum_of_products(column, weights) for column in columns)


def _multiply(left: int, right: int) -> int:
    """Multiply in the field. Python keeps no time constant, so this does not pretend to."""
    if left == 0 or right == 0:
        return 0
    return _POWERS[(_LOGARITHMS[left] + _LOGARITHMS[right]) % 255]


def _divide(left: int, right: int) -> int:
    if left == 0:
        return 0
    return _POWERS[(_LOGARITHMS[left] - _LOGARITHMS[right]) % 255]


def _evaluate(coefficients: Sequence[int], x: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = _multiply(value, x) ^ coefficient
    return value


def _weight(points: Sequence[int], *, at: int, x: int) -> int:
    """Return Lagrange's basis polynomial of point `at`, evaluated at `x`."""
    weight = 1
    for other, point in enumerate(points):
        if other != at:
            weight = _multiply(weight, _divide(x ^ point, points[at] ^ point))
    return weight


def _sum_of_products(values: Sequence[int], weights: Sequence[int]) -> int:
    total = 0
    for value, weight in zip(values, weights, strict=True):
        total ^= _multiply(value, weight)
    return total


def _powers_of_three() -> tuple[int, ...]:
    powers = [1]
    for _ in range(254):
        doubled = powers[-1] << 1
        reduced = doubled ^ 0x11B if doubled & 0x100 else doubled
        powers.append(reduced ^ powers[-1])
    return tuple(powers)


_POWERS: Final = _powers_of_three()
"""3 generates every element but 0: `_POWERS[i]` is 3^i."""

_LOGARITHMS: Final = {power: exponent for exponent, power in enumerate(_POWERS)}
