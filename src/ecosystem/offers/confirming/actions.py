"""Tell those who have offered that a need was amended; confirm offers."""

from datetime import datetime
from typing import Final

from sqlalchemy import Integer, Text, bindparam, select, update

from ecosystem.history import actions as history
from ecosystem.history.model import Audience, Occurrence
from ecosystem.offers import queries
from ecosystem.offers.confirming import rules
from ecosystem.offers.confirming.model import Outdated
from ecosystem.offers.tables import offer
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor

_PURPOSE: Final = "amending"
_SUBMITTED: Final = Statement(
    select(offer.c.id, offer.c.member_ids, offer.c.confirmed_version)
    .where(
        offer.c.authority_id == bindparam("authority_id", type_=Integer),
        offer.c.need_id == bindparam("need_id", type_=Text),
        offer.c.state == "submitted",
    )
    .order_by(offer.c.id)
    .with_for_update()
)
_changed = (
    update(offer)
    .where(offer.c.authority_id == bindparam("of_authority"), offer.c.id == bindparam("of_offer"))
    .values(version=offer.c.version + 1)
)
_TELL: Final = history.recording(_changed)
_CONFIRM: Final = history.recording(
    _changed.values(confirmed_version=bindparam("confirmed_version"))
)


async def ask(tx: Tx, amended: Occurrence) -> None:
    """Tell the members of every submitted offer that its need was amended.

    Effects: offer.confirmation_asked for each, which nobody but its members can read. Whoever
    amends learns nothing: what this reads and locks is seen by this purpose alone.
    """
    async with tx.allowing("purpose", _PURPOSE):
        await _ask(tx, amended)


async def _ask(tx: Tx, amended: Occurrence) -> None:
    rows = await tx.rows(_SUBMITTED, authority_id=amended.authority_id, need_id=amended.stream)
    for row in rows:
        facts = Outdated(
            offer_id=row["id"],
            need_id=amended.stream,
            confirmed_version=row["confirmed_version"],
            content_version=amended.version,
        )
        asked = rules.ask(facts, by=amended.body.by, at=amended.recorded_at)
        await history.record(
            tx, "offer.confirmation_asked", facts.offer_id, facts=facts, decision=asked,
            by=amended.body.by, at=amended.recorded_at,
            audience=Audience(organisations=tuple(row["member_ids"]), is_sealed=True),
            changing=_TELL, of_authority=amended.authority_id, of_offer=facts.offer_id,
        )  # fmt: skip


async def confirm(
    tx: Tx, offer_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Confirm an offer for its need as it is.

    Refuses with OfferMissing, RevisionStale, and as the rule does. Effects: the sealed event
    offer.confirmed; the envelope and its receipt stay.
    """
    facts, row, _ = await queries.locked(tx, offer_id, by=by, at=at)
    revision.check(expected, actual=row["version"])
    confirmed = rules.confirm(facts, by=by, at=at)
    version = await history.record(
        tx, "offer.confirmed", offer_id, facts=facts, decision=confirmed, by=by, at=at,
        audience=Audience(
            organisations=tuple(one.organisation_id for one in facts.members), is_sealed=True
        ),
        changing=_CONFIRM, of_authority=row["authority_id"], of_offer=offer_id,
        confirmed_version=confirmed.content_version,
    )  # fmt: skip
    return Standing(id=offer_id, state=facts.state, version=version)
