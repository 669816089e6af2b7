"""The service stops when it is told to: in order, soon, quietly, and leaving nothing behind."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.serving import books, load
from tests.serving.conftest import Serve
from tests.serving.load import Load
from tests.serving.service import Service, comes_true, is_running

SOON_S = 15
SERVING = '"serving"'


def _terminated(service: Service) -> None:
    service.process.send_signal(signal.SIGTERM)


def _interrupted_at_a_terminal(service: Service) -> None:
    os.killpg(service.process.pid, signal.SIGINT)


def _hung_up(service: Service) -> None:
    os.killpg(service.process.pid, signal.SIGHUP)


def _is_clean(folder: Path) -> bool:
    """Tell whether a data folder is as a service leaves it that has stopped in order."""
    database = folder / "database"
    return (
        not (database / "data" / "postmaster.pid").exists()
        and not list(database.glob("data.new-*"))
        and not any((database / "run").iterdir())
    )


@pytest.mark.parametrize("tell", [_terminated, _interrupted_at_a_terminal, _hung_up])
def test_it_stops_in_order_and_leaves_nothing_behind(
    serve: Serve, tell: Callable[[Service], None]
) -> None:
    service = serve().ready()
    running = [*service.workers(), service.postmaster()]

    with httpx.Client(base_url=service.address) as resting:
        resting.get("/health/live")
        tell(service)
        code = service.ended(within_s=SOON_S)

    assert code == 0, service.said()
    assert "Traceback" not in service.said()
    assert not any(is_running(pid) for pid in running)
    assert _is_clean(service.folder)


def test_a_request_in_flight_is_answered_before_it_stops(serve: Serve) -> None:
    service = serve().ready()
    there = load.made(service.address)
    wish = next(Load(service.address, there=there).drafts())

    with ThreadPoolExecutor() as pool, books.nothing_drafted(service.folder):
        answer = pool.submit(
            httpx.post, service.address + wish.path, json=wish.body, headers=wish.headers,
            timeout=30,
        )  # fmt: skip
        assert books.comes_to_wait(service.folder)
        _terminated(service)
        time.sleep(0.5)
        waited = not answer.done() and service.process.poll() is None

    assert waited
    assert answer.result().status_code == 201
    assert service.ended(within_s=SOON_S) == 0
    assert _is_clean(service.folder)


def test_under_load_it_stops_soon_and_what_it_answered_stands(serve: Serve) -> None:
    service = serve().ready()
    clients = Load(service.address, there=load.made(service.address))
    before = books.stand(books.superuser_url(service.folder))

    clients.start()
    time.sleep(0.5)
    code = service.stop(within_s=SOON_S)
    clients.stop()
    service.start().ready()
    clients.finish()

    assert code == 0, service.said()
    assert set(clients.statuses) <= {0, 201}
    assert not [wish for wish in clients.acknowledged() if wish.was_lost()]
    after = books.stand(books.superuser_url(service.folder))
    assert after.events == before.events + len(clients.wishes())


@pytest.mark.parametrize(
    ("sign", "tell"),
    [
        ("", _interrupted_at_a_terminal),
        ("Making a database", _terminated),
        (SERVING, _interrupted_at_a_terminal),
    ],
)
def test_it_stops_quietly_while_it_is_starting(
    serve: Serve, folder: Path, sign: str, tell: Callable[[Service], None]
) -> None:
    service = serve(folder=folder)

    time.sleep(0.3)
    assert comes_true(lambda: sign in service.said(), within_s=30)
    tell(service)
    code = service.ended(within_s=SOON_S)

    assert code in {0, 130, -signal.SIGINT, -signal.SIGTERM}, service.said()
    assert "Traceback" not in service.said()
    assert not folder.joinpath("database").exists() or _is_clean(folder)


def test_it_stops_while_postgresql_does_not_come_back(serve: Serve) -> None:
    service = serve().ready()
    control = service.folder / "database" / "data" / "global" / "pg_control"

    away = control.rename(control.with_name("away"))
    os.kill(service.postmaster(), signal.SIGKILL)
    told = comes_true(lambda: "does not start" in service.said(), within_s=10)
    status = service.health()
    code = service.stop(within_s=SOON_S)

    away.rename(control)
    assert told, service.said()
    assert status == 503
    assert code == 0
    service.start().ready()
    assert books.is_in_order(books.superuser_url(service.folder))
