"""Every store keeps bytes by their digest in the same way: a folder, and a bucket of S3."""

import hashlib
from pathlib import Path

import pytest

from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.object_store import Bucket
from ecosystem.runtime.stores import PIECE_BYTES, LocalFolder, Store, StoreUnreachable
from tests.bucket import endpoint

__all__ = ["endpoint"]

LARGE = bytes(range(256)) * (9 * PIECE_BYTES // 256) + b"end"


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind."""
    if request.param == "folder":
        return LocalFolder(tmp_path / "kept")
    endpoint: str = request.getfixturevalue("endpoint")
    return Bucket(f"s3://documents/{tmp_path.name}", endpoint=endpoint)


def _kept(store: Store, folder: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    draft = folder / "draft"
    draft.write_bytes(content)
    store.put(digest, draft)
    draft.unlink()
    return digest


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=["none", "one", "nine-megabytes"])
def test_what_is_put_comes_back_whole_and_in_ranges(
    store: Store, tmp_path: Path, content: bytes
) -> None:
    digest = _kept(store, tmp_path, content)

    pieces = list(store.stream(digest))

    assert b"".join(pieces) == content
    assert store.size(digest) == len(content)
    assert b"".join(store.stream(digest, first=3, end=9)) == content[3:9]
    assert b"".join(store.stream(digest, first=max(0, len(content) - 2))) == content[-2:]


def test_the_same_bytes_are_kept_once(store: Store, tmp_path: Path) -> None:
    digests = {_kept(store, tmp_path, content) for content in (b"same", b"other", b"same")}

    assert set(store.digests()) == digests
    assert len(list(store.digests())) == 2


def test_what_is_removed_is_gone_and_removing_it_again_is_no_error(
    store: Store, tmp_path: Path
) -> None:
    digest = _kept(store, tmp_path, b"what a court has ordered to be destroyed")

    store.remove(digest)
    store.remove(digest)

    assert store.size(digest) is None
    with pytest.raises(FileNotFoundError):
        list(store.stream(digest))


def test_what_arrives_lies_in_the_folder_until_the_bucket_has_it(
    endpoint: str, tmp_path: Path
) -> None:
    bucket = Bucket(f"s3://documents/{tmp_path.name}", endpoint=endpoint)
    blobs = Blobs(tmp_path, elsewhere=bucket)

    digest = blobs.keep(b"elsewhere")

    assert blobs.read(digest) == b"elsewhere"
    assert list(bucket.digests()) == [digest]
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


def test_a_bucket_that_is_not_there_is_no_document_that_is_missing(
    endpoint: str, tmp_path: Path
) -> None:
    absent = Bucket("s3://no-such-bucket", endpoint=endpoint)

    with pytest.raises(StoreUnreachable):
        _kept(absent, tmp_path, b"x")
