"""What may become of a need, its offers and its awards, by an account kept beside them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from tests.builders import AT

NEED_GOES: Final = {
    "published": {"closed", "cancelled"},
    "closed": {"opened", "cancelled"},
    "opened": {"evaluated", "awarded", "contracted", "unsuccessful", "cancelled"},
    "evaluated": {"awarded", "contracted", "opened", "unsuccessful", "cancelled"},
    "awarded": {"contracted", "opened", "evaluated", "unsuccessful", "cancelled"},
    "contracted": {"opened"},
    "cancelled": set[str](),
    "unsuccessful": set[str](),
}
OFFER_GOES: Final = {
    "submitted": {"opened"},
    "opened": {"admitted", "excluded"},
    "admitted": {"excluded", "awarded", "not_awarded", "opened"},
    "excluded": {"opened"},
    "awarded": {"not_awarded", "opened", "excluded"},
    "not_awarded": {"opened", "admitted"},
}
AWARD_GOES: Final = {
    "proposed": {"standstill", "cancelled"},
    "standstill": {"suspended", "final"},
    "suspended": {"standstill", "final", "cancelled"},
    "final": {"cancelled"},
    "cancelled": set[str](),
}
EXPLANATION_GOES: Final = {
    "asked": {"answered", "accepted", "rejected"},
    "answered": {"accepted", "rejected"},
    "accepted": set[str](),
    "rejected": set[str](),
}
CONTRACT_GOES: Final = {
    "draft": {"active", "cancelled"},
    "active": set[str](),
    "cancelled": set[str](),
}
"""Where the domain lets each go; back to `opened` only by a challenge that was upheld, and on from
`final` or to `admitted` again only where an award fell."""
RANKED: Final = {"evaluated", "awarded", "contracted"}
"""Where a need stands while what is ranked may be awarded."""
BIDDERS: Final = {"enterprise": "second_enterprise", "second_enterprise": "enterprise"}
"""Who offers for each lot, the better one first, and the rival of each."""
PRICES: Final = {"enterprise": "750000.00", "second_enterprise": "900000.00"}
LOW_PRICES: Final = PRICES | {"enterprise": "450000.00"}
"""The better one asks for so little that it has to say how that is possible."""
MARKS: Final = {"enterprise": "90", "second_enterprise": "60"}
STANDSTILL: Final = timedelta(days=10)
STANDING: Final = {"published", "suspended"}
UNJUDGED: Final = {"scores_missing", "evaluators_too_few", "consensus_missing"}
NOT_ONES_OWN: Final = {
    403: {"not_own_challenge", "not_winner", "caller_lapses"},
    404: {"offer_missing"},
    410: {"submission_over"},
}
"""What says no by another status than that of a state or a rule."""


@dataclass
class Draft:
    """A contract by the account."""

    id: str
    digest: str
    signed: set[str] = field(default_factory=set[str])
    state: str = "draft"
    sign_by: datetime | None = None
    """Until when the winner was called upon to sign."""


@dataclass
class Lot:
    """A lot by the account."""

    id: str
    offers: dict[str, str]
    """The offer of each bidder, the better one first."""
    is_low: bool = False
    """Whether the better one's price is abnormally low."""
    states: dict[str, str] = field(default_factory=lambda: dict.fromkeys(BIDDERS, "submitted"))
    ranked: list[str] | None = None
    """Who is ranked, best first; None before the first evaluation."""
    is_open: bool = True
    """Whether its offers are to be evaluated, for the first time or again."""
    scored: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    agreed: set[str] = field(default_factory=set[str])
    award: str = ""
    stands: str = ""
    winner: str = ""
    ends_at: datetime = AT
    challenge: str = ""
    is_challenged: bool = False
    """Whether the challenge waits for its decision."""
    challenged: set[str] = field(default_factory=set[str])
    is_over: bool = False
    flagged: set[str] = field(default_factory=set[str])
    """Whose price the ranking calls abnormally low."""
    explanation: str = ""
    """Of the price of the better one, in this round."""
    explained: str = ""
    """Where it stands."""
    contracts: list[Draft] = field(default_factory=list[Draft])
    """Grown from the award, the newest last."""
    over: list[Draft] = field(default_factory=list[Draft])
    """Drafts that ended with their awards."""
    fell: set[str] = field(default_factory=set[str])
    """Whose awards have fallen."""
    is_ended: bool = False
    """Whether it was ended after an award of it fell."""

    @property
    def is_unexplained(self) -> bool:
        """Whether a price that is so low keeps from being awarded who is ranked first."""
        return (self.ranked or [""])[0] in self.flagged and self.explained != "accepted"

    @property
    def is_contracted(self) -> bool:
        """Whether one of its contracts is in force."""
        return any(one.state == "active" for one in self.contracts)

    @property
    def waits(self) -> bool:
        """Whether an offer of it could be awarded, and none is."""
        return bool(self.ranked) and self.stands not in STANDING and not self.is_gone

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is awarded any more."""
        return self.is_over or self.is_ended
