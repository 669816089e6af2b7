"""Jurisdictions and standards, the same for every authority."""

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
