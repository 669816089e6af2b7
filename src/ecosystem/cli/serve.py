"""Start the service: database, web processes, background work; and stop them in order."""

import argparse
import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import structlog
from granian import Granian
from granian.constants import Interfaces, Loops

from ecosystem import app
from ecosystem.cli import place
from ecosystem.cli.trouble import port_free
from ecosystem.runtime import log, settings, telemetry
from ecosystem.runtime.postgres import EmbeddedServer, PostgresFailed
from ecosystem.runtime.settings import Settings

_log = structlog.get_logger("ecosystem.serve")
_WATCH_S = 0.5
_GRACE_S = 20


def run(parsed: argparse.Namespace) -> int:
    """Serve until interrupted."""
    chosen = settings.load(
        file=parsed.settings,
        host=parsed.host,
        port=parsed.port,
        data_folder=parsed.data_folder,
        processes=parsed.processes,
        sandbox=parsed.sandbox,
        background="apart" if parsed.role == "web" else None,
    )
    if parsed.port is not None and chosen.public_url == Settings().public_url:
        chosen = msgspec.structs.replace(chosen, public_url=f"http://127.0.0.1:{parsed.port}")
    log.configure(chosen)
    telemetry.ensure_installed(chosen)
    if parsed.role != "worker":
        port_free(chosen.host, chosen.port)
    with place.database(chosen) as (placed, server), _watched(server):
        os.environ.update(settings.environment(placed))
        if parsed.role == "worker":
            asyncio.run(_work(placed))
        else:
            _serve(placed)
    return 0


def _serve(chosen: Settings) -> None:
    _log.info(
        "serving", address=f"http://{chosen.host}:{chosen.port}", docs=f"{chosen.public_url}/docs"
    )
    Granian(
        "ecosystem.app:create",
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=chosen.processes,
        loop=Loops.uvloop if sys.platform != "win32" else Loops.auto,
        websockets=False,
        log_enabled=chosen.log_level == "debug",
        workers_kill_timeout=_GRACE_S,
        respawn_failed_workers=True,
    ).serve()


async def _work(chosen: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with app.living(app.build(chosen)):
        _log.info("working")
        await stop.wait()


@contextmanager
def _watched(server: EmbeddedServer | None) -> Iterator[None]:
    """Start the embedded server again when it dies, for as long as the context lasts."""
    if server is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_WATCH_S):
            try:
                if server.restart_if_dead():
                    _log.warning("PostgreSQL had died and was started again")
            except PostgresFailed as failed:
                _log.error("PostgreSQL has died and does not start", reason=str(failed))

    watcher = threading.Thread(target=watch, name="postgres-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
