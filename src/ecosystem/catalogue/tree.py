"""A tree of jurisdictions as a file says it: places, each with the places within it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec
import yaml

from ecosystem.catalogue.model import FileFlawed, Flaw, Jurisdiction
from ecosystem.values.text import Text

_CODE: Final = re.compile("[0-9A-Za-z]{2,12}")
_MEMBERS: Final = frozenset({"code", "name", "within", "profile"})
_DEPTH_MAX: Final = 12


class TreeFlawed(FileFlawed):
    """The file is no tree of jurisdictions that can be loaded; every flaw is named."""


@dataclass
class Tree:
    """The places of a file, those above before those within, and where each stands."""

    places: list[Jurisdiction] = field(default_factory=list[Jurisdiction])
    lines: dict[str, int] = field(default_factory=dict[str, int])
    profiles: dict[str, str] = field(default_factory=dict[str, str])
    """The profiles of rules that places are given, by code."""
    flaws: list[Flaw] = field(default_factory=list[Flaw])


def read(content: bytes) -> Tree:
    """Return the tree that YAML says; refuse with TreeFlawed, which names every line at fault."""
    tree = Tree()
    try:
        root = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        detail = f"This is no YAML: {error.problem}."
        raise TreeFlawed((Flaw(1 if mark is None else mark.line + 1, detail),)) from None
    except (yaml.YAMLError, RecursionError):
        raise TreeFlawed((Flaw(1, "This is no YAML in UTF-8."),)) from None
    if root is None:
        raise TreeFlawed((Flaw(1, "The file is empty."),))
    _add(tree, root, above=None, depth=1)
    if tree.flaws:
        raise TreeFlawed(tuple(tree.flaws))
    return tree


def moved(tree: Tree, *, parents: dict[str, str | None]) -> Iterator[Flaw]:
    """Yield the places that stand elsewhere in the tree that is known, by code and parent.

    What is looked up by its path would no longer be found where it was.
    """
    for place in tree.places:
        if place.code in parents and parents[place.code] != place.parent_code:
            there = parents[place.code] or "no other"
            yield Flaw(
                tree.lines[place.code],
                f"{place.code} is known below {there}; a place is never moved. Give it a new code.",
            )


def strange(tree: Tree, *, profiles: Collection[str]) -> Iterator[Flaw]:
    """Yield the places that are given a profile which is none of those that are known."""
    for code, profile in tree.profiles.items():
        if profile not in profiles:
            yield Flaw(tree.lines[code], f"There is no profile {profile}. Load it first.")


def _add(tree: Tree, listed: yaml.Node, *, above: Jurisdiction | None, depth: int) -> None:
    if not isinstance(listed, yaml.SequenceNode) or depth > _DEPTH_MAX:
        detail = f"Places are a list, at most {_DEPTH_MAX} deep."
        tree.flaws.append(Flaw(listed.start_mark.line + 1, detail))
        return
    for node in listed.value:
        place, within = _place(tree, node, above=above)
        if place is not None:
            tree.places.append(place)
            tree.lines[place.code] = node.start_mark.line + 1
        if within is not None:
            _add(tree, within, above=place, depth=depth + 1)


def _place(
    tree: Tree, node: yaml.Node, *, above: Jurisdiction | None
) -> tuple[Jurisdiction | None, yaml.Node | None]:
    """Return a place, or None where it is flawed, and the list of what is within it."""
    line = node.start_mark.line + 1
    members = _members(node)
    if members is None or not {"code", "name"} <= set(members) <= _MEMBERS:
        tree.flaws.append(Flaw(line, "A place has code and name, and may have within and profile."))
        return None, None
    within = members.get("within")
    code, name = members["code"], _name(members["name"])
    told, profile = _word(code), _word(members.get("profile"))
    flaws = list(_amiss(told, known=tree.lines))
    if name is None:
        flaws.append("A name is {zh: ..., en: ...}, one of them or both.")
    if "profile" in members and not profile:
        flaws.append("A profile is named by its short name.")
    tree.flaws += [Flaw(line, flaw) for flaw in flaws]
    if flaws or name is None:
        return None, within
    if profile:
        tree.profiles[told] = profile
    path = f"{above.path if above else '/'}{told}/"
    return Jurisdiction(
        code=told, parent_code=above.code if above else None, path=path, name=name
    ), within


def _amiss(code: str, *, known: dict[str, int]) -> Iterator[str]:
    if not _CODE.fullmatch(code):
        yield "A code is 2 to 12 letters and digits of ASCII."
    elif code in known:
        yield f"{code} stands on line {known[code]} already."


def _word(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _members(node: yaml.Node) -> dict[str, yaml.Node] | None:
    """Return the members of a mapping, or None where it is none or names one twice."""
    if not isinstance(node, yaml.MappingNode):
        return None
    found = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    return found if len(found) == len(node.value) else None


def _name(node: yaml.Node) -> Text | None:
    members = _members(node)
    if members is None:
        return None
    told = {name: one.value for name, one in members.items()}
    try:
        return msgspec.convert(told, Text)
    except msgspec.ValidationError:
        return None
