"""Reading YAML into plain values that remember where they stood, and where they misfit."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from inspect import isclass
from types import UnionType
from typing import Any, Final, Protocol, TypeAlias, Union, get_args, get_origin

import msgspec
import yaml
from yaml.reader import ReaderError

from ecosystem.values.refusal import Fault
from ecosystem.values.wanting import misfit

BYTES_MAX: Final = 256 * 1024
DEPTH_MAX: Final = 16
Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain] | None"
_TAGS: Final = "tag:yaml.org,2002:"
_STR: Final = "tag:yaml.org,2002:str"
_DATE: Final = "tag:yaml.org,2002:timestamp"
_INT: Final = "tag:yaml.org,2002:int"
_BOOL: Final = "tag:yaml.org,2002:bool"
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_ABSENT: Final = (type(None), msgspec.UnsetType)
_NULL: Final = "tag:yaml.org,2002:null"
_NUMBERS: Final = frozenset({_INT, "tag:yaml.org,2002:float"})
_READ: Final = frozenset({_STR, _DATE, _BOOL, _NULL, *_NUMBERS})
_COLLECTIONS: Final = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_HALVES: Final = re.compile(r"[\ud800-\udfff]")
_SHOWN_MAX: Final = 60
_PLAINLY: Final[dict[str | None, str]] = {
    "found character '\\t' that cannot start any token": "indent with spaces, not with tabs",
    "but found another document": "another document begins here",
}
"""Sentences for what the parser says in words of its own."""


class _Mark(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Tree:
    """A document as plain values, and where each stood."""

    value: Plain = None
    places: dict[str, Place] = field(default_factory=dict[str, Place])
    """By JSON pointer."""
    keys: dict[str, Place] = field(default_factory=dict[str, Place])
    """Where the key of a member stood, by the member's pointer."""
    faults: list[Fault] = field(default_factory=list[Fault])

    def add(self, pointer: str, code: str, detail: str, place: Place | None = None) -> None:
        """Note a fault; `place` where it has one that is not its pointer's."""
        if place is not None:
            self.places[pointer] = place
        self.faults.append(Fault(pointer, code, detail))

    def place_of(self, fault: Fault) -> Place:
        """Return where `fault` stands: its key, its value, or what is nearest around it."""
        if fault.code in {"key_unknown", "key_doubled"} and fault.pointer in self.keys:
            return self.keys[fault.pointer]
        pointer = fault.pointer
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer, Place(1, 1))


def read(text: bytes) -> Tree:
    """Read one YAML document of strings, integers, booleans, nulls, lists and mappings.

    Faults are in the tree: `too_large`, `not_utf8`, `too_deep`, `alias`, `yaml`, `key_doubled`,
    `key_not_text`, `scalar`, `tag`. After one of the first five nothing else is read.
    """
    tree = Tree()
    if len(text) > BYTES_MAX:
        tree.add("", "too_large", f"A document has at most {BYTES_MAX} bytes.")
        return tree
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _after(text[: error.start].decode("utf-8"))
        tree.add("", "not_utf8", "The document is not UTF-8 here.", place)
        return tree
    try:
        events = _events(decoded, tree)
        if events is not None:
            tree.value = _plain(_Parsed(events).get_single_node(), "", tree)
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark or error.context_mark)
        problem = _PLAINLY.get(error.problem, error.problem)
        tree.add("", "yaml", f"This is not YAML: {problem}.", place)
    except ReaderError as error:
        said = f"the control character U+{error.character:04X} stands here"
        tree.add("", "yaml", f"This is not YAML: {said}.", _after(decoded[: error.position]))
    except yaml.YAMLError as error:
        tree.add("", "yaml", f"This is not YAML: {error}.")
    return tree


def _events(text: str, tree: Tree) -> list[yaml.Event] | None:
    """Parse the document; None, with a fault, where it has aliases or is too deep."""
    depth, events = 0, list[yaml.Event]()
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            tree.add("", "alias", "Write it out: aliases are not read.", _place(event.start_mark))
            return None
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            place = _place(event.start_mark)
            tree.add("", "too_deep", f"Nothing nests deeper than {DEPTH_MAX}.", place)
            return None
        events.append(event)
    return events


class _Parsed(yaml.SafeLoader):
    """Composes what was parsed already: parsing takes most of the time."""

    def __init__(self, events: list[yaml.Event]) -> None:
        super().__init__("")
        self._left = deque(events)

    def check_event(self, *choices: Any) -> bool:
        return bool(self._left) and (not choices or isinstance(self._left[0], choices))

    def peek_event(self) -> yaml.Event:
        return self._left[0]

    def get_event(self) -> yaml.Event:
        return self._left.popleft()


def _after(text: str) -> Place:
    lines = text.split("\n")
    return Place(len(lines), len(lines[-1]) + 1)


def _place(mark: _Mark | None) -> Place:
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)


def _plain(node: object, pointer: str, tree: Tree) -> Plain:
    if not isinstance(node, yaml.Node):
        return None
    tree.places.setdefault(pointer, _place(node.start_mark))
    if node.tag not in (_READ if isinstance(node, yaml.ScalarNode) else _COLLECTIONS):
        tag = _shown(str(node.tag).replace(_TAGS, "!!"))
        tree.add(pointer, "tag", f"Leave {tag} out: tags are not read.")
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, pointer, tree)
    if isinstance(node, yaml.SequenceNode):
        items: list[yaml.Node] = node.value
        return [_plain(item, f"{pointer}/{at}", tree) for at, item in enumerate(items)]
    return _scalar(str(node.tag), str(node.value), pointer, tree)


def _mapping(node: yaml.MappingNode, pointer: str, tree: Tree) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
    for key, item in pairs:
        below = _member(pointer, str(key.value))
        place = _place(key.start_mark)
        if key.tag != _STR or _HALVES.search(key.value):
            tree.add(below, "key_not_text", _key_said(key), place)
        elif key.value in found:
            tree.keys[below] = place
            tree.add(below, "key_doubled", f"The key {key.value} stands here twice.")
        else:
            tree.keys[below] = place
            found[str(key.value)] = _plain(item, below, tree)
    return found


def _member(pointer: str, key: str) -> str:
    """Return the pointer to a member. Source: RFC 6901."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"


def _key_said(key: yaml.Node) -> str:
    if isinstance(key, yaml.ScalarNode) and key.tag in _READ - {_STR}:
        return f"Put {_shown(str(key.value))} in quotes: a key is text."
    return "A key is text."


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}..."


def _scalar(tag: str, text: str, pointer: str, tree: Tree) -> Plain:
    if tag in {_STR, _DATE}:
        if _HALVES.search(text):
            tree.add(pointer, "scalar", "Half a character stands here: a lone surrogate.")
        return text
    if tag == _INT and _INTEGER.fullmatch(text):
        return int(text)
    if tag == _BOOL:
        return text.lower() in {"true", "yes", "on"}
    if tag in _NUMBERS:
        detail = (
            f"{_shown(text)} is not read: write a whole number in plain digits, at most 15, "
            "and any other number or text in quotes."
        )
        tree.add(pointer, "scalar", detail)
    return None


def misfits(value: Plain, expected: object, *, pointer: str, strict: bool) -> Iterator[Fault]:
    """Yield every place at which `value` is not of the type `expected`.

    Codes: `key_unknown`, `key_missing`, `type`. Not strict: text may stand for a number.
    """
    if get_origin(expected) in {Union, UnionType}:
        inner = [member for member in get_args(expected) if member not in _ABSENT]
        if len(inner) > 1 and not any(map(_is_struct, inner)):
            yield from _leaf(value, expected, pointer, strict=strict)
        elif value is not None or type(None) not in get_args(expected):
            one = inner[0] if len(inner) == 1 else _tagged(value, inner)
            yield from misfits(value, one, pointer=pointer, strict=strict)
    elif isclass(expected) and issubclass(expected, msgspec.Struct) and isinstance(value, dict):
        yield from _members(value, expected, pointer, strict=strict)
    elif get_origin(expected) is tuple and isinstance(value, list):
        for at, item in enumerate(value):
            one = get_args(expected)[0]
            yield from misfits(item, one, pointer=f"{pointer}/{at}", strict=strict)
    else:
        yield from _leaf(value, expected, pointer, strict=strict)


def _is_struct(member: object) -> bool:
    return isclass(member) and issubclass(member, msgspec.Struct)


def _tagged(value: Plain, members: list[object]) -> object:
    """Return the Struct of a tagged union that `value` says it is, else the union."""
    for member in members:
        if isclass(member) and issubclass(member, msgspec.Struct) and isinstance(value, dict):
            config = member.__struct_config__
            if config.tag is not None and value.get(str(config.tag_field)) == config.tag:
                return member
    return _Tag if isinstance(value, dict) else dict[str, object]


class _Tag(msgspec.Struct):
    """Stands for a member of a tagged union that does not exist."""


def _members(
    value: dict[str, Plain], expected: type[msgspec.Struct], pointer: str, *, strict: bool
) -> Iterator[Fault]:
    config = expected.__struct_config__
    if expected is _Tag:
        yield Fault(f"{pointer}/shape", "type", "There is nothing of this shape here.")
        return
    known = {item.encode_name: item for item in msgspec.structs.fields(expected)}
    for key in value:
        if key not in known and key != config.tag_field:
            detail = f"There is no {key} here; known are {', '.join(known)}."
            yield Fault(_member(pointer, key), "key_unknown", detail)
    for name, item in known.items():
        if name in value:
            below = f"{pointer}/{name}"
            yield from misfits(value[name], item.type, pointer=below, strict=strict)
        elif item.required:
            yield Fault(pointer, "key_missing", f"{name} is missing here.")


def _leaf(value: Plain, expected: object, pointer: str, *, strict: bool) -> Iterator[Fault]:
    try:
        msgspec.convert(value, expected, strict=strict)
    except msgspec.ValidationError as error:
        yield Fault(pointer, "type", f"It {misfit(error, expected).said}.")
