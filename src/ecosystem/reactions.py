"""What follows an event inside the house, in the same transaction: one visible table."""

from typing import Final

from ecosystem.runtime.database import Reactions

REACTIONS: Final[Reactions] = {}
