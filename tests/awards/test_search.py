"""No sequence of calls takes a need, an offer or an award where the domain does not let it go."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.awards.closing import Closing
from tests.awards.watching import searching

__all__ = ["searching"]


@pytest.mark.usefixtures("searching")
def test_no_sequence_of_calls_leads_where_the_domain_does_not() -> None:
    run_state_machine_as_test(
        Closing,
        settings=settings(
            max_examples=5,
            stateful_step_count=18,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    assert Closing.reached >= {"need unsuccessful"}
