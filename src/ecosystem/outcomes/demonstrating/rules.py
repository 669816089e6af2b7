"""When what shorter windows come to is the fact of a period."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ecosystem.contracts.form_shapes import Observed
from ecosystem.outcomes.aggregates.computing import due
from ecosystem.outcomes.aggregates.model import Aggregate


def pays(found: Aggregate, observed: Observed, *, at: datetime) -> bool:
    """Tell whether a period's aggregate is a fact that payment rules read.

    It is demonstrated, and nothing that is in time can add to it: every window is verified or
    excused, or the time to report the last one is over. What is verified later makes another
    fact of the same period, which pays or takes back the difference.
    """
    if found.state != "demonstrated":
        return False
    windows = found.windows
    if windows.verified + windows.excused == windows.all:
        return True
    patience = timedelta(days=observed.late_after_days)
    return at >= due(found.period.ends_on, patience, ZoneInfo(observed.time_zone))
