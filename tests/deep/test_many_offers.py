"""Two and a half thousand offers for one lot, sealed by their bidders, are opened over HTTP."""

import time

import pytest

from tests.deep.many_offers import OPENED_BY, gathered, stalls
from tests.serving.conftest import Serve

MANY = 2_500
STALL_S_MAX = 1.0

pytestmark = pytest.mark.timeout(1_200)


def test_so_many_offers_are_opened_as_they_were_received_while_the_service_answers(
    serve: Serve,
) -> None:
    service = serve().ready()
    with gathered(service, count=MANY) as crowd:
        crowd.offer()
        crowd.close()
        steps: list[tuple[int, int]] = []

        began = time.monotonic()
        with stalls(service.address) as taken:
            states = [crowd.hand_in(who, steps) for who in OPENED_BY]
        seconds = time.monotonic() - began
        record, admitted = crowd.record(), crowd.admit()

    print(f"{MANY} offers in {seconds:.1f} s; longest wait {max(taken):.2f} s")  # noqa: T201
    assert states == ["closed", "opened"]
    assert steps == [(done, MANY) for done in range(1, MANY + 1)] * 2
    found = {one["offer_id"]: (one["envelope_digest"], one["state"]) for one in record["offers"]}
    assert found == {one: (digest, "opened") for one, digest in crowd.receipts.items()}
    assert record["count"] == len(crowd.receipts) == MANY
    assert set(admitted) == set(crowd.receipts)
    assert seconds < 60 * MANY / 1_000
    assert max(taken) < STALL_S_MAX
