"""One whole partnership, driven once over HTTP through a service in processes of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ecosystem.cli.caller import Caller
from ecosystem.cli.demo import free_port
from ecosystem.cli.partnership import STEPS
from ecosystem.cli.world import World
from ecosystem.runtime.minting import mint
from ecosystem.runtime.postgres import EmbeddedServer
from tests import canary
from tests.conftest import fresh
from tests.journeys.tour import tour
from tests.oauth.issuing import AUDIENCE, Issuing, issuing


@dataclass(frozen=True)
class Journey:
    """What a journey has left behind."""

    world: World
    owner_url: str
    process: int
    """Of the service."""
    said: dict[str, list[str]]
    """What each step said."""


@pytest.fixture(scope="session")
def abroad() -> Iterator[Issuing]:
    """An outside issuer, for people whom it knows."""
    with issuing() as made:
        yield made


@pytest.fixture(scope="session")
def journey(server: EmbeddedServer, abroad: Issuing) -> Iterator[Journey]:
    """The partnership of the demonstration, and then whatever it did not call."""
    name = fresh(server)
    folder = Path(tempfile.mkdtemp(prefix="ecosystem-journey-"))
    port = free_port()
    environ = os.environ | {
        "DATABASE_URL": server.dsn(name, role="ecosystem_api"),
        "ECOSYSTEM_DATA_FOLDER": str(folder),
        "ECOSYSTEM_LOG_FORMAT": "json",
        "ECOSYSTEM_LOG_LEVEL": "debug",
        "ECOSYSTEM_METRICS": "true",
        "ECOSYSTEM_WEBHOOK_LOOPBACK": "true",
        "ECOSYSTEM_OIDC_ISSUER": abroad.name,
        "ECOSYSTEM_OIDC_AUDIENCE": AUDIENCE,
        "ECOSYSTEM_OIDC_CLIENT": mint("client"),
    }
    command = [sys.executable, "-m", "ecosystem", "serve", "--sandbox", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            _ready(http, service, folder / "log")
            world = World(Caller(http, folder))
            said = {step.en: step.run(world) for step in STEPS}
            tour(world, outside=abroad.token())
            yield Journey(world, server.dsn(name, role="ecosystem_owner"), service.pid, said)
    finally:
        service.terminate()
        service.wait(timeout=60)
        canary.check(folder / "log")
        shutil.rmtree(folder, ignore_errors=True)


def _ready(http: httpx.Client, service: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        assert service.poll() is None, log.read_text()
        with suppress(httpx.HTTPError):
            if http.get("/health/ready").is_success:
                return
        time.sleep(0.1)
    pytest.fail(log.read_text())
