"""What watches the requests: metrics for Prometheus, traces for OpenTelemetry, when switched on.

Neither costs anything when it is off, and their packages are optional: `ecosystem[telemetry]`.
"""

import os
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from typing import Any, Final

from ecosystem.runtime.edge import Observe, Scope
from ecosystem.runtime.settings import Settings, SettingsWrong
from ecosystem.runtime.visit import Visit

Gauges = Mapping[str, tuple[str, float]]
"""Of each name, what it shows and how much that is now."""

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which the processes of one service count together."""
UNTRACED: Final = ("/health/", "/metrics")
"""What machines ask every few seconds; a trace of it tells nothing."""
_METHODS: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Telemetry:
    """Watches the requests of this process for those who were switched on."""

    def __init__(self, *, metrics: Any = None, traces: Any = None) -> None:
        """Watch for `metrics`, for `traces`, or for both."""
        self._metrics = metrics
        self._traces = traces
        self._watchers: tuple[Observe, ...] = tuple(
            one.saw for one in (metrics, traces) if one is not None
        )

    def __call__(self, scope: Scope, visit: Visit, status: int, seconds: float) -> None:
        """Take note of one request that has been answered."""
        for saw in self._watchers:
            saw(scope, visit, status, seconds)

    def exposition(self, gauges: Gauges) -> bytes | None:
        """Return the metrics in Prometheus' text format, or None where they are off."""
        exposition: bytes | None = self._metrics and self._metrics.exposition(gauges)
        return exposition

    def close(self) -> None:
        """Send what waits to be sent; this may take seconds, and blocks."""
        if self._traces is not None:
            self._traces.close()


def observe(settings: Settings) -> Telemetry | None:
    """Return what watches the requests, or None where nothing is switched on.

    Raises SettingsWrong where a setting asks for a package that is not installed. Effects:
    with several processes, a folder below `data_folder` in which they count together.
    """
    if not settings.metrics and settings.traces_endpoint is None:
        return None
    if settings.metrics and settings.processes > 1:
        _count_together(Path(settings.data_folder or ".") / "metrics")
    return Telemetry(
        metrics=_loaded("metrics", "metrics").Metrics() if settings.metrics else None,
        traces=_loaded("tracing", "traces_endpoint").Traces(settings.traces_endpoint)
        if settings.traces_endpoint is not None
        else None,
    )


def ensure_installed(settings: Settings) -> None:
    """Raise SettingsWrong where a setting asks for a package that is not installed.

    Loads none of them: Prometheus' own must be loaded by the process that counts.
    """
    asked = (
        ("metrics", settings.metrics, "prometheus_client"),
        (
            "traces_endpoint",
            settings.traces_endpoint is not None,
            "opentelemetry.exporter.otlp.proto.http",
        ),
    )
    for setting, is_on, package in asked:
        if is_on and not _is_installed(package):
            raise _missing(setting, package)


def route_of(scope: Scope) -> str:
    """Return the template of the route that answered, without identifiers; nothing for none."""
    return str(scope.get("path_template") or "")


def method_of(scope: Scope) -> str:
    """Return the method, or `_OTHER` for one that HTTP does not know."""
    method: str = scope["method"]
    return method if method in _METHODS else "_OTHER"


def _loaded(module: str, setting: str) -> Any:
    """Load the module of this folder that needs an optional package."""
    try:
        return import_module(f"ecosystem.runtime.{module}")
    except ModuleNotFoundError as error:
        raise _missing(setting, error.name or module) from None


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _missing(setting: str, package: str) -> SettingsWrong:
    return SettingsWrong(
        f"The setting {setting} needs the package {package}, which is not installed. "
        f"Install ecosystem[telemetry], or leave {setting} out."
    )


def _count_together(folder: Path) -> None:
    """Name the folder of this process and of those that its parent also started.

    The package looks at the name when it is loaded. Folders of parents that have ended go.
    """
    own = folder / str(os.getppid())
    own.mkdir(parents=True, exist_ok=True)
    for other in folder.iterdir():
        if other.name.isdigit() and not _lives(int(other.name)):
            rmtree(other, ignore_errors=True)
    os.environ[SHARED] = str(own)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
