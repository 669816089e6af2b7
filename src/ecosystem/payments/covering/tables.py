"""What waits for money after the end of contracts, and what no code path may bind anew."""

from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    literal,
    select,
    text,
)

from ecosystem.contracts.tables import CALCULATING
from ecosystem.payments.covering.model import State
from ecosystem.payments.tables import AUTHORITY, OVERSEEN
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing
from ecosystem.runtime.turns import stepping

_SUPPLIER: Final = """EXISTS (
    SELECT FROM contract_party WHERE contract_party.authority_id = shortfall.authority_id
      AND contract_party.contract_id = shortfall.contract_id
      AND contract_party.role = 'supplier'
      AND contract_party.organisation_id = nullif(current_setting('app.organisation', true), ''))"""
_HAS_ENDED: Final = """EXISTS (
    SELECT FROM contract WHERE contract.authority_id = NEW.authority_id
      AND contract.id = NEW.contract_id AND contract.programme_id = NEW.programme_id
      AND contract.currency = NEW.currency AND contract.ended_at <= NEW.arose_at
      AND NEW.amount <= contract.price)"""
_BINDS_ANEW: Final = "NEW.act = 'raise'"
_WAS_SIGNED: Final = """NOT EXISTS (
    SELECT FROM contract WHERE contract.authority_id = NEW.authority_id
      AND contract.id = NEW.reference AND contract.ended_at IS NOT NULL
      AND contract.price < NEW.amount + (
        SELECT coalesce(sum(account.credits - account.debits), 0) FROM ledger_account AS account
        WHERE account.authority_id = NEW.authority_id AND account.owner_ref = NEW.reference
          AND account.currency = NEW.currency))"""
"""What a contract that has ended binds anew is no more than what was signed and has returned."""

shortfall: Final = Table(
    "shortfall",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "shortfall"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("contract_id"),
    reference("programme_id"),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("arose_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    ForeignKeyConstraint(
        ["authority_id", "programme_id"], ["programme.authority_id", "programme.id"]
    ),
    one_of("state", State),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint(
        "amount = round(amount, currency_places(currency))", name="amount_is_no_finer_than_coins"
    ),
    CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="state_is_the_last_step"),
    Index(
        "a_contract_waits_for_one_amount",
        "authority_id",
        "contract_id",
        unique=True,
        postgresql_where=text("state = 'waiting'"),
    ),
    Index("shortfall_waiting", "contract_id", postgresql_where=text("state = 'waiting'")),
    info={
        "visible_where": f"{AUTHORITY} OR {_SUPPLIER} OR {OVERSEEN} OR {CALCULATING}",
        "sql": (
            *stepping(
                "shortfall",
                {"waiting covered": "ended_at", "waiting lapsed": "ended_at"},
                begins=(State.WAITING,),
            ),
            *refusing("a_shortfall_follows_an_end", on="shortfall", unless=_HAS_ENDED),
            *refusing(
                "what_is_bound_anew_was_signed",
                on="transfer",
                unless=_WAS_SIGNED,
                when=_BINDS_ANEW,
            ),
        ),
    },
)


def awaited(contract: Table) -> ColumnElement[Any]:
    """Return, within a statement, what a contract waits for; nothing where it does not wait."""
    found = select(shortfall.c.amount).where(
        shortfall.c.authority_id == contract.c.authority_id,
        shortfall.c.contract_id == contract.c.id,
        shortfall.c.state == literal(State.WAITING.value, literal_execute=True),
    )
    return func.coalesce(found.scalar_subquery(), literal(0, literal_execute=True))
