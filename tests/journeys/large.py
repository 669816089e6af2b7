"""Sends a generated document through a service in parts, with the line cut off on the way."""

import hashlib
import itertools
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import httpx

from ecosystem.cli.caller import Caller, Refused
from tests.journeys.conftest import Journey
from tests.serving.service import children

GROWTH_BYTES_MAX: Final = 100 << 20
_BY: Final = "enterprise/delivery"
_HEARD_S_MAX: Final = 15
_PIECE: Final = 1 << 20
_HEAD: Final = b"%PDF-1.7\n"


class Cut(Exception):
    """The line is cut off."""


def pieces(length: int, *, first: int = 0) -> Iterator[bytes]:
    """Yield the document from `first` on, a megabyte at a time; no two pieces are the same."""
    for number in itertools.count(first // _PIECE):
        begins = number * _PIECE
        if begins >= length:
            return
        block = hashlib.sha256(number.to_bytes(8)).digest() * (_PIECE // 32)
        piece = (_HEAD + block[len(_HEAD) :] if number == 0 else block)[: length - begins]
        yield piece[first - begins if begins < first else 0 :]


def memory(journey: Journey) -> int:
    """Return how many bytes the service's processes hold together."""
    pids = [journey.process, *children(journey.process)]
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
    return sum(pages) * 4096


def goes_through(journey: Journey, length: int) -> int:
    """Upload, cut off, go on, and read all of it again; return by how much memory has grown."""
    call, digest = journey.world.caller, hashlib.sha256()
    for piece in pieces(length):
        digest.update(piece)
    said = {
        "name": "竣工图.pdf", "media_type": "application/pdf", "bytes": length,
        "sha256": digest.hexdigest(),
    }  # fmt: skip
    contract = f"/v1/contracts/{journey.world.ids['contract']}"
    there = f"/v1/uploads/{call.post(f'{contract}/uploads', _BY, said)['id']}"
    before = memory(journey)
    with suppress(Cut, httpx.HTTPError):
        call.append(there, _BY, _cut(length), offset=0, last=True)
    done = _resumed(call, there, length)
    grown = memory(journey) - before
    again = hashlib.sha256()
    for piece in call.pieces(f"/v1/documents/{done['document_id']}/content", "city/officer"):
        again.update(piece)
    assert again.hexdigest() == digest.hexdigest()
    return max(grown, memory(journey) - before)


def _resumed(call: Caller, there: str, length: int) -> dict[str, Any]:
    """Go on where the upload ends, once the service has heard that the line is cut."""
    until = time.monotonic() + _HEARD_S_MAX
    while True:
        offset = call.get(there, _BY)["offset"]
        assert 0 <= offset < length
        rest = pieces(length, first=offset)
        try:
            return call.append(there, _BY, rest, offset=offset, last=True)
        except (Refused, httpx.HTTPError):
            assert time.monotonic() < until
            time.sleep(0.2)


def _cut(length: int) -> Iterator[bytes]:
    for number, piece in enumerate(pieces(length)):
        if number * _PIECE > length // 2:
            raise Cut
        yield piece
