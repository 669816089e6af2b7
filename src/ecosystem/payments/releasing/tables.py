"""The days on which contracts release what they hold back, and what became of them."""

from typing import Final

from sqlalchemy import (
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ecosystem.payments.releasing.model import State
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing
from ecosystem.runtime.turns import turning

_HAS_COME: Final = """NOT EXISTS (
    SELECT FROM json_array_elements_text(NEW.document->'facts'->'days') AS day
    WHERE day::date > (NEW.recorded_at AT TIME ZONE 'UTC')::date AND NOT EXISTS (
      SELECT FROM calculation AS made
      CROSS JOIN json_array_elements_text(made.document->'facts'->'days') AS come
      WHERE made.authority_id = NEW.authority_id AND made.id = NEW.supersedes AND come = day))"""
"""Nothing is released on a day that has not begun: neither now, nor when its step began."""

release_day: Final = Table(
    "release_day",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "release"),
    reference("contract_id"),
    Column("released_on", Date, nullable=False),
    Column("state", Text, nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint(
        "authority_id", "contract_id", "released_on", name="a_day_of_a_contract_is_one"
    ),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    one_of("state", State),
    Index("release_day_ahead", "released_on", "id", postgresql_where=text("state = 'ahead'")),
    info={
        "sql": (
            *turning(
                "release_day",
                {State.AHEAD: (State.CALCULATED, State.DROPPED), State.DROPPED: (State.AHEAD,)},
                begins=(State.AHEAD,),
            ),
            *refusing(
                "a_day_of_release_has_come",
                on="calculation",
                unless=_HAS_COME,
                when="json_array_length(NEW.document->'facts'->'days') > 0",
            ),
        )
    },
)
"""What is calculated stays so: a correction of that step supersedes its calculation."""
