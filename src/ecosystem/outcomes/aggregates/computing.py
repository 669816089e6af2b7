"""Compute an aggregate: sort the windows of a period, then take the value from the verified ones.

Everything is exact: decimals, and a fraction is rounded once, half up to nine places. Percentiles
are by the nearest rank, so that the value is one that was observed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from operator import mul
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ecosystem.contracts.canonical import digest
from ecosystem.contracts.form_shapes import Aggregation, Observed
from ecosystem.outcomes.aggregates.model import (
    Aggregate,
    AggregateState,
    Definition,
    Excused,
    Gap,
    SampleShown,
    Seen,
    Used,
    Windows,
)
from ecosystem.outcomes.intervals import Sample, interval, plain
from ecosystem.outcomes.model import State
from ecosystem.outcomes.sampling import lacks
from ecosystem.outcomes.windows import NO_HOUR, Span, Window, instants, midnight, spans
from ecosystem.values.period import Period
from ecosystem.values.text import Text

_USED_TOLD: Final = 100
_PRECISION: Final = 120
"""Digits of every step: sums of ten thousand values of 27 digits and their products fit."""
_NINE: Final = Decimal("0.000000001")
_DAY: Final = timedelta(days=1)
_HOUR: Final = Decimal(3_600)
_RANK: Final = {State.REPORTED: 0, State.DISPUTED: 1, State.VERIFIED: 2}
_NOTHING: Final = Decimal(0)
_ONE: Final = Decimal(1)


class _Used(NamedTuple):
    """What is verified, in the order of its windows."""

    seen: list[Seen]
    windows: list[Window]
    hours: list[Decimal]
    """How long each of the windows is."""


class _Sorted(NamedTuple):
    used: _Used
    counts: dict[str, int]
    missing: list[tuple[int, Window]]
    """Each with its number among all windows of the period."""
    late: list[tuple[int, Window]]
    """The same of those that were reported when the time for it was over."""
    hours: Decimal
    """How long all windows are that are neither excused nor still awaited."""


def standing(seen: Iterable[Seen]) -> Mapping[int, Seen]:
    """Return for each place the observation that says most: verified, then disputed."""
    return {one.place: one for one in sorted(seen, key=_rank)}


def _rank(one: Seen) -> int:
    return _RANK[one.state]


def aggregate(
    definition: Definition, period: Period, seen: Mapping[int, Seen],
    excused: Sequence[Excused] = (), *, at: datetime,
) -> Aggregate:  # fmt: skip
    """Return what a period comes to at a time.

    `seen` is what stands in windows of any period; `period` is one that `windows.periods` yields.
    """
    return proved(definition, period, seen, excused, at=at)[0]


def proved(
    definition: Definition, period: Period, seen: Mapping[int, Seen],
    excused: Sequence[Excused] = (), *, at: datetime,
) -> tuple[Aggregate, tuple[Used, ...]]:  # fmt: skip
    """Return what `aggregate` does, and all that its value is computed from, in order."""
    observed = definition.observed
    found = _sort(observed, period, seen, excused, at=at)
    counts, used = Windows(**found.counts), tuple(map(_told, found.used.seen, found.used.windows))
    asked, verified = counts.all - counts.excused, counts.verified
    with localcontext(prec=_PRECISION):
        state = _state(observed, asked=asked, verified=verified)
        sample, lack = _sampled(observed, found.used.seen)
        if lack is not None and state == "demonstrated":
            state = "not_demonstrated"
        value, exact = None, True
        if state == "demonstrated":
            value, exact = _rounded(_VALUES[observed.aggregation](observed, found))
            state = "not_demonstrated" if value is None else state
        share = (Decimal(verified) / asked).quantize(_NINE, ROUND_DOWN) if asked else None
        made = Aggregate(
            period=period,
            state=state,
            value=None if value is None else plain(value),
            is_rounded=not exact,
            meets_target=None if value is None else _meets(definition, value),
            sample=sample
            if value is not None or sample is None
            else replace(sample, interval=None),
            reason=_reason(definition, counts, state, lack),
            windows=counts,
            completeness=None if share is None else plain(share),
            gaps=tuple(_gaps(found.missing, ZoneInfo(observed.time_zone))),
            late=tuple(_gaps(found.late, ZoneInfo(observed.time_zone))),
            observations=used[:_USED_TOLD],
            observations_count=verified,
            observations_digest=digest_of(used),
        )
    return made, used


def due(ends_on: date, patience: timedelta, zone: ZoneInfo) -> datetime:
    """Return until when a window's observation is in time: to the end of a day."""
    return midnight(ends_on + min(patience + _DAY, date.max - ends_on), zone)


def _sort(
    observed: Observed, period: Period, seen: Mapping[int, Seen],
    excused: Sequence[Excused], *, at: datetime,
) -> _Sorted:  # fmt: skip
    zone = ZoneInfo(observed.time_zone)
    patience = timedelta(days=observed.late_after_days)
    counts = dict.fromkeys(Windows.__struct_fields__, 0)
    missing, late = list[tuple[int, Window]](), list[tuple[int, Window]]()
    used, hours = _Used([], [], []), _NOTHING
    for span in spans(observed, period):
        places, before = span.places(), counts["all"]
        ends, each = due(span.ends_on, patience, zone), _hours(span, zone)
        free = _excused(span, excused, zone) if excused else ()
        over = len(places)
        for number, place in enumerate(places):
            one = seen.get(place)
            if free and number in free:
                counts["excused"] += 1
                over -= 1
            elif one is not None:
                if one.reported_at >= ends:
                    late.append((before + number, span.window(number)))
                if one.state is State.VERIFIED:
                    used.seen.append(one)
                    used.windows.append(span.window(number))
                    used.hours.append(each)
                else:
                    counts[one.state] += 1
            elif at >= ends:
                missing.append((before + number, span.window(number)))
            else:
                counts["awaited"] += 1
                over -= 1
        hours += each * over
        counts["all"] += len(places)
    counts |= {"verified": len(used.seen), "missing": len(missing), "late": len(late)}
    return _Sorted(used, counts, missing, late, hours)


def _excused(span: Span, excused: Sequence[Excused], zone: ZoneInfo) -> frozenset[int]:
    """Return which windows of a span are excused, counted from 0."""
    return frozenset(
        number
        for number in range(len(span.places()))
        if _is_excused(span.window(number), excused, zone)
    )


def _is_excused(window: Window, excused: Sequence[Excused], zone: ZoneInfo) -> bool:
    starts_at, ends_at = instants(window, zone)
    return any(one.starts_at <= starts_at and ends_at <= one.ends_at for one in excused)


def _hours(span: Span, zone: ZoneInfo) -> Decimal:
    """Return how long each window of a span is."""
    if span.hours:
        return _ONE
    spent = midnight(span.ends_on, zone) - midnight(span.starts_on, zone)
    return Decimal(round(spent.total_seconds())) / _HOUR


def _state(observed: Observed, *, asked: int, verified: int) -> AggregateState:
    if not verified:
        return "not_demonstrated"
    return "demonstrated" if verified >= Decimal(observed.completeness) * asked else "incomplete"


def _meets(definition: Definition, value: Decimal) -> bool:
    target = Decimal(definition.target)
    return value >= target if definition.direction == "higher" else value <= target


Fraction = tuple[Decimal, Decimal]
"""Numerator and denominator: the one division is the last step."""


def _sum(_: Observed, found: _Sorted) -> Fraction:
    return sum(_values(found), _NOTHING), _ONE


def _values(found: _Sorted) -> Iterator[Decimal]:
    return (Decimal(one.value) for one in found.used.seen)


def _mean(_: Observed, found: _Sorted) -> Fraction:
    return sum(_values(found), _NOTHING), Decimal(len(found.used.seen))


def _minimum(_: Observed, found: _Sorted) -> Fraction:
    return min(_values(found)), _ONE


def _maximum(_: Observed, found: _Sorted) -> Fraction:
    return max(_values(found)), _ONE


def _last(_: Observed, found: _Sorted) -> Fraction:
    return Decimal(found.used.seen[-1].value), _ONE


def _count(_: Observed, found: _Sorted) -> Fraction:
    return Decimal(len(found.used.seen)), _ONE


def _ratio_of_sums(observed: Observed, found: _Sorted) -> Fraction:
    above = sum((Decimal(one.numerator or "0") for one in found.used.seen), _NOTHING)
    below = sum((Decimal(one.denominator or "0") for one in found.used.seen), _NOTHING)
    return above * Decimal(observed.factor), below


def _percentile(observed: Observed, found: _Sorted) -> Fraction:
    ordered = sorted(_values(found))
    rank = (Decimal(observed.percentile or "1") * len(ordered)).to_integral_value(ROUND_CEILING)
    return ordered[max(int(rank), 1) - 1], _ONE


def _availability(_: Observed, found: _Sorted) -> Fraction:
    """Weigh each window by its hours; one that is not verified was not available."""
    return sum(map(mul, _values(found), found.used.hours), _NOTHING), found.hours


_VALUES: Final[Mapping[Aggregation, Callable[[Observed, _Sorted], Fraction]]] = {
    "sum": _sum,
    "mean": _mean,
    "minimum": _minimum,
    "maximum": _maximum,
    "last": _last,
    "count": _count,
    "ratio_of_sums": _ratio_of_sums,
    "percentile": _percentile,
    "availability": _availability,
}


def _rounded(fraction: Fraction) -> tuple[Decimal | None, bool]:
    """Return the quotient to nine places, half up, and whether that is exact; None over nothing."""
    above, below = fraction
    if not below:
        return None, True
    value = (above / below).quantize(_NINE, ROUND_HALF_UP)
    return value, value * below == above


def _sampled(
    observed: Observed, used: list[Seen]
) -> tuple[SampleShown | None, tuple[str, str] | None]:
    """Return the one sample of a survey that all windows are, and why it proves nothing.

    What was observed before the metric became a survey may count by no whole numbers: nobody has
    answered there, and the sample has no interval.
    """
    survey = observed.asks()
    if survey is None:
        return None, None
    counted = [Decimal(one.denominator or "0") for one in used]
    size = sum(int(one) for one in counted if one == int(one))
    total = sum((Decimal(one.numerator or "0") for one in used), _NOTHING)
    squares = sum((Decimal(one.squares or "0") for one in used), _NOTHING)
    known = all(one.squares is not None for one in used) or survey.statistic == "proportion"
    known = known and all(one == int(one) for one in counted)
    invited = [one.invited for one in used if one.invited is not None]
    asked = sum(invited) if used and len(invited) == len(used) else None
    rate = None if not asked else (Decimal(size) / asked).quantize(_NINE, ROUND_DOWN)
    told = SampleShown(
        size=size,
        sample_min=survey.sample_min,
        invited=asked,
        response_rate=None if rate is None else plain(rate),
        interval=interval(survey, Sample(size, total, squares), factor=observed.factor)
        if known
        else None,
    )
    return told, lacks(survey, size=size, invited=asked)


def _gaps(windows: list[tuple[int, Window]], zone: ZoneInfo) -> Iterator[Gap]:
    run: list[tuple[int, Window]] = []
    for one in windows:
        if run and one[0] != run[-1][0] + 1:
            yield _gap(run, zone)
            run = []
        run.append(one)
    if run:
        yield _gap(run, zone)


def _gap(run: list[tuple[int, Window]], zone: ZoneInfo) -> Gap:
    starts_at, ends_at = instants(run[0][1], zone)[0], instants(run[-1][1], zone)[1]
    return Gap(starts_at=starts_at, ends_at=ends_at, windows=len(run))


def _told(one: Seen, window: Window) -> Used:
    return Used(
        id=one.id,
        version=one.version,
        starts_on=window.starts_on,
        ends_on=window.ends_on,
        hour=None if window.hour == NO_HOUR else window.hour,
        value=one.value,
        numerator=one.numerator,
        denominator=one.denominator,
        squares=one.squares,
        invited=one.invited,
    )


def digest_of(used: tuple[Used, ...]) -> str:
    """Return the SHA-256 of the canonical JSON (RFC 8785) of observations."""
    return digest(used)


_WORDS: Final[Mapping[Aggregation, tuple[str, str]]] = {
    "sum": ("{n} 个观测值之和", "the sum of {n} values"),
    "mean": ("{n} 个观测值的算术平均", "the mean of {n} values"),
    "minimum": ("{n} 个观测值中最小者", "the least of {n} values"),
    "maximum": ("{n} 个观测值中最大者", "the greatest of {n} values"),
    "last": ("{n} 个观测值中最后一个", "the last of {n} values"),
    "count": ("观测值个数", "the number of values"),
    "ratio_of_sums": (
        "{n} 个观测的分子之和除以分母之和，乘以 {factor}",
        "the sum of {n} numerators over the sum of their denominators, times {factor}",
    ),
    "percentile": (
        "{n} 个观测值的 {percentile} 分位（最近秩）",
        "the percentile {percentile} of {n} values, by the nearest rank",
    ),
    "availability": (
        "{n} 个观测值按小时数加权平均；未核验的时段计为不可用",
        "{n} values weighed by their hours; a window that is not verified was not available",
    ),
}


def _reason(
    definition: Definition, counts: Windows, state: AggregateState, lack: tuple[str, str] | None
) -> Text:
    observed = definition.observed
    asked = counts.all - counts.excused
    if state == "demonstrated":
        zh, en = _WORDS[observed.aggregation]
        said = {
            "n": counts.verified, "factor": observed.factor, "percentile": observed.percentile,
        }  # fmt: skip
        return Text(zh=zh.format(**said), en=en.format(**said))
    if not asked:
        return Text(zh="全部时段均已免责", en="all windows are excused")
    if lack is not None and counts.verified and state == "not_demonstrated":
        return Text(zh=lack[0], en=lack[1])
    if counts.verified and state == "not_demonstrated":
        return Text(zh="分母之和为零", en="the denominators add up to nothing")
    return Text(
        zh=f"应有 {asked} 个时段，已核验 {counts.verified} 个，要求比例 {observed.completeness}",
        en=f"of {asked} windows {counts.verified} are verified; {observed.completeness} of them "
        "must be",
    )
