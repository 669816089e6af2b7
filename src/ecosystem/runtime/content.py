"""What a file is by its bytes, read in pieces: a declared type is never taken on trust."""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from ecosystem.values import media

_PIECE_BYTES: Final = 1 << 20
_HEAD_BYTES: Final = 64
_PARSED_BYTES_MAX: Final = 64 << 20
"""What is parsed whole is no longer than that; what is longer comes packed, as a ZIP."""
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def is_of(path: Path, media_type: str) -> bool:
    """Tell whether a file is what `media_type`, one of `media.TYPES`, says it is.

    Files with a signature are known by it, and are of no other type; JSON is parsed; text is
    UTF-8 without control characters.
    """
    with path.open("rb") as file:
        signed = media.signed(file.read(_HEAD_BYTES))
    check = _UNSIGNED.get(media_type)
    if check is None:
        return signed == media_type
    return signed is None and check(path)


def _is_text(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    found = False
    try:
        for piece in _pieces(path):
            if _CONTROLS.search(decoder.decode(piece)):
                return False
            found = True
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return found


def _is_json(path: Path) -> bool:
    if path.stat().st_size > _PARSED_BYTES_MAX or not _is_text(path):
        return False
    try:
        # A raw value is checked, and nothing is made of it.
        msgspec.json.decode(path.read_bytes(), type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


_UNSIGNED: Final[Mapping[str, Callable[[Path], bool]]] = {
    "text/plain": _is_text,
    "text/csv": _is_text,
    "application/json": _is_json,
}
"""What has no signature, and how it is known."""
