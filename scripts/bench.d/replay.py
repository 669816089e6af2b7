"""What our server said to PostgreSQL for one request, said again with other values in it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import msgspec

from ecosystem.runtime.minting import mint

_MINTED: Final = re.compile(r"(?:event|observation)_[0-9a-f]{32}")
_LOCK_MIN: Final = 2**40
"""A number beyond this is the key of an advisory lock; no column has such numbers."""
_LOCKS: Final = 2**63

Variable = str | bytes | int
Values = dict[str, Variable]


class Said(msgspec.Struct, frozen=True):
    """One statement with its parameters."""

    sql: str
    arguments: tuple[Any, ...]


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """What was said for one request, and which of its texts change with the request."""

    said: list[Said]
    known: dict[Variable, str]
    """What values are called that another request has otherwise."""


class Replay:
    """Says a trace again."""

    def __init__(self, trace: Trace, *, authority: int) -> None:
        """Prepare; new identifiers are minted for `authority`."""
        self._authority = authority
        minted = {
            found: found
            for one in trace.said
            for argument in one.arguments
            if isinstance(argument, str)
            for found in _MINTED.findall(argument)
            if found not in trace.known
        }
        self._minted = tuple((one, one.partition("_")[0]) for one in minted)
        known: dict[Variable, str] = {**trace.known, **minted}
        self._steps = [_Step(one, known) for one in trace.said]

    async def run(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        values: Values,
        *,
        found: Sequence[str] = (),
    ) -> list["asyncpg.Record"]:
        """Say everything, in order, and return the rows of the last statement that has any.

        `found` names columns that become values once a statement has returned them.
        """
        for recorded, prefix in self._minted:
            values[recorded] = mint(prefix, authority=self._authority)
        last: list[asyncpg.Record] = []
        for step in self._steps:
            if not step.arguments:
                await connection.execute(step.sql)
                continue
            rows = await connection.fetch(step.sql, *step.filled(values))
            last = rows or last
            for name in found:
                if rows and name not in values and name in rows[0]:
                    values[name] = rows[0][name]
        return last


class _Step:
    """One statement, and which of its parameters change how."""

    def __init__(self, said: Said, known: Mapping[Variable, str]) -> None:
        self.sql = said.sql
        self.arguments = said.arguments
        self._whole = [
            (place, known[argument])
            for place, argument in enumerate(said.arguments)
            if isinstance(argument, str | bytes | int) and argument in known
        ]
        self._within = [
            (place, recorded, name)
            for place, argument in enumerate(said.arguments)
            if isinstance(argument, str) and argument not in known
            for recorded, name in known.items()
            if isinstance(recorded, str) and "_" in recorded and recorded in argument
        ]
        self._locks = [
            place
            for place, argument in enumerate(said.arguments)
            if isinstance(argument, int) and abs(argument) > _LOCK_MIN
        ]

    def filled(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the parameters for a request with these values."""
        filled = list(self.arguments)
        for place, name in self._whole:
            filled[place] = values[name]
        for place, recorded, name in self._within:
            filled[place] = filled[place].replace(recorded, values[name])
        for place in self._locks:
            filled[place] = hash(values["key"]) % _LOCKS
        return filled
