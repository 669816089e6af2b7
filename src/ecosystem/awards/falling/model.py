"""An award that falls, and a lot that ends: what rules are given, and what they decide."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.values.money import Money
from ecosystem.values.text import Text


class Lapse(StrEnum):
    """How a final award fell."""

    DECLINED = "declined"
    """The winner said that it does not sign."""
    UNSIGNED = "unsigned"
    """The winner was called upon to sign, and its time passed."""
    RELEASED = "released"
    """Of financing: nothing of the need is left that it could serve. Nobody let it fall."""


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """That a final award falls: how, why, and by whose hand."""

    lapse: Lapse
    reason: Text
    fallen_by: str
    fallen_at: datetime


class FallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from the fall of an award is decided on."""

    award_id: str
    need_id: str
    lot_id: str
    kind: OfferKind
    lapse: Lapse
    price: Money
    need_state: NeedState
    left_open: tuple[str, ...]
    """The lots that wait for an award now."""
    others_stand: bool
    """Whether another award of the need stands."""


class Fallen(msgspec.Struct, frozen=True, kw_only=True):
    """What the fall of an award makes of its need, and of the budget."""

    lot_id: str
    kind: OfferKind
    need_state: NeedState
    released: Money | None
    """What the budget has back; None where nothing was committed."""


class EndingDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That a lot is not awarded to the next in the ranking, and why; everybody reads it."""

    kind: OfferKind
    """Of the offers whose contest ends."""
    reason: Text


class EndFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the end of a lot is checked against."""

    need_id: str
    lot_id: str
    authority_number: int
    need_state: NeedState
    has_fallen: bool
    """Whether an award of the contest has fallen; for financing, any award of the lot."""
    is_awarded: bool
    """Whether an award of the contest stands, or is proposed."""
    is_over: bool
    """Whether nothing of the contest can be awarded any more."""
    left_open: tuple[str, ...]
    """The lots that wait for an award when this contest has ended."""
    others_stand: bool
    asked: EndingDraft


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """No further offer of the contest is awarded."""

    lot_id: str
    kind: OfferKind
    reason: Text
    ended_by: str
    need_state: NeedState
