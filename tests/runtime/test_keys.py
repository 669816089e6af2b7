"""Secret keys are made once, are readable by their owner alone, and stay the same."""

import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from joserfc import jws

from ecosystem.runtime.keys import Keys

NOW = 1_800_000_000.0
MAKE = """
import sys, time
from pathlib import Path
from ecosystem.runtime.keys import Keys
keys = Keys(Path(sys.argv[1]))
while time.time() < float(sys.argv[2]):
    pass
now = time.time()
print(*(one.signing(now).as_pem(private=True) for one in (keys.tokens, keys.receipts)))
print(keys.cursors)
"""


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_but_the_owner_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "house" / "keys"
    keys = Keys(folder)
    assert keys.tokens.signing(NOW).kid
    assert keys.receipts.signing(NOW).kid
    assert len(keys.cursors) == 32

    assert _mode(folder) == 0o700
    assert {file.name: _mode(file) for file in folder.iterdir()} == {
        "tokens.pem": 0o600, "receipts.pem": 0o600, "cursors.key": 0o600,
    }  # fmt: skip


def test_the_next_start_finds_the_same_keys(tmp_path: Path) -> None:
    first, second = Keys(tmp_path), Keys(tmp_path)

    assert first.cursors == second.cursors
    key = first.tokens.signing(NOW)
    signed = jws.serialize_compact({"alg": "ES256", "kid": key.kid}, b"said", key)
    assert (
        jws.deserialize_compact(signed, second.tokens.checking(NOW)[key.kid or ""]).payload
        == b"said"
    )


def test_each_key_and_each_house_has_its_own(tmp_path: Path) -> None:
    one, other = Keys(tmp_path / "one"), Keys(tmp_path / "other")
    rings = (one.tokens, one.receipts, other.tokens, other.receipts)
    names = {ring.signing(NOW).kid for ring in rings}

    assert len(names) == 4
    assert one.cursors != other.cursors


@pytest.mark.parametrize("_", range(3))
def test_processes_that_start_at_once_make_one_key(tmp_path: Path, _: int) -> None:
    at = str(time.time() + 1.5)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, str(tmp_path), at], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = {one.communicate(timeout=60)[0] for one in started}

    assert [one.returncode for one in started] == [0, 0, 0]
    assert len(said) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "cursors.key", "receipts.pem", "tokens.pem",
    ]  # fmt: skip


def test_what_another_has_made_is_taken_whole(tmp_path: Path) -> None:
    (tmp_path / "cursors.key").write_bytes(b"kept from before")

    assert Keys(tmp_path).cursors == b"kept from before"
