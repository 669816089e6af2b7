"""When an award of financing is at its end."""

from datetime import datetime
from typing import Final

from ecosystem.awards.falling.model import Lapse
from ecosystem.awards.model import State
from ecosystem.awards.releasing.model import Released, ReleaseFacts
from ecosystem.needs.model import OfferKind
from ecosystem.values.actor import Actor
from ecosystem.values.text import Text

RULE: Final = "rule:nothing-to-finance"
"""Stands where a hand stands: nobody acted."""
_REASON: Final = Text(
    zh="该需求已无可供融资的决标，融资方不再受约束。",
    en="Nothing of the need is left to finance; the lender is bound no more.",
)


def release(facts: ReleaseFacts, *, by: Actor, at: datetime) -> Released:
    """End an award of financing; requires that nothing of its need is left to finance."""
    del by
    if facts.kind is not OfferKind.FINANCING or not facts.is_financing_over:
        raise ValueError("the award may still serve another one")
    return Released(
        state=State.CANCELLED,
        lapse=None if facts.is_proposed else Lapse.RELEASED,
        reason=_REASON,
        released_by=RULE,
        released_at=at,
    )
