"""The servers that are compared: each granian, one process, uvloop, the same settings.

Run as a process of its own: `python serving.py TARGET PORT CORE`, pinned to that core.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from granian import Granian
from granian.constants import Interfaces, Loops

HERE: Final = Path(__file__).parent
OWN: Final = "ecosystem.app:create"
BARE: Final = "bare:create"
PEER: Final = "peer:create"
POOL: Final = 8
"""Connections to the database, of each server."""
_READY_S_MAX: Final = 300
"""A machine that is shared may take minutes."""
_STOP_S_MAX: Final = 20
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """What processes have used."""

    seconds: float
    """Seconds of processor time."""
    resident: int
    """Bytes of memory, of the largest process."""


@dataclass(frozen=True)
class Server:
    """One server that runs."""

    name: str
    port: int
    pid: int

    def usage(self) -> Usage:
        """Return what the server has used so far."""
        return usage(self.pid)


@contextmanager
def serving(
    name: str, target: str, *, port: int, core: int, environ: Mapping[str, str], log: Path
) -> Iterator[Server]:
    """Have a server run for as long as the context lasts; its output goes to `log`."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "serving.py"), target, str(port), str(core)],
            env={**os.environ, "PYTHONPATH": _beside(HERE), **environ},
            stdout=out,
            stderr=out,
        )
        try:
            _wait(process, port=port, log=log)
            yield Server(name, port, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _beside(folder: Path) -> str:
    """Return where Python looks for modules: in `folder` too."""
    return os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))


def usage(root: int) -> Usage:
    """Return what a process and its children have used, as /proc tells."""
    seconds, resident = 0.0, 0
    for pid in _family(root):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        fields = stat.rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) * _TICK_S
        resident = max(resident, int(fields[21]) * _PAGE)
    return Usage(seconds, resident)


def _family(root: int) -> Iterator[int]:
    yield root
    try:
        tasks = list(Path(f"/proc/{root}/task").iterdir())
        children = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield from _family(child)


def _wait(process: "subprocess.Popen[bytes]", *, port: int, log: Path) -> None:
    ends = time.monotonic() + _READY_S_MAX
    while time.monotonic() < ends and process.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live", timeout=2)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"The server did not start: {log.read_text(errors='replace')[-2000:]}")


def main() -> None:
    """Serve `TARGET` at `PORT` on `CORE`."""
    target, port, core = sys.argv[1:]
    if int(core) >= 0:
        os.sched_setaffinity(0, {int(core)})
    Granian(
        target,
        address="127.0.0.1",
        port=int(port),
        interface=Interfaces.ASGI,
        factory=True,
        workers=1,
        loop=Loops.uvloop,
        websockets=False,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
