"""The names by which people log in: compared without regard to case or width of letters."""

import re
import unicodedata
from typing import Final

_SHAPE: Final = re.compile(r"[\w][\w.@+-]{1,62}[\w]")


def is_name(text: str) -> bool:
    """Tell whether a text can be a name: 3 to 64 letters, digits and `. _ @ + -` within."""
    return _SHAPE.fullmatch(normal(text)) is not None


def normal(text: str) -> str:
    """Return a text in the form in which it is compared and kept: NFKC, without outer spaces."""
    return unicodedata.normalize("NFKC", text).strip()


def folded(text: str) -> str:
    """Return what is the same for all ways of writing one name."""
    return normal(normal(text).casefold())
