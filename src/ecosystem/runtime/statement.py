"""Statements, compiled once from SQLAlchemy Core: of one thing, and of many at once."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from sqlalchemy import ARRAY, BindParameter, Select, Text, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.visitors import replacement_traverse

_DIALECT: Final = dialect.dialect()  # type: ignore[no-untyped-call]


class Statement:
    """A statement of SQLAlchemy Core, compiled once; its parameters are given by name."""

    __slots__ = ("_constants", "_names", "sql")

    def __init__(self, clause: ClauseElement, *, columns: Iterable[str] | None = None) -> None:
        """Compile `clause`; for an insert or update without values, of these `columns`."""
        compiled: SQLCompiler = clause.compile(  # type: ignore[assignment]
            dialect=_DIALECT,
            column_keys=list(columns) if columns is not None else None,
        )
        given = {name: None for bind, name in compiled.bind_names.items() if bind.required}
        state = compiled.construct_expanded_state(given)
        self.sql = state.statement
        self._names: tuple[str, ...] = tuple(state.positiontup or ())
        self._constants: Mapping[str, Any] = {
            name: value for name, value in state.parameters.items() if name not in given
        }

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the parameters in the order of the text; a name that is missing is a KeyError."""
        constants = self._constants
        return [values[name] if name in values else constants[name] for name in self._names]


class Ahead(Statement):
    """A statement that reads of one thing, named `by` a parameter, and can be read for many.

    `Tx.ahead` does so. To make a statement ready costs more than to read the few rows of one.
    """

    __slots__ = ("by", "of_many")

    def __init__(self, clause: Select[*tuple[Any, ...]], *, by: str = "contract_id") -> None:
        """Compile `clause` as it is, and for a list of things, each with its rows in order."""
        super().__init__(clause)
        self.by = by
        asked = func.unnest(bindparam("ahead", type_=ARRAY(Text))).table_valued(
            "ahead", name="asked"
        )
        thing = asked.render_derived().c.ahead

        def replaced(element: Any, **_: Any) -> Any:
            is_it = isinstance(element, BindParameter) and element.key == by
            return thing if is_it else None

        each = cast("Select[Any]", replacement_traverse(clause, {}, replace=replaced))
        one = each.lateral("one")
        self.of_many = Statement(select(*one.c, thing).join_from(thing.table, one, true()))
