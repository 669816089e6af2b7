"""The demonstration: a fresh service, and a whole partnership through its API."""

import argparse
import json
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
from typing import Any, Final

import httpx
from rich.console import Console

from ecosystem.cli.caller import Caller, Refused
from ecosystem.cli.partnership import STEPS
from ecosystem.cli.trouble import Trouble, port_free, room_on_disk
from ecosystem.cli.world import World
from ecosystem.runtime import settings

_READY_S_MAX: Final = 120
_STOP_S_MAX: Final = 60


def run(parsed: argparse.Namespace) -> int:
    """Start a service on a folder of its own, drive the journey, and tell of it."""
    given = settings.load({}, port=parsed.port)
    port = free_port() if parsed.port is None else given.port
    port_free("127.0.0.1", port)
    tell = _Teller(as_json=parsed.json)
    with _folder() as folder:
        room_on_disk(folder)
        with _service(folder, port) as (service, address):
            code = _journey(address, folder / "data", tell)
            if code == 0 and not parsed.exit:
                tell.leaves(address)
                return _stay(service)
            return code


def _journey(address: str, folder: Path, tell: "_Teller") -> int:
    with httpx.Client(base_url=address, timeout=30) as http:
        world = World(Caller(http), folder)
        for number, step in enumerate(STEPS, start=1):
            began = time.perf_counter()
            try:
                lines = step.run(world)
            except (Refused, httpx.HTTPError, KeyError, StopIteration) as error:
                tell.fails(number, step.zh, step.en, f"{type(error).__name__}: {error}")
                return 1
            tell.step(number, step.zh, step.en, lines, time.perf_counter() - began)
        tell.summary(world, address)
    return 0


class _Teller:
    """Tells of the journey: to people in colours, to programs in JSON lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._out = Console(highlight=False)

    def step(self, number: int, zh: str, en: str, lines: list[str], seconds: float) -> None:
        """Tell of a step that is done."""
        if self._as_json:
            self._line(step=number, zh=zh, en=en, says=lines, seconds=round(seconds, 3))
            return
        self._out.print(
            f"[green]✓[/] [bold]{number:>2}/{len(STEPS)} {zh}[/]  {en}  [dim]{seconds:.2f} s[/]"
        )
        for line in lines:
            self._out.print(f"        {line}", markup=False, soft_wrap=True)

    def fails(self, number: int, zh: str, en: str, reason: str) -> None:
        """Tell of the step that failed."""
        if self._as_json:
            self._line(step=number, zh=zh, en=en, failed=reason)
        else:
            self._out.print(f"[red]✗[/] [bold]{number:>2}/{len(STEPS)} {zh}[/]  {en}")
            self._out.print(f"        {reason}", markup=False, soft_wrap=True)

    def summary(self, world: World, address: str) -> None:
        """Tell what came of it, and where to look."""
        looks = {
            "need": f"{address}/v1/needs/{world.ids['need']}",
            "opening": f"{address}/v1/needs/{world.ids['need']}/opening",
            "evaluation": f"{address}/v1/needs/{world.ids['need']}/evaluation",
            "contract": f"{address}/v1/contracts/{world.ids['contract']}",
            "feed": f"{address}/v1/events",
            "manual": f"{address}/docs",
        }
        if self._as_json:
            self._line(summary=world.facts, requests=world.caller.count, look=looks, ids=world.ids)
            return
        self._out.rule("[bold]What came of it")
        for name, value in world.facts.items():
            self._out.print(f"  {name:<24} {value}", markup=False, soft_wrap=True)
        self._out.print(f"  {'requests':<24} {world.caller.count}")
        self._out.rule("[bold]Where to look")
        for name, value in looks.items():
            self._out.print(f"  {name:<24} {value}", markup=False, soft_wrap=True)

    def leaves(self, address: str) -> None:
        """Tell that the service stays."""
        if self._as_json:
            self._line(serving=address)
        else:
            self._out.print(f"\nThe service stays at [bold]{address}[/]. Ctrl-C stops it.")

    def _line(self, **members: Any) -> None:
        sys.stdout.write(json.dumps(members, ensure_ascii=False) + "\n")
        sys.stdout.flush()


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
def _service(folder: Path, port: int) -> Generator[tuple["subprocess.Popen[bytes]", str]]:
    address = f"http://127.0.0.1:{port}"
    log = folder / "service.log"
    command = [sys.executable, "-m", "ecosystem", "serve", "--sandbox", "--port", str(port)]
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"}
    environ |= {"ECOSYSTEM_DATA_FOLDER": str(folder / "data"), "ECOSYSTEM_LOG_FORMAT": "json"}
    environ.pop("DATABASE_URL", None)
    with log.open("wb") as told, signals_raise():
        service = subprocess.Popen(command, stdout=told, stderr=told, env=environ)
        try:
            _wait_until_ready(service, address, log)
            yield service, address
        finally:
            _stop(service)


@contextmanager
def signals_raise() -> Generator[None]:
    """Let SIGTERM and SIGHUP end the command as Ctrl-C does: in order."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _wait_until_ready(service: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    until = time.monotonic() + _READY_S_MAX
    while time.monotonic() < until:
        if service.poll() is not None:
            raise Trouble(_last_words(log))
        with suppress(httpx.HTTPError):
            if httpx.get(f"{address}/health/ready", timeout=2).is_success:
                return
        time.sleep(0.1)
    raise Trouble(f"The service was not ready in {_READY_S_MAX} s. {_last_words(log)}")


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said = next((one for one in reversed(lines) if one.startswith("ecosystem: ")), None)
    if said is not None:
        return said.removeprefix("ecosystem: ")
    return "The service ended by itself. Its last words: " + " / ".join(lines[-3:])


def _stop(service: "subprocess.Popen[bytes]") -> None:
    if service.poll() is None:
        service.send_signal(signal.SIGTERM)
        try:
            service.wait(timeout=_STOP_S_MAX)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()


def _stay(service: "subprocess.Popen[bytes]") -> int:
    try:
        return 0 if service.wait() == 0 else 1
    except KeyboardInterrupt:
        return 0
