"""Fewer shares than the threshold say nothing of the secret."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.offers import shamir


@given(st.integers(0, 255), st.sampled_from([1, 2, 3, 15, 64]))
@settings(max_examples=20, deadline=None)
def test_one_share_of_two_is_equally_likely_whatever_the_secret(secret: int, holder: int) -> None:
    values = {
        shamir.split(bytes([secret]), threshold=2, holders=64, coefficients=bytes([coefficient]))[
            holder - 1
        ]
        for coefficient in range(256)
    }

    assert values == {bytes([value, holder]) for value in range(256)}


@pytest.mark.parametrize("secret", [b"\x00", b"\x01", b"\xa5"])
def test_two_shares_of_three_are_equally_likely_whatever_the_secret(secret: bytes) -> None:
    pairs = {
        shamir.split(secret, threshold=3, holders=3, coefficients=bytes([first, second]))[1:]
        for first in range(256)
        for second in range(256)
    }

    assert len(pairs) == 256 * 256


def test_splitting_refuses_what_no_polynomial_does() -> None:
    for threshold, holders, length in ((0, 1, 0), (3, 2, 2), (2, 256, 1), (2, 3, 2)):
        with pytest.raises(ValueError, match="requires"):
            shamir.split(b"s", threshold=threshold, holders=holders, coefficients=bytes(length))


@pytest.mark.parametrize(
    "shares",
    [[], [b"a\x01", b"b\x01"], [b"a\x00", b"b\x01"], [b"a\x01", b"bc\x02"], [b"\x01", b"\x02"]],
)
def test_combining_refuses_shares_that_lie_on_no_line(shares: list[bytes]) -> None:
    with pytest.raises(ValueError, match="requires"):
        shamir.combine(shares)
