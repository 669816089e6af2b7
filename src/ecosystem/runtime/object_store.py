"""A bucket of an S3-compatible service as the store of documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from obstore.exceptions import BaseError
from obstore.store import S3Store

from ecosystem.runtime.stores import PIECE_BYTES, StoreUnreachable

if TYPE_CHECKING:
    from obstore.store import S3Config

_PART_BYTES: Final = 8 << 20
_PARTS_AT_ONCE: Final = 2
_HEX: Final = 64
_RETRIES_MAX: Final = 3
_TRYING_MAX: Final = timedelta(seconds=20)


@dataclass(frozen=True)
class Bucket:
    """A store in a bucket, below a prefix that is the service's alone.

    The credentials are those of the environment, under the names that all tools for S3 read:
    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and what stands for them on a cloud's machines.
    """

    address: str
    """s3://BUCKET or s3://BUCKET/PREFIX."""
    endpoint: str | None = None
    region: str = "us-east-1"

    def put(self, digest: str, draft: Path) -> None:
        """Keep the bytes of a file: S3 shows an object when all of it is there, not before."""
        if self.size(digest) is not None:
            return
        try:
            self._store.put(
                self._place(digest), draft, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
            )
        except (BaseError, FileNotFoundError) as error:
            raise _unreachable(error) from error

    def size(self, digest: str) -> int | None:
        """Return how many bytes there are, or None where the digest is not kept."""
        try:
            return self._store.head(self._place(digest))["size"]
        except FileNotFoundError:
            return None
        except BaseError as error:
            raise _unreachable(error) from error

    def stream(self, digest: str, *, first: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `first` up to `end`."""
        size = self.size(digest)
        if size is None:
            raise FileNotFoundError(digest)
        until = size if end is None else min(end, size)
        if first >= until:
            return
        try:
            found = self._store.get(self._place(digest), options={"range": (first, until)})
            for piece in found.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)
        except BaseError as error:
            raise _unreachable(error) from error

    def remove(self, digest: str) -> None:
        """Remove the bytes."""
        try:
            self._store.delete(self._place(digest))
        except FileNotFoundError:
            return
        except BaseError as error:
            raise _unreachable(error) from error

    def digests(self) -> Iterator[str]:
        """Yield every digest that is kept."""
        try:
            store: Any = self._store  # Its list has a type that is known in part.
            for batch in store.list(self._prefix or None):
                for one in batch:
                    name = one["path"].rpartition("/")[2]
                    if len(name) == _HEX:
                        yield name
        except BaseError as error:
            raise _unreachable(error) from error

    @property
    def _bucket(self) -> str:
        return self.address.removeprefix("s3://").partition("/")[0]

    @property
    def _prefix(self) -> str:
        return self.address.removeprefix("s3://").partition("/")[2].strip("/")

    @cached_property
    def _store(self) -> S3Store:
        plain = self.endpoint is not None and self.endpoint.startswith("http://")
        place: S3Config = {} if self.endpoint is None else {"endpoint": self.endpoint}
        return S3Store(
            self._bucket,
            config=place,
            region=self.region,
            virtual_hosted_style_request=False,
            client_options={"allow_http": plain},
            retry_config={"max_retries": _RETRIES_MAX, "retry_timeout": _TRYING_MAX},
        )

    def _place(self, digest: str) -> str:
        return "/".join(one for one in (self._prefix, digest[:2], digest) if one)


def _unreachable(error: Exception) -> StoreUnreachable:
    return StoreUnreachable(f"The store of documents failed: {str(error).splitlines()[0]}")
