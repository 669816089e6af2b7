"""Default deny: a route that does not say who may call it stops the start."""

from typing import Any

from litestar import Litestar

from ecosystem.runtime.desk import desk
from ecosystem.runtime.operation import OPERATION, Operation

_AUTOMATIC = "litestar.routes.http"
"""Where the framework makes what answers OPTIONS: the methods of a path, nothing else."""


class RouteUndeclared(Exception):
    """A route declares no permit, or passes the desk by; the text names it."""


def deny_undeclared(application: Litestar) -> None:
    """Raise RouteUndeclared for the first route that is not checked by the desk."""
    for route in application.routes:
        handlers: tuple[Any, ...] = getattr(route, "route_handlers", None) or (
            getattr(route, "route_handler", None),
        )
        for handler in handlers:
            if not _is_automatic(handler) and not _is_declared(handler):
                message = (
                    f"The route {_methods(handler)} {route.path} ({_name(handler)}) declares no "
                    "permit. Declare it with get, post, patch or delete of runtime/web.py, and "
                    "who may call it in the access.py of its room."
                )
                raise RouteUndeclared(message)


def _is_automatic(handler: Any) -> bool:
    fn = getattr(handler, "fn", None)
    return getattr(fn, "__module__", "") == _AUTOMATIC and handler.http_methods == {"OPTIONS"}


def _is_declared(handler: Any) -> bool:
    operation = getattr(handler, "opt", {}).get(OPERATION)
    return isinstance(operation, Operation) and handler.before_request is desk


def _methods(handler: Any) -> str:
    return " ".join(sorted(getattr(handler, "http_methods", ()))) or type(handler).__name__


def _name(handler: Any) -> str:
    fn = getattr(handler, "fn", handler)
    return f"{getattr(fn, '__module__', '')}.{getattr(fn, '__name__', '')}"
