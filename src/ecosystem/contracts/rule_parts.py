"""What payment rules are made of: codes, ratios, bands, conditions and other parts."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecosystem.values.money import Amount, Measure
from ecosystem.values.patterns import whole

Code = Annotated[
    str,
    Meta(
        pattern=whole(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"),
        max_length=60,
        description="The name that a contract gives to a part: lower-case words, `-` between.",
        examples=["data-quality"],
    ),
]
Ratio = Annotated[
    str,
    Meta(
        pattern=whole(r"(0(\.[0-9]{1,9})?|1(\.0{1,9})?)"),
        description="A decimal string from 0 to 1, at most nine decimals.",
        examples=["0.95"],
    ),
]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Direction = Literal["higher", "lower"]
"""Which way a metric is better."""


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is paid for a value from `from` up to `to`."""

    lower: Measure = msgspec.field(name="from")
    from_inclusive: bool = True
    to: Measure | None = None
    """None: up to where the next band begins, or without end."""
    to_inclusive: bool = False
    """Read only where `to` is given."""
    pays: Measure
    """An amount, or a share of the rule's `share_of` where that is given. Never negative."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share that is credited for a value worse than `worse_than`."""

    worse_than: Measure
    inclusive: bool = False
    """Whether the edge itself is credited too."""
    rate: Ratio


class Portion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one unit of the part of a value up to `upto` is worth."""

    upto: Measure | None
    """The edge belongs to this band. None: without end."""
    price: Amount


class Ratchet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By what the part of a number of points up to `upto` is multiplied."""

    upto: Count | None
    """The edge belongs to this band. None: without end."""
    multiplier: Measure


class Point(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is paid at one value."""

    value: Measure
    pays: Amount


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A metric that has to reach a target."""

    metric: Code
    target: Measure
    inclusive: bool = True
    """Whether the target itself is enough."""
    direction: Direction


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A metric that counts for `weight`: nothing at `worst`, all of it at `best`."""

    metric: Code
    weight: Ratio
    worst: Measure
    best: Measure


class Area(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a service; its metric counts the sessions of a period that failed."""

    metric: Code
    weight: Ratio
    sessions: Annotated[int, Meta(ge=1, le=1_000_000)]


class ShareRange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The supplier's share of what lies between two percentages of the target cost."""

    from_percent: Measure
    to_percent: Measure | None
    """None: without end."""
    share: Ratio


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The share of what is then held that is paid out by a milestone, or on a day."""

    milestone: Code | None = None
    """Pays out when it is accepted."""
    on: date | None = None
    """Pays out once this day has begun, in UTC. Either this or `milestone` is given."""
    share: Ratio


class Weighted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price index, and what share of a price moves with it."""

    metric: Code
    weight: Ratio
    base: Measure
    """The value of the index at which prices are those of the contract; above 0."""


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is paid to one of those who stand in a line, before the next gets anything."""

    code: Code
    amount: Amount
