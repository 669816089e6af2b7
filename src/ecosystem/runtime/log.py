"""What the service tells its operator: one line per event, for people or for programs."""

import logging
import sys
from typing import Any, Final

import structlog

from ecosystem.runtime.settings import Settings

_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_KEPT_QUIET: Final = ("authlib", "asyncio", "granian", "httpcore", "httpx")
"""Loggers that would tell secrets or noise at their lowest levels."""
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
    processors: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_secrets,
    ]
    if readable:
        processors += [
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        ]
    else:
        processors += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.log_level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    for name in _KEPT_QUIET:
        logging.getLogger(name).setLevel(max(logging.INFO, _LEVELS[settings.log_level]))


class Forward(logging.Handler):
    """Tells what a library logs as the service tells its own."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one line."""
        told = structlog.get_logger(f"ecosystem.{record.name.strip('_')}")
        told.log(record.levelno, record.getMessage(), exc_info=record.exc_info or None)


def without_secrets(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
    """Blank whatever is named like a secret, so that no slip tells one."""
    for name in _SECRETS & line.keys():
        line[name] = "(secret)"
    return line
