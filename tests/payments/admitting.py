"""An offer that may be awarded, written by hand as it would stand after its opening."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from ecosystem.awards.admission.tables import admission
from ecosystem.needs.tables import need
from ecosystem.offers.tables import offer
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint

_SEALED = (
    "id", "version", "kind", "state", "member_ids", "envelope", "envelope_digest", "received_at",
    "receipt",
)  # fmt: skip
_DECIDED = ("offer_id", "id", "round", "version", "kind", "outcome", "decided_by", "decided_at")
_OFFER_GOES = Statement(
    update(offer)
    .where(offer.c.id == bindparam("of"))
    .values(state=bindparam("to"), confirmed_version=1)
)
_NEED_GOES = Statement(
    update(need).where(need.c.id == bindparam("of")).values(state=bindparam("to"))
)


async def admitted(tx: Tx, place: dict[str, Any], offer_id: str, *, at: datetime) -> None:
    """Take an offer through its turns, with its need, until it may be awarded."""
    await tx.run(
        inserting(offer, *place, *_SEALED),
        **place, id=offer_id, version=1, kind="delivery", state="draft",
        member_ids=[place["lead_id"]], envelope=b"{}", envelope_digest="", received_at=at,
        receipt="",
    )  # fmt: skip
    await tx.run(_OFFER_GOES, of=offer_id, to="submitted")
    for state in ("closed", "opened"):
        await tx.run(_NEED_GOES, of=place["need_id"], to=state)
    await tx.run(_OFFER_GOES, of=offer_id, to="opened")
    await tx.run(
        inserting(admission, *place, *_DECIDED),
        **place, offer_id=offer_id, id=mint("admission", authority=place["authority_id"]), round=1,
        version=1, kind="delivery", outcome="admitted", decided_by="person_officer", decided_at=at,
    )  # fmt: skip
    await tx.run(_OFFER_GOES, of=offer_id, to="admitted")
