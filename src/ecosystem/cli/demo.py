"""The demonstration: a fresh service, and a whole partnership through its API."""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx

from ecosystem.cli.caller import Caller, Refused
from ecosystem.cli.login import LoginFailed
from ecosystem.cli.partnership import STEPS
from ecosystem.cli.telling import Teller
from ecosystem.cli.trouble import Trouble, port_free, room_on_disk
from ecosystem.cli.world import World
from ecosystem.runtime import settings

_LOG: Final = "service.log"
_READY_S_MAX: Final = 120
_STOP_S_MAX: Final = 60


def run(parsed: argparse.Namespace) -> int:
    """Start a service on a folder of its own, drive the journey, and tell of it."""
    given = settings.load({}, port=parsed.port)
    port = free_port() if parsed.port is None else given.port
    port_free("127.0.0.1", port)
    tell = Teller(as_json=parsed.json)
    with signals_raise() as signals, _folder() as folder:
        tell.begins()
        room_on_disk(folder, chosen_by="TMPDIR")
        with _service(folder, port, signals) as (service, address):
            world = _journey(address, folder / "data", tell)
            if world is not None and not parsed.exit:
                tell.leaves(world, address)
                _stay(service, folder / _LOG)
    if world is None:
        return 1
    tell.ends(stayed=not parsed.exit)
    return 0


def _journey(address: str, folder: Path, tell: Teller) -> World | None:
    """Take every step; return what was made, or None where a step failed."""
    start = time.perf_counter()
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as http:
        world = World(Caller(http, folder))
        for number, step in enumerate(STEPS, start=1):
            began = time.perf_counter()
            try:
                lines = step.run(world)
            except (Refused, LoginFailed, httpx.HTTPError, KeyError, StopIteration) as error:
                tell.fails(number, step, _reason(error))
                return None
            tell.step(number, step, world, lines, time.perf_counter() - began)
    tell.summary(world, address, time.perf_counter() - start)
    return world


def _reason(error: Exception) -> str:
    again = "Run the demonstration again; where it fails again at this step, report it."
    if isinstance(error, Refused | LoginFailed):
        return f"{error}. {again}"
    if isinstance(error, httpx.RequestError):
        request = error.request
        return f"{request.method} {request.url.path} was not answered: {error}. {again}"
    return f"The answer was not what this step counts on ({error!r}). {again}"


def free_port() -> int:
    """Return a TCP port of this machine that nobody listens on."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


@contextmanager
def _folder() -> Generator[Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix="ecosystem-demo-"))
    except OSError as error:
        raise Trouble(
            f"No folder for the demonstration can be made: {error.strerror}. Make room on the "
            "disk, or name another place in TMPDIR."
        ) from None
    # The embedded PostgreSQL of root runs as an ordinary user, who must pass through.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _service(
    folder: Path, port: int, signals: "Signals"
) -> Generator[tuple["subprocess.Popen[bytes]", str]]:
    address = f"http://127.0.0.1:{port}"
    log = folder / _LOG
    command = [sys.executable, "-m", "ecosystem", "serve", "--sandbox", "--port", str(port)]
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"}
    environ |= {"ECOSYSTEM_DATA_FOLDER": str(folder / "data"), "ECOSYSTEM_LOG_FORMAT": "json"}
    environ.pop("DATABASE_URL", None)
    service = None
    with log.open("wb") as told:
        try:
            with signals.held():
                service = subprocess.Popen(command, stdout=told, stderr=told, env=environ)
            _wait_until_ready(service, address, log)
            yield service, address
        finally:
            if service is not None:
                _stop(service)


class Signals:
    """What the signals that end a command do: raise KeyboardInterrupt, or wait while held."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._is_held = False
        self._waiting = False

    def __call__(self, *_: object) -> None:
        """Take a signal."""
        if not self._is_held:
            raise KeyboardInterrupt
        self._waiting = True

    @contextmanager
    def held(self) -> Generator[None]:
        """Have signals wait until the end of the context: what it starts is then known."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._waiting:
            raise KeyboardInterrupt


@contextmanager
def signals_raise() -> Generator[Signals]:
    """Let SIGTERM and SIGHUP end the command as Ctrl-C does: in order. Ignored ones stay so."""
    signals = Signals()
    before = {
        one: signal.getsignal(one)
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(one) is not signal.SIG_IGN
    }
    for one in before:
        signal.signal(one, signals)
    try:
        yield signals
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _wait_until_ready(service: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    until = time.monotonic() + _READY_S_MAX
    while time.monotonic() < until:
        if service.poll() is not None:
            raise Trouble(_last_words(log))
        with suppress(httpx.HTTPError):
            # What runs on this machine is asked directly, whatever proxy the person has.
            if httpx.get(f"{address}/health/ready", timeout=2, trust_env=False).is_success:
                return
        time.sleep(0.1)
    last = " / ".join(_lines(log)[-3:])
    raise Trouble(
        f"The service was not ready in {_READY_S_MAX} s. Run the demonstration again when the "
        f"machine has less to do. Its last words: {last}"
    )


def _last_words(log: Path) -> str:
    lines = _lines(log)
    said = next((one for one in reversed(lines) if one.startswith("ecosystem: ")), None)
    if said is not None:
        return said.removeprefix("ecosystem: ")
    return "The service ended by itself. Its last words: " + " / ".join(lines[-3:])


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").strip().splitlines()


def _stop(service: "subprocess.Popen[bytes]") -> None:
    if service.poll() is None:
        service.send_signal(signal.SIGTERM)
        try:
            service.wait(timeout=_STOP_S_MAX)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            service.kill()
            service.wait()


def _stay(service: "subprocess.Popen[bytes]", log: Path) -> None:
    with suppress(KeyboardInterrupt):
        if service.wait() != 0:
            raise Trouble(_last_words(log))
