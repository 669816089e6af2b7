"""What is searched for, as the query of a request says it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ecosystem.audit.searching.model import Search
from ecosystem.history.past.rules import in_reach


def search(*, types: str | None, **asked: str | datetime | None) -> Search:
    """Return what is searched for; None leaves open. Refuses with MomentUnclear."""
    exact, prefixes = named(types or "")
    given = {
        name: in_reach(value) if isinstance(value, datetime) else value
        for name, value in asked.items()
    }
    named_by = {"types": exact, "prefixes": prefixes}
    return msgspec.convert({**given, **named_by}, Search)


def named(types: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the types that `types` names between commas, and how those begin that end in `*`."""
    listed = [one for one in types.split(",") if one]
    exact = _each(one for one in listed if not one.endswith("*"))
    return exact, _each(one.removesuffix("*") for one in listed if one.endswith("*"))


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
