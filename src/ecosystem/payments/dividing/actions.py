"""Take back what nobody has earned of what came back, or of what a dispute has released."""

from ecosystem.payments.calculating import actions as calculating
from ecosystem.payments.dividing import queries
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database


async def take_back(database: Database, clock: Clock) -> int:
    """Take back what payees are owed beyond what they have earned; return under how many contracts.

    What of it is earned is payable anew. As `calculating.each` does.
    """
    return await calculating.each(database, clock, queries.overpaid, otherwise="not taken back")
