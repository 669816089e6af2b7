"""What a file is by its bytes, read in pieces: a declared type is never taken on trust."""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, Literal

import msgspec

from ecosystem.runtime import foreign_xml, packed
from ecosystem.values import media

_PIECE_BYTES: Final = 1 << 20
_HEAD_BYTES: Final = 64
_PARSED_BYTES_MAX: Final = 64 << 20
"""What is parsed whole is no longer than that; what is longer comes packed, as a ZIP."""
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _GeoJson(msgspec.Struct, frozen=True):
    """Source: RFC 7946, sections 1.4 and 3."""

    type: Literal[
        "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon",
        "GeometryCollection", "Feature", "FeatureCollection",
    ]  # fmt: skip


def of_path(path: Path, media_type: str) -> bool:
    """Tell whether the file at `path` is what `media_type` says, as `is_of` does."""
    with path.open("rb") as file:
        return is_of(file, media_type)


def is_of(file: BinaryIO, media_type: str) -> bool:
    """Tell whether a file is what `media_type`, one of `media.TYPES`, says it is.

    Files with a signature are known by it, and are of no other type; archives by what they list;
    JSON and XML are parsed; text is UTF-8 without control characters.
    """
    file.seek(0)
    signed = media.signed(file.read(_HEAD_BYTES))
    if media_type in packed.TYPES:
        return signed == media.PACKED and packed.is_of(file, media_type)
    check = _UNSIGNED.get(media_type)
    if check is None:
        return signed == media_type
    return signed is None and check(file)


def _is_text(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    found = False
    try:
        for piece in _pieces(file):
            if _CONTROLS.search(decoder.decode(piece)):
                return False
            found = True
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return found


def _is_json(file: BinaryIO) -> bool:
    # A raw value is checked, and nothing is made of it.
    return _is_parsed(file, msgspec.Raw)


def _is_geo_json(file: BinaryIO) -> bool:
    return _is_parsed(file, _GeoJson)


def _is_parsed(file: BinaryIO, as_type: type) -> bool:
    if file.seek(0, 2) > _PARSED_BYTES_MAX or not _is_text(file):
        return False
    file.seek(0)
    try:
        msgspec.json.decode(file.read(), type=as_type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_xml(file: BinaryIO) -> bool:
    return foreign_xml.is_sound(_pieces(file))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE_BYTES):
        yield piece


_UNSIGNED: Final[Mapping[str, Callable[[BinaryIO], bool]]] = {
    "text/plain": _is_text,
    "text/csv": _is_text,
    "application/json": _is_json,
    "application/geo+json": _is_geo_json,
    "application/xml": _is_xml,
}
"""What has no signature, and how it is known."""
