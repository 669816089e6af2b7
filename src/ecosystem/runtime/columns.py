"""Columns that many tables share, and fragments of SQL that make JSON of them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    Subquery,
    Text,
    func,
    literal,
    select,
)
from sqlalchemy.sql.selectable import LateralFromClause

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


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """Return the constraint that a column holds one of these words, or NULL where it may."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


def money(amount: ColumnElement[Any], currency: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the JSON of an amount: `{"amount": "1234.50", "currency": "CNY"}`."""
    return func.money_json(amount, currency)


def fixed(at: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return an instant as `values.period.wire` writes it: always with six digits of a second."""
    in_utc = func.timezone(literal("UTC", literal_execute=True), at)
    picture = literal('YYYY-MM-DD"T"HH24:MI:SS.US"Z"', literal_execute=True)
    return func.to_char(in_utc, picture)


def instant(at: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return an instant as `values.period.shown` writes it, and as every answer does."""
    whole, short = (literal(end, literal_execute=True) for end in (".000000Z", "Z"))
    return func.replace(fixed(at), whole, short)


def shown(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as it is where JSON is made of it; an instant as answers write it."""
    return instant(value) if isinstance(value.type, DateTime) else value


def all_shown(found: FromClause) -> Select[*tuple[Any, ...]]:
    """Return all columns of `found` under their names, each as `shown`."""
    return select(*(shown(column).label(column.key) for column in found.c))


def json_of(**members: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return one JSON object of these members, instants as every answer writes them."""
    parts: list[Any] = []
    for name, value in members.items():
        parts += [literal(name, literal_execute=True), shown(value)]
    return func.json_build_object(*parts)


def json_row(found: Subquery | LateralFromClause) -> ColumnElement[Any]:
    """Return a row of `found`, from which the select around it must select, as a JSON object.

    Its instants are as every answer writes them: PostgreSQL itself would end them in `+00:00`.
    """
    if not any(isinstance(column.type, DateTime) for column in found.c):
        return func.row_to_json(found.table_valued())
    told = all_shown(found).correlate(found).lateral("told")
    return select(func.row_to_json(told.table_valued())).scalar_subquery()
