"""Start the service: database, web processes, background work; and stop them in order."""

import argparse
import asyncio
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import structlog
from granian import Granian
from granian.constants import Interfaces, Loops
from granian.log import LogLevels

from ecosystem.cli import place
from ecosystem.cli.stopping import Starting, stopped_by_signals
from ecosystem.cli.trouble import Trouble, port_held
from ecosystem.runtime import log, parent, settings, telemetry
from ecosystem.runtime.postgres import EmbeddedServer, PostgresFailed
from ecosystem.runtime.settings import Settings

_log = structlog.get_logger("ecosystem.serve")
_WATCH_S: Final = 0.5
_WATCH_S_MAX: Final = 30
_FORWARDED: Final = {"class": "ecosystem.runtime.log.Forward"}


def run(parsed: argparse.Namespace) -> int:
    """Serve until SIGTERM, SIGHUP, or Ctrl-C, which stop it in order."""
    chosen = _chosen(parsed)
    log.configure(chosen)
    telemetry.ensure_installed(chosen)
    answers = parsed.role != "worker"
    with (
        stopped_by_signals() as starting,
        port_held(chosen.host, chosen.port) if answers else nullcontext(),
        place.database(chosen) as (placed, server),
        _watched(server),
    ):
        place.make_keys(Path(placed.data_folder or "."))
        os.environ.update(settings.environment(placed))
        if answers:
            asyncio.run(place.refuse_other_kind(placed))
            os.register_at_fork(after_in_child=partial(_forked, server))
            _serve(placed, starting)
        else:
            asyncio.run(_work(placed, starting))
    return 0


def _chosen(parsed: argparse.Namespace) -> Settings:
    chosen = settings.load(
        file=parsed.settings,
        host=parsed.host,
        port=parsed.port,
        data_folder=parsed.data_folder,
        processes=parsed.processes,
        sandbox=parsed.sandbox,
        background={"web": "apart", "worker": "inside"}.get(parsed.role),
    )
    if parsed.role != "all" and chosen.database_url is None:
        raise Trouble(
            f"`serve --role {parsed.role}` shares its database with the other role, and the "
            "embedded one cannot be shared. Set DATABASE_URL, or leave --role out."
        )
    return place.addressed(chosen)


def _serve(chosen: Settings, starting: Starting) -> None:
    _log.info(
        "serving", address=f"http://{chosen.host}:{chosen.port}", docs=f"{chosen.public_url}/docs"
    )
    web: Any = Granian(
        "ecosystem.app:create",
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=chosen.processes,
        loop=Loops.uvloop if sys.platform != "win32" else Loops.auto,
        websockets=False,
        log_level=LogLevels.info if chosen.log_level == "debug" else LogLevels.warning,
        log_dictconfig={"handlers": {"console": _FORWARDED, "access": _FORWARDED}},
        workers_kill_timeout=parent.GRACE_S,
        respawn_failed_workers=True,
    )
    starting.hand_over(web.signal_handler_interrupt)
    hung_up = signal.getsignal(signal.SIGHUP)
    web.on_startup(lambda: signal.signal(signal.SIGHUP, hung_up))
    _application()
    if web.interrupt_signal:
        return
    try:
        web.serve()
    except SystemExit as ended:
        if ended.code and not web.interrupt_signal:
            raise Trouble(
                "A web process ended by itself, and again at once when it was started anew, so "
                "the service has stopped. Above it says why; mend that, and start again."
            ) from None


def _application() -> Any:
    """Load the application: so late that trouble is said before, for it takes a second.

    The web processes are forked from this one, and find it loaded.
    """
    return import_module("ecosystem.app")


def _forked(server: EmbeddedServer | None) -> None:
    """Undo what a web process inherits from the one that starts it.

    Its handlers would swallow a signal that comes before the web process has its own.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if server is not None:
        server.disown()


async def _work(chosen: Settings, starting: Starting) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in starting.signals:
        loop.add_signal_handler(number, stop.set)
    app = _application()
    async with app.living(app.build(chosen)):
        _log.info("working")
        await stop.wait()


@contextmanager
def _watched(server: EmbeddedServer | None) -> Generator[None]:
    """Start the embedded server again when it dies, for as long as the context lasts.

    The one who watches is not waited for: stopping the server ends its last attempt.
    """
    done = threading.Event()
    if server is not None:
        threading.Thread(
            target=_watch, args=(server, done), name="postgres-watch", daemon=True
        ).start()
    try:
        yield
    finally:
        done.set()


def _watch(server: EmbeddedServer, done: threading.Event) -> None:
    rest_s = _WATCH_S
    while not done.wait(rest_s):
        try:
            if server.restart_if_dead():
                _log.warning("PostgreSQL had died and was started again")
            rest_s = _WATCH_S
        except PostgresFailed as failed:
            if done.is_set():
                return
            rest_s = min(2 * rest_s, _WATCH_S_MAX)
            _log.error(
                "PostgreSQL has died and does not start",
                reason=failed.sentence,
                log=failed.log,
                again_in_s=rest_s,
            )
