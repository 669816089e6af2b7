"""What was known when, of what was when: every answer is that of a simple account, at length."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.history.bitemporal import machine


def test_tens_of_thousands_of_moments_are_what_the_account_says(database_url: str) -> None:
    with machine(database_url) as here:
        run_state_machine_as_test(
            here,
            settings=settings(
                max_examples=150, stateful_step_count=16, deadline=None, database=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )  # fmt: skip

    assert here.points > 50_000
