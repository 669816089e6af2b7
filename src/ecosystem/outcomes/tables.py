"""Metrics of contracts, and what was observed of them."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    literal,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.columns import identifier, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another

_VERIFIER: Final = "CASE WHEN verified_by IS NOT NULL THEN 'verifier' END"

_REPORTED: Final = (
    "metric_id", "contract_id", "starts_on", "ends_on", "hour", "value", "numerator",
    "denominator", "source", "sample_size", "squares", "invited", "channel", "batch_id",
    "reported_at", "supersedes",
)  # fmt: skip
_CHANGED: Final = " OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in _REPORTED)
_CHANGED_INTERVAL: Final = "OLD.interval::text IS DISTINCT FROM NEW.interval::text"
_VERIFIED_BY: Final = ("verification_id", "verified_by", "verified_at", "reason::text")
_CHANGED_VERIFICATION: Final = "OLD.verified_by IS NOT NULL AND ({}) IS DISTINCT FROM ({})".format(
    *(", ".join(f"{row}.{one}" for one in _VERIFIED_BY) for row in ("OLD", "NEW"))
)
_STAYS: Final = (
    (
        "CREATE TRIGGER observation_stays_as_reported BEFORE UPDATE ON observation FOR EACH ROW "
        f"WHEN ({_CHANGED} OR {_CHANGED_INTERVAL} OR {_CHANGED_VERIFICATION}) "
        "EXECUTE FUNCTION nothing_is_rewritten()"
    ),
    "ALTER TABLE observation ENABLE ALWAYS TRIGGER observation_stays_as_reported",
)
"""What was reported is corrected by another report, and never overwritten; nor who verified it."""

metric: Final = Table(
    "metric",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "metric"),
    Column("version", Integer, nullable=False),
    reference("contract_id"),
    Column("code", Text(collation="C"), nullable=False),
    Column("title", JSON, nullable=False),
    Column("definition", JSON, nullable=False),
    Column("unit", JSON, nullable=False),
    Column("direction", Text, nullable=False),
    Column("frequency", Text, nullable=False),
    Column("granularity", Text, nullable=False),
    Column("observed", JSON),
    Column("source", JSON, nullable=False),
    Column("method", JSON, nullable=False),
    Column("verification", JSON, nullable=False),
    Column("baseline", Numeric),
    Column("target", Numeric, nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "contract_id", "code"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint("direction IN ('higher', 'lower')", name="direction_is_known"),
    CheckConstraint(
        "frequency IN ('month', 'quarter', 'half_year', 'year')", name="frequency_is_known"
    ),
    CheckConstraint(
        "granularity IN ('hour', 'day', 'month', 'quarter', 'half_year', 'year')",
        name="granularity_is_known",
    ),
)
VERIFIED: Final = literal("verified", literal_execute=True)
VOID: Final = literal("void", literal_execute=True)
"""States that are said in a statement: no partial index serves one that is a parameter."""
observation: Final = Table(
    "observation",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "observation"),
    Column("version", Integer, nullable=False),
    reference("metric_id"),
    reference("contract_id"),
    Column("state", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("hour", SmallInteger, nullable=False),
    Column("value", Numeric, nullable=False),
    Column("numerator", Numeric),
    Column("denominator", Numeric),
    Column("source", Text, nullable=False),
    Column("method", JSON),
    Column("sample_size", Integer),
    Column("squares", Numeric),
    Column("invited", Integer),
    Column("interval", JSON),
    Column("channel", Text, nullable=False),
    reference("batch_id", nullable=True),
    reference("reported_by"),
    reference("reported_hand"),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    reference("supersedes", nullable=True),
    reference("superseded_by", nullable=True),
    reference("verified_by", nullable=True),
    reference("verified_hand", nullable=True),
    Column("verified_as", Text, Computed(_VERIFIER, persisted=True)),
    Column("verified_at", DateTime(timezone=True)),
    identifier("verification_id", "verification", nullable=True),
    reference("disputed_by", nullable=True),
    reference("disputed_hand", nullable=True),
    Column("disputed_at", DateTime(timezone=True)),
    reference("annulled_by", nullable=True),
    reference("annulled_hand", nullable=True),
    Column("annulled_at", DateTime(timezone=True)),
    Column("reason", JSON),
    PrimaryKeyConstraint("authority_id", "id"),
    ForeignKeyConstraint(["authority_id", "metric_id"], ["metric.authority_id", "metric.id"]),
    ForeignKeyConstraint(
        ["authority_id", "batch_id"],
        ["observation_batch.authority_id", "observation_batch.id"],
    ),
    ForeignKeyConstraint(
        ["authority_id", "supersedes"], ["observation.authority_id", "observation.id"]
    ),
    # In a contract an organisation has one part: its verifier neither supplies nor buys.
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "verified_by", "verified_as"],
        [
            "contract_party.authority_id",
            "contract_party.contract_id",
            "contract_party.organisation_id",
            "contract_party.role",
        ],
        name="who_verifies_is_the_contracts_verifier",
    ),
    CheckConstraint(
        "state IN ('reported', 'verified', 'disputed', 'void')", name="state_is_known"
    ),
    CheckConstraint("version > 0", name="version_is_positive"),
    CheckConstraint("channel IN ('person', 'machine')", name="channel_is_known"),
    CheckConstraint("starts_on < ends_on", name="period_holds_a_day"),
    CheckConstraint("hour BETWEEN -1 AND 24", name="hour_is_of_a_day"),
    CheckConstraint("hour = -1 OR ends_on = starts_on + 1", name="an_hour_is_of_one_day"),
    CheckConstraint(
        "(numerator IS NULL) = (denominator IS NULL) AND denominator >= 0",
        name="a_ratio_has_two_parts",
    ),
    CheckConstraint("sample_size > 0", name="a_sample_is_of_some"),
    CheckConstraint("invited >= sample_size", name="no_more_answer_than_were_asked"),
    another("verified_by", "reported_by", name="nobody_verifies_its_own_report"),
    another("disputed_by", "reported_by", name="nobody_disputes_its_own_report"),
    another("verified_by", "disputed_by", name="nobody_verifies_what_it_disputed"),
    another("annulled_by", "reported_by", name="nobody_annuls_its_own_report"),
    another("annulled_by", "disputed_by", name="nobody_annuls_what_it_disputed"),
    another("verified_hand", "reported_hand", name="no_hand_verifies_its_own_report"),
    another("disputed_hand", "reported_hand", name="no_hand_disputes_its_own_report"),
    another("verified_hand", "disputed_hand", name="no_hand_verifies_what_it_disputed"),
    another("annulled_hand", "reported_hand", name="no_hand_annuls_its_own_report"),
    another("annulled_hand", "disputed_hand", name="no_hand_annuls_what_it_disputed"),
    CheckConstraint(
        "(verified_by IS NULL) = (verified_at IS NULL)"
        " AND (disputed_by IS NULL) = (disputed_at IS NULL)"
        " AND (annulled_by IS NULL) = (annulled_at IS NULL)",
        name="a_judgement_is_dated",
    ),
    CheckConstraint(
        "(verified_by IS NULL) = (verified_hand IS NULL)"
        " AND (disputed_by IS NULL) = (disputed_hand IS NULL)"
        " AND (annulled_by IS NULL) = (annulled_hand IS NULL)",
        name="a_judgement_has_its_hand",
    ),
    CheckConstraint(
        "verification_id IS NULL OR verified_by IS NOT NULL", name="who_verifies_many_is_known"
    ),
    CheckConstraint(
        "state <> 'verified' OR verified_by IS NOT NULL", name="what_is_verified_has_a_verifier"
    ),
    CheckConstraint(
        "state <> 'disputed' OR disputed_by IS NOT NULL", name="what_is_disputed_has_a_disputer"
    ),
    CheckConstraint("supersedes <> id AND superseded_by <> id", name="nothing_corrects_itself"),
    Index(
        "one_report_for_a_place",
        "authority_id", "metric_id", "starts_on", "ends_on", "hour", "source",
        unique=True,
        postgresql_where=text("superseded_by IS NULL AND state <> 'void'"),
    ),
    Index(
        "one_verified_for_a_period",
        "authority_id", "metric_id", "starts_on", "ends_on", "hour",
        unique=True,
        postgresql_where=text("state = 'verified'"),
    ),
    # Most observations correct nothing and are corrected by nothing: only the others are indexed.
    Index(
        "one_correction_of_an_observation",
        "authority_id", "supersedes",
        unique=True,
        postgresql_where=text("supersedes IS NOT NULL"),
    ),
    Index("observation_of_metric", "authority_id", "metric_id", "id"),
    Index(
        "observation_of_contract_verified",
        "authority_id", "contract_id",
        postgresql_where=text("state = 'verified'"),
    ),
    info={
        "hands": (
            "reported_by", "verified_by", "disputed_by", "annulled_by",
            "reported_hand", "verified_hand", "disputed_hand", "annulled_hand",
        ),
        "sql": _STAYS,
    },
)  # fmt: skip
