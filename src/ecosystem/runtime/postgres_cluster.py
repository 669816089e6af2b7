"""The files of the embedded PostgreSQL: where each lies, how they are made, what they say."""

import fcntl
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Final

from ecosystem.runtime.durable import synced
from ecosystem.runtime.postgres_binaries import Binaries, major_of
from ecosystem.runtime.postgres_failure import PostgresFailed, explain
from ecosystem.runtime.postgres_keeper import Keeper
from ecosystem.runtime.postgres_user import ServerUser

SUPERUSER: Final = "postgres"
ROLES: Final = ("ecosystem_owner", "ecosystem_api")
PORT: Final = 5432
"""Only a part of the socket's name: nothing listens on TCP."""

_SOCKET_NAME: Final = f".s.PGSQL.{PORT}"
_LINE_OF_SOCKETS: Final = 4
"""In postmaster.pid: pid, data folder, start time, port, and then this."""
_SOCKET_BYTES_MAX: Final = 107 if sys.platform == "linux" else 103
_SHORT: Final = "/tmp"  # noqa: S108  # Short, open to all, and `mkdtemp` is safe in it.
_BUILTIN_LOCALE_SINCE: Final = 17

_SETTINGS: Final = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
hba_file = '{settings}/pg_hba.conf'
ident_file = '{settings}/pg_ident.conf'

# A small machine that is shared with the service. What is committed is on the disk.
max_connections = 100
shared_buffers = 256MB
max_wal_size = 512MB
max_parallel_workers_per_gather = 0
jit = off
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica

# Statements and details of errors contain what people wrote; the log does not.
log_statement = none
log_min_error_statement = panic
log_error_verbosity = terse
log_checkpoints = off
log_line_prefix = '%m [%p] '
lc_messages = 'C'
timezone = 'UTC'
log_timezone = 'UTC'
"""
_HEAD: Final = (
    "# Written anew at every start of the service. To change a setting of the server,\n"
    "# use ALTER SYSTEM: it is kept with the data and wins over this file.\n"
)


class Cluster:
    """The places below one folder.

    The folder stays with the user of this process, and so does everything that this
    process opens in it: were `data`'s owner able to replace the log by a link, root
    would write through it.
    """

    def __init__(self, folder: Path) -> None:
        """Name the places; make nothing."""
        self.folder = folder
        self.data = folder / "data"
        self.sockets = folder / "run"
        self.settings = folder / "settings"
        self.copies = folder / "binaries"
        self.log = folder / "log"
        self.lock = folder / "lock"

    def make_folder(self) -> None:
        """Make the folder and those above it where missing; change none that exists.

        Root leaves new ones open to be passed through, since the server is another user.
        """
        mode = 0o711 if os.geteuid() == 0 else 0o700
        missing = [at for at in (self.folder, *self.folder.parents) if not at.exists()]
        for at in reversed(missing):
            at.mkdir(exist_ok=True)
            at.chmod(mode)

    def hold(self) -> int:
        """Lock the folder against a second start; return the open file that holds the lock.

        Raises PostgresFailed that names the process which holds it already.
        """
        lock = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode("ascii", "replace").strip()
            os.close(lock)
            raise PostgresFailed(
                f"The database in {self.folder} is in use already, by process {holder or '?'}. "
                "Stop that one, or choose another folder with ECOSYSTEM_DATA_FOLDER."
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        return lock

    def major(self) -> int | None:
        """Return the major version that wrote the data, or None where there is no data.

        Raises PostgresFailed where something else than a database lies there.
        """
        try:
            written = (self.data / "PG_VERSION").read_text(encoding="ascii", errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            if not self.data.exists() or (self.data.is_dir() and not any(self.data.iterdir())):
                return None
            written = ""
        if not (major := major_of(written)):
            raise PostgresFailed(
                f"{self.data} is not a database: it has no readable PG_VERSION. Move it away, "
                "or restore it from a backup; nothing in it was changed."
            )
        return major

    def open_log(self) -> int:
        """Begin a new log, keep the last one as `log.1`, and return the open file."""
        if self.log.exists():
            self.log.replace(self.log.with_name("log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)

    def read_log(self) -> str:
        """Return what PostgreSQL wrote since the start."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def initialise(self, binaries: Binaries, *, user: ServerUser, log: int) -> None:
        """Make the database in a folder beside, and rename it into place when it is whole.

        Removes what a start that was killed in the middle of this left behind.
        Raises PostgresFailed where `initdb` fails.
        """
        for leftover in self.folder.glob("data.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        new = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.folder))
        try:
            user.owns(new)
            initdb = Keeper(
                [binaries.folder / "initdb", "-D", new, *_initdb_options(binaries)],
                user=user,
                death=signal.SIGTERM,
                log=log,
            )
            try:
                initdb.ended(within_s=None)
            finally:
                initdb.signal(signal.SIGTERM)
            if initdb.status() != 0:
                raise explain(
                    self.read_log(),
                    folder=self.folder,
                    otherwise="PostgreSQL could not make its database in {folder}.",
                )
            new.rename(self.data)
            synced(self.folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def place_sockets(self, *, user: ServerUser) -> Path:
        """Make and return the folder of the socket, closed to all but `user` and root.

        It is `run`, or a new one in /tmp where the address of a socket, 107 bytes at most,
        or that of a database has no room for the path of `run`.
        """
        name = os.fsencode(self.sockets / _SOCKET_NAME)
        if len(name) > _SOCKET_BYTES_MAX or b"," in name or not name.isascii():
            sockets = Path(tempfile.mkdtemp(prefix="ecosystem-", dir=_SHORT))
        else:
            sockets = self.sockets
            sockets.mkdir(exist_ok=True)
            sockets.chmod(0o700)
        user.owns(sockets)
        return sockets

    def write_settings(self, *, sockets: Path, user: ServerUser) -> None:
        """Write the server's settings and who may connect: this user and `user`, locally."""
        self.settings.mkdir(exist_ok=True)
        self.settings.chmod(0o755)
        people = sorted({user.name, ServerUser.own().name})
        texts = {
            "postgresql.conf": _SETTINGS.format(
                port=PORT, sockets=_quoted(sockets), settings=_quoted(self.settings)
            ),
            "pg_hba.conf": "local all all peer map=own\nlocal replication all peer map=own\n",
            "pg_ident.conf": "".join(
                f'own "{person}" {role}\n' for person in people for role in (SUPERUSER, *ROLES)
            ),
        }
        for name, text in texts.items():
            new = self.settings / f"{name}.new"
            new.write_bytes(os.fsencode(_HEAD + text))
            new.chmod(0o644)
            new.replace(self.settings / name)

    def is_ready(self, pid: int) -> bool:
        """Tell whether the server `pid` says that it takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and lines[7:8] != [] and lines[7].strip() == "ready"

    def sockets_in_use(self) -> Path | None:
        """Return the folder of the socket on which a server of this data answers, or None.

        Whoever may not read the data is answered None.
        """
        try:
            lines = (self.data / "postmaster.pid").read_text(errors="replace").splitlines()
        except OSError:
            return None
        sockets = Path(lines[_LINE_OF_SOCKETS]) if len(lines) > _LINE_OF_SOCKETS else None
        return sockets if sockets is not None and answers(sockets) else None


def answers(sockets: Path) -> bool:
    """Tell whether a server takes connections on the socket in the folder `sockets`."""
    with socket.socket(socket.AF_UNIX) as trial:
        try:
            trial.connect(str(sockets / _SOCKET_NAME))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def _initdb_options(binaries: Binaries) -> list[str]:
    """Return how the database is made: Chinese needs LC_CTYPE other than C to have trigrams."""
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if binaries.major >= _BUILTIN_LOCALE_SINCE
        else ["--locale=C.UTF-8"]
    )
    return [
        *(f"--username={SUPERUSER}", "--auth-local=peer", "--auth-host=reject"),
        *("--encoding=UTF8", *locale, "--lc-ctype=C.UTF-8"),
        *("--data-checksums", "--no-instructions"),
    ]


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace("'", "''")
