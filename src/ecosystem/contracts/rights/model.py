"""What a right to end a contract is: what it rests on, what rules decide on, what they decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.rule_parts import Code, Direction
from ecosystem.values.identifiers import ContractId, RightId
from ecosystem.values.period import Period

Holder = Literal["authority", "supplier", "either"]


class State(StrEnum):
    """Where a right stands."""

    STANDING = "standing"
    LAPSED = "lapsed"


class Source(StrEnum):
    """Where the contract says it."""

    PAYMENT_RULE = "payment_rule"
    TERMINATION = "termination"


class Entitlement(msgspec.Struct, frozen=True, kw_only=True):
    """What the terms say of a right: whose it is, and how often what must be worse."""

    source: Source
    code: Code
    holder: Holder
    metric: Code
    direction: Direction
    worse_than: str
    inclusive: bool
    times: int
    of_periods: int


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is verified for a period, and the calculation in which it stands."""

    id: str
    metric: str
    period: Period
    value: str
    calculation_id: str
    is_new: bool
    """Whether that calculation has just been made."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is proved under a contract, once something was calculated."""

    contract_id: str
    seen: tuple[Seen, ...]
    made: tuple[str, ...]
    """The calculations that are new, in the order of their steps."""


class RightFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided on about one right."""

    contract_id: str
    contract_state: ContractState
    source: Source
    code: str
    entitlement: Entitlement | None
    """None where the terms no longer have it."""
    seen: tuple[Seen, ...]
    """Of its metric alone."""
    made: tuple[str, ...]
    standing_id: str | None
    """The right that stands already."""


class Arose(msgspec.Struct, frozen=True, kw_only=True):
    """One side may end the contract."""

    state: State
    holder: Holder
    period: Period
    observations: tuple[str, ...]
    calculation_id: str


class Lapsed(msgspec.Struct, frozen=True, kw_only=True):
    """What the right arose from is no longer so."""

    state: State
    calculation_id: str
    """The one that takes it away."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A right that stands, as a termination may rest on it."""

    right_id: str
    code: str
    holder: Holder
    notice_days: int
    """What the terms say of it; 0 where they say nothing."""


class RightToEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A right to end a contract that arose from what was verified."""

    id: RightId
    version: int
    state: State
    contract_id: ContractId
    source: Source
    """Whether a payment rule says it, or a termination of the terms."""
    rule: Code
    """The code of that rule or termination."""
    ground: Code
    """What a termination names as its `ground` to rest on it."""
    holder: Holder
    """Who may end the contract by it."""
    starts_on: date
    """The first day of the period with which it arose."""
    ends_on: date
    """The day after the last of that period."""
    observations: Annotated[tuple[str, ...], Meta(max_length=100)]
    """What was worse, the earliest first: observations, or the metric for an aggregate of it."""
    calculation_id: str
    """The calculation with which it arose."""
    arose_at: datetime
    lapsed_at: datetime | None
    lapsed_with: str | None
    """The calculation that took it away."""
