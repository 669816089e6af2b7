"""What is computed again is told in words, and in numbers that fit them."""

import pytest

from ecosystem.cli.again import verdict


@pytest.mark.parametrize(
    ("differences", "said"), [(0, "identical"), (1, "1 difference"), (2, "2 differences")]
)
def test_one_difference_is_one(differences: int, said: str) -> None:
    assert verdict(differences) == said
