"""Why the embedded PostgreSQL cannot run, said to the operator in one sentence."""

import errno
import re
import shutil
from pathlib import Path
from typing import Final

LOG_LINES: Final = 20
"""How many of the last lines of a log are shown."""

_REASONS: Final = (
    (
        r"shared memory.*still in use|lock file \"postmaster.pid\" already exists",
        (
            "A PostgreSQL that was left behind still runs on {folder}. "
            "End it with `kill -INT` and the number in {folder}/data/postmaster.pid."
        ),
    ),
    (
        r"could not (create|map|resize|attach).*shared memory",
        (
            "The system gives PostgreSQL too little shared memory. Give the container or the "
            "kernel more of it (`--shm-size`, kernel.shmmax, kernel.shmall, kernel.shmmni)."
        ),
    ),
    (
        r"No space left on device|Disk quota exceeded",
        (
            "The disk of {folder} is full: {free}. Free some space and start again; "
            "what was committed is safe."
        ),
    ),
    (
        r"files are incompatible with server|unrecognized configuration parameter",
        (
            "The database in {folder} was written by another version of PostgreSQL "
            "than the one that was to open it."
        ),
    ),
    (
        r"wrong ownership|invalid permissions",
        (
            "The folder {folder}/data has another owner or is open to others; PostgreSQL wants "
            "it to belong to the user it runs as, with permissions 0700."
        ),
    ),
    (
        r"Operation not permitted",
        (
            "The system forbids this root to act for another user. Give the container the "
            "capabilities CHOWN, SETUID, SETGID and DAC_OVERRIDE, or start as an ordinary user."
        ),
    ),
    (r"Read-only file system", "The disk of {folder} is mounted read-only."),
    (
        (
            r"could not locate .*checkpoint record|could not open file \"global/pg_control\"|"
            r"is not a valid data directory|incorrect checksum|checksum.*does not match|"
            r"could not find the database system|invalid data in file"
        ),
        (
            "The database in {folder} is damaged or incomplete. Restore it from a backup; "
            "do not delete anything before that."
        ),
    ),
    (
        r"Permission denied",
        "PostgreSQL may not read or write something that it needs in {folder}.",
    ),
    (
        r"error while loading shared libraries|GLIBC_|symbol not found|Exec format error",
        (
            "These PostgreSQL binaries do not fit this system. Install PostgreSQL 15 or newer "
            "from its packages, or set DATABASE_URL."
        ),
    ),
    (
        r"invalid locale name|database locale is incompatible",
        "This system has no locale C.UTF-8, in which the database is kept. Install it.",
    ),
    (r"Cannot allocate memory|out of memory", "There is not enough memory for PostgreSQL."),
)


class PostgresFailed(Exception):
    """The embedded server cannot run; `sentence` says to the operator why and what helps.

    `log` has the last lines that PostgreSQL wrote, where it wrote any.
    """

    def __init__(self, sentence: str, *, log: str = "") -> None:
        """Say `sentence`, and below it the last lines of `log`."""
        super().__init__(f"{sentence}\nPostgreSQL wrote last:\n{log}" if log else sentence)
        self.sentence = sentence
        self.log = log


def explain(log: str, *, folder: Path, otherwise: str) -> PostgresFailed:
    """Return the failure that `log`, all that PostgreSQL wrote, tells of; else `otherwise`."""
    found = next((said for known, said in _REASONS if re.search(known, log)), otherwise)
    last = "\n".join(log.splitlines()[-LOG_LINES:])
    return PostgresFailed(found.format(folder=folder, free=_free(folder)), log=last)


def explain_system(error: OSError, *, folder: Path) -> PostgresFailed:
    """Return the failure that an error of the system means for the server in `folder`."""
    at = error.filename or folder
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return explain("No space left on device", folder=folder, otherwise="")
    if error.errno == errno.EPERM:
        return explain("Operation not permitted", folder=folder, otherwise="")
    if error.errno in {errno.EACCES, errno.EROFS}:
        return PostgresFailed(
            f"The database needs {at}, and this process may not read or write there "
            f"({error.strerror}). Start it as the owner, or choose another folder with "
            "ECOSYSTEM_DATA_FOLDER."
        )
    return PostgresFailed(f"The database cannot use {at}: {error.strerror}.")


def _free(folder: Path) -> str:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    return f"{shutil.disk_usage(existing).free // 1_000_000} MB are free"
