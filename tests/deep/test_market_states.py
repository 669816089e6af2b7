"""The machine that searches needs, offers and awards, at length and another way each time."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.awards.closing import Closing
from tests.awards.watching import searching

__all__ = ["searching"]
FAR = {
    "need contracted", "need unsuccessful", "offer not_awarded", "award final", "contract active",
    "contract cancelled", "explanation accepted", "explanation rejected", "nothing_fell",
}  # fmt: skip
"""What only a long way leads to: a search that never came there has shown little."""
pytestmark = pytest.mark.timeout(3_600)


@pytest.mark.usefixtures("searching")
def test_no_sequence_of_calls_leads_where_the_domain_does_not_however_long() -> None:
    run_state_machine_as_test(
        Closing,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
    assert Closing.reached >= FAR
