"""What a place of a request must be, told in Chinese: the words of `values/wanting.py` again.

They are put together of forms, kinds and bounds, so that no list of whole sentences can have them.
`chinese_forms.toml` has their parts; this module reads an English sentence by its parts.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import msgspec

_FILE: Final = "chinese_forms.toml"
_NAME: Final = re.compile(r"\{(list|low|high|name|field|wanted|rest)\}")
_LIST: Final = r"`[^`]*`(?:, `[^`]*`)*(?: and \d+ more)?"
_EXAMPLES: Final = r"`[^`]*`(?: or `[^`]*`)*"
_VALUES: Final[Mapping[str, str]] = {
    "list": _LIST,
    "low": r"[-\d.eE+]+",
    "high": r"[-\d.eE+]+",
    "name": r"[^`]*",
    "field": r"(?:'.*?'|\".*?\")",
    "wanted": r".+",
    "rest": r".+",
}
_MORE: Final = re.compile(r" and (\d+) more")
_PLACE: Final = r"(?P<line>Line \d+: )?(?P<place>.*?) "
_PLACES: Final[Mapping[str, str]] = {"the body": "正文", "The row": "该行", "It": "此处"}
_QUERY: Final = "The query parameter "
_BETWEEN: Final = " or "


class _Parts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `chinese_forms.toml` has, each by its English."""

    forms: dict[str, str]
    """What the declaration of a form says."""
    kinds: dict[str, str]
    """What else a value must be."""
    bounds: dict[str, str]
    """How long a text of a form is."""
    sentences: dict[str, str]
    """What is said of a place."""


@lru_cache(maxsize=1024)
def told(english: str) -> str | None:
    """Return in Chinese what is said of a place; None where its words are not known."""
    for pattern, chinese in _patterns("sentences"):
        if (found := pattern.fullmatch(english.removesuffix("."))) is not None:
            values = found.groupdict()
            wanted = wants(values["wanted"]) if "wanted" in values else ""
            if wanted is not None:
                said = _filled(chinese, {**values, "wanted": wanted})
                return f"{_placed(found)}{said}{'。' if english.endswith('.') else ''}"
    return None


def wants(english: str) -> str | None:
    """Return in Chinese what a value must be; None where its words are not known."""
    ways: list[str] = []
    rest = english
    while rest:
        way = _form(rest) or _kind(rest)
        if way is None:
            return None
        chinese, length = way
        ways.append(f" {chinese}" if chinese[0].isascii() else chinese)
        rest = rest[length:].removeprefix(_BETWEEN)
    return "，或者".join(ways)


def _form(english: str) -> tuple[str, int] | None:
    """Return the Chinese of the form with which a text begins, and where it ends."""
    if (found := _forms().match(english)) is None:
        return None
    said = _parts().forms[found["form"]]
    bounds = next(
        (
            _filled(chinese, bound.groupdict())
            for pattern, chinese in _patterns("bounds")
            if (bound := pattern.fullmatch(found["bounds"] or "")) is not None
        ),
        None,
    )
    examples = (found["examples"] or "").replace("` or `", "` 或 `")
    told = f"{said}{f'（{bounds}）' if bounds else ''}{f'，例如 {examples}' if examples else ''}"
    return told, found.end()


def _kind(english: str) -> tuple[str, int] | None:
    """Return the Chinese of what else a text begins with, and where it ends."""
    for pattern, chinese in _patterns("kinds"):
        if (found := pattern.match(english)) is not None:
            values = found.groupdict()
            rest = wants(values["rest"]) if "rest" in values else ""
            return (
                None if rest is None else (_filled(chinese, {**values, "rest": rest}), found.end())
            )
    return None


def _placed(found: re.Match[str]) -> str:
    """Return the place of which something is said."""
    place = found["place"]
    name = (
        f"查询参数 {place.removeprefix(_QUERY)} "
        if place.startswith(_QUERY)
        else _PLACES.get(place, f"{place} ")
    )
    line = found["line"]
    return f"第 {line[5:-2]} 行：{name}" if line else name


def _filled(chinese: str, values: Mapping[str, str | None]) -> str:
    told = dict(values)
    if listed := values.get("list"):
        told["list"] = _MORE.sub(r" 以及另外 \1 个", listed.replace("`, `", "`、`"))
    return _NAME.sub(lambda name: told[name[1]] or "", chinese)


@cache
def _parts() -> _Parts:
    place = files("ecosystem") / "runtime" / _FILE
    return msgspec.toml.decode(place.read_bytes(), type=_Parts)


@cache
def _forms() -> re.Pattern[str]:
    """Return the pattern of every form with its bounds and examples, the longest first."""
    forms = "|".join(map(re.escape, sorted(_parts().forms, key=len, reverse=True)))
    return re.compile(
        rf"(?P<form>{forms})(?: \((?P<bounds>of [^)]*)\))?(?:, such as (?P<examples>{_EXAMPLES}))?"
        rf"(?={_BETWEEN}|$)"
    )


@cache
def _patterns(of: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the patterns of one sort of parts, each with its Chinese, the longest first."""
    parts: Mapping[str, str] = getattr(_parts(), of)
    before = _PLACE if of == "sentences" else ""
    after = rf"(?={_BETWEEN}|$)" if of == "kinds" else ""
    return tuple(
        (re.compile(f"{before}{_pattern(one)}{after}", re.DOTALL), parts[one])
        for one in sorted(parts, key=len, reverse=True)
    )


def _pattern(english: str) -> str:
    pieces = _NAME.split(english)
    return "".join(
        f"(?P<{one}>{_VALUES[one]})" if at % 2 else re.escape(one) for at, one in enumerate(pieces)
    )
