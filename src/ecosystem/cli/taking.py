"""Take away what a search of events finds, as one file, and say how far it is."""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import httpx
import msgspec

from ecosystem.audit.exporting.formats import Format, Writer, is_at_hand, writer
from ecosystem.cli.saying import progress
from ecosystem.cli.trouble import Trouble

_PATH: Final = "/v1/audit/event-file"
_PAGE: Final = 1_000
_WAIT_S: Final = 120


class _Recorded(msgspec.Struct, frozen=True):
    recorded_at: str


class _Taken:
    """What has been written so far."""

    def __init__(self, file: BinaryIO, to: Writer) -> None:
        """Write to `file` as `to` does."""
        self._file = file
        self._to = to
        self._digest = hashlib.sha256()
        self.events = 0
        self.bytes = 0

    def page(self, lines: list[str]) -> None:
        """Write a page of events, each as its JSON."""
        self._write(self._to.page(f"[{','.join(lines)}]".encode()))
        self.events += len(lines)

    def end(self) -> str:
        """Write the end; return the SHA-256 of the whole."""
        self._write(self._to.end())
        return self._digest.hexdigest()

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.bytes += len(content)


def export(parsed: argparse.Namespace) -> int:
    """Write the file; until it is whole it bears the ending `.part`, and it is removed if not."""
    form = Format(parsed.format)
    if not is_at_hand(form):
        raise Trouble("Parquet is not at hand; install ecosystem[parquet].")
    output: Path = parsed.output
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            taken = _Taken(file, writer(form))
            digest = _take(parsed, taken)
        part.replace(output)
    except OSError as error:
        raise Trouble(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    _tell(parsed, taken, digest)
    return 0


def _take(parsed: argparse.Namespace, taken: _Taken) -> str:
    headers = {"Authorization": f"Bearer {_token(parsed.token_file)}"}
    query = dict(_filter(one) for one in parsed.where)
    try:
        with httpx.stream(
            "GET",
            f"{parsed.url}{_PATH}",
            params=query | {"format": "ndjson"},
            headers=headers,
            timeout=_WAIT_S,
        ) as answer:
            if not answer.is_success:
                answer.read()
                raise Trouble(f"The service refused: {_said(answer)}")
            for lines in _pages(answer.iter_lines()):
                taken.page(lines)
                _progress(taken, lines[-1])
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Trouble(
            f"It broke off after {taken.events} events, and is not kept: {error}"
        ) from None
    return taken.end()


def _pages(lines: Iterator[str]) -> Iterator[list[str]]:
    page: list[str] = []
    for line in lines:
        page.append(line)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _token(file: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        token = content.decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not token:
        raise Trouble(f"{file} holds no token.")
    return token


def _filter(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise Trouble(f"--where {given!a} is not NAME=VALUE.")
    if name == "format":
        raise Trouble("--where names no filter of the search; the form of the file is --format.")
    return name, value


def _said(answer: httpx.Response) -> str:
    try:
        problem: dict[str, Any] = answer.json()
        return f"{problem['code']}. {problem['detail']}"
    except (ValueError, LookupError, TypeError):
        return str(answer.status_code)


def _progress(taken: _Taken, last: str) -> None:
    reached = msgspec.json.decode(last, type=_Recorded).recorded_at
    progress(f"{taken.events:,} events, {taken.bytes:,} bytes, to {reached}")


def _tell(parsed: argparse.Namespace, taken: _Taken, digest: str) -> None:
    progress()
    if parsed.json:
        found = {
            "file": str(parsed.output), "format": parsed.format, "events": taken.events,
            "bytes": taken.bytes, "sha256": digest,
        }  # fmt: skip
        sys.stdout.write(f"{json.dumps(found)}\n")
    else:
        sys.stdout.write(f"{parsed.output}: {taken.events:,} events, SHA-256 {digest}\n")
