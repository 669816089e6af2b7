"""What the default run shows with 64 megabytes holds with two gigabytes."""

from tests.journeys.conftest import Journey
from tests.journeys.large import GROWTH_BYTES_MAX, goes_through


def test_a_document_of_two_gigabytes_goes_through_in_constant_memory(journey: Journey) -> None:
    assert goes_through(journey, 2 << 30) < GROWTH_BYTES_MAX
