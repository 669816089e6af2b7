"""Who may read the feed."""

from typing import Final

from ecosystem.values.permit import Permit

READ: Final = Permit(
    act="read the change feed",
    relation="public events: anyone; others: the authority, the parties, its auditors",
)
