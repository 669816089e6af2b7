"""The service as its operator starts it: a process of its own, on a folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

import ecosystem
from tests import canary

SOURCES = str(Path(ecosystem.__file__).parents[1])
COMMAND = (sys.executable, "-m", "ecosystem")
_STRANGE = ("DATABASE_URL", "DATABASE_OWNER_URL")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def environ(**more: str) -> dict[str, str]:
    """Return this process's environment with no setting of the service but those given."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _STRANGE and not name.startswith("ECOSYSTEM_")
    }
    return {**kept, "PYTHONPATH": SOURCES, **more}


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the service to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environ(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def comes_true(ask: Callable[[], bool], *, within_s: float) -> bool:
    """Ask again and again; tell whether the answer was yes in time."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if ask():
            return True
        time.sleep(0.02)
    return False


@dataclass
class Service:
    """One `serve`, in a process group of its own, writing to a file."""

    folder: Path
    arguments: tuple[str, ...] = ("--sandbox",)
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        if self._process is None:
            raise RuntimeError(self.folder)
        return self._process

    def start(self) -> "Service":
        """Start it; do not wait."""
        self.folder.mkdir(exist_ok=True)
        settings = {
            "ECOSYSTEM_DATA_FOLDER": str(self.folder),
            "ECOSYSTEM_LOG_FORMAT": "json",
            "ECOSYSTEM_LOG_LEVEL": "debug",
            "ECOSYSTEM_WRITES_PER_MINUTE": "1000000",
            "ECOSYSTEM_READS_PER_MINUTE": "1000000",
            **self.settings,
        }
        with (self.folder / "service.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_ending_with_us(), *COMMAND, "serve", "--port", str(self.port), *self.arguments],
                env=environ(**settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def ready(self, *, within_s: float = 60) -> "Service":
        """Wait until it can serve."""

        def is_ready() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(self.said())
            return self.health() == 200

        assert comes_true(is_ready, within_s=within_s), self.said()
        return self

    def health(self) -> int:
        """Return the status that it answers to whether it is ready; 0 where it does not."""
        try:
            return httpx.get(f"{self.address}/health/ready", timeout=5).status_code
        except httpx.HTTPError:
            return 0

    def said(self) -> str:
        """Return what it has written since it was first started."""
        return (self.folder / "service.log").read_text(encoding="utf-8")

    def ended(self, *, within_s: float) -> int:
        """Wait for its end and return its exit code."""
        try:
            return self.process.wait(timeout=within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(self.said()) from None

    def stop(self, *, within_s: float = 60) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended(within_s=within_s)

    def workers(self) -> list[int]:
        """Return the web processes."""
        return [pid for pid in children(self.process.pid) if "ecosystem" in command_of(pid)]

    def postmaster(self) -> int:
        """Return the process number of the embedded PostgreSQL."""
        file = self.folder / "database" / "data" / "postmaster.pid"
        return int(file.read_text(encoding="ascii").splitlines()[0])

    def discard(self) -> None:
        """Leave nothing of it running, and see that its log tells no secret."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        canary.check(self.folder / "service.log")


def _ending_with_us() -> list[str]:
    """Return what has a command end when this process is killed, rather than stay behind."""
    launch = Path(ecosystem.__file__).parent / "runtime" / "postgres_launch.py"
    numbers = (os.geteuid(), os.getegid(), os.getpid(), int(signal.SIGTERM))
    return [sys.executable, "-I", "-S", str(launch), *map(str, numbers)]


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [int(one) for one in listed.split()]


def command_of(pid: int) -> str:
    """Return the command line of a process, or nothing where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def is_running(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
