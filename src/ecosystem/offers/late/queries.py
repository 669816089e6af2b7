"""Read what came late, as far as row-level security lets one see."""

from typing import Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.offers.tables import late_submission
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.identifiers import authority_of

_OF_NEED: Final = (
    late_submission.c.authority_id == bindparam("authority_id", type_=Integer),
    late_submission.c.need_id == bindparam("need_id", type_=Text),
)
LISTING: Final = page_of(
    select(*(one for one in late_submission.c if one.key not in {"authority_id", "member_ids"}))
    .where(*_OF_NEED)
)  # fmt: skip
_ALL: Final = Statement(select(late_submission).where(*_OF_NEED).order_by(late_submission.c.id))


async def of_need(tx: Tx, need_id: str) -> list[Record]:
    """Return all that came late for a need, as far as it may be seen here."""
    return await tx.rows(_ALL, authority_id=authority_of(need_id), need_id=need_id)
