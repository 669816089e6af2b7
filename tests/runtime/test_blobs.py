"""Bytes are kept once, by their digest, whole or not at all."""

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecosystem.runtime.blobs import Blobs

CONTENTS = (b"", b"x", bytes(range(256)) * 4_096)


@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_what_is_kept_is_read_again_by_its_digest(tmp_path: Path, content: bytes) -> None:
    blobs = Blobs(tmp_path / "documents")

    digest = blobs.keep(content)

    assert digest == hashlib.sha256(content).hexdigest()
    assert blobs.read(digest) == content
    assert Blobs(tmp_path / "documents").read(digest) == content


def test_the_same_bytes_lie_there_once(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)

    assert blobs.keep(b"same") == blobs.keep(b"same") != blobs.keep(b"other")

    assert len(_files(tmp_path)) == 2


def test_many_at_once_keep_the_same_bytes_whole(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    contents = [CONTENTS[2] + str(number % 4).encode() for number in range(40)]

    with ThreadPoolExecutor(8) as pool:
        digests = list(pool.map(blobs.keep, contents))

    assert [blobs.read(digest) for digest in digests] == contents
    assert len(_files(tmp_path)) == 4


def test_what_was_broken_off_is_not_there(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = hashlib.sha256(b"whole").hexdigest()
    place = tmp_path / digest[:2]
    place.mkdir()
    (place / f".{digest}.1.1").write_bytes(b"who")

    with pytest.raises(FileNotFoundError):
        blobs.read(digest)

    assert blobs.read(blobs.keep(b"whole")) == b"whole"


def test_others_on_the_machine_may_not_look_in(tmp_path: Path) -> None:
    digest = Blobs(tmp_path).keep(b"secret")

    assert stat.S_IMODE((tmp_path / digest[:2]).stat().st_mode) == 0o700


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
