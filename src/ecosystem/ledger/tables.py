"""Accounts and transfers, and what keeps the one the sum of the other."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from ecosystem.ledger.model import SOURCES, AccountKind
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata

_SOURCES: Final = ", ".join(f"'{kind}'" for kind in sorted(SOURCES))

_LOCK: Final = """
CREATE FUNCTION ledger_accounts_locked(
  of_authority integer, programmes text[], kinds text[], owners text[], currencies text[]
) RETURNS SETOF public.ledger_account LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT account.*
  FROM public.ledger_account AS account
  JOIN unnest(programmes, kinds, owners, currencies)
    AS name(programme_id, kind, owner_ref, currency)
    USING (programme_id, kind, owner_ref, currency)
  WHERE account.authority_id = of_authority AND cardinality(owners) = (
    SELECT count(*)
    FROM public.ledger_account
    JOIN unnest(programmes, kinds, owners, currencies)
      AS name(programme_id, kind, owner_ref, currency)
      USING (programme_id, kind, owner_ref, currency)
    WHERE authority_id = of_authority)
  ORDER BY account.id
  FOR NO KEY UPDATE OF account
$$"""
"""A lock asks for the privilege to update, which the serving role must not have.

All that are named, or none where one is not there: to open an account while others are held
could wait for somebody who waits for these.
"""

_MOVE: Final = """
CREATE FUNCTION transfer_moves_money() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM public.ledger_account
  WHERE authority_id = NEW.authority_id AND id IN (NEW.debit_id, NEW.credit_id)
  ORDER BY id
  FOR NO KEY UPDATE;
  UPDATE public.ledger_account
  SET debits = debits + CASE id WHEN NEW.debit_id THEN NEW.amount ELSE 0 END,
    credits = credits + CASE id WHEN NEW.credit_id THEN NEW.amount ELSE 0 END
  WHERE authority_id = NEW.authority_id AND id IN (NEW.debit_id, NEW.credit_id);
  IF NEW.reverses_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM public.transfer AS earlier
    WHERE earlier.authority_id = NEW.authority_id AND earlier.id = NEW.reverses_id
      AND earlier.debit_id = NEW.credit_id AND earlier.credit_id = NEW.debit_id
      AND earlier.amount = NEW.amount
  ) THEN
    RAISE EXCEPTION 'transfer % does not take % back exactly', NEW.id, NEW.reverses_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_reversal_is_exact';
  END IF;
  RETURN NULL;
END $$"""

ledger_account: Final = Table(
    "ledger_account",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "account"),
    Column("kind", Text(collation="C"), nullable=False),
    reference("owner_ref"),
    reference("programme_id"),
    Column("currency", Text(collation="C"), nullable=False),
    Column("debits", Numeric, nullable=False, server_default="0"),
    Column("credits", Numeric, nullable=False, server_default="0"),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint(
        "authority_id",
        "owner_ref",
        "kind",
        "programme_id",
        "currency",
        name="ledger_account_is_opened_once",
    ),
    UniqueConstraint(
        "authority_id",
        "id",
        "programme_id",
        "currency",
        name="ledger_account_is_what_transfers_name",
    ),
    one_of("kind", AccountKind),
    CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_is_a_code"),
    CheckConstraint("debits >= 0 AND credits >= 0", name="columns_only_grow"),
    CheckConstraint(
        f"CASE WHEN kind IN ({_SOURCES}) THEN debits >= credits ELSE credits >= debits END",
        name="is_not_overdrawn",
    ),
    Index("ledger_account_of_programme", "authority_id", "programme_id"),
    # What is held changes all the time: with room on its page an account is changed in place.
    postgresql_with={"fillfactor": 50},
    info={
        # An account is opened empty, and only a transfer moves what it holds.
        "privileges": "SELECT, INSERT (authority_id, id, kind, owner_ref, programme_id, currency)",
        "sql": (
            _LOCK,
            "REVOKE EXECUTE ON FUNCTION ledger_accounts_locked FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION ledger_accounts_locked TO ecosystem_api",
        ),
    },
)
transfer: Final = Table(
    "transfer",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "transfer"),
    Column("act", Text, nullable=False),
    reference("debit_id"),
    reference("credit_id"),
    Column("amount", Numeric, nullable=False),
    reference("programme_id"),
    Column("currency", Text(collation="C"), nullable=False),
    reference("reverses_id", nullable=True),
    reference("reference"),
    reference("moved_by"),
    Column("valid_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "reverses_id"),
    ForeignKeyConstraint(
        ["authority_id", "debit_id", "programme_id", "currency"],
        [
            "ledger_account.authority_id",
            "ledger_account.id",
            "ledger_account.programme_id",
            "ledger_account.currency",
        ],
        name="transfer_debit_is_of_its_programme",
    ),
    ForeignKeyConstraint(
        ["authority_id", "credit_id", "programme_id", "currency"],
        [
            "ledger_account.authority_id",
            "ledger_account.id",
            "ledger_account.programme_id",
            "ledger_account.currency",
        ],
        name="transfer_credit_is_of_its_programme",
    ),
    ForeignKeyConstraint(["authority_id", "reverses_id"], ["transfer.authority_id", "transfer.id"]),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint(
        "amount = round(amount, currency_places(currency))", name="amount_is_no_finer_than_coins"
    ),
    CheckConstraint("debit_id <> credit_id", name="has_two_accounts"),
    Index("transfer_out_of", "authority_id", "debit_id"),
    Index("transfer_into", "authority_id", "credit_id"),
    Index("transfer_by_reference", "authority_id", "reference"),
    info={
        "append_only": True,
        "sql": (
            _MOVE,
            "REVOKE EXECUTE ON FUNCTION transfer_moves_money FROM PUBLIC",
            # After and not before: `ON CONFLICT DO NOTHING` runs what stands before an insert
            # even where it then inserts nothing.
            (
                "CREATE TRIGGER transfer_moves AFTER INSERT ON transfer "
                "FOR EACH ROW EXECUTE FUNCTION transfer_moves_money()"
            ),
            "ALTER TABLE transfer ENABLE ALWAYS TRIGGER transfer_moves",
        ),
    },
)
