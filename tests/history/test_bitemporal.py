"""What was known when, of what was when: every answer is that of a simple account."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.history.bitemporal import machine


def test_every_moment_by_both_times_is_what_the_account_says(database_url: str) -> None:
    with machine(database_url) as here:
        run_state_machine_as_test(
            here,
            settings=settings(
                max_examples=8, stateful_step_count=7, deadline=None, derandomize=True,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )  # fmt: skip

    assert here.points > 1_000
