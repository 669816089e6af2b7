"""The whole API, searched by schemathesis for long: another way each time, with its seed told.

What is found here is found again with the seed that the output names, in DEEP_SEED.
"""

import os
import secrets

import pytest

from tests.api.searching import ENDING, READ_WITH_THEM, Search

EXAMPLES = os.environ.get("DEEP_EXAMPLES", "100")

pytestmark = pytest.mark.timeout(7_200)


@pytest.fixture
def seed() -> str:
    """The seed of this search."""
    return os.environ.get("DEEP_SEED") or str(secrets.randbelow(2**31))


def test_nothing_is_found_however_long_it_takes(search: Search, seed: str) -> None:
    arguments = ("--max-examples", EXAMPLES, "--seed", seed)

    report = search.run(*arguments, without=ENDING, varied=True)

    assert report.code == 0, f"DEEP_SEED={seed}\n{report.said}"
    assert report.summary["failures"] == [], f"DEEP_SEED={seed}\n{report.said}"


def test_nothing_is_found_in_what_ends_things(search: Search, seed: str) -> None:
    arguments = ("--max-examples", EXAMPLES, "--seed", seed)

    report = search.run(*arguments, only=(*ENDING, *READ_WITH_THEM), varied=True)

    assert report.code == 0, f"DEEP_SEED={seed}\n{report.said}"
