"""Each request becomes one span, which a collector receives over HTTP."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ecosystem import app
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from tests.conftest import reach

_TRACE = "0af7651916cd43dd8448eb211c80319c"
_PARENT = "b7ad6b7169203331"


@contextmanager
def _collector() -> Generator[tuple[str, list[bytes]]]:
    """A receiver of OTLP over HTTP on loopback: its address, and the bodies that came."""
    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _spans(bodies: list[bytes]) -> list[Any]:
    return [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


async def test_a_request_is_one_span_of_the_trace_that_it_came_with(chosen: Settings) -> None:
    need = mint("need", authority=1)
    with _collector() as (address, bodies):
        watched = app.build(msgspec.structs.replace(chosen, traces_endpoint=address))
        async with app.living(watched), reach(watched) as client:
            answer = await client.get(
                f"/v1/needs/{need}", headers={"traceparent": f"00-{_TRACE}-{_PARENT}-01"}
            )
            await client.get("/health/live")
        (span,) = _spans(bodies)

    told = _attributes(span)
    assert span.name == "GET /v1/needs/{need_id}"
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (_TRACE, _PARENT)
    assert span.end_time_unix_nano > span.start_time_unix_nano
    assert told["http.request.method"] == "GET"
    assert told["http.route"] == "/v1/needs/{need_id}"
    assert told["url.path"] == f"/v1/needs/{need}"
    assert told["http.response.status_code"] == 404
    assert told["ecosystem.problem"] == "need_missing"
    assert told["ecosystem.request_id"] == answer.headers["x-request-id"]


async def test_a_span_tells_neither_query_nor_body_nor_token(chosen: Settings) -> None:
    with _collector() as (address, bodies):
        watched = app.build(msgspec.structs.replace(chosen, traces_endpoint=f"{address}/v1/traces"))
        async with app.living(watched), reach(watched) as client:
            await client.get("/v1/needs?text=confidential")
            await client.post("/oauth/token", data={"client_secret": "confidential"})
            await client.get("/v1/needs", headers={"authorization": "Bearer confidential"})
        sent = b"".join(bodies)

    assert len(_spans(bodies)) == 3
    assert b"confidential" not in sent


async def test_a_collector_that_is_away_hinders_nobody(chosen: Settings) -> None:
    watched = app.build(msgspec.structs.replace(chosen, traces_endpoint="http://127.0.0.1:1"))

    async with reach(watched) as client:
        answer = await client.get("/v1/sectors")

    assert answer.status_code == 200
