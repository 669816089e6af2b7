"""Regular expressions of whole texts: Python's `$` alone lets a newline follow."""

import re
from typing import Final

_GUARD: Final = r"(?!\n)"
_GUARDS: Final = re.compile(r"\(\?!\\{1,2}n\)")


def whole(pattern: str) -> str:
    """Return the expression that a text matches when all of it matches `pattern`.

    Alternatives at the top of `pattern` stand in a group.
    """
    return f"^{pattern}${_GUARD}"


def published(text: str) -> str:
    """Return `text`, an expression or the JSON of a schema, as readers elsewhere know it.

    In ECMA 262, which JSON Schema refers to, `$` is the end of the text and needs no guard.
    """
    return _GUARDS.sub("", text)
