"""What a finding is: what is asked, what rules decide on, what they decide."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.values.identifiers import (
    EXAMPLE_DIGITS,
    ContractId,
    FindingId,
    OrganisationId,
    PersonId,
)
from ecosystem.values.patterns import whole
from ecosystem.values.period import Instant
from ecosystem.values.text import Text

KINDS = ("contract", "milestone", "metric", "observation", "document")
"""The kinds of thing that a finding can be about."""
REPLIES_MAX = 200
ObjectId = Annotated[
    str,
    Meta(
        pattern=whole(f"({'|'.join(KINDS)})_[0-9a-f]{{12}}7[0-9a-f]{{3}}[89][0-9a-f]{{15}}"),
        description="The identifier of a contract, or of a thing that grew from one.",
        examples=[f"milestone_{EXAMPLE_DIGITS}"],
    ),
]


class State(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    CONCLUDED = "concluded"
    FOLLOWED_UP = "followed_up"


class Outcome(StrEnum):
    """What the auditor concludes."""

    UPHELD = "upheld"
    SETTLED = "settled"
    """What was found has been put right meanwhile."""
    WITHDRAWN = "withdrawn"


class FindingDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an auditor has found."""

    object_id: ObjectId
    title: Text
    text: Text
    reply_by: Instant
    """Until when those concerned are waited for. Who is later is heard until it is concluded."""


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a party says of a finding."""

    text: Text


class Conclusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the auditor concludes, having heard those concerned."""

    outcome: Outcome
    reasons: Text
    follow_up_on: date | UnsetType = UNSET
    """The day from which the auditor looks again; only where the finding is upheld."""


class FollowUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the auditor finds when it looks again."""

    is_remedied: bool
    text: Text


class WriteFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a new finding is checked against."""

    authority_number: int
    contract_id: str
    asked: FindingDraft


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """The finding is there, for its parties to reply to."""

    state: State
    organisation_id: str
    written_by: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, as far as what follows is decided by it."""

    finding_id: str
    contract_id: str
    state: State
    auditor_id: str
    """The organisation that wrote it."""
    replies: int
    reply_by: datetime
    follow_up_on: date | None

    def awaits(self) -> bool:
        """Tell whether its auditor will still say something, and so hears what parties say."""
        is_looked_at_again = self.state is State.CONCLUDED and self.follow_up_on is not None
        return self.state is State.OPEN or is_looked_at_again


class ReplyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply is checked against."""

    finding: Facts
    is_party: bool
    asked: Reply


class Replied(msgspec.Struct, frozen=True, kw_only=True):
    """A party has been heard."""

    number: int
    organisation_id: str
    replied_by: str
    text: Text


class ConcludeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a conclusion is checked against."""

    finding: Facts
    asked: Conclusion


class Concluded(msgspec.Struct, frozen=True, kw_only=True):
    """The finding is concluded."""

    state: State
    outcome: Outcome
    reasons: Text
    concluded_by: str
    follow_up_on: date | None


class FollowUpFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a follow-up is checked against."""

    finding: Facts
    asked: FollowUp


class FollowedUp(msgspec.Struct, frozen=True, kw_only=True):
    """The auditor has looked again."""

    state: State
    is_remedied: bool
    text: Text
    followed_up_by: str


class FindingReply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply, as those concerned read it."""

    number: int
    organisation_id: OrganisationId
    text: Text
    replied_by: PersonId
    replied_at: datetime


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with all that was said of it, as those concerned read it."""

    id: FindingId
    version: int
    state: State
    contract_id: ContractId
    object_id: ObjectId
    organisation_id: OrganisationId
    """The auditor."""
    title: Text
    text: Text
    reply_by: datetime
    written_by: PersonId
    written_at: datetime
    replies: Annotated[tuple[FindingReply, ...], Meta(max_length=REPLIES_MAX)]
    outcome: Outcome | None
    reasons: Text | None
    concluded_by: PersonId | None
    concluded_at: datetime | None
    follow_up_on: date | None
    is_remedied: bool | None
    follow_up: Text | None
    followed_up_by: PersonId | None
    followed_up_at: datetime | None
