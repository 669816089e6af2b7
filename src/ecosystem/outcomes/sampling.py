"""Whether what is reported of a survey is a sample, what its interval is, and whether it proves."""

from decimal import Decimal, localcontext
from typing import Final

from ecosystem.contracts.form_shapes import Observed, Scale, Survey
from ecosystem.outcomes.intervals import Interval, Sample, interval
from ecosystem.outcomes.model import Measured
from ecosystem.values.refusal import Kind, Refusal

_PRECISION: Final = 80
_NOTHING: Final = Decimal(0)


class SampleUnfit(Refusal):
    """What is reported of a survey is no sample of it."""

    kind = Kind.UNMET
    remedy = (
        "Of a survey give `sample_size`, how many answered; the same number as `denominator`; as "
        "`numerator` how many said yes, or the sum of their ratings; of a mean also `squares`, "
        "the sum of the squares of their ratings; and `invited`, how many were asked, where the "
        "metric says which share must answer. Of anything else give neither `squares` nor "
        "`invited`."
    )


def fit(measured: Measured, observed: Observed | None) -> None:
    """Refuse with SampleUnfit what no sample of the metric's survey can come to.

    Where the metric is no survey, nothing of a survey may be given.
    """
    survey = None if observed is None else observed.asks()
    if survey is None:
        for name, given in (("squares", measured.squares), ("invited", measured.invited)):
            if given is not None:
                raise SampleUnfit("The metric is no survey.", pointer=f"/{name}")
        return
    size = measured.sample_size
    if size is None:
        raise SampleUnfit("The metric is a survey.", pointer="/sample_size")
    if Decimal(measured.denominator or "0") != size:
        message = f"{size} people answered, and {measured.denominator} are counted."
        raise SampleUnfit(message, pointer="/denominator")
    if measured.invited is None and Decimal(survey.response_min) > 0:
        raise SampleUnfit(f"{survey.response_min} of those asked must answer.", pointer="/invited")
    if measured.invited is not None and measured.invited < size:
        message = f"{size} answered, and only {measured.invited} were asked."
        raise SampleUnfit(message, pointer="/invited")
    with localcontext(prec=_PRECISION):
        _answered(measured, survey, Decimal(size), Decimal(measured.numerator or "0"))


def _answered(measured: Measured, survey: Survey, size: Decimal, total: Decimal) -> None:
    if survey.scale is not None:
        _rated(measured.squares, survey.scale, size, total)
        return
    if measured.squares is not None:
        raise SampleUnfit("A proportion has no squares.", pointer="/squares")
    if total != total.to_integral_value() or not 0 <= total <= size:
        message = f"Of {size} people {measured.numerator} cannot have said yes."
        raise SampleUnfit(message, pointer="/numerator")


def _rated(squares: str | None, scale: Scale, size: Decimal, total: Decimal) -> None:
    """Refuse what ratings of a scale cannot add up to, or their squares."""
    lower, upper = Decimal(scale.lower), Decimal(scale.upper)
    if not lower * size <= total <= upper * size:
        message = f"Ratings from {scale.lower} to {scale.upper} by {size} do not add to {total:f}."
        raise SampleUnfit(message, pointer="/numerator")
    if squares is None:
        raise SampleUnfit("A mean has an interval by its squares.", pointer="/squares")
    # The squares are least where all give the mean, and most where each gives an end of the scale.
    most = (lower + upper) * total - size * lower * upper
    if not total * total <= size * Decimal(squares) or Decimal(squares) > most:
        message = (
            f"The squares of such ratings add to {total * total / size:.9f} at least, and to "
            f"{most:f} at most."
        )
        raise SampleUnfit(message, pointer="/squares")


def interval_of(measured: Measured, observed: Observed | None) -> Interval | None:
    """Return the interval of a sample that is fit; None of another metric, or of too few."""
    survey = None if observed is None else observed.asks()
    if observed is None or survey is None or measured.sample_size is None:
        return None
    squares = None if measured.squares is None else Decimal(measured.squares)
    sample = Sample(measured.sample_size, Decimal(measured.numerator or "0"), squares)
    return interval(survey, sample, factor=observed.factor)


def lacks(survey: Survey, *, size: int, invited: int | None) -> tuple[str, str] | None:
    """Return why a sample proves nothing, in Chinese and in English, or None where it does."""
    if size < survey.sample_min:
        return (
            f"样本量 {size} 少于合同要求的 {survey.sample_min}",
            f"sample of {size}, and the contract asks for {survey.sample_min}",
        )
    asked = Decimal(survey.response_min)
    if asked > _NOTHING and (invited is None or size < asked * invited):
        shown = "?" if invited is None else str(invited)
        return (
            f"受访 {shown} 人中 {size} 人应答，合同要求比例 {survey.response_min}",
            f"of {shown} people asked {size} answered; {survey.response_min} of them must",
        )
    return None


def is_same(observed: Observed | None, one: int | None, other: int | None) -> bool:
    """Tell whether two results of the same value are of samples of one size, where it counts."""
    return observed is None or observed.asks() is None or one == other


def told(value: str, size: int | None) -> str:
    """Return a value in words, with the size of its sample where it has one."""
    return value if size is None else f"{value} of a sample of {size}"
