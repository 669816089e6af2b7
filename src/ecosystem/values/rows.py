"""Many rows in one body: a JSON array, NDJSON or CSV, read row by row into one type.

A row that is not of the type is a fault with its place, and no hindrance to the others. What is
not even made of rows, such as broken JSON or a CSV without the columns needed, is unreadable.
Sources: RFC 8259, RFC 4180, RFC 6901.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, Generic, TypeVar

import msgspec

from ecosystem.values.refusal import Fault, Kind, Refusal
from ecosystem.values.wanting import misfit

JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
ROWS: Final = (JSON, NDJSON, CSV)
"""The media types that rows may have."""
_BOM: Final = b"\xef\xbb\xbf"

Row = TypeVar("Row", bound=msgspec.Struct)


class BatchUnreadable(Refusal):
    """The body is not made of rows."""

    kind = Kind.MALFORMED
    remedy = (
        "Send a JSON array of rows, one JSON object a line (NDJSON), or CSV in UTF-8 whose first "
        "line names the columns, as Content-Type says; and at least one row."
    )


class TooMany(Exception):
    """There are more rows than may be read at once."""


class Rows(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """The rows of a body that are of the type, and what is wrong with the others."""

    rows: tuple[Row, ...]
    numbers: tuple[int, ...]
    """Which of all rows each one is, from 0."""
    lines: tuple[int, ...]
    """The line on which each of all rows ends, from 1; empty for a JSON array."""
    faults: tuple[Fault, ...]

    @property
    def count(self) -> int:
        """How many rows there are in all."""
        return len(self.rows) + len(self.faults)

    def told(self, fault: Fault) -> Fault:
        """Return a fault of a row with the line that it stands on, where there are lines."""
        if not self.lines:
            return fault
        line = self.lines[int(fault.pointer.split("/")[1])]
        return Fault(fault.pointer, fault.code, f"Line {line}: {fault.detail}")


def read(content: bytes, media_type: str, type_: type[Row], *, rows_max: int) -> Rows[Row]:
    """Return the rows of `content`, each a `type_`, and the faults of those that are none.

    `media_type` is one of ROWS. Refuses with BatchUnreadable; raises TooMany beyond `rows_max`.
    """
    content = content.removeprefix(_BOM)
    if media_type == JSON:
        return _array(content, type_, rows_max)
    if media_type == NDJSON:
        return _lines(content, type_, rows_max)
    return _table(content, type_, rows_max)


def _array(content: bytes, type_: type[Row], rows_max: int) -> Rows[Row]:
    try:
        parts = msgspec.json.decode(content, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BatchUnreadable(f"The body is no JSON array: {error}.") from None
    _bounded(len(parts), rows_max)
    try:
        # Nearly always all rows are good, and then one call decodes them.
        rows = msgspec.json.decode(content, type=list[type_])  # type: ignore[valid-type]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _sorted(type_, enumerate(_trees(parts)), lines=())
    return Rows(rows=tuple(rows), numbers=tuple(range(len(rows))), lines=(), faults=())


def _lines(content: bytes, type_: type[Row], rows_max: int) -> Rows[Row]:
    parts = [
        (number, line)
        for number, line in enumerate(content.split(b"\n"), start=1)
        if line and not line.isspace()
    ]
    _bounded(len(parts), rows_max)
    lines = tuple(number for number, _ in parts)
    decode = msgspec.json.Decoder(type_).decode
    try:
        rows = tuple(decode(line) for _, line in parts)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _sorted(type_, enumerate(_trees(line for _, line in parts)), lines=lines)
    return Rows(rows=rows, numbers=tuple(range(len(rows))), lines=lines, faults=())


def _table(content: bytes, type_: type[Row], rows_max: int) -> Rows[Row]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BatchUnreadable(f"The body is not UTF-8 at byte {error.start}.") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        first = next(reader, list[str]())
        names = _columns(first, type_)
        cells = [(reader.line_num, row) for row in islice((r for r in reader if r), rows_max + 1)]
    except csv.Error as error:
        raise BatchUnreadable(f"Line {reader.line_num} is no CSV: {error}.") from None
    _bounded(len(cells), rows_max)
    trees = (_named(names, row) for _, row in cells)
    lines = tuple(line for line, _ in cells)
    return _sorted(type_, enumerate(trees), lines=lines, strict=False)


def _columns(names: list[str], type_: type[Row]) -> list[str]:
    fields = {one.encode_name: one for one in msgspec.structs.fields(type_)}
    if unknown := [name for name in names if name not in fields]:
        known = ", ".join(fields)
        raise BatchUnreadable(f"No column is called {unknown[0][:60]!r}; columns: {known}.")
    if missing := [name for name, one in fields.items() if one.required and name not in names]:
        raise BatchUnreadable(f"The first line names no column {missing[0]}.")
    if len(set(names)) != len(names):
        raise BatchUnreadable("The first line names a column twice.")
    return names


def _named(names: list[str], cells: list[str]) -> object:
    if len(cells) != len(names):
        return Fault("", "invalid", f"It has {len(cells)} cells, not {len(names)}.")
    return {name: cell for name, cell in zip(names, cells, strict=True) if cell}


def _trees(parts: Iterable[Any]) -> Iterator[object]:
    for part in parts:
        try:
            yield NUMBERS.decode(part)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield Fault("", "invalid", f"It is no JSON: {error}.")


def _whole(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


NUMBERS: Final = msgspec.json.Decoder(float_hook=_whole)
"""Reads JSON, to which 3.0 is the integer 3."""


def _sorted(
    type_: type[Row], trees: Iterable[tuple[int, object]], *, lines: tuple[int, ...],
    strict: bool = True,
) -> Rows[Row]:  # fmt: skip
    rows: list[Row] = []
    numbers: list[int] = []
    faults: list[Fault] = []
    for number, tree in trees:
        found = _converted(tree, type_, strict=strict)
        if isinstance(found, Fault):
            faults.append(Fault(f"/{number}{found.pointer}", found.code, found.detail))
        else:
            rows.append(found)
            numbers.append(number)
    return Rows(rows=tuple(rows), numbers=tuple(numbers), lines=lines, faults=tuple(faults))


def _converted(tree: object, type_: type[Row], *, strict: bool) -> Row | Fault:
    if isinstance(tree, Fault):
        return tree
    try:
        return msgspec.convert(tree, type_, strict=strict)
    except msgspec.ValidationError as error:
        found = misfit(error, type_)
        return Fault(found.pointer, "invalid", f"{found.pointer or 'The row'} {found.said}.")


def _bounded(count: int, rows_max: int) -> None:
    if count > rows_max:
        raise TooMany(rows_max)
    if not count:
        raise BatchUnreadable("It holds no row.")
