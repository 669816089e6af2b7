"""What an approval limit says, and what it is decided on."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.values.identifiers import PersonId, pattern
from ecosystem.values.money import Money

LimitId = Annotated[
    str, Meta(pattern=pattern("limit"), description="Identifier of an approval limit.")
]


class LimitDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much may be approved at once, and by whom."""

    person_id: PersonId | None = None
    """None: every approver of the authority who has no limit of her own."""
    most: Money
    """Most that one approved payment may come to."""


class LimitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a limit is checked against."""

    asked: LimitDraft
    is_of_authority: bool
    """Whether the person is one of the caller's organisation; true where none is named."""
    is_limited: bool
    """Whether a limit of the caller's own, which another has set, stands in this currency."""


class LimitSet(msgspec.Struct, frozen=True, kw_only=True):
    """A limit holds from now on."""

    person_id: str | None
    most: Money
    set_by: str


class ApprovalLimit(msgspec.Struct, frozen=True, kw_only=True):
    """An approval limit in a list; of those for the same the newest counts."""

    id: LimitId
    person_id: PersonId | None
    most: Money
    set_by: PersonId
    set_at: datetime
