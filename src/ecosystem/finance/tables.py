"""Facilities, how much of each is taken, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.contracts.tables import CALCULATING
from ecosystem.finance.model import State
from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

_STATES: Final = ", ".join(f"'{state}'" for state in State)
CALLER: Final = "nullif(current_setting('app.organisation', true), '')"
OWN: Final = "authority_id = nullif(current_setting('app.authority', true), '')::integer"
OVERSEEN: Final = """EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id AND jurisdiction.path LIKE
      '%/' || nullif(current_setting('app.oversees', true), '') || '/%')"""


def whole(what: str) -> CheckConstraint:
    """Return the constraint that a step has its hand and its time, or neither."""
    return CheckConstraint(
        f"({what}_by IS NULL) = ({what}_at IS NULL)", name=f"{what}_by_whom_and_when"
    )


_BY_SIGNATURE: Final = """NEW.award_id IS NULL AND NEW.state = 'offered' OR EXISTS (
    SELECT FROM contract JOIN award ON award.authority_id = contract.authority_id
      AND award.id = contract.financing_award_id
    JOIN award AS supply ON supply.authority_id = contract.authority_id
      AND supply.id = contract.award_id
    WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
      AND award.id = NEW.award_id
      AND NEW.lender_id = (
        SELECT party->>'organisation_id'
        FROM json_array_elements(contract.terms->'parties') AS party
        WHERE party->>'role' = 'lender'
        ORDER BY coalesce((party->>'lead')::boolean, false) DESC LIMIT 1)
      AND contract.activated_at IS NOT NULL
      AND (NEW.state = 'offered' OR supply.lead_id = NEW.borrower_id
        AND award.lead_id = NEW.lender_id))"""
"""Only what was awarded, and signed for by who borrows it, is agreed from the first.

Who lends it leads those who lend, as the contract is now.
"""

_IS_PAID: Final = """EXISTS (
    SELECT FROM contract_party WHERE contract_party.authority_id = NEW.authority_id
      AND contract_party.contract_id = NEW.contract_id AND contract_party.role = 'supplier'
      AND contract_party.organisation_id = NEW.borrower_id) AND NOT EXISTS (
    SELECT FROM contract_departure AS gone WHERE gone.authority_id = NEW.authority_id
      AND gone.contract_id = NEW.contract_id AND gone.organisation_id = NEW.borrower_id)"""
"""Who borrows on a contract is one of those whom it pays."""

facility: Final = Table(
    "facility",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "facility"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    reference("contract_id"),
    reference("award_id", nullable=True),
    Column("lender_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("borrower_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("terms", JSON, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    reference("offered_by"),
    Column("offered_at", DateTime(timezone=True), nullable=False),
    reference("agreed_by", nullable=True),
    Column("agreed_at", DateTime(timezone=True)),
    reference("refused_by", nullable=True),
    Column("refused_at", DateTime(timezone=True)),
    Column("refused_reason", JSON),
    reference("closed_by", nullable=True),
    Column("closed_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "award_id", name="an_award_has_one_facility"),
    UniqueConstraint("authority_id", "id", "contract_id", name="facility_is_of_its_contract"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    ForeignKeyConstraint(["authority_id", "award_id"], ["award.authority_id", "award.id"]),
    CheckConstraint(f"state IN ({_STATES})", name="state_is_known"),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint(
        "amount = round(amount, currency_places(currency))", name="amount_is_no_finer_than_coins"
    ),
    CheckConstraint(
        "(terms->'amount'->>'amount')::numeric = amount "
        "AND terms->'amount'->>'currency' = currency",
        name="amount_is_of_the_terms",
    ),
    another("borrower_id", "lender_id", name="nobody_lends_to_itself"),
    another("agreed_by", "offered_by", name="nobody_agrees_to_an_own_offer"),
    CheckConstraint("agreed_by IS NULL OR agreed_at IS NOT NULL", name="agreement_is_dated"),
    CheckConstraint(
        "award_id IS NOT NULL OR (agreed_by IS NULL) = (agreed_at IS NULL)",
        name="who_agrees_is_named",
    ),
    whole("refused"),
    whole("closed"),
    CheckConstraint(
        "state = CASE WHEN closed_at IS NOT NULL THEN 'closed' WHEN refused_at IS NOT NULL "
        "THEN 'refused' WHEN agreed_at IS NOT NULL THEN 'agreed' ELSE 'offered' END",
        name="state_is_the_last_step",
    ),
    Index("facility_newest_first", "id"),
    Index("facility_of_contract", "authority_id", "contract_id"),
    info={
        "visible_where": f"lender_id = {CALLER} OR borrower_id = {CALLER} OR {OWN} OR {OVERSEEN} "
        f"OR {CALCULATING}",
        "hands": ("offered_by", "agreed_by"),
        "sql": (
            *stepping(
                "facility",
                {
                    "offered agreed": "agreed_at,agreed_by",
                    "offered refused": "refused_at,refused_by,refused_reason",
                    "agreed closed": "closed_at,closed_by",
                },
                begins=("offered", "agreed"),
            ),
            *refusing("what_is_agreed_was_signed", on="facility", unless=_BY_SIGNATURE),
            *refusing("who_borrows_is_paid", on="facility", unless=_IS_PAID),
        ),
    },
)
facility_total: Final = Table(
    "facility_total",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("facility_id"),
    Column("currency", Text(collation="C"), nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("reserved", Numeric, nullable=False),
    PrimaryKeyConstraint("authority_id", "facility_id"),
    ForeignKeyConstraint(["authority_id", "facility_id"], ["facility.authority_id", "facility.id"]),
    CheckConstraint(
        "reserved >= 0 AND reserved <= amount", name="no_more_is_drawn_than_the_facility_says"
    ),
    # Only the trigger of drawdowns counts.
    info={"privileges": "SELECT"},
)
