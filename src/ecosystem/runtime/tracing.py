"""One span for each request, sent to a collector of traces.

Imports the optional OpenTelemetry packages; `telemetry` loads this only when asked to. A span
has neither query string, body nor headers. Source: OpenTelemetry semantic conventions for
HTTP spans, 1.37.
"""

import time
from importlib.metadata import version
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from ecosystem.runtime.edge import Scope
from ecosystem.runtime.telemetry import UNTRACED, method_of, route_of
from ecosystem.runtime.visit import Visit

_NANOSECONDS: Final = 1_000_000_000
_FAILED: Final = 500
_PATH: Final = "/v1/traces"
_CONTEXT: Final = TraceContextTextMapPropagator()


class Traces:
    """Sends spans in batches, from a thread of its own."""

    def __init__(self, endpoint: str) -> None:
        """Send to `endpoint`, the root of an OTLP/HTTP receiver or its address for traces."""
        root = endpoint.rstrip("/")
        exporter = OTLPSpanExporter(root if root.endswith(_PATH) else f"{root}{_PATH}")
        resource = Resource.create(
            {"service.name": "ecosystem", "service.version": version("ecosystem")}
        )
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("ecosystem", version("ecosystem"))

    def saw(self, scope: Scope, visit: Visit, status: int, seconds: float) -> None:
        """Make the span of one request that has just been answered."""
        if scope["path"].startswith(UNTRACED):
            return
        ended = time.time_ns()
        method, route = method_of(scope), route_of(scope)
        span = self._tracer.start_span(
            f"{method} {route}" if route else method,
            context=_CONTEXT.extract(_carried(scope)),
            kind=SpanKind.SERVER,
            attributes=_attributes(scope, visit, status),
            start_time=ended - int(seconds * _NANOSECONDS),
        )
        if status >= _FAILED:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)

    def close(self) -> None:
        """Send what waits to be sent, for some seconds at most, and end."""
        self._provider.shutdown()


def _attributes(scope: Scope, visit: Visit, status: int) -> dict[str, str | int]:
    found: dict[str, str | int] = {
        "http.request.method": method_of(scope),
        "http.response.status_code": status,
        "url.path": scope["path"],
        "url.scheme": scope.get("scheme", "http"),
        "network.protocol.version": scope.get("http_version", "1.1"),
        "ecosystem.request_id": visit.request_id,
    }
    if route := route_of(scope):
        found["http.route"] = route
    if visit.actor is not None:
        found["ecosystem.client_id"] = visit.actor.client_id
    if visit.problem is not None:
        found["ecosystem.problem"] = visit.problem
    if status >= _FAILED:
        found["error.type"] = str(status)
    return found


def _carried(scope: Scope) -> dict[str, str]:
    """Return the headers that carry a trace. Source: W3C Trace Context."""
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in {b"traceparent", b"tracestate"}
    }
