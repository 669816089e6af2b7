"""A winner that does not sign: what is asked, what rules decide on, what they decide."""

from datetime import datetime

import msgspec

from ecosystem.awards.falling.model import Lapse
from ecosystem.awards.model import State as AwardState
from ecosystem.contracts.model import State
from ecosystem.values.identifiers import AwardId, ContractId, OrganisationId
from ecosystem.values.text import Text


class CallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a call upon the winner to sign is checked against."""

    contract_id: ContractId
    authority_number: int
    state: State
    open_proposal_id: str | None
    is_called: bool
    """Whether the winner was called to sign the draft as it is worded now."""
    unsigned: tuple[OrganisationId, ...]
    """Who supplies or lends, and has not signed the draft as it is worded now."""
    sign_by: datetime
    """Until when the rules of the place let it sign that is called now."""
    reason: Text


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """Who won is to sign until then."""

    sign_by: datetime
    called_by: str
    unsigned: tuple[OrganisationId, ...]
    reason: Text


class DraftStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A draft of an award, as far as the winner's signatures go."""

    contract_id: ContractId
    unsigned: tuple[OrganisationId, ...]
    """The members of the award that have not signed it as it is worded now."""
    sign_by: datetime | None
    called_by: str | None


class FallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a declination, or the lapse of an award, is checked against."""

    award_id: AwardId
    authority_number: int
    lead_id: OrganisationId
    state: AwardState
    standstill_ends_at: datetime | None
    proposed_by: str
    approved_by: str | None
    is_contracted: bool
    drafts: tuple[DraftStanding, ...]
    reason: Text


class Fell(msgspec.Struct, frozen=True, kw_only=True):
    """The award has fallen; it is published why."""

    state: AwardState
    lapse: Lapse
    reason: Text
    fallen_by: str
    unsigned: tuple[OrganisationId, ...]
    """Who had not signed in its time; empty where the winner declined."""


class CancelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A draft of an award that has fallen."""

    contract_id: ContractId
    award_id: AwardId
    state: State


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """The draft is signed no more."""

    state: State
    ended_at: datetime
