"""Columns that many tables share, and fragments of SQL that make JSON of them."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, ColumnElement, Text, func, literal
from sqlalchemy.sql.elements import Label

from ecosystem.values.identifiers import pattern


def identifier(name: str, prefix: str, *, nullable: bool = False) -> Column[str]:
    """Return a column that holds identifiers with `prefix`, and nothing else."""
    check = CheckConstraint(f"{name} ~ '{pattern(prefix)}'", name=f"{name}_is_identifier")
    return Column(name, Text(collation="C"), check, nullable=nullable)


def reference(name: str, *, nullable: bool = False) -> Column[str]:
    """Return a column that refers to an identifier of another table."""
    return Column(name, Text(collation="C"), nullable=nullable)


def money(amount: ColumnElement[Any], currency: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the JSON of an amount: `{"amount": "1234.50", "currency": "CNY"}`."""
    return func.money_json(amount, currency)


def json_of(**members: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return one JSON object of these members."""
    parts: list[Any] = []
    for name, value in members.items():
        parts += [literal(name, literal_execute=True), value]
    return func.json_build_object(*parts)


def labelled(**members: ColumnElement[Any]) -> list[Label[Any]]:
    """Return these expressions under their names, for a select list."""
    return [value.label(name) for name, value in members.items()]
