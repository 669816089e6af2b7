"""Find contracts under which a day of release has come that is not calculated yet."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Date, Text, bindparam, select

from ecosystem.identity.tables import organisation
from ecosystem.payments.releasing.model import State
from ecosystem.payments.releasing.tables import release_day
from ecosystem.runtime.database import Record, Statement, Tx

BATCH: Final = 100
_DUE: Final = Statement(
    select(
        release_day.c.authority_id,
        release_day.c.contract_id.label("id"),
        organisation.c.id.label("organisation_id"),
        organisation.c.jurisdiction,
    )
    .distinct()
    .join(organisation, organisation.c.number == release_day.c.authority_id)
    .where(
        release_day.c.state == State.AHEAD.value,
        release_day.c.released_on <= bindparam("today", type_=Date),
        release_day.c.contract_id > bindparam("after", type_=Text),
    )
    .order_by(release_day.c.contract_id)
    .limit(BATCH)
)


async def due(tx: Tx, *, at: datetime, after: str) -> list[Record]:
    """Return the next contracts `after` one whose day has come by a time, at most BATCH of them.

    Each with its `authority_id`, `organisation_id` and `jurisdiction`, by identifier.
    """
    return await tx.rows(_DUE, today=at.astimezone(UTC).date(), after=after)
