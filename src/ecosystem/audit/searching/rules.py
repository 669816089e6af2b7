"""Which types of event are meant."""

from collections.abc import Iterable


def named(types: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the types that `types` names between commas, and how those begin that end in `*`."""
    listed = [one for one in types.split(",") if one]
    exact = _each(one for one in listed if not one.endswith("*"))
    return exact, _each(one.removesuffix("*") for one in listed if one.endswith("*"))


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
