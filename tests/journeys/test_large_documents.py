"""A large document goes through the service as it is served, in constant memory."""

from tests.journeys.conftest import Journey
from tests.journeys.large import goes_through


def test_a_document_of_64_megabytes_survives_a_cut_line_in_constant_memory(
    journey: Journey,
) -> None:
    assert goes_through(journey, 64 << 20) < 48 << 20
