"""The embedded PostgreSQL: a server of our own, kept for as long as this process lives.

For a machine on which nobody has set up a database. It needs no password, listens on no
network, and works as root and as an ordinary user. Standard library only, on Linux and
other systems with Unix sockets.
"""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self
from urllib.parse import quote

from ecosystem.runtime.postgres_binaries import Binaries, find, find_binaries, usable_by
from ecosystem.runtime.postgres_cluster import PORT, SUPERUSER, Cluster, answers
from ecosystem.runtime.postgres_failure import PostgresFailed, explain, explain_system
from ecosystem.runtime.postgres_keeper import Keeper, end_leftovers
from ecosystem.runtime.postgres_roles import bootstrap_sql, ensure_database
from ecosystem.runtime.postgres_user import ServerUser, refuse_closed, server_user

__all__ = [
    "EmbeddedServer",
    "PostgresFailed",
    "bootstrap_sql",
    "default_folder",
    "ensure_database",
    "find_binaries",
]

_READY_S_MAX: Final = 600
"""Recovery after a crash may take minutes; what is committed must not be given up on."""
_FAST_S_MAX: Final = 60
_IMMEDIATE_S_MAX: Final = 15
_TELL_AFTER_S: Final = 2


def default_folder() -> Path:
    """Return where data lies by default: /var/lib/ecosystem for root, else below the home.

    That is `$XDG_DATA_HOME/ecosystem`, or `~/.local/share/ecosystem`.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/ecosystem")
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".local" / "share") / "ecosystem"


class EmbeddedServer:
    """One PostgreSQL on one folder, started and stopped by this process, and ended with it."""

    def __init__(
        self,
        folder: Path,
        *,
        binaries: Path | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """Name the folder; start nothing.

        `binaries` is the folder of PostgreSQL's programs, by default what `find_binaries`
        finds. `progress` is told in sentences what takes long.
        """
        self._cluster = Cluster(folder.absolute())
        self._wanted = binaries
        self._progress = progress
        self._turn = threading.RLock()
        self._leaving = threading.Event()
        self._by = os.getpid()
        self._opened: _Opened | None = None
        self._kept: Keeper | None = None

    def start(self) -> Self:
        """Start the server, make its database where there is none, and return when it is ready.

        Raises PostgresFailed where it cannot run, and then leaves nothing running or locked.
        Does nothing where it is started already.
        """
        with self._turn:
            if self._opened is not None:
                return self
            self._leaving.clear()
            try:
                self._open()
                self._run(new=self._cluster.major() is None)
            except OSError as error:
                self.stop()
                raise explain_system(error, folder=self._cluster.folder) from error
            except BaseException:
                self.stop()
                raise
        return self

    def stop(self) -> None:
        """End the sessions, stop the server, and let go of the folder.

        Waits a minute for what is being written, then ends it at once; the next start then
        recovers. A start that another thread is in the middle of fails. Raises PostgresFailed
        where the server does not end even so. Does nothing where it is stopped, or in a
        process forked from the owner.
        """
        if os.getpid() != self._by:
            return
        self._leaving.set()
        with self._turn:
            if self._kept is not None:
                _end(self._kept, folder=self._cluster.folder)
                self._kept = None
            if self._opened is not None:
                if self._opened.sockets != self._cluster.sockets:
                    shutil.rmtree(self._opened.sockets, ignore_errors=True)
                os.close(self._opened.lock)
                self._opened = None

    def disown(self) -> None:
        """Let go of the folder's lock in a process just forked from the owner.

        Otherwise the folder stays locked after the owner was killed, for as long as the
        process that was forked from it lives.
        """
        if self._opened is not None and os.getpid() != self._by:
            os.close(self._opened.lock)
            self._opened = self._kept = None

    def poll(self) -> int | None:
        """Return None while the server runs, else how it ended (see `subprocess`)."""
        return self._keeper.status()

    def restart_if_dead(self) -> bool:
        """Start the server again where it ended by itself, and tell whether that was needed.

        The address stays. Raises PostgresFailed where it cannot be started again; to try
        once more, call again.
        """
        with self._turn:
            if self._kept is None or not self._kept.ended():
                return False
            self._tell(f"PostgreSQL ended by itself (status {self._kept.status()}).")
            try:
                self._run(new=False)
            except OSError as error:
                raise explain_system(error, folder=self._cluster.folder) from error
            return True

    def dsn(self, database: str, *, role: str) -> str:
        """Return the address of `database` for `role`, as asyncpg and libpq take it.

        The role is `ecosystem_owner`, `ecosystem_api` or the superuser `postgres`; the server
        believes the operating system about who connects, and admits nobody else.
        """
        return _dsn(database, role=role, sockets=self.socket_folder)

    def running_dsn(self, database: str, *, role: str) -> str | None:
        """Return the address of `database` where any process serves this folder now, or None.

        Starts nothing and locks nothing: for reading beside the process that has the folder.
        """
        sockets = self._cluster.sockets_in_use()
        return None if sockets is None else _dsn(database, role=role, sockets=sockets)

    def admin_dsn(self) -> str:
        """Return the address for making roles and databases: the superuser's."""
        return self.dsn("postgres", role=SUPERUSER)

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket; only root and the user that the server runs as may enter."""
        return self._started.sockets

    @property
    def pid(self) -> int:
        """The process number of the server."""
        return self._keeper.pid

    @property
    def version(self) -> str:
        """The version of PostgreSQL, such as `18.6`."""
        return self._started.binaries.version

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def _started(self) -> "_Opened":
        if self._opened is None:
            raise RuntimeError("the server is not started")
        return self._opened

    @property
    def _keeper(self) -> Keeper:
        if self._kept is None:
            raise RuntimeError("the server is not started")
        return self._kept

    def _tell(self, sentence: str) -> None:
        if self._progress is not None:
            self._progress(sentence)

    def _open(self) -> None:
        """Lock the folder and settle what stays the same until `stop`."""
        cluster = self._cluster
        self._by = os.getpid()
        cluster.make_folder()
        lock = cluster.hold()
        try:
            user = server_user(cluster.data)
            refuse_closed(cluster.folder, user=user)
            found = find(self._wanted, major=cluster.major())
            binaries = usable_by(user, binaries=found, copies=cluster.copies)
            sockets = cluster.place_sockets(user=user)
        except BaseException:
            os.close(lock)
            raise
        self._opened = _Opened(lock, user, binaries, sockets)
        if sockets != cluster.sockets:
            self._tell(f"A socket cannot have the path {cluster.sockets}: it is in {sockets}.")

    def _run(self, *, new: bool) -> None:
        """Start the server and wait until it is ready; before, where `new`, make its database."""
        cluster, opened = self._cluster, self._started
        end_leftovers(cluster.data, progress=self._tell)
        log = cluster.open_log()
        try:
            if new:
                self._tell(f"Making a database in {cluster.folder}.")
                cluster.initialise(opened.binaries, user=opened.user, log=log)
            cluster.write_settings(sockets=opened.sockets, user=opened.user)
            program = opened.binaries.folder / "postgres"
            settings = f"config_file={cluster.settings / 'postgresql.conf'}"
            self._kept = Keeper(
                [program, "-D", cluster.data, "-c", settings],
                user=opened.user,
                death=signal.SIGINT,
                log=log,
            )
        finally:
            os.close(log)
        self._wait_until_ready(self._kept)

    def _wait_until_ready(self, keeper: Keeper) -> None:
        began = told = time.monotonic()
        while not (self._cluster.is_ready(keeper.pid) and self._answers()):
            if keeper.ended(within_s=0.01):
                raise explain(
                    self._cluster.read_log(),
                    folder=self._cluster.folder,
                    otherwise="PostgreSQL ended while it was starting in {folder} "
                    f"(status {keeper.status()}).",
                )
            if self._leaving.is_set():
                raise PostgresFailed(
                    f"PostgreSQL in {self._cluster.folder} is to stop before it was ready."
                )
            now = time.monotonic()
            if now - began > _READY_S_MAX:
                raise explain(
                    "",
                    folder=self._cluster.folder,
                    otherwise="PostgreSQL did not get ready in {folder} "
                    f"within {_READY_S_MAX} seconds; its log is {{folder}}/log.",
                )
            if now - told > _TELL_AFTER_S:
                told = now
                self._tell(f"PostgreSQL is recovering, for {now - began:.0f} seconds now.")

    def _answers(self) -> bool:
        return answers(self.socket_folder)


class _Opened(NamedTuple):
    """What is settled between start and stop."""

    lock: int
    user: ServerUser
    binaries: Binaries
    sockets: Path


def _dsn(database: str, *, role: str, sockets: Path) -> str:
    host = quote(str(sockets), safe="/")
    return f"postgresql://{quote(role)}@/{quote(database)}?host={host}&port={PORT}"


def _end(keeper: Keeper, *, folder: Path) -> None:
    for number, wait_s in ((signal.SIGINT, _FAST_S_MAX), (signal.SIGQUIT, _IMMEDIATE_S_MAX)):
        keeper.signal(number)
        if keeper.ended(within_s=wait_s):
            return
    raise PostgresFailed(
        f"PostgreSQL in {folder} does not stop (process {keeper.pid}). "
        f"End it with `kill -KILL {keeper.pid}`; what was committed is safe."
    )
