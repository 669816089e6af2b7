"""The whole API, searched by schemathesis: all phases, all checks, and no finding.

`tests/api/schemathesis.toml` is the configuration, and says why an answer is no finding.
"""

import tomllib
from pathlib import Path

import pytest

from tests.api.leaking import leaking
from tests.api.searching import ENDING, OPERATIONS, PEERS, READ_WITH_THEM, Report, Search

PHASES = {"examples", "coverage", "fuzzing", "stateful"}

# A search that is stopped by the clock would have found nothing for a wrong reason.
pytestmark = pytest.mark.timeout(1800)


def test_nothing_is_found_in_whatever_can_be_called(search: Search) -> None:
    report = search.run(without=ENDING)

    # The description itself is read to begin with, and not searched.
    _is_clean(report, count=len(OPERATIONS) - len(ENDING) - 1)


def test_an_offer_that_another_bidder_could_read_would_be_found(search: Search) -> None:
    offers = ("draft_offer", "list_offers", "read_offer")
    token = search.tokens[PEERS[0]]

    with leaking(search.address, path="/v1/offers/", token=token) as address:
        report = search.run("--phases", "fuzzing,stateful", only=offers, address=address)

    assert report.code == 1, report.said
    assert "ObjectLevelAuthorizationViolation" in {
        one["type"] for one in report.summary["failures"]
    }, report.said


def test_nothing_is_found_in_what_ends_things(search: Search) -> None:
    """Runs last, for it moves the clock by years and suspends whom it meets."""
    report = search.run(only=(*ENDING, *READ_WITH_THEM))

    _is_clean(report, count=len(ENDING) + len(READ_WITH_THEM))


def test_the_configuration_leaves_every_check_on_but_one_on_two_operations() -> None:
    text = Path(__file__).with_name("schemathesis.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    off = {
        (one["include-path-regex"], check)
        for one in told["operations"]
        for check, how in one.get("checks", {}).items()
        if not how.get("enabled", True)
    }

    assert text.count("enabled = false") == 2  # The other one is of the cache.
    assert off == {("^/v1/needs/[^/]+/(opening|evaluation)$", "ensure_resource_availability")}
    assert "object_level_authorization" not in text


def _is_clean(report: Report, *, count: int) -> None:
    assert report.code == 0, report.said
    assert report.summary["complete"], report.said
    assert report.summary["failures"] == [], report.said
    assert report.summary["errors"] == [], report.said
    assert report.summary["operations"]["tested"] == count, report.said
    assert {
        name for name, phase in report.summary["phases"].items() if phase["status"] == "success"
    } >= PHASES, report.said
