"""Bytes as an answer that leaves piece by piece: an attachment, never whole in memory."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any, Final, cast
from urllib.parse import quote

from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from ecosystem.runtime import problems
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.call import Call, EdgeFinding
from ecosystem.runtime.visit import KEY, Visit

_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_NEVER_SHOWN: Final = "sandbox; default-src 'none'"


class Download(Response[bytes]):
    """A document that leaves piece by piece."""

    def __init__(
        self, pieces: AsyncIterator[bytes], *, status_code: int, headers: dict[str, str]
    ) -> None:
        """Send `pieces`, which the headers describe."""
        super().__init__(b"", status_code=status_code, headers=headers)
        self._pieces = pieces

    def to_asgi_response(
        self, app: object, request: Request[Any, Any, Any], **_: Any
    ) -> ASGIResponse:
        """Return what sends this answer."""
        del app, request
        return _Sending(self._pieces, self.status_code or 200, dict(self.headers))


async def download(
    request: Call, blobs: Blobs, *, sha256: str, name: str, media_type: str
) -> Response[bytes]:
    """Return a stored document as an attachment: whole, or the range that is asked for.

    Raises EdgeFinding where the range begins behind the end; FileNotFoundError where the bytes
    are lost. Source: RFC 9110, section 14; RFC 6266; RFC 8187.
    """
    size = await asyncio.to_thread(blobs.store.size, sha256)
    if size is None:
        raise FileNotFoundError(sha256)
    tag = f'"{sha256}"'
    headers = {
        "content-type": media_type,
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": _NEVER_SHOWN,
        "accept-ranges": "bytes",
        "etag": tag,
    }
    first, end = 0, size
    if request.header(b"if-range") in {None, tag}:
        first, end = _range(request, size)
    if is_part := (first, end) != (0, size):
        headers["content-range"] = f"bytes {first}-{end - 1}/{size}"
    headers["content-length"] = str(end - first)
    pieces = _in_threads(blobs.store.stream(sha256, first=first, end=end))
    return Download(pieces, status_code=206 if is_part else 200, headers=headers)


def made(pieces: AsyncIterator[bytes], *, name: str, media_type: str) -> Response[bytes]:
    """Return what is made while it leaves, as an attachment whose length nobody knows before.

    Should making it fail, the answer breaks off, and its reader sees that it is not whole
    (RFC 9112, section 8).
    """
    headers = {
        "content-type": media_type,
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": _NEVER_SHOWN,
    }
    return Download(pieces, status_code=200, headers=headers)


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _range(request: Call, size: int) -> tuple[int, int]:
    """Return the first byte that is asked for, and the one after the last."""
    found = _RANGE.fullmatch(request.header(b"range") or "")
    if found is None or not any(found.groups()):
        return 0, size  # What is not understood is ignored, and the whole is sent.
    first, last = found.groups()
    begin = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if first and last and int(last) < int(first):
        return 0, size
    if begin >= size:
        request.visit.answer_headers.append((b"content-range", b"bytes */%d" % size))
        raise EdgeFinding(problems.RANGE_UNSATISFIABLE, f"The document has {size} bytes.")
    return begin, end


class _Sending(ASGIResponse):
    __slots__ = ("_head", "_pieces", "_start")

    def __init__(self, pieces: AsyncIterator[bytes], status: int, headers: dict[str, str]) -> None:
        self._pieces = pieces
        self._start = {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(cast("Any", self._start))
        visit: Visit = cast("dict[str, Visit]", scope)[KEY]
        if not visit.without_body:
            gone = asyncio.create_task(_gone(receive))
            try:
                await self._pour(send, gone)
            finally:
                gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pour(self, send: Send, gone: "asyncio.Task[None]") -> None:
        async for piece in self._pieces:
            if gone.done():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _gone(receive: Receive) -> None:
    """Wait until the reader has gone."""
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "http.disconnect":
            pass
