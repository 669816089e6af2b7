"""Keep what openers tried and was refused: it stays on record although the request is undone."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from ecosystem.offers.opening import actions, rules
from ecosystem.offers.opening.model import HandedShares
from ecosystem.runtime.apart import apart
from ecosystem.runtime.web import Call

NONE: Final = HandedShares(())
"""What is handed in by who only asks for sealed shares."""


@asynccontextmanager
async def on_record(
    request: Call, need_id: str, handed: HandedShares = NONE, *, of_prices: bool = False
) -> AsyncGenerator[None]:
    """Have an opener's refused attempt stay on record: one that is too early, or false shares."""
    try:
        yield
    except (rules.OpeningTooEarly, rules.ScoresNotFrozen):
        async with apart(request) as tx:
            await actions.record_attempt(
                tx, need_id, by=request.by, at=request.at, of_prices=of_prices
            )
        raise
    except rules.SharesFalse:
        async with apart(request) as tx:
            await actions.record_refused(
                tx, need_id, handed, by=request.by, at=request.at, of_prices=of_prices
            )
        raise
