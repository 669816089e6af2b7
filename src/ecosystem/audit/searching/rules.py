"""What is searched for, as the query of a request says it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ecosystem.audit.searching.model import Search
from ecosystem.history.past.rules import in_reach
from ecosystem.history.types import TYPES
from ecosystem.values.identifiers import PREFIXES
from ecosystem.values.refusal import Kind, Refusal


class TypeUnknown(Refusal):
    """No event is of this type."""

    kind = Kind.UNMET
    remedy = "Name types that docs/reference/events.md lists, or the beginning of some and `*`."


class ThingUnknown(Refusal):
    """There are no things of this kind."""

    kind = Kind.UNMET
    remedy = "Name a kind as identifiers begin with it: `milestone` for `milestone_...`."


def search(*, types: str | None, **asked: str | datetime | None) -> Search:
    """Return what is searched for; None leaves open.

    Refuses with TypeUnknown, ThingUnknown, MomentUnclear.
    """
    exact, prefixes = named(types or "")
    _check_types(exact, prefixes)
    _check_kind(asked.get("kind"))
    given = {
        name: in_reach(value, parameter=name) if isinstance(value, datetime) else value
        for name, value in asked.items()
    }
    named_by = {"types": exact, "prefixes": prefixes}
    return msgspec.convert({**given, **named_by}, Search)


def named(types: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the types that `types` names between commas, and how those begin that end in `*`."""
    listed = [one for one in types.split(",") if one]
    exact = _each(one for one in listed if not one.endswith("*"))
    return exact, _each(one.removesuffix("*") for one in listed if one.endswith("*"))


def _check_types(exact: tuple[str, ...], prefixes: tuple[str, ...]) -> None:
    for name in exact:
        if name not in TYPES:
            raise TypeUnknown(
                f"The query parameter type names {name}. {_like(name)}", parameter="type"
            )
    for name in prefixes:
        if not any(one.startswith(name) for one in TYPES):
            raise TypeUnknown(
                f"The query parameter type names {name}*. {_like(name)}", parameter="type"
            )


def _like(name: str) -> str:
    """Return what there is of the same thing, or else the things that there are."""
    thing = name.partition(".")[0]
    if same := sorted(one for one in TYPES if one.startswith(f"{thing}.")):
        return f"Of {thing} there are {', '.join(same)}."
    return f"Types begin with {', '.join(sorted({one.partition('.')[0] for one in TYPES}))}."


def _check_kind(kind: object) -> None:
    if kind is not None and kind not in PREFIXES:
        known = ", ".join(sorted(PREFIXES))
        raise ThingUnknown(
            f"The query parameter kind names {kind}. There are {known}.", parameter="kind"
        )


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
