"""What the service tells its operator: one line per event, for people or for programs."""

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from io import RawIOBase
from typing import Any, BinaryIO, Final

import msgspec
import structlog

from ecosystem.runtime.settings import Settings

Line = MutableMapping[str, Any]

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_KEPT_QUIET: Final = {
    "authlib": logging.INFO,
    "asyncio": logging.INFO,
    "granian": logging.INFO,
    # These tell whole addresses, with whatever stands in their queries.
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
}
"""Loggers that would tell secrets or noise below these levels."""
_SECRETS: Final = frozenset(
    {
        "authorization",
        "token",
        "access_token",
        "secret",
        "client_secret",
        "client_assertion",
        "password",
    }
)


def configure(settings: Settings) -> None:
    """Set up logging for this process: JSON lines, or readable ones on a terminal."""
    readable = settings.log_format == "readable" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    structlog.configure(
        processors=_READABLE if readable else _JSON,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.log_level]),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    for name, least in _KEPT_QUIET.items():
        logging.getLogger(name).setLevel(max(least, _LEVELS[settings.log_level]))


class Forward(logging.Handler):
    """Tells what a library logs as the service tells its own."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one line."""
        told = structlog.get_logger(f"ecosystem.{record.name.strip('_')}")
        told.log(record.levelno, record.getMessage(), exc_info=record.exc_info or None)


def without_secrets(_: Any, __: str, line: Line) -> Line:
    """Blank whatever is named like a secret, so that no slip tells one."""
    if not _SECRETS.isdisjoint(line):
        for name in _SECRETS & line.keys():
            line[name] = "(secret)"
    return line


def _as_json(_: Any, level: str, line: Line) -> bytes:
    """Return the whole line at once: a line for every request must cost little."""
    line["level"] = level
    line["timestamp"] = datetime.now(UTC)
    return msgspec.json.encode(line, enc_hook=str) + b"\n"


class _Lines:
    """Writes each line to standard error at once; a full disk or a closed pipe stops nothing."""

    def __init__(self, *_: Any) -> None:
        file = sys.stderr.buffer
        # Not through the buffer: what cannot be written now would be tried again for ever.
        self._file: RawIOBase | BinaryIO = getattr(file, "raw", file)

    def _write(self, line: bytes | str) -> None:
        with suppress(OSError):
            self._file.write(line if isinstance(line, bytes) else f"{line}\n".encode())

    debug = info = warning = error = critical = _write


_READABLE: Final[list[Any]] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_secrets,
    structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
]
_JSON: Final[list[Any]] = [without_secrets, structlog.processors.format_exc_info, _as_json]
