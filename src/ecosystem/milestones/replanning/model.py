"""What replanning is decided on, and what it decides."""

from datetime import datetime

import msgspec

from ecosystem.contracts.form_shapes import TermsMilestone
from ecosystem.milestones.model import State


class Planning(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone as it stands."""

    code: str
    state: State


class ReplanFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of milestones is checked against."""

    planned: tuple[Planning, ...]
    """All of the contract, removed ones included."""
    before: tuple[TermsMilestone, ...]
    after: tuple[TermsMilestone, ...]


class ReplanPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the milestones of a contract."""

    added: tuple[TermsMilestone, ...]
    altered: tuple[TermsMilestone, ...]
    removed: tuple[str, ...]


class AlterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one milestone is altered from."""

    contract_id: str
    state: State
    due_at: datetime
    time_zone: str
    """Where the contract counts its days."""
    before: TermsMilestone
    after: TermsMilestone


class Altered(msgspec.Struct, frozen=True, kw_only=True):
    """The milestone as the new edition has it."""

    state: State
    due_at: datetime


class MoveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the date of one milestone is moved from."""

    contract_id: str
    state: State
    due_at: datetime
    days: int
    """Of a suspension that is over."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """The milestone with its later date."""

    state: State
    due_at: datetime


class CancelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one milestone is removed from."""

    contract_id: str
    code: str
    state: State


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """The milestone is asked for no more."""

    state: State
