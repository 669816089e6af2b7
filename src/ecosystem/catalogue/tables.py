"""Jurisdictions, standards and profiles of rules, the same for every authority."""

from typing import Final

from sqlalchemy import CheckConstraint, Column, ForeignKey, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.runtime.database import metadata

jurisdiction: Final = Table(
    "jurisdiction",
    metadata,
    Column("code", Text(collation="C"), nullable=False),
    Column("parent_code", Text(collation="C"), ForeignKey("jurisdiction.code")),
    Column("path", Text(collation="C"), nullable=False, unique=True),
    Column("name", JSON, nullable=False),
    PrimaryKeyConstraint("code"),
    CheckConstraint("path LIKE '%/' || code || '/'", name="path_ends_with_the_code"),
    CheckConstraint("code ~ '^[0-9A-Za-z]{2,12}$'", name="code_is_short"),
    info={"held": "reference"},
)
standard: Final = Table(
    "standard",
    metadata,
    Column("code", Text(collation="C"), nullable=False),
    Column("publisher", Text, nullable=False),
    Column("name", JSON, nullable=False),
    PrimaryKeyConstraint("code"),
    info={"held": "reference"},
)
working_calendar: Final = Table(
    "working_calendar",
    metadata,
    Column("id", Text(collation="C"), nullable=False),
    Column("content", JSON, nullable=False),
    PrimaryKeyConstraint("id"),
    info={"held": "reference"},
)
procurement_profile: Final = Table(
    "procurement_profile",
    metadata,
    Column("id", Text(collation="C"), nullable=False),
    Column("calendar", Text(collation="C"), ForeignKey("working_calendar.id"), nullable=False),
    Column("title", JSON, nullable=False),
    Column("note", JSON),
    Column("laws", JSON, nullable=False),
    Column("rules", JSON, nullable=False),
    PrimaryKeyConstraint("id"),
    info={"held": "reference"},
)
jurisdiction_profile: Final = Table(
    "jurisdiction_profile",
    metadata,
    Column("code", Text(collation="C"), ForeignKey("jurisdiction.code"), nullable=False),
    Column("profile_id", Text(collation="C"), ForeignKey("procurement_profile.id"), nullable=False),
    PrimaryKeyConstraint("code"),
    info={"held": "reference"},
)
"""The places that are given a profile; what is below them inherits it."""
