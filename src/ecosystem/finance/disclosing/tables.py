"""Consents to disclosure, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from ecosystem.finance.disclosing.model import Scope
from ecosystem.finance.tables import CALLER, OVERSEEN, OWN, whole
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import refusing
from ecosystem.runtime.turns import stepping

_SCOPES: Final = ", ".join(f"'{scope}'" for scope in Scope)
_SUPPLIER: Final = """EXISTS (
    SELECT FROM contract_party WHERE contract_party.authority_id = NEW.authority_id
      AND contract_party.contract_id = NEW.contract_id AND contract_party.role = 'supplier'
      AND contract_party.organisation_id = NEW.supplier_id)
  AND (NOT NEW.scopes && ARRAY['milestones', 'observations'] OR NOT EXISTS (
    SELECT FROM contract_departure AS gone WHERE gone.authority_id = NEW.authority_id
      AND gone.contract_id = NEW.contract_id AND gone.organisation_id = NEW.supplier_id))"""
"""Who has left shows what it was paid; a consent of all that it gives while it leaves is none."""
_NOW: Final = "coalesce(to_timestamp(nullif(current_setting('app.now', true), '')::bigint), now())"
"""The time of this service: the desk says it where a lender reads, as a sandbox moves it."""
CONSENTED: Final = f"""EXISTS (
    SELECT FROM disclosure WHERE disclosure.authority_id = {{table}}.authority_id
      AND disclosure.contract_id = {{table}}.contract_id AND disclosure.lender_id = {CALLER}
      AND disclosure.supplier_id = {{payee}}
      AND disclosure.revoked_at IS NULL AND '{{scope}}' = ANY (disclosure.scopes)
      AND disclosure.until_at > {_NOW})"""
"""A supplier consents that the caller sees rows of this table; to be filled with the table, its
column or expression for the supplier, and the scope."""

_ALL: Final = """
CREATE FUNCTION everyone_discloses(
  of_authority integer, of_contract text, to_lender text, what text, moment timestamptz)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (
    SELECT FROM contract_party AS member
    WHERE member.authority_id = of_authority AND member.contract_id = of_contract
      AND member.role = 'supplier' AND NOT EXISTS (
        SELECT FROM contract_departure AS gone
        WHERE gone.authority_id = of_authority AND gone.contract_id = of_contract
          AND gone.organisation_id = member.organisation_id)
      AND NOT EXISTS (
        SELECT FROM disclosure
        WHERE disclosure.authority_id = of_authority AND disclosure.contract_id = of_contract
          AND disclosure.supplier_id = member.organisation_id
          AND disclosure.lender_id = to_lender AND disclosure.revoked_at IS NULL
          AND what = ANY (disclosure.scopes) AND disclosure.until_at > moment))
$$"""
"""Whether all who supply a contract now consent that a lender sees something of it."""

disclosure: Final = Table(
    "disclosure",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "disclosure"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("contract_id"),
    Column("supplier_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("lender_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    reference("given_by"),
    Column("given_at", DateTime(timezone=True), nullable=False),
    reference("revoked_by", nullable=True),
    Column("revoked_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint(
        "state = CASE WHEN revoked_at IS NULL THEN 'given' ELSE 'revoked' END",
        name="state_is_the_last_step",
    ),
    CheckConstraint(
        f"scopes <@ ARRAY[{_SCOPES}] AND cardinality(scopes) > 0", name="scopes_are_known"
    ),
    CheckConstraint("until_at > given_at", name="a_consent_lasts"),
    whole("revoked"),
    Index("disclosure_of_contract", "authority_id", "contract_id", "lender_id"),
    info={
        "visible_where": f"supplier_id = {CALLER} OR lender_id = {CALLER} OR {OWN} OR {OVERSEEN}",
        "hands": ("given_by", "revoked_by"),
        "sql": (
            *stepping(
                "disclosure",
                {"given revoked": "revoked_at,revoked_by"},
                begins=("given",),
            ),
            _ALL,
            *refusing("a_supplier_discloses", on="disclosure", unless=_SUPPLIER),
        ),
    },
)
