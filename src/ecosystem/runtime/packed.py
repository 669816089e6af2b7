"""What an archive is by what it says it holds: nothing is unpacked, and no program is taken.

Sources: PKWARE APPNOTE 6.3, section 4.3; ISO/IEC 29500-2 (content types of OOXML);
OASIS ODF 1.3 part 2, section 3.3; ETSI EN 319 162-1, sections 4.3 and 4.4 (ASiC).
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import BinaryIO, Final

from lxml import etree

from ecosystem.runtime import foreign_xml

_ENTRIES_MAX: Final = 10_000
_LISTING_BYTES_MAX: Final = 4 << 20
_UNPACKED_SHARE_MAX: Final = 200
"""How many times as long as the archive all of it may be."""
_UNPACKED_BYTES_FREE: Final = 16 << 20
"""How long all of it may be whatever the archive is: short tables shrink to little."""
_READ_BYTES_MAX: Final = 1 << 20
_END: Final = struct.Struct("<4s4H2LH")
_END_MAGIC: Final = b"PK\x05\x06"
_COMMENT_BYTES_MAX: Final = 0xFFFF
_LONG_LOCATOR: Final = b"PK\x06\x07"
_LONG_LOCATOR_BYTES: Final = 20
_ENCRYPTED: Final = 1
_UNSAFE: Final = re.compile(r"^/|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f]")
_FAULTY: Final = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, struct.error,
    zlib.error, etree.XMLSyntaxError,
)  # fmt: skip
_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."
_PROGRAMS_OPEN_XML: Final = ("macroenabled", "vbaproject", "activex")
_PROGRAMS_OPEN_DOCUMENT: Final = ("basic/", "scripts/")
_SIGNATURE: Final = re.compile(
    r"META-INF/[^/]*(signature|timestamp)[^/]*\.(p7s|xml|tst)", re.IGNORECASE
)


def is_of(file: BinaryIO, media_type: str) -> bool:
    """Tell whether a ZIP file is what `media_type` says, and can be opened without harm.

    An archive that is encrypted, names a place outside of itself, names one twice, or unpacks to
    much more than it is, is of no type.
    """
    with suppress(*_FAULTY):
        if _is_listed_shortly(file):
            with zipfile.ZipFile(file) as archive:
                return _is_harmless(archive) and _KINDS[media_type](archive, media_type)
    return False


def _is_listed_shortly(file: BinaryIO) -> bool:
    """Tell whether the list of an archive can be read into memory. Refuses ZIP64."""
    length = file.seek(0, 2)
    file.seek(max(0, length - _END.size - _COMMENT_BYTES_MAX - _LONG_LOCATOR_BYTES))
    tail = file.read()
    at = len(tail) - _END.size
    if not (tail[at:].startswith(_END_MAGIC) and tail.endswith(b"\0\0")):
        at = tail.rfind(_END_MAGIC, 0, at + len(_END_MAGIC))
    if at < 0 or tail[max(0, at - _LONG_LOCATOR_BYTES) :].startswith(_LONG_LOCATOR):
        return False
    *_, entries, listing_bytes, _, _ = _END.unpack_from(tail, at)
    return int(entries) <= _ENTRIES_MAX and int(listing_bytes) <= _LISTING_BYTES_MAX


def _is_harmless(archive: zipfile.ZipFile) -> bool:
    entries = archive.infolist()
    names = {one.orig_filename for one in entries}
    length = archive.start_dir
    unpacked = sum(one.file_size for one in entries)
    return (
        0 < len(names) == len(entries) <= _ENTRIES_MAX
        and not any(_UNSAFE.search(name) for name in names)
        and not any(one.flag_bits & _ENCRYPTED for one in entries)
        and sum(one.compress_size for one in entries) <= length
        and unpacked <= max(_UNPACKED_BYTES_FREE, _UNPACKED_SHARE_MAX * length)
    )


def _is_any(archive: zipfile.ZipFile, media_type: str) -> bool:
    del archive, media_type
    return True


def _is_open_xml(archive: zipfile.ZipFile, media_type: str) -> bool:
    listed = foreign_xml.small(_read(archive, "[Content_Types].xml"))
    said = [one.get("ContentType", "") for one in listed.iter("{*}Override", "{*}Default")]
    programs = (word for one in said for word in _PROGRAMS_OPEN_XML if word in one.lower())
    return f"{media_type}.main+xml" in said and not any(programs)


def _is_open_document(archive: zipfile.ZipFile, media_type: str) -> bool:
    names = [one.lower() for one in archive.namelist()]
    return (
        _says_first(archive, media_type)
        and {"content.xml", "meta-inf/manifest.xml"} <= set(names)
        and not any(one.startswith(_PROGRAMS_OPEN_DOCUMENT) for one in names)
    )


def _is_signed_container(archive: zipfile.ZipFile, media_type: str) -> bool:
    names = archive.namelist()
    return _says_first(archive, media_type) and any(map(_SIGNATURE.fullmatch, names))


def _says_first(archive: zipfile.ZipFile, media_type: str) -> bool:
    """Tell whether the archive begins with an entry that says its type, as it is."""
    first = min(archive.infolist(), key=lambda one: one.header_offset)
    return (
        first.filename == "mimetype"
        and first.compress_type == zipfile.ZIP_STORED
        and _read(archive, first.filename).strip() == media_type.encode()
    )


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a short entry; ValueError where there is none, or it is long."""
    if name not in archive.NameToInfo:
        message = f"{name} is missing"
        raise ValueError(message)
    with archive.open(name) as entry:
        content = entry.read(_READ_BYTES_MAX + 1)
    if len(content) > _READ_BYTES_MAX:
        message = f"{name} is long"
        raise ValueError(message)
    return content


_KINDS: Final[Mapping[str, Callable[[zipfile.ZipFile, str], bool]]] = {
    "application/zip": _is_any,
    f"{_OPEN_XML}wordprocessingml.document": _is_open_xml,
    f"{_OPEN_XML}spreadsheetml.sheet": _is_open_xml,
    f"{_OPEN_XML}presentationml.presentation": _is_open_xml,
    f"{_OPEN_DOCUMENT}text": _is_open_document,
    f"{_OPEN_DOCUMENT}spreadsheet": _is_open_document,
    f"{_OPEN_DOCUMENT}presentation": _is_open_document,
    "application/vnd.etsi.asic-e+zip": _is_signed_container,
    "application/vnd.etsi.asic-s+zip": _is_signed_container,
}
TYPES: Final = frozenset(_KINDS)
"""The media types of what comes as an archive."""
