"""Columns that many tables share, and fragments of SQL that make JSON of them."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, ColumnElement, Text, func, literal
from sqlalchemy.sql.elements import Label

from ecosystem.values.identifiers import pattern
from ecosystem.values.patterns import published


def identifier(name: str, prefix: str, *, nullable: bool = False) -> Column[str]:
    """Return a column that holds identifiers with `prefix`, and nothing else."""
    form = published(pattern(prefix))
    check = CheckConstraint(f"{name} ~ '{form}'", name=f"{name}_is_identifier")
    return Column(name, Text(collation="C"), check, nullable=nullable)


def reference(name: str, *, nullable: bool = False) -> Column[str]:
    """Return a column that refers to an identifier of another table."""
    return Column(name, Text(collation="C"), nullable=nullable)


def money(amount: ColumnElement[Any], currency: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the JSON of an amount: `{"amount": "1234.50", "currency": "CNY"}`."""
    return func.money_json(amount, currency)


def instant(at: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return an instant as `values.period.wire` writes it: RFC 3339 in UTC with microseconds."""
    in_utc = func.timezone(literal("UTC", literal_execute=True), at)
    picture = literal('YYYY-MM-DD"T"HH24:MI:SS.US"Z"', literal_execute=True)
    return func.to_char(in_utc, picture)


def json_of(**members: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return one JSON object of these members."""
    parts: list[Any] = []
    for name, value in members.items():
        parts += [literal(name, literal_execute=True), value]
    return func.json_build_object(*parts)


def labelled(**members: ColumnElement[Any]) -> list[Label[Any]]:
    """Return these expressions under their names, for a select list."""
    return [value.label(name) for name, value in members.items()]
