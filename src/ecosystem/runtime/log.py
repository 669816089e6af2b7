"""What the service tells its operator: one line per event, for people or for programs."""

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

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
_request: Final = structlog.get_logger("ecosystem.request")
_encode: Final = msgspec.json.Encoder().encode


class RequestLine(msgspec.Struct, kw_only=True):
    """What is told of one request; no field is named like a secret."""

    request_id: str
    method: str
    path: str
    status: int
    milliseconds: float
    client: str | None
    person: str | None
    organisation: str | None
    problem: str | None
    event: str = "request"
    level: str = "info"
    timestamp: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))


def configure(settings: Settings) -> None:
    """Set up logging for this process: JSON lines, or readable ones on a terminal."""
    global _tell_request  # noqa: PLW0603 - one log for the whole process, as structlog has it
    readable = settings.log_format == "readable" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    structlog.configure(
        processors=_READABLE if readable else _JSON,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.log_level]),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    _tell_request = _through_structlog if readable else _straight
    if _LEVELS[settings.log_level] > logging.INFO:
        _tell_request = _not_at_all
    for name, least in _KEPT_QUIET.items():
        logging.getLogger(name).setLevel(max(least, _LEVELS[settings.log_level]))


def request(line: RequestLine) -> None:
    """Tell of one request. Every request pays for its line, so JSON is written straight."""
    _tell_request(line)


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
    """Writes lines for structlog."""

    def __init__(self, *_: Any) -> None:
        """Take no notice of the logger's name."""

    def _write(self, line: bytes | str) -> None:
        _write(line if isinstance(line, bytes) else f"{line}\n".encode())

    debug = info = warning = error = critical = _write


def _write(line: bytes) -> None:
    """Write to standard error at once; a full disk or a closed pipe stops nothing."""
    file = sys.stderr.buffer
    # Not through the buffer: what cannot be written now would be tried again for ever.
    with suppress(OSError):
        getattr(file, "raw", file).write(line)


def _straight(line: RequestLine) -> None:
    _write(_encode(line) + b"\n")


def _through_structlog(line: RequestLine) -> None:
    fields = msgspec.structs.asdict(line)
    # These structlog adds by itself.
    del fields["event"], fields["level"], fields["timestamp"]
    _request.info(line.event, **fields)


def _not_at_all(_: RequestLine) -> None:
    """Tell nothing, where only what is worse is told."""


_tell_request: Callable[[RequestLine], None] = _through_structlog
_READABLE: Final[list[Any]] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_secrets,
    structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
]
_JSON: Final[list[Any]] = [without_secrets, structlog.processors.format_exc_info, _as_json]
