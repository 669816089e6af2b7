"""Whether metrics can be observed as they say: windows, percentiles, time zones and surveys."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, get_args

from ecosystem.contracts.form_shapes import (
    FormMetric,
    FormObserved,
    FormSurvey,
    Observed,
    Survey,
    TermsMetric,
    Variable,
    Window,
)
from ecosystem.contracts.payment_rules import PaymentRule, Satisfaction
from ecosystem.values.period import is_time_zone
from ecosystem.values.refusal import Fault

_WINDOWS: Final = get_args(Window)
"""The shortest first."""
RATINGS_MIN: Final = 30
"""Fewest ratings whose mean has an interval."""
Metrics = Sequence[FormMetric | TermsMetric]


def observing_faults(
    metrics: Metrics, pointer: str, variables: Sequence[Variable] = ()
) -> Iterator[Fault]:
    """Yield what is wrong with how metrics are observed; `pointer` is that of all of them.

    Codes: `window_unfit`, `percentile_unfit`, `time_zone_unknown`, `survey_unfit`.
    """
    for at, metric in enumerate(metrics):
        observed, place = metric.observed, f"{pointer}/{at}/observed"
        if observed is None:
            continue
        if _WINDOWS.index(observed.window) > _WINDOWS.index(metric.period):
            detail = f"A {observed.window} is longer than the metric's {metric.period}."
            yield Fault(f"{place}/window", "window_unfit", detail)
        if (observed.aggregation == "percentile") != (observed.percentile is not None):
            detail = "Say which percentile where the aggregation is one, and only there."
            yield Fault(f"{place}/percentile", "percentile_unfit", detail)
        if not is_time_zone(observed.time_zone):
            detail = f"{observed.time_zone} is no time zone of the IANA, such as Asia/Shanghai."
            yield Fault(f"{place}/time_zone", "time_zone_unknown", detail)
        yield from _survey(observed, place, variables)


def _survey(
    observed: Observed | FormObserved, place: str, variables: Sequence[Variable]
) -> Iterator[Fault]:
    survey = observed.survey
    if not isinstance(survey, Survey | FormSurvey):
        return
    if observed.aggregation != "ratio_of_sums":
        detail = "A survey is a ratio of sums: so that samples of many windows are one sample."
        yield Fault(f"{place}/aggregation", "survey_unfit", detail)
    scale, pointer = survey.scale, f"{place}/survey"
    if survey.statistic == "proportion":
        if scale is not None:
            detail = "A proportion has no scale: whoever answers says yes, or not."
            yield Fault(f"{pointer}/scale", "survey_unfit", detail)
        return
    if observed.factor != "1":
        detail = "A mean of ratings is multiplied by 1; give the scale in the metric's unit."
        yield Fault(f"{place}/factor", "survey_unfit", detail)
    if scale is None:
        yield Fault(pointer, "survey_unfit", "A mean says in `scale` which ratings there are.")
    elif Decimal(scale.lower) >= Decimal(scale.upper):
        detail = f"The scale ends at {scale.upper}, not above its beginning."
        yield Fault(f"{pointer}/scale/upper", "survey_unfit", detail)
    if _least(survey.sample_min, variables) < RATINGS_MIN:
        detail = f"A mean has at least {RATINGS_MIN} ratings, also where a variable says how many."
        yield Fault(f"{pointer}/sample_min", "survey_unfit", detail)


def _least(sample_min: int | str, variables: Sequence[Variable]) -> Decimal:
    """Return the smallest sample that a contract can ask for."""
    named = [one for one in variables if f"{{{one.name}}}" == sample_min]
    if named:
        return Decimal(named[0].minimum or "0")
    return Decimal(sample_min) if str(sample_min).isdecimal() else Decimal(0)


def figure_faults(rule: PaymentRule, metrics: Metrics) -> Iterator[Fault]:
    """Yield that a rule reads an interval of a metric that is no survey: `survey_missing`.

    Pointers start at the rule.
    """
    if not isinstance(rule, Satisfaction) or rule.reads() == "value":
        return
    surveys = [one.code for one in metrics if one.observed is not None and one.observed.survey]
    if rule.metric not in surveys:
        detail = f"{rule.metric} has no interval: its metric says in `observed` no survey."
        yield Fault("/figure", "survey_missing", detail)
