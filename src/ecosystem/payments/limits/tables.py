"""Limits of approval, which are never changed: the newest counts."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from ecosystem.payments.tables import AUTHORITY, OVERSEEN
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing

_HOLDS: Final = """
CREATE FUNCTION approval_limit_of(of_authority integer, whose text, in_currency text)
RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (SELECT amount FROM approval_limit WHERE authority_id = of_authority
      AND currency = in_currency AND person_id = whose ORDER BY id DESC LIMIT 1),
    least(
      (SELECT amount FROM approval_limit WHERE authority_id = of_authority
        AND currency = in_currency AND person_id IS NULL ORDER BY id DESC LIMIT 1),
      (SELECT amount FROM approval_limit WHERE authority_id = of_authority
        AND currency = in_currency AND person_id IS NULL AND set_by <> whose
        ORDER BY id DESC LIMIT 1)))
$$"""
"""A person's own limit, else the newest for all; what she has set for all herself raises nothing
for her, whenever she has begun to approve."""
_WITHIN: Final = """
CREATE FUNCTION payment_is_approved_within_limit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  most numeric := approval_limit_of(NEW.authority_id, NEW.approved_by, NEW.currency);
BEGIN
  IF NEW.amount > most THEN
    RAISE EXCEPTION 'payment % is above the limit of who approves', NEW.id
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_is_approved_within_limit';
  END IF;
  RETURN NEW;
END $$"""

_ANOTHERS: Final = """NEW.person_id IS NOT NULL OR EXISTS (
    SELECT FROM membership JOIN organisation ON organisation.id = membership.organisation_id
    WHERE organisation.number = NEW.authority_id AND membership.person_id = NEW.set_by
      AND NOT 'approver' = ANY (membership.roles))
  OR EXISTS (
    SELECT FROM approval_limit AS own WHERE own.authority_id = NEW.authority_id
      AND own.currency = NEW.currency AND own.person_id = NEW.set_by)"""
"""Who sets a limit for all does not approve, or has one of her own, which another has set."""

approval_limit: Final = Table(
    "approval_limit",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "limit"),
    reference("person_id", nullable=True),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    reference("set_by"),
    Column("set_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount >= 0 AND amount < 1e20", name="amount_is_not_negative"),
    CheckConstraint(
        "amount = round(amount, currency_places(currency))", name="amount_is_no_finer_than_coins"
    ),
    another("person_id", "set_by", name="nobody_sets_an_own_limit"),
    Index("approval_limit_of", "authority_id", "currency", "person_id", "id"),
    info={
        "append_only": True,
        "visible_where": f"{AUTHORITY} OR {OVERSEEN}",
        "sql": (
            _HOLDS,
            _WITHIN,
            (
                "CREATE TRIGGER payment_is_within_limit BEFORE UPDATE ON payment FOR EACH ROW "
                "WHEN (NEW.state = 'approved' AND OLD.state = 'claimed') "
                "EXECUTE FUNCTION payment_is_approved_within_limit()"
            ),
            "ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_is_within_limit",
            *refusing("a_limit_for_all_is_not_ones_own", on="approval_limit", unless=_ANOTHERS),
        ),
    },
)
