"""What a file is: by its bytes, and by the header fields that it came with."""

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

NAME_CHARACTERS_MAX: Final = 200
PACKED: Final = "application/zip"
"""What every archive begins as, whatever it holds."""

_MAGIC: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", PACKED),
)
_DIGEST: Final = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?=,|$)")
_NAME: Final = re.compile(r"(?i);\s*filename\*=utf-8'[a-z-]*'([A-Za-z0-9!#$&+.^_`|~%-]+)\s*(?=;|$)")
_PLAIN_NAME: Final = re.compile(
    r"""(?i);\s*filename=(?:"([^"\\]+)"|([A-Za-z0-9!#$%&'*+.^_`|~-]+))\s*(?=;|$)"""
)
_NAME_SHAPE: Final = re.compile(r"[^\x00-\x1f\x7f-\x9f/\\\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
"""No marks of direction among it: they have `fdp.exe` read as a PDF."""
_ENDING: Final = re.compile(r"\.([0-9]*[a-z][0-9a-z]*)[\s.]*$", re.ASCII)
_ENDINGS: Final = {
    "application/pdf": {"pdf"},
    "text/plain": {"txt", "text", "md", "log"},
    "text/csv": {"csv"},
    "application/json": {"json", "geojson"},
    "application/geo+json": {"geojson", "json"},
    "application/xml": {"xml", "gml"},
    "image/png": {"png"},
    "image/jpeg": {"jpg", "jpeg"},
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": {"docx"},
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {"xlsx"},
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": {"pptx"},
    "application/vnd.oasis.opendocument.text": {"odt"},
    "application/vnd.oasis.opendocument.spreadsheet": {"ods"},
    "application/vnd.oasis.opendocument.presentation": {"odp"},
    "application/vnd.etsi.asic-e+zip": {"asice", "sce"},
    "application/vnd.etsi.asic-s+zip": {"asics", "scs"},
    PACKED: {"zip"},
}
"""What a name may end in, by the type: a system opens a file by the end of its name."""
NAMELESS: Final = (
    "Content-Disposition gives no sound file name, as "
    "`attachment; filename*=UTF-8''report.pdf` does."
)
TYPES: Final = tuple(_ENDINGS)
"""The media types that documents may have."""


def signed(head: bytes) -> str | None:
    """Return the type that the first bytes of a file say, or None where they say none."""
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)


def is_named(name: str, media_type: str) -> bool:
    """Tell whether `name` ends as files of `media_type`, one of TYPES, do, or in no ending."""
    ending = _ENDING.search(name.lower())
    return ending is None or ending[1] in _ENDINGS[media_type]


def misfit(media_type: str, *, bytes_sent: int) -> str:
    """Return the sentence that says why a file is not of `media_type` by its bytes."""
    return f"The bytes are not {media_type}." if bytes_sent else "The document is empty."


def content_digest(field: str) -> str | None:
    """Return the SHA-256 of a Content-Digest field as hexadecimal digits, or None.

    Source: RFC 9530, section 2.
    """
    found = _DIGEST.search(field)
    if found is None:
        return None
    try:
        digest = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        return None
    # A decoder that ignores stray bits would take several texts for one digest.
    return digest.hex() if base64.b64encode(digest).decode() == found[1] else None


def file_name(field: str) -> str | None:
    """Return the name in a Content-Disposition field, or None where it holds no sound one.

    Source: RFC 6266, section 4.3; RFC 8187, section 3.2.
    """
    extended, plain = _NAME.search(field), _PLAIN_NAME.search(field)
    if extended is not None:
        try:
            name = unquote_to_bytes(extended[1]).decode("utf-8")
        except UnicodeDecodeError:
            return None
    elif plain is not None and plain[0].isascii():
        name = plain[1] or plain[2]
    else:
        return None
    return sound_name(name)


def sound_name(given: str) -> str | None:
    """Return a name of a file as it is kept, or None where it is not sound.

    At most 200 characters, without control characters, marks of direction and slashes.
    """
    name = given.strip()
    fits = len(name) <= NAME_CHARACTERS_MAX and _NAME_SHAPE.fullmatch(name)
    return name if fits and name not in {".", ".."} else None
