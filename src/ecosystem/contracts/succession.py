"""In which order milestones follow one another, and what would keep any from coming first."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

import msgspec

from ecosystem.values.refusal import Fault


class Successor(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone, and what it comes after."""

    code: str
    after: Sequence[str]
    first: int
    """The day on which it is due, counted from any one day."""
    last: int
    """The same for the last time where it is repeated."""


def order_faults(milestones: Sequence[Successor], *, within: str) -> Iterator[Fault]:
    """Yield what keeps milestones from ever being submitted one after the other.

    Codes: `milestone_unknown`, `predecessor_later`, `milestone_cycle`.
    """
    last = {one.code: one.last for one in milestones}
    for at, one in enumerate(milestones):
        for index, code in enumerate(one.after):
            pointer = f"{within}/{at}/after/{index}"
            if code not in last:
                yield Fault(pointer, "milestone_unknown", f"No milestone has the code {code}.")
            elif last[code] > one.first:
                detail = f"{code} is due {last[code] - one.first} days after {one.code}."
                yield Fault(pointer, "predecessor_later", detail)
    yield from _circles({one.code: one.after for one in milestones}, within=within)


def _circles(after: Mapping[str, Sequence[str]], *, within: str) -> Iterator[Fault]:
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        at = list(after).index(circle[0])
        detail = f"{' after '.join(circle)}: none of them could come first."
        yield Fault(f"{within}/{at}/after", "milestone_cycle", detail)
