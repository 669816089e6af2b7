"""Children that end with this process, and what earlier ones left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ecosystem.runtime.postgres_failure import PostgresFailed
from ecosystem.runtime.postgres_user import ServerUser

_LAUNCH: Final = Path(__file__).with_name("postgres_launch.py")
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
_LEFTOVER_S_MAX: Final = 60
_PROC: Final = Path("/proc")


class Keeper:
    """One child that is ended when this process ends, however that happens.

    On Linux the kernel sends the child `death` when the *thread* that made it ends, so
    a thread of its own makes it and then waits for it: a start from a worker thread
    is safe, and an end is known at once. The environment, which may hold secrets, is
    not passed on.
    """

    def __init__(
        self, command: Sequence[str | Path], *, user: ServerUser, death: signal.Signals, log: int
    ) -> None:
        """Start `command` as `user`, writing to the open file `log`; OSError where it cannot."""
        self._command = [
            *(sys.executable, "-I", "-S", _LAUNCH),
            *map(str, (user.uid, user.gid, os.getpid(), int(death))),
            *command,
        ]
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._made = threading.Event()
        self._ended = threading.Event()
        threading.Thread(target=self._keep, name="postgres-keeper", daemon=True).start()
        self._made.wait()
        if self._failure is not None:
            raise self._failure

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._running().pid

    def ended(self, *, within_s: float | None = 0) -> bool:
        """Tell whether the child has ended, waiting `within_s` seconds for it, or for ever."""
        return self._ended.wait(within_s)

    def status(self) -> int | None:
        """Return how the child ended: its exit code, minus the signal's number, or None."""
        return self._running().returncode if self._ended.is_set() else None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the child has ended."""
        if not self._ended.is_set():
            self._running().send_signal(number)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise RuntimeError(self._command)
        return self._child

    def _keep(self) -> None:
        try:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                cwd="/",
                env={name: os.environ[name] for name in _KEPT if name in os.environ}
                | {"LC_ALL": "C"},
                start_new_session=True,
            )
        except OSError as error:
            self._failure = error
            return
        finally:
            self._made.set()
        self._child.wait()
        self._ended.set()


def end_leftovers(data: Path, *, progress: Callable[[str], None]) -> None:
    """End what an earlier owner, killed without warning, left running on the folder `data`.

    Requires that the caller holds the folder's lock. Only processes are touched that
    work in `data` and are PostgreSQL's: the one that `postmaster.pid` names is asked to
    stop; what survived a killed one is ended, since it would keep a new one out. Then a
    `postmaster.pid` that names nothing of ours is removed, for its number may by now be
    another program's. Raises PostgresFailed where a process does not end.

    Without /proc nothing is done; PostgreSQL then refuses to start, and says why.
    """
    if not (_PROC / "self" / "cwd").exists() or not data.is_dir():
        return
    named = _named_in(data / "postmaster.pid")
    if named and _title(named, data=data).split(" ")[0].endswith(("/postgres", "/postmaster")):
        progress(f"Stopping the PostgreSQL (process {named}) that was left running on {data}.")
        _end([named], signal.SIGINT, data=data)
    _end(_parts(data), signal.SIGQUIT, data=data)
    if named:
        (data / "postmaster.pid").unlink(missing_ok=True)


def _named_in(file: Path) -> int | None:
    try:
        return max(int(file.read_text(encoding="ascii", errors="replace").split("\n")[0]), 0)
    except (FileNotFoundError, ValueError):
        return None


def _title(pid: int, *, data: Path) -> str:
    """Return the command line of the process, or nothing where it does not work in `data`."""
    try:
        if not (_PROC / str(pid) / "cwd").samefile(data):
            return ""
        line = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:  # It ended, or is another user's.
        return ""
    return os.fsdecode(line).replace("\0", " ")


def _parts(data: Path) -> list[int]:
    """Return the processes that a PostgreSQL on `data` made, such as `postgres: checkpointer`."""
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if _title(pid, data=data).startswith("postgres: ")]


def _end(pids: list[int], number: signal.Signals, *, data: Path) -> None:
    for pid in pids:
        _send(pid, number)
    give_up = time.monotonic() + _LEFTOVER_S_MAX
    while running := [pid for pid in pids if _title(pid, data=data)]:
        if time.monotonic() > give_up:
            raise PostgresFailed(
                f"A PostgreSQL that was left running on {data} does not stop "
                f"(process {running[0]}). End it with `kill -QUIT {running[0]}`."
            )
        time.sleep(0.02)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
