"""What Prometheus is told: requests by route, method and status, and what the moment shows.

Imports the optional package `prometheus_client`; `telemetry` loads this only when asked to.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ecosystem.runtime.edge import Scope
from ecosystem.runtime.telemetry import SHARED, Gauges, method_of, route_of
from ecosystem.runtime.visit import Visit

_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts requests: of this process, or of all that share a folder."""

    def __init__(self) -> None:
        """Count from nothing."""
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "http_server_request_duration_seconds",
            "Seconds from a request's arrival to its answer.",
            ("method", "route", "status"),
            buckets=_BOUNDS_S,
            registry=self._registry,
        )
        self._problems = Counter(
            "ecosystem_problems",
            "Requests that were answered with a problem, by its code.",
            ("code",),
            registry=self._registry,
        )

    def saw(self, scope: Scope, visit: Visit, status: int, seconds: float) -> None:
        """Count one request."""
        self._seconds.labels(method_of(scope), route_of(scope), str(status)).observe(seconds)
        if visit.problem is not None:
            self._problems.labels(visit.problem).inc()

    def exposition(self, gauges: Gauges) -> bytes:
        """Return all that was counted, and `gauges`, in Prometheus' text format."""
        counted = self._registry
        if SHARED in os.environ:
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
        shown = CollectorRegistry()
        shown.register(_Shown(gauges))
        return generate_latest(counted) + generate_latest(shown)


class _Shown(Collector):
    def __init__(self, gauges: Gauges) -> None:
        self._gauges: Mapping[str, tuple[str, float]] = gauges

    def collect(self) -> Iterator[Metric]:
        for name, (text, value) in self._gauges.items():
            yield GaugeMetricFamily(name, text, value)
