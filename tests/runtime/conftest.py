"""Where the databases of these tests lie."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")  # noqa: S108  # The server is on trial here, not the disk.
ROOM_BYTES = 1_000_000_000


@pytest.fixture(scope="session")
def room() -> Iterator[Path]:
    """A folder that every user may pass through, as pytest's own is not."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    made = Path(tempfile.mkdtemp(prefix="eco-", dir=MEMORY if roomy else None))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def place(room: Path) -> Iterator[Path]:
    """Such a folder for one test."""
    made = Path(tempfile.mkdtemp(dir=room))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)
