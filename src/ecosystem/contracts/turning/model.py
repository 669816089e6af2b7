"""What a turn is: what is asked, the facts that rules decide on, what they decide."""

from datetime import date, datetime
from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from ecosystem.catalogue.profiles.model import EndingGrounds
from ecosystem.catalogue.profiles.words import Code as GroundCode
from ecosystem.contracts.changes.model import Side
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.rights.model import Held
from ecosystem.values.identifiers import ContractId, OrganisationId, PersonId, RightId, TurnId
from ecosystem.values.text import Text


class Kind(StrEnum):
    """What a turn does."""

    SUSPENSION = "suspension"
    RESUMPTION = "resumption"
    TERMINATION = "termination"
    COMPLETION = "completion"


class State(StrEnum):
    """Where a turn stands."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


class TurnDraft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is proposed."""

    kind: Kind
    ground: GroundCode | UnsetType = UNSET
    """For a suspension or a termination, one of `endings` of the profile of the need; for a
    termination also the `ground` of a right to end the contract that stands."""
    by_agreement: bool = False
    """For a completion: that open milestones are given up, which the other side approves."""
    reason: Text


class Replying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the other side says of a termination."""

    reply: Text


class ProposeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal is checked against."""

    contract_id: ContractId
    authority_number: int
    state: ContractState
    supplier_id: str
    """Who speaks for the supplier: the lead, where several take its place."""
    asked: TurnDraft
    open_turn_id: str | None
    grounds: EndingGrounds
    """What the rules say that the need was published under."""
    rights: tuple[Held, ...] = ()
    """The rights to end the contract that stand."""


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """The turn, waiting for its approval."""

    state: State
    side: Side
    approved_by_side: Side
    proposed_by: str
    reply_by: datetime | None
    """Until when the other side may reply before it is approved."""
    right_id: str | None = None
    """The right to end the contract that a termination rests on."""


class TurnFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply, an approval or a withdrawal is checked against."""

    turn_id: TurnId
    kind: Kind
    ground: str | None
    by_agreement: bool
    state: State
    side: Side
    approved_by_side: Side
    organisation_id: str
    proposed_by: str
    reply_by: datetime | None
    has_reply: bool
    authority_number: int
    supplier_id: str
    """Who speaks for the supplier: the lead, where several take its place."""
    contract_state: ContractState
    suspended_at: datetime | None
    ends_on: date
    """The first day on which the contract holds no more, as it now is."""
    has_lapsed: bool = False
    """Whether the right that it rests on has lapsed."""


class ReplyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply is checked against."""

    turn: TurnFacts
    reply: Text


class Replied(msgspec.Struct, frozen=True, kw_only=True):
    """The other side has said what it thinks of a termination."""

    replied_by: str
    reply: Text


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """The turn is in force, and what the contract is now."""

    state: State
    approved_by: str
    contract_state: ContractState
    moved_days: int
    """By how many days dates move: those of a suspension that is over; else 0."""
    ends_on: date


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """The turn is not taken."""

    state: State
    withdrawn_by: str


class TurnSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A turn in a list."""

    id: TurnId
    version: int
    contract_id: ContractId
    kind: Kind
    state: State
    side: Side
    """Who proposed it."""
    ground: GroundCode | None
    by_agreement: bool
    reason: Text
    proposed_at: datetime
    ended_at: datetime | None
    """When it came into force or was withdrawn."""


class Turn(TurnSummary, frozen=True, kw_only=True):
    """A turn, whole."""

    organisation_id: OrganisationId
    proposed_by: PersonId
    approved_by_side: Side
    """Whose approval it takes."""
    reply_by: datetime | None
    """Until when the other side may reply before it is approved."""
    reply: Text | None
    replied_by: PersonId | None
    replied_at: datetime | None
    ended_by: PersonId | None
    moved_days: int | None
    """By how many days a resumption has moved dates."""
    right_id: RightId | None
    """The right to end the contract that a termination rests on."""


class Stood(msgspec.Struct, frozen=True, kw_only=True):
    """How a contract stands, for what is done under it."""

    contract_id: ContractId
    state: ContractState
