"""Whether the query of a request is what its operation asks for; every fault of it at once."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec

from ecosystem.runtime import problems
from ecosystem.runtime.call import Call, EdgeFinding
from ecosystem.runtime.operation import Operation
from ecosystem.runtime.problems import ProblemPlace
from ecosystem.values import wanting

_PLACES_MAX: Final = 100


def check(call: Call, operation: Operation) -> None:
    """Raise EdgeFinding where a parameter is not known, not of its form, twice, or lacking."""
    empty = not call.scope["query_string"]
    if empty and operation.queries.keys() <= operation.defaults.keys():
        return
    found = tuple(_faults([] if empty else list(call.query_params.items()), operation))
    if found:
        detail = "; ".join(place.detail for place in found[: problems.TOLD_MAX])
        raise EdgeFinding(problems.MALFORMED, f"{detail}.", places=found[:_PLACES_MAX])


def _faults(given: list[tuple[str, str]], operation: Operation) -> Iterator[ProblemPlace]:
    times = Counter(name for name, _ in given)
    for name, value in sorted(dict(given).items()):
        if times[name] > 1:
            yield _place(name, "twice", "is given twice")
        elif (fault := _fault(name, value, operation)) is not None:
            yield fault
    for name, kind in operation.queries.items():
        if name not in times and name not in operation.defaults:
            must = wanting.of(kind, null=False)
            yield _place(name, "required", f"is needed, and must be {must}")


def _fault(name: str, value: str, operation: Operation) -> ProblemPlace | None:
    """Return what is wrong with a parameter that is given once, or None."""
    if name not in operation.queries:
        names = ", ".join(sorted(operation.queries)) or "none"
        detail = f"The query parameter {name!r} is not known here; known: {names}"
        return ProblemPlace("unknown", detail, parameter=name)
    if value.lower() == "null" and operation.defaults.get(name, value) is None:
        # The framework would take the word for none, and a filter would find everything.
        return _place(name, "null", "is left out, never null")
    if _fits(name, value, operation):
        return None
    if " " in value and _fits(name, value.replace(" ", "+"), operation):
        said = "has a space where `+` is meant, which a query writes as `%2B`"
        return _place(name, "invalid", said)
    must = wanting.of(operation.queries[name], null=False)
    return _place(name, "invalid", f"must be {must}")


def _fits(name: str, value: str, operation: Operation) -> bool:
    """Tell whether a value is of the form of its parameter."""
    check = operation.checks[name]
    try:
        msgspec.convert({"value": value}, check.form, strict=check.strict)
    except msgspec.ValidationError:
        return False
    return True


def _place(name: str, code: str, said: str) -> ProblemPlace:
    return ProblemPlace(code, f"The query parameter {name} {said}", parameter=name)
