"""Payments on their way while what serves them is killed: none is lost, none moves twice."""

import asyncio
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from ecosystem.reactions import REACTIONS
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.values.period import Period
from tests.parties import bearer
from tests.payments.agreement import agree, payments, verify
from tests.serving import books
from tests.serving.conftest import copied
from tests.serving.load import Wish
from tests.serving.service import Service, comes_true, run

PAYMENTS = 16
CLIENTS = 4
STEPS = (
    ("claim", "enterprise/delivery"), ("approval", "city/approver"),
    ("instruction", "city/treasurer"), ("settlement", "city/treasurer"),
)  # fmt: skip
EACH_ONCE = """
SELECT (SELECT count(*) FROM payment WHERE state = 'settled') AS settled,
       (SELECT count(DISTINCT (stream, type)) FROM event WHERE type IN ('payment.claimed',
         'payment.approved', 'payment.instructed', 'payment.settled')) AS steps,
       (SELECT count(*) FROM event WHERE type IN ('payment.claimed',
         'payment.approved', 'payment.instructed', 'payment.settled')) AS told,
       (SELECT sum(amount) FROM transfer WHERE act = 'settle') AS moved,
       (SELECT sum(credits - debits) FROM ledger_account WHERE kind = 'disbursed') AS paid"""


@dataclass
class Payers:
    """Clients that each take payments through all their steps, again until it is acknowledged."""

    address: str
    payments: list[str]
    headers: dict[str, dict[str, str]]
    wishes: list[Wish] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Let the clients begin, each with payments of its own."""
        for number in range(CLIENTS):
            thread = threading.Thread(target=self._pay, args=(self.payments[number::CLIENTS],))
            self._threads.append(thread)
            thread.start()

    def acknowledged(self) -> int:
        """Return how many steps were answered with success."""
        return sum(wish.answer is not None for wish in self.wishes)

    def finish(self) -> None:
        """Wait until all is paid."""
        for thread in self._threads:
            thread.join(timeout=180)

    def _pay(self, payment_ids: list[str]) -> None:
        with httpx.Client(base_url=self.address, timeout=30) as client:
            for payment_id in payment_ids:
                for step, who in STEPS:
                    wish = self._wish(payment_id, step, who)
                    self.wishes.append(wish)
                    while wish.answer is None:
                        _send(client, wish)

    def _wish(self, payment_id: str, step: str, who: str) -> Wish:
        headers = {**self.headers[who], "Idempotency-Key": str(uuid.uuid4()), "If-Match": "*"}
        body = {
            "bank_reference": payment_id[-20:],
            "settled_on": datetime.now(UTC).date().isoformat(),
        }
        path = f"/v1/payments/{payment_id}/{step}"
        return Wish(path, headers, body if step == "settlement" else None)


def _send(client: httpx.Client, wish: Wish) -> None:
    try:
        answer = client.post(wish.path, json=wish.body, headers=wish.headers)
    except httpx.HTTPError:
        time.sleep(0.02)
        return
    if answer.is_success:
        wish.answer = answer
        return
    # In between nobody may be there, or the same request is still under way.
    waits = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.CONFLICT}
    assert answer.status_code in waits, answer.text
    time.sleep(0.02)


@pytest.fixture
def service(grounds: Path, seeded: Path) -> Iterator[Service]:
    made = Service(copied(seeded, within=grounds)).start().ready()
    try:
        yield made
    finally:
        made.discard()


def test_payments_survive_the_end_of_the_service_and_of_postgresql(service: Service) -> None:
    payers = asyncio.run(_payers(service))

    payers.start()
    assert comes_true(lambda: payers.acknowledged() > PAYMENTS // 2, within_s=60)
    os.killpg(service.process.pid, signal.SIGKILL)
    service.ended(within_s=10)
    before = payers.acknowledged()
    service.start().ready()
    assert comes_true(lambda: payers.acknowledged() > before + PAYMENTS // 2, within_s=60)
    os.kill(service.postmaster(), signal.SIGKILL)
    payers.finish()

    assert payers.acknowledged() == PAYMENTS * len(STEPS), service.said()
    found = books.row(books.superuser_url(service.folder), EACH_ONCE)
    assert (found["settled"], found["steps"], found["told"]) == (
        PAYMENTS, PAYMENTS * len(STEPS), PAYMENTS * len(STEPS),
    )  # fmt: skip
    assert found["moved"] == found["paid"] == 10 * PAYMENTS
    checked = run("ledger", "check", ECOSYSTEM_DATA_FOLDER=str(service.folder))
    assert (checked.returncode, ", 0 violations." in checked.stdout) == (0, True), checked
    with httpx.Client(base_url=service.address, timeout=30) as client:
        for wish in payers.wishes:
            again = client.post(wish.path, json=wish.body, headers=wish.headers)
            assert again.headers["idempotency-replayed"] == "true"


async def _payers(service: Service) -> Payers:
    """Have so many payments computed in the service, one for each day that is verified."""
    database = Database(books.superuser_url(service.folder), Settings(), reactions=REACTIONS)
    agreed = await agree(database, service.folder)
    for day in range(PAYMENTS):
        begins = date(2026, 1, 1) + timedelta(days=day)
        period = Period(begins, begins + timedelta(days=1))
        await verify(database, agreed, "matters", "1", period=period)
    made = [one["id"] for one in await payments(database, agreed)]
    headers = await _headers(service)
    await database.close()
    return Payers(service.address, made, headers)


async def _headers(service: Service) -> dict[str, dict[str, str]]:
    people = {who: who.partition("/") for _, who in STEPS}
    async with httpx.AsyncClient(base_url=service.address, timeout=30) as client:
        return {
            who: await bearer(client, party, person) for who, (party, _, person) in people.items()
        }
