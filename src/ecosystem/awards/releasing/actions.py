"""Release lenders of which nothing is left to finance."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam

from ecosystem.awards import queries as awards
from ecosystem.awards.releasing import queries, rules
from ecosystem.awards.releasing.model import ReleaseFacts
from ecosystem.awards.tables import award
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.needs.model import OfferKind
from ecosystem.offers import actions as offers
from ecosystem.offers import queries as offered
from ecosystem.offers.model import State as OfferState
from ecosystem.runtime.database import Record, Statement, Tx, updating
from ecosystem.values.actor import Actor

_PURPOSE: Final = "falling"
_WAITING: Final = frozenset({OfferState.ADMITTED, OfferState.AWARDED})
_RELEASE: Final = Statement(
    updating(award).values(
        state="cancelled",
        version=award.c.version + 1,
        cancelled_at=bindparam("at"),
        cancelled_by=bindparam("by"),
        cancelled_reason=bindparam("reason"),
        lapse=bindparam("how"),
    )
)


async def release(tx: Tx, row: Record, *, by: Actor, at: datetime) -> None:
    """End the financing of a locked need of which nothing is left to finance, if that is so.

    Whoever takes the last award away calls it, when that is written and before the need goes on.
    Effects: locks the awards of financing, which are cancelled; award.released for each, for
    everyone; their offers, and those that wait, are not awarded, with offer.concluded.
    """
    standing = await awards.standing(tx, row)
    if not standing.is_financing_over:
        return
    for found in await queries.left(tx, row):
        await _release(tx, found, by=by, at=at)
    await tx.allow("purpose", _PURPOSE)
    waiting = [
        one
        for one in await offered.taken(tx, row["id"])
        if one.kind is OfferKind.FINANCING and one.state in _WAITING
    ]
    await offers.conclude(tx, waiting, award_id=None, winner=None, by=by, at=at)


async def _release(tx: Tx, found: Record, *, by: Actor, at: datetime) -> None:
    facts = ReleaseFacts(
        award_id=found["id"], need_id=found["need_id"], lot_id=found["lot_id"],
        kind=OfferKind(found["kind"]), is_proposed=found["state"] == "proposed",
        is_financing_over=True,
    )  # fmt: skip
    released = rules.release(facts, by=by, at=at)
    await tx.run(
        _RELEASE,
        of_authority=found["authority_id"], of=found["id"], at=released.released_at,
        by=released.released_by, reason=msgspec.json.encode(released.reason),
        how=released.lapse,
    )  # fmt: skip
    await history.record(
        tx, "award.released", found["id"], facts=facts, decision=released, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
