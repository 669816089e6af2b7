"""What the rules of a profile are written in: short names, shares, and the law that they cite."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ecosystem.values.patterns import whole
from ecosystem.values.text import Line, Text

Code = Annotated[
    str,
    Meta(
        pattern=whole("[a-z][a-z0-9-]{1,63}"),
        description="A short name: 2 to 64 lower-case letters, digits and `-`, a letter first.",
        examples=["public-interest"],
    ),
]
YearDays = Literal["actual_365", "actual_360"]
"""How many days a year has in which each day counts."""
Share = Annotated[
    str,
    Meta(
        pattern=whole(r"(0(\.[0-9]{1,4})?|1(\.0{1,4})?)"),
        description="A ratio from 0 to 1, as a decimal string.",
        examples=["0.85"],
    ),
]
PerCent = Annotated[
    str,
    Meta(
        pattern=whole(r"(0|[1-9][0-9]?|100)(\.[0-9]{1,2})?"),
        description="Per cent, as a decimal string.",
        examples=["12.5"],
    ),
]


class Cited(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that says which law it follows."""

    law: Code
    """The law of the profile that it follows."""
    article: Line | None = None
    """None where the whole of it is meant, or the rule is the platform's own."""
    note: Text | None = None
    """What a reader must know: how the law was read, and what is unsure."""
