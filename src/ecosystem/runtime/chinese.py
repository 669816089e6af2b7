"""What problems say in Chinese: titles, what would satisfy a rule, and what is wrong this time.

Each room has a `chinese.toml`, by the codes of its refusals; that of this room has what the edge
itself finds. Their English stands in the code, beside the rule. A sentence that is made there of
words and values is known again by its words, as message catalogues do it.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

import msgspec

from ecosystem.runtime import chinese_forms
from ecosystem.values.refusal import Refusal

FILE: Final = "chinese.toml"
FAULTS: Final = "chinese_faults.toml"
BLANK: Final = re.compile(r"\{([0-9])\}")
"""Where a value stands in a sentence: `{0}`, `{1}`, in the order of the English."""

Sentences = tuple[tuple[re.Pattern[str], str], ...]
_LINE: Final = re.compile(r"Line (\d+): ")


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a type of problem says in Chinese."""

    title: str
    remedy: str
    meaning: str = ""
    """What there is to say beyond the title, where the English says more."""
    details: dict[str, str] = {}
    """What may be wrong this time: each English sentence with its Chinese one."""


@cache
def texts(room: str) -> Mapping[str, Said]:
    """Return what the problems of a room say, by their codes; nothing where it has none."""
    place = files("ecosystem") / room / FILE
    if not place.is_file():
        return {}
    return msgspec.toml.decode(place.read_bytes(), type=dict[str, Said])


def room_of(refusal: type) -> str:
    """Return the room in which a refusal stands."""
    _, room, *_ = (*refusal.__module__.split("."), "")
    return room


def detail(room: str, code: str, english: str) -> str | None:
    """Return in Chinese what is wrong this time, or None where no sentence is known for it."""
    known = _told(_sentences(room, code), english)
    return known or chinese_forms.told(english) or fault(english)


def told(code: str, english: str) -> str | None:
    """Return in Chinese what is wrong at one place, by its code too; None where none is known.

    Where the code is that of a refusal, its sentence may stand there, and what would satisfy the
    rule behind it.
    """
    if (line := _LINE.match(english)) is not None:
        rest = told(code, english[line.end() :])
        return rest and f"第 {line[1]} 行：{rest}"
    refusal = _refusals().get(code)
    if refusal is None:
        return chinese_forms.told(english) or fault(english)
    room = room_of(refusal)
    return _with_remedy(room, refusal, english) or detail(room, code, english)


def _with_remedy(room: str, refusal: type[Refusal], english: str) -> str | None:
    """Return a sentence of a refusal and what stands behind it: its remedy, or one of a fault."""
    said = texts(room).get(refusal.code())
    behind = {refusal.remedy: said.remedy} if said else {}
    for rest, chinese in {**faults(), **behind}.items():
        if english.endswith(f" {rest}"):
            first = detail(room, refusal.code(), english[: -len(rest) - 1])
            return first and f"{first}{chinese}"
    return None


@cache
def _refusals() -> Mapping[str, type[Refusal]]:
    """Return the refusals of this service by their codes, once all rooms are loaded."""
    waiting, found = [Refusal], dict[str, type[Refusal]]()
    while waiting:
        below = waiting.pop().__subclasses__()
        found.update((one.code(), one) for one in below if room_of(one) and hasattr(one, "remedy"))
        waiting += below
    return found


@lru_cache(maxsize=1024)
def fault(english: str) -> str | None:
    """Return in Chinese what is wrong at one place, or None where no sentence is known for it."""
    if (line := _LINE.match(english)) is not None:
        rest = fault(english[line.end() :])
        return rest and f"第 {line[1]} 行：{rest}"
    return _told(_faults(), english)


@cache
def faults() -> Mapping[str, str]:
    """Return what may be wrong at one place: each English sentence with its Chinese one."""
    place = files("ecosystem") / "runtime" / FAULTS
    return msgspec.toml.decode(place.read_bytes(), type=dict[str, str])


def _told(sentences: Sentences, english: str) -> str | None:
    for pattern, sentence in sentences:
        if (found := pattern.fullmatch(english)) is not None:
            return _filled(sentence, found.groupdict())
    return None


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    return BLANK.sub(lambda blank: values[f"b{blank[1]}"], sentence)


@cache
def _sentences(room: str, code: str) -> Sentences:
    said = texts(room).get(code)
    return _known(said.details) if said else ()


@cache
def _faults() -> Sentences:
    return _known(faults())


def _known(details: Mapping[str, str]) -> Sentences:
    """Return the patterns of sentences with their Chinese, that of the most words first."""
    found = sorted(details.items(), key=lambda one: -len(BLANK.sub("", one[0])))
    return tuple((_pattern(english), chinese) for english, chinese in found)


def _pattern(english: str) -> re.Pattern[str]:
    pieces = BLANK.split(english)
    made = (f"(?P<b{one}>.*?)" if at % 2 else re.escape(one) for at, one in enumerate(pieces))
    return re.compile("".join(made), re.DOTALL)
