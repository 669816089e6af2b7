"""The languages that this house speaks, and which of them somebody prefers."""

import re
from typing import Final, Literal

Language = Literal["zh", "en"]
TAGS: Final = {"zh": "zh-Hans", "en": "en"}
"""Each language as HTML and HTTP name it (BCP 47)."""
_WEIGHT: Final = r"(?:;[ \t]*q[ \t]*=[ \t]*([01](?:\.[0-9]{0,3})?))?"
_RANGE: Final = re.compile(rf"([A-Za-z0-9*-]+)[ \t]*{_WEIGHT}")


def language_of(*preferences: str | None) -> Language:
    """Return the language that is preferred: of each list the first that we speak, or English.

    A list is `ui_locales` (OpenID Connect, spaces between) or Accept-Language, whose weights
    count. Any Chinese is Chinese, any English English. Source: RFC 9110, section 12.5.4.
    """
    for listed in preferences:
        for tag in _ranked(listed or ""):
            if tag.partition("-")[0] == "zh":
                return "zh"
            if tag.partition("-")[0] == "en":
                return "en"
    return "en"


def _ranked(listed: str) -> list[str]:
    """Return the tags of a list, the heaviest first, without those of no weight."""
    found = [(tag.lower(), float(weight or 1)) for tag, weight in _RANGE.findall(listed)]
    wanted = [one for one in found if one[1] > 0]
    return [tag for tag, _ in sorted(wanted, key=lambda one: -one[1])]
