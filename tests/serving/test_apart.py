"""On a PostgreSQL of the operator's own: several services, and roles in processes of their own."""

import asyncio
import os
import signal
import time
from pathlib import Path

import asyncpg
import pytest

from ecosystem.runtime.postgres import EmbeddedServer, ensure_database
from tests.conventions.market import Market
from tests.serving import books, load
from tests.serving.conftest import Serve
from tests.serving.load import Load
from tests.serving.service import Service, comes_true, run

WORKING = '"working"'


@pytest.fixture
def bare(server: EmbeddedServer) -> str:
    """The name of a database that has its roles, and nothing in it."""
    name = f"apart_{time.monotonic_ns()}"
    asyncio.run(ensure_database(server.admin_dsn(), name))
    return name


@pytest.fixture
def addresses(server: EmbeddedServer, bare: str) -> dict[str, str]:
    """The settings that name that database."""
    return {
        "DATABASE_URL": server.dsn(bare, role="ecosystem_api"),
        "DATABASE_OWNER_URL": server.dsn(bare, role="ecosystem_owner"),
    }


def _ask_a_question(service: Service, there: Market) -> None:
    clients = Load(service.address, there=there)
    clients.add(next(clients.questions()))
    clients.finish()


def test_it_makes_the_schema_and_serves_and_stops_without_touching_the_server(
    serve: Serve, folder: Path, addresses: dict[str, str]
) -> None:
    service = serve(folder=folder, **addresses).ready()

    load.made(service.address)
    in_order = books.is_in_order(addresses["DATABASE_OWNER_URL"])
    code = service.stop()

    assert in_order
    assert code == 0, service.said()
    assert not (folder / "database").exists()
    assert run("ledger", "check", **addresses).returncode == 0


def test_health_tells_by_its_exit_code_whether_the_service_is_ready(
    serve: Serve, folder: Path, addresses: dict[str, str]
) -> None:
    service = serve(folder=folder, **addresses).ready()
    own = {"ECOSYSTEM_HOST": "0.0.0.0", "ECOSYSTEM_PORT": str(service.port)}  # noqa: S104

    ready = run("health", ECOSYSTEM_PUBLIC_URL="https://market.invalid", **own)
    asyncio.run(_set_step(addresses["DATABASE_OWNER_URL"], "0000"))
    unready = run("health", "--url", service.address)
    service.stop()
    away = run("health", **own)
    nonsense = run("health", "--url", "nonsense")

    assert ready.returncode == 0, ready
    assert '"status":"ready"' in ready.stdout
    assert (unready.returncode, unready.stderr) == (
        1, f"ecosystem: {service.address}/health/ready answers 503: not ready.\n",
    )  # fmt: skip
    assert away.returncode == 1
    assert "does not answer: [Errno 111] Connection refused." in away.stderr
    assert nonsense.returncode == 1
    assert "is no address" in nonsense.stderr


async def _set_step(url: str, step: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = $1", step)
    await connection.close()


def test_a_web_service_leaves_positions_to_workers_and_either_of_two_can_be_killed(
    serve: Serve, folder: Path, addresses: dict[str, str]
) -> None:
    owner = addresses["DATABASE_OWNER_URL"]
    web = serve("--sandbox", "--role", "web", folder=folder, **addresses).ready()
    there = load.made(web.address)
    assert not books.is_in_order(owner, within_s=1)

    workers = [_worker(serve, folder, number, addresses) for number in range(2)]
    assert books.is_in_order(owner), [worker.said() for worker in workers]
    clients = Load(web.address, there=there)
    clients.start()
    time.sleep(0.5)
    workers[0].process.kill()
    clients.stop()
    clients.finish()
    assert books.is_in_order(owner), workers[1].said()

    again = _worker(serve, folder, 2, addresses)
    workers[1].process.kill()
    _ask_a_question(web, there)
    assert books.is_in_order(owner), again.said()
    assert [again.stop(), web.stop()] == [0, 0]


def _worker(serve: Serve, folder: Path, number: int, addresses: dict[str, str]) -> Service:
    place = folder.with_name(f"worker-{number}")
    worker = serve(
        "--role", "worker", folder=place, ECOSYSTEM_BACKGROUND="apart",
        ECOSYSTEM_DATA_FOLDER=str(folder), **addresses,
    )  # fmt: skip
    assert comes_true(lambda: WORKING in worker.said(), within_s=90), worker.said()
    return worker


def test_several_processes_share_the_port_and_a_stop_ends_them_all(
    serve: Serve, folder: Path, addresses: dict[str, str]
) -> None:
    service = serve("--sandbox", "--processes", "2", folder=folder, **addresses).ready()
    assert comes_true(lambda: len(service.workers()) == 2, within_s=60)
    clients = Load(service.address, there=load.made(service.address))

    clients.start()
    time.sleep(0.5)
    os.killpg(service.process.pid, signal.SIGINT)
    code = service.ended(within_s=90)
    clients.stop()
    service.start().ready()
    clients.finish()

    assert code == 0, service.said()
    assert "Traceback" not in service.said()
    assert not [wish for wish in clients.acknowledged() if wish.was_lost()]
    assert books.is_in_order(addresses["DATABASE_OWNER_URL"])


def test_the_version_is_told() -> None:
    told = run("--version")

    assert (told.returncode, told.stdout) == (0, "ecosystem 0.1.0\n")
