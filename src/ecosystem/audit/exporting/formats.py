"""How events are written as a file, a page at a time: what has been written is never kept."""

import csv
import io
import re
from collections.abc import Iterable
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

import msgspec

from ecosystem.audit.searching.model import AuditEvent
from ecosystem.values.period import shown

COLUMNS: Final = AuditEvent.__struct_fields__
_INSTANTS: Final = frozenset({"valid_at", "recorded_at"})
_INTEGERS: Final = frozenset({"position", "version", "authority_number"})
_FORMULA: Final = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
_Page = list[AuditEvent]


class Format(StrEnum):
    """How the file is written."""

    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES: Final = {
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: "text/csv",
    Format.PARQUET: "application/vnd.apache.parquet",
}


class Writer(Protocol):
    """Writes a file from its beginning to its end."""

    def page(self, rows: bytes) -> bytes:
        """Return what the file goes on with; `rows` is a JSON array of events."""
        ...

    def end(self) -> bytes:
        """Return what the file ends with."""
        ...


def writer(form: Format) -> Writer:
    """Return what writes a file of this format."""
    match form:
        case Format.NDJSON:
            return _Lines()
        case Format.CSV:
            return _Table()
        case Format.PARQUET:
            return _Columns()


def is_at_hand(form: Format) -> bool:
    """Tell whether this format can be written here: Parquet needs the extra `parquet`."""
    return form is not Format.PARQUET or find_spec("pyarrow") is not None


class _Lines:
    """NDJSON: each event as the search shows it, on a line of its own."""

    def page(self, rows: bytes) -> bytes:
        listed = msgspec.json.decode(rows, type=list[msgspec.Raw])
        return b"".join(b"%b\n" % bytes(one) for one in listed)

    def end(self) -> bytes:
        return b""


class _Table:
    """CSV with a heading. Source: RFC 4180."""

    def __init__(self) -> None:
        self._heading: Iterable[tuple[str, ...]] = (COLUMNS,)

    def page(self, rows: bytes) -> bytes:
        text = io.StringIO(newline="")
        to = csv.writer(text)
        to.writerows(self._heading)
        self._heading = ()
        for one in msgspec.json.decode(rows, type=_Page):
            to.writerow([_cell(name, getattr(one, name)) for name in COLUMNS])
        return text.getvalue().encode()

    def end(self) -> bytes:
        return self.page(b"[]")


def _cell(name: str, value: Any) -> Any:
    """Return what stands in a cell; what a spreadsheet would compute is marked as text."""
    if name in _INSTANTS:
        return shown(value)
    if name == "why" and value is not None and _FORMULA.match(value):
        return f"'{value}"
    return value


class _Columns:
    """Parquet, a group of rows for each page. Source: Apache Parquet format, version 2."""

    def __init__(self) -> None:
        # Large, without types of its own, and there only with the extra.
        self._arrow = import_module("pyarrow")
        parquet = import_module("pyarrow.parquet")
        self._schema = self._arrow.schema([(name, self._type(name)) for name in COLUMNS])
        self._sink = _Sink()
        self._to = parquet.ParquetWriter(self._arrow.PythonFile(self._sink, mode="w"), self._schema)

    def _type(self, name: str) -> Any:
        if name in _INSTANTS:
            return self._arrow.timestamp("us", tz="UTC")
        return self._arrow.int64() if name in _INTEGERS else self._arrow.string()

    def page(self, rows: bytes) -> bytes:
        listed = msgspec.json.decode(rows, type=_Page)
        columns = {name: [getattr(one, name) for one in listed] for name in COLUMNS}
        if listed:
            self._to.write_table(self._arrow.table(columns, schema=self._schema))
        return self._sink.taken()

    def end(self) -> bytes:
        self._to.close()
        return self._sink.taken()


class _Sink:
    """Takes what is written, and gives it away."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._bytes = 0
        self.closed = False

    def write(self, piece: Any) -> int:
        taken = bytes(piece)
        self._pieces.append(taken)
        self._bytes += len(taken)
        return len(taken)

    def tell(self) -> int:
        return self._bytes

    def flush(self) -> None:
        return None

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
