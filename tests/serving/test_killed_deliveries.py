"""Killed while milestones are submitted and accepted and outcomes reported: nothing is lost."""

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import books, delivering
from tests.serving.conftest import copied
from tests.serving.delivering import ROWS, Deliveries
from tests.serving.service import Service, comes_true, run

ENOUGH = 12
"""So many requests are acknowledged before anything is killed."""
WHOLE = ("milestones", "batches", "reports", "judgements", "uncalculated", "unaccepted")
_HALVES = """
SELECT (SELECT count(*) FROM milestone AS one
        WHERE one.round <> (SELECT count(*) FROM milestone_submission AS each
                            WHERE each.milestone_id = one.id)
           OR one.accepted_share <> (SELECT coalesce(sum(share), 0) FROM milestone_judgement AS each
                                     WHERE each.milestone_id = one.id)
           OR one.version <> (SELECT max(version) FROM event WHERE stream = one.id)) AS milestones,
       (SELECT count(*) FROM observation_batch AS one
        WHERE (SELECT count(*) FROM observation AS each WHERE each.batch_id = one.id) <> $1
           OR NOT EXISTS (SELECT FROM event WHERE stream = one.id)) AS batches,
       (SELECT count(*) FROM observation AS one
        WHERE batch_id IS NULL AND NOT EXISTS (SELECT FROM event WHERE stream = one.id)) AS reports,
       (SELECT count(*) FROM milestone AS one
        WHERE (SELECT count(*) FROM event WHERE stream = one.id AND type LIKE 'milestone.%accepted')
           <> (SELECT count(*) FROM milestone_judgement AS each
               WHERE each.milestone_id = one.id)) AS judgements,
       (SELECT count(*) FROM milestone_judgement AS one
        WHERE NOT EXISTS (SELECT FROM event WHERE type = 'calculation.made'
                            AND recorded_at = one.judged_at)) AS uncalculated,
       (SELECT count(*) FROM event AS one
        WHERE type = 'calculation.made' AND NOT EXISTS (
          SELECT FROM milestone_judgement WHERE judged_at = one.recorded_at)) AS unaccepted"""
_COUNTS = """
SELECT (SELECT count(*) FROM milestone_submission) AS submission,
       (SELECT count(*) FROM milestone_judgement) AS "qualified-acceptance",
       (SELECT count(*) FROM observation WHERE batch_id IS NULL) AS observations,
       (SELECT count(*) FROM observation_batch) AS batches,
       (SELECT count(*) FROM event WHERE type = 'milestone.submitted') AS submitted"""


def _all_at_once(service: Service) -> None:
    os.killpg(service.process.pid, signal.SIGKILL)


def _parent_alone(service: Service) -> None:
    service.process.kill()


def _database(service: Service) -> None:
    os.kill(service.postmaster(), signal.SIGKILL)


KILLS = (_all_at_once, _parent_alone, _database)


@pytest.fixture(scope="module")
def service(grounds: Path, seeded: Path) -> Iterator[Service]:
    made = Service(copied(seeded, within=grounds)).start().ready()
    try:
        yield made
    finally:
        made.discard()


def test_what_was_delivered_accepted_and_reported_is_there_once_after_each_kill(
    service: Service,
) -> None:
    contract = delivering.grown(service.address, service.folder)
    clients, dice = Deliveries(service.address, contract=contract), random.Random()
    url = books.superuser_url(service.folder)

    clients.start()
    assert comes_true(lambda: len(clients.acknowledged()) > ENOUGH, within_s=60)
    for kill in dice.sample(KILLS, k=len(KILLS)):
        time.sleep(dice.uniform(0.2, 0.8))
        kill(service)
        if comes_true(lambda: service.process.poll() is not None, within_s=1):
            service.start()
        service.ready()
    clients.stop()
    clients.finish()

    assert clients.statuses[0]
    assert set(clients.statuses) <= {0, 201, 409, 503}, clients.statuses
    _everything_is_there_once(clients, url)
    clients.answers_stand()
    _everything_is_there_once(clients, url)
    checked = run("ledger", "check", ECOSYSTEM_DATA_FOLDER=str(service.folder))
    assert ", 0 violations." in checked.stdout, checked


def _everything_is_there_once(clients: Deliveries, url: str) -> None:
    assert books.is_in_order(url)
    assert dict(books.row(url, _HALVES, ROWS)) == dict.fromkeys(WHOLE, 0)
    found = dict(books.row(url, _COUNTS))
    assert found == {
        "submission": len(clients.wishes("submission")),
        "qualified-acceptance": len(clients.wishes("qualified-acceptance")),
        "observations": len(clients.wishes("observations")),
        "batches": len(clients.wishes("batches")),
        "submitted": len(clients.wishes("submission")),
    }
    assert min(found.values()) > 0
