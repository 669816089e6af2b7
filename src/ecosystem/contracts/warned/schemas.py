"""How a draft of terms is answered: where it stands, and what its rules should be looked at for."""

from ecosystem.contracts.rule_limits import Cliff
from ecosystem.runtime.web import Standing


class TermsStanding(Standing, frozen=True, kw_only=True):
    """Where it stands, and a warning of every cliff of its payment rules."""

    cliffs: tuple[Cliff, ...]
    """Empty where the least change of a metric changes little of what is paid, everywhere."""
