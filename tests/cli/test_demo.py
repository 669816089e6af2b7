"""The demonstration goes on where its database dies, and leaves nothing where it is stopped."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.service import COMMAND, environ

_END_S_MAX = 90
_INTERRUPTED = {130, -signal.SIGINT}
"""A shell shows both as 130: Python chooses the second where it was importing just then."""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for temporary files that every user may pass through."""
    with tempfile.TemporaryDirectory(prefix="ecosystem-demo-test-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


def _begun(place: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, "demo", "--exit"],
        env=environ(TMPDIR=str(place), PYTHONUNBUFFERED="1", http_proxy="http://127.0.0.1:9"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _services_of(place: Path) -> list[int]:
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "environ").read_bytes()
        except OSError:
            continue
        if f"ECOSYSTEM_DATA_FOLDER={place}".encode() in known:
            found.append(int(process.name))
    return found


def _all_said(demo: "subprocess.Popen[str]") -> tuple[str, str]:
    return demo.communicate(timeout=_END_S_MAX)


def test_the_death_of_the_database_is_waited_out(place: Path) -> None:
    demo = _begun(place)
    assert demo.stdout is not None
    said = ""
    while " 4/15" not in said:
        said += demo.stdout.readline()
    (server,) = place.glob("*/data/database/data/postmaster.pid")
    os.kill(int(server.read_text(encoding="ascii").split()[0]), signal.SIGKILL)
    rest, complaints = _all_said(demo)

    assert (demo.returncode, complaints) == (0, ""), rest
    assert "✓ 15/15" in rest
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.05, 1.0])
def test_stopped_at_any_instant_it_leaves_nothing(
    place: Path, number: signal.Signals, after_s: float
) -> None:
    demo = _begun(place)
    assert demo.stdout is not None
    demo.stdout.readline()
    time.sleep(after_s)
    demo.send_signal(number)
    _, complaints = _all_said(demo)

    assert demo.returncode in _INTERRUPTED
    assert complaints == "ecosystem: Interrupted; what was started is stopped.\n"
    assert list(place.iterdir()) == []
    assert _services_of(place) == []
