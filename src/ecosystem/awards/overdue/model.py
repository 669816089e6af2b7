"""A challenge that nobody decided in time: what the rule is given, and what it says."""

from datetime import datetime

import msgspec

from ecosystem.awards.challenges.model import State


class OverdueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An open challenge whose time has passed."""

    challenge_id: str
    award_id: str
    need_id: str
    state: State
    decide_by: datetime


class Overdue(msgspec.Struct, frozen=True, kw_only=True):
    """The challenge is overdue; it is open, and decided late."""

    state: State
    decide_by: datetime
