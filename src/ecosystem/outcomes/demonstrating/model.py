"""What a metric of shorter windows came to in a period, as a fact."""

import msgspec

from ecosystem.contracts.form_shapes import Observed
from ecosystem.contracts.rule_parts import Code
from ecosystem.outcomes.aggregates.model import Aggregate, Excused, Used
from ecosystem.values.identifiers import MetricId


class Demonstrated(msgspec.Struct, frozen=True, kw_only=True):
    """An aggregate that pays, with all that it was computed by."""

    metric_id: MetricId
    version: int
    """Of the metric."""
    metric: Code
    observed: Observed
    """How the period is observed: as its first calculation said, whatever changed since."""
    excused: tuple[Excused, ...]
    """The times of the period for which nothing is asked."""
    aggregate: Aggregate
    used: tuple[Used, ...]
    """The observations, all of them, in order."""
