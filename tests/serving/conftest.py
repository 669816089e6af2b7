"""Folders for services that are started as their operator starts them."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import disks
from tests.serving.service import Service

MEMORY = Path("/dev/shm")  # noqa: S108  # Processes are killed here, not disks.
ROOM_BYTES = 2_000_000_000

Serve = Callable[..., Service]


@pytest.fixture(scope="session")
def grounds() -> Iterator[Path]:
    """A folder that every user may pass through, as pytest's own is not."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    made = Path(tempfile.mkdtemp(prefix="eco-", dir=MEMORY if roomy else None))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def seeded(grounds: Path) -> Path:
    """The data folder of a sandbox that was started once, and stopped."""
    service = Service(grounds / "seeded")
    with ExitStack() as stack:
        stack.callback(service.discard)
        service.start().ready()
        assert service.stop() == 0, service.said()
    (service.folder / "service.log").unlink()
    return service.folder


@pytest.fixture
def folder(grounds: Path) -> Path:
    """A folder that is not there yet."""
    made = Path(tempfile.mkdtemp(dir=grounds))
    made.chmod(0o711)
    return made / "data"


@pytest.fixture
def place(grounds: Path, seeded: Path) -> Path:
    """A copy of the seeded data folder."""
    return copied(seeded, within=grounds)


@pytest.fixture
def serve(place: Path) -> Iterator[Serve]:
    """Starts services, by default on a copy of the seeded folder, and ends them all."""
    with ExitStack() as stack:

        def start(*arguments: str, folder: Path = place, **settings: str) -> Service:
            service = Service(folder, arguments or ("--sandbox",), settings)
            stack.callback(service.discard)
            return service.start()

        yield start


@pytest.fixture
def disk(grounds: Path) -> Iterator[Callable[[int], Path]]:
    """Makes disks of so many megabytes; skips the test where only root may."""
    with ExitStack() as stack:

        def mounted(megabytes: int) -> Path:
            at = Path(tempfile.mkdtemp(dir=grounds))
            disks.mount(at, f"size={megabytes}m", "mode=0711")
            stack.callback(disks.unmount, at)
            return at

        yield mounted


def copied(folder: Path, *, within: Path) -> Path:
    """Return a copy of a data folder, with the owners of all that is in it."""
    copy = Path(tempfile.mkdtemp(dir=within))
    copy.chmod(0o711)
    subprocess.run(["/bin/cp", "-a", folder, copy / "data"], check=True)
    return copy / "data"
