"""What was measured, as medians, ratios and tables."""

from collections.abc import Iterable, Iterator
from statistics import median
from typing import Final

import msgspec
from cells import BARE, NOBODY, OURS, PEER, Cell

GROWTH_MAX: Final = 1.3
"""How many times as long a request may take where there are a hundred times as many needs."""

AUTHENTICATION_MAX: Final = 0.15
"""What share of the time of a read the caller's token may take."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of one subject in one round."""

    cell: str
    subject: str
    size: int
    rate: float
    """Answers a second."""
    p50_ms: float
    p99_ms: float
    server_us: float
    """Microseconds of the server's processor time, of each request."""
    postgres_us: float
    resident: int
    """Bytes of memory that the server holds."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The medians of all rounds."""

    cell: str
    subject: str
    size: int
    rate: float
    p50_ms: float
    p99_ms: float
    server_us: float
    postgres_us: float
    resident: int
    rounds: int


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison with what is wanted."""

    cell: str
    of: str
    ratio: float
    wanted: float
    met: bool


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything."""

    summaries: list[Summary]
    ratios: list[Ratio]


def report(samples: list[Sample], cells: Iterable[Cell], sizes: list[int]) -> Report:
    """Return medians and ratios; `sizes` are the numbers of needs, the first for comparisons."""
    keys = list(dict.fromkeys((one.cell, one.subject, one.size) for one in samples))
    found = {key: _summary(samples, *key) for key in keys}
    ratios: list[Ratio] = []
    for cell in cells:
        ours = found[cell.name, OURS, sizes[0]]
        for subject, wanted in ((BARE, cell.of_bare), (PEER, cell.of_peer)):
            other = found.get((cell.name, subject, sizes[0]))
            if other is not None and wanted is not None:
                ratio = ours.rate / other.rate
                ratios.append(_ratio(cell, f"{subject}", ratio, wanted, met=ratio >= wanted))
        nobody = found.get((cell.name, NOBODY, sizes[0]))
        if nobody is not None:
            share = 1 - ours.rate / nobody.rate
            met = share < AUTHENTICATION_MAX
            ratios.append(
                _ratio(cell, "its time: authentication", share, AUTHENTICATION_MAX, met=met)
            )
        for size in sizes[1:]:
            if (cell.name, OURS, size) not in found:
                continue
            growth = ours.rate / found[cell.name, OURS, size].rate
            name = f"{sizes[0]:,} needs, with {size:,}"
            ratios.append(_ratio(cell, name, growth, GROWTH_MAX, met=growth < GROWTH_MAX))
    return Report(summaries=list(found.values()), ratios=ratios)


def table(made: Report, cells: Iterable[Cell]) -> Iterator[str]:
    """Yield the lines of a table for people."""
    titles = {cell.name: cell.title for cell in cells}
    head = ("req/s", "p50 ms", "p99 ms", "server us", "PG us", "RSS MB")
    yield f"{'':19} {'':10}" + "".join(f"{name:>10}" for name in head)
    for name, title in titles.items():
        for number, one in enumerate(one for one in made.summaries if one.cell == name):
            who = one.subject if one.subject != OURS else f"{OURS} {_short(one.size)}"
            said = (
                f"{one.rate:,.0f}", f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}",
                f"{one.server_us:,.0f}", f"{one.postgres_us:,.0f}", f"{one.resident / 2**20:,.0f}",
            )  # fmt: skip
            yield f"{'' if number else title:19} {who:10}" + "".join(f"{one:>10}" for one in said)
    yield ""
    for ratio in made.ratios:
        sign = "ok" if ratio.met else "SHORT"
        title = titles[ratio.cell]
        yield f"{title:19} {ratio.ratio:6.2f} of {ratio.of:26} wanted {ratio.wanted:4} {sign}"


def _short(size: int) -> str:
    return f"{size // 1000}k" if size >= 1000 else str(size)  # noqa: PLR2004 - thousands


def _ratio(cell: Cell, of: str, ratio: float, wanted: float, *, met: bool) -> Ratio:
    return Ratio(cell=cell.name, of=of, ratio=ratio, wanted=wanted, met=met)


def _summary(samples: list[Sample], cell: str, subject: str, size: int) -> Summary:
    own = [one for one in samples if (one.cell, one.subject, one.size) == (cell, subject, size)]
    return Summary(
        cell=cell,
        subject=subject,
        size=size,
        rate=median(one.rate for one in own),
        p50_ms=median(one.p50_ms for one in own),
        p99_ms=median(one.p99_ms for one in own),
        server_us=median(one.server_us for one in own),
        postgres_us=median(one.postgres_us for one in own),
        resident=max(one.resident for one in own),
        rounds=len(own),
    )
