"""Small disks that really fill up, mounted where a test wants one."""

import os
import subprocess
from pathlib import Path

import pytest

_MOUNT = ("/bin/mount", "-t", "tmpfs", "-o")


def mount(at: Path, *options: str) -> None:
    """Mount a disk with these options, or skip the test where this user may mount none.

    Where REQUIRE_DISK is set, as in continuous integration, that fails the test instead.
    """
    command = [*_MOUNT, ",".join(options), "small", str(at)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode != 0:
        refused = f"no small disk can be mounted: {told.stderr.strip()}"
        if os.environ.get("REQUIRE_DISK"):
            pytest.fail(refused)
        pytest.skip(refused)


def resize(at: Path, *options: str) -> None:
    """Mount a disk that is mounted again, with other options."""
    subprocess.run([*_MOUNT, ",".join(("remount", *options)), "small", str(at)], check=True)


def unmount(at: Path) -> None:
    """Take a disk away, whoever still reads from it."""
    subprocess.run(["/bin/umount", "-l", str(at)], check=True)
