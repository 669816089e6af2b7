"""Read what a freezing is decided on, and its record."""

from typing import Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.freezing import frozen, kept
from ecosystem.awards.freezing.model import FreezeFacts
from ecosystem.awards.freezing.rules import FreezingMissing
from ecosystem.catalogue.profiles.model import Envelopes
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.tables import score_freezing
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.identifiers import owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_KEY: Final = (
    score_freezing.c.authority_id == _AUTHORITY,
    score_freezing.c.need_id == bindparam("need_id", type_=Text),
)
_shown = (
    select(
        score_freezing.c.need_id,
        score_freezing.c.frozen_at,
        score_freezing.c.digest,
        score_freezing.c.offers,
    )
    .where(*_KEY)
    .subquery("shown")
)
_VIEW: Final = Statement(select(json_row(_shown)).select_from(_shown))


async def view(tx: Tx, need_id: str) -> bytes:
    """Return the record of a freezing as JSON. Refuses with FreezingMissing."""
    authority = owner(need_id, "need", otherwise=FreezingMissing)
    found: bytes | None = await tx.value(_VIEW, authority_id=authority, need_id=need_id)
    if found is None:
        raise FreezingMissing("There is no record of a freezing.")
    return found


async def freeze_facts(tx: Tx, row: Record, *, salt: str) -> FreezeFacts:
    """Return what the freezing of a locked need's scores is decided on."""
    facts = await evaluations.evaluate_facts(tx, row)
    found = await kept.frozen(tx, row)
    return FreezeFacts(
        need_id=row["id"],
        authority_number=row["authority_id"],
        need_state=NeedState(row["state_now"]),
        envelopes=Envelopes(row["envelopes"]),
        frozen_at=None if found is None else found.frozen_at,
        undecided=facts.undecided,
        contests=tuple(frozen.judging(one) for one in facts.contests),
        offers=tuple(
            sorted(
                (each for one in facts.contests for each in frozen.digests(one.inputs, salt=salt)),
                key=lambda one: one.offer_id,
            )
        ),
    )
