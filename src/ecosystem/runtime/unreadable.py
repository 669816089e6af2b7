"""Where a body ceases to be JSON, in words.

Places are those of RFC 8259's text: the byte from 0, and the line and the column from 1.
"""

import json
import re
from typing import Final

import msgspec

_MALFORMED: Final = re.compile(r"JSON is malformed: (.*) \(byte (\d+)\)", re.DOTALL)


def fault(body: bytes) -> str | None:
    """Return what keeps a body from being read as JSON, and where; None where nothing does."""
    try:
        body.decode("utf-8")
        msgspec.json.decode(body)
    except UnicodeDecodeError as error:
        return f"The body is not UTF-8 at {_place(body, error.start)}."
    except msgspec.DecodeError as error:
        return _told(body, str(error))
    except RecursionError:
        return None
    return None


def _told(body: bytes, said: str) -> str:
    if not body.strip():
        return "The body is empty; send one JSON value."
    found = _MALFORMED.fullmatch(said)
    if found is None and _is_whole(body):
        # The decoder looks for the other half of a surrogate behind the end.
        return "The body is no JSON: a UTF-16 surrogate stands alone in it; send one JSON value."
    if found is None:
        return f"The body ends before its JSON does, at {_place(body, len(body))}; send all of it."
    # What trails is counted when it has been read.
    place = _place(body, int(found[2]) - (found[1] == "trailing characters"))
    return f"The body is no JSON at {place}: {found[1]}; send one JSON value."


def _is_whole(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _place(body: bytes, at: int) -> str:
    line = body.count(b"\n", 0, at) + 1
    before = body[body.rfind(b"\n", 0, at) + 1 : at]
    return f"byte {at} (line {line}, column {len(before.decode(errors='replace')) + 1})"
