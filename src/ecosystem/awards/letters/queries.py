"""Read letters: only the members of the offer do."""

from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Text, any_, bindparam, select

from ecosystem.awards.admission.model import Excluded, Ground, Outcome
from ecosystem.awards.admission.tables import admission
from ecosystem.awards.letters.rules import LetterMissing
from ecosystem.awards.letters.tables import letter
from ecosystem.offers.queries import read
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner
from ecosystem.values.text import Text as Words

_WHOLE: Final[tuple[ColumnElement[Any], ...]] = (
    letter.c.id,
    letter.c.award_id,
    letter.c.need_id,
    letter.c.lot_id,
    letter.c.offer_id,
    letter.c.sent_at,
    letter.c.content,
)
_OWN: Final = any_(letter.c.member_ids) == bindparam("organisation", type_=Text)
_one = (
    select(*_WHOLE)
    .where(
        letter.c.authority_id == bindparam("authority_id", type_=Integer),
        letter.c.id == bindparam("id", type_=Text),
        _OWN,
    )
    .subquery("one")
)
_VIEW: Final = Statement(select(json_row(_one)).select_from(_one))

_EXCLUSION: Final = Statement(
    select(admission.c.offer_id, admission.c.ground, admission.c.reasons)
    .where(
        admission.c.authority_id == bindparam("authority_id", type_=Integer),
        admission.c.need_id == bindparam("need_id", type_=Text),
        admission.c.outcome == Outcome.EXCLUDED.value,
    )
    .order_by(admission.c.round)
)


@cache
def listing(*, of_award: bool) -> Statement:
    """Return the statement for a page of the caller's letters."""
    rows = select(*_WHOLE).where(_OWN)
    award_id = bindparam("award_id", type_=Text)
    return page_of(rows.where(letter.c.award_id == award_id) if of_award else rows)


async def view(tx: Tx, letter_id: str, *, by: Actor) -> bytes:
    """Return a letter's JSON. Refuses with LetterMissing."""
    authority = owner(letter_id, "letter", otherwise=LetterMissing)
    found: bytes | None = await tx.value(
        _VIEW, authority_id=authority, id=letter_id, organisation=by.organisation_id
    )
    if found is None:
        raise LetterMissing("No letter of the caller's bears this identifier.")
    return found


async def exclusions(tx: Tx, need_id: str) -> dict[str, Excluded]:
    """Return why offers of a need are excluded, by offer; of more than one, the last."""
    rows = await tx.rows(_EXCLUSION, authority_id=authority_of(need_id), need_id=need_id)
    return {
        row["offer_id"]: Excluded(
            outcome=Outcome.EXCLUDED,
            ground=Ground(row["ground"]),
            reasons=read(row["reasons"], Words),
        )
        for row in rows
    }
