"""Whatever is killed under load: what was acknowledged is there, and nothing is there twice."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conventions.market import Market
from tests.serving import books, load
from tests.serving.books import Stand
from tests.serving.conftest import copied
from tests.serving.load import Load
from tests.serving.service import Service, comes_true, is_running, run

WORKED_S = 0.8
UNFINISHED = (
    b"POST /v1/sandbox/tokens HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
)


@pytest.fixture(scope="module")
def market(grounds: Path, seeded: Path) -> Iterator[tuple[Service, Market]]:
    service = Service(copied(seeded, within=grounds)).start().ready()
    try:
        yield service, load.made(service.address)
    finally:
        service.discard()


@pytest.fixture
def service(market: tuple[Service, Market]) -> Service:
    service, _ = market
    if service.process.poll() is not None:
        service.start()
    return service.ready()


@pytest.fixture
def clients(market: tuple[Service, Market], service: Service) -> Load:
    return Load(service.address, there=market[1])


@contextmanager
def counted(service: Service, clients: Load) -> Iterator[None]:
    """Hold what happens inside to all that was wished for, each once."""
    url = books.superuser_url(service.folder)
    before = books.stand(url)

    yield

    clients.finish()
    assert books.is_in_order(url), service.said()
    assert asdict(books.stand(url)) == asdict(_wished(before, clients))
    clients.answers_stand()
    checked = run("ledger", "check", ECOSYSTEM_DATA_FOLDER=str(service.folder))
    assert checked.returncode == 0, checked
    assert ", 0 violations." in checked.stdout
    assert set(clients.statuses) <= {0, 201, 409, 503}, clients.statuses
    assert not clients.impatient


def _wished(before: Stand, clients: Load) -> Stand:
    appropriations = len(clients.wishes("appropriations"))
    published = len(clients.wishes("publication"))
    return Stand(
        needs=before.needs + len(clients.wishes("needs")),
        published=before.published + published,
        questions=before.questions + len(clients.wishes("questions")),
        appropriations=before.appropriations + appropriations,
        appropriated=before.appropriated + Decimal(7) * appropriations,
        events=before.events + len(clients.wishes()),
    )


def _all_at_once(service: Service) -> None:
    os.killpg(service.process.pid, signal.SIGKILL)


def _parent_alone(service: Service) -> None:
    service.process.kill()


@pytest.mark.parametrize("kill", [_all_at_once, _parent_alone])
def test_a_killed_service_has_lost_nothing_when_it_is_started_again(
    service: Service, clients: Load, kill: Callable[[Service], None]
) -> None:
    workers, postmaster = service.workers(), service.postmaster()

    with counted(service, clients):
        clients.start()
        assert comes_true(lambda: bool(clients.acknowledged()), within_s=60)
        time.sleep(WORKED_S)
        kill(service)
        assert service.ended(within_s=5) == -signal.SIGKILL
        service.start()
        clients.stop()
        unanswered = len(clients.wishes()) - len(clients.acknowledged())
        service.ready()

    assert clients.acknowledged()
    assert unanswered
    assert not any(is_running(pid) for pid in (*workers, postmaster))


def test_a_slow_client_keeps_nothing_of_a_killed_service_alive(service: Service) -> None:
    running = [*service.workers(), service.postmaster()]

    with socket.create_connection(("127.0.0.1", service.port)) as slow:
        slow.sendall(UNFINISHED)
        assert comes_true(lambda: service.health() == 200, within_s=5)
        _parent_alone(service)
        service.process.wait()
        service.start().ready()

    assert not any(is_running(pid) for pid in running)


def test_a_killed_web_process_is_replaced_and_its_clients_go_on(
    service: Service, clients: Load
) -> None:
    (worker,) = service.workers()

    with counted(service, clients):
        clients.start()
        time.sleep(WORKED_S)
        os.kill(worker, signal.SIGKILL)
        assert comes_true(lambda: not is_running(worker), within_s=5)
        assert comes_true(lambda: service.health() == 200, within_s=20), service.said()
        time.sleep(WORKED_S)
        clients.stop()

    assert clients.statuses[0]
    assert service.process.poll() is None
    assert "Unexpected exit" in service.said()


def test_while_the_disk_is_full_clients_wait_and_then_go_on_by_themselves(
    disk: Callable[[int], Path], seeded: Path
) -> None:
    small = disk(220)
    full = Service(copied(seeded, within=small)).start()
    try:
        clients = Load(full.address, there=load.made(full.ready().address))

        with counted(full, clients):
            with filled(small):
                clients.start()
                assert comes_true(lambda: clients.statuses[503] > 20, within_s=20), clients.statuses
            clients.stop()

        assert full.stop() == 0
    finally:
        full.discard()


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no room on a disk, while the context lasts."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    yield
    filler.unlink()


def test_while_postgresql_is_gone_clients_wait_and_then_go_on_by_themselves(
    service: Service, clients: Load
) -> None:
    postmaster, workers = service.postmaster(), service.workers()

    with counted(service, clients):
        clients.start()
        time.sleep(WORKED_S)
        os.kill(postmaster, signal.SIGKILL)
        assert comes_true(lambda: clients.statuses[503] > 0, within_s=5), clients.statuses
        assert comes_true(lambda: service.health() == 200, within_s=20), service.said()
        time.sleep(WORKED_S)
        clients.stop()

    assert service.workers() == workers
    assert service.postmaster() != postmaster
    assert clients.statuses[0] == 0
    assert "PostgreSQL had died and was started again" in service.said()
