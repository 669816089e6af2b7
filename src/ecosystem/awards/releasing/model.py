"""An award of financing that is at its end: what the rule is given, and what it says."""

from datetime import datetime

import msgspec

from ecosystem.awards.falling.model import Lapse
from ecosystem.awards.model import State
from ecosystem.needs.model import OfferKind
from ecosystem.values.text import Text


class ReleaseFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An award of a need of which nothing is left to finance."""

    award_id: str
    need_id: str
    lot_id: str
    kind: OfferKind
    is_proposed: bool
    """Whether it waits for its approval."""
    is_financing_over: bool


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody is bound by the award any more."""

    state: State
    lapse: Lapse | None
    """None where it was never approved."""
    reason: Text
    released_by: str
    """The rule; nobody acted."""
    released_at: datetime
