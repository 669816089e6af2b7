"""A door before the service that lets whoever has a token read as somebody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

import httpx

_OF_ONE_HOP: Final = {"connection", "content-length", "host", "transfer-encoding"}


@contextmanager
def leaking(address: str, *, path: str, token: str) -> Iterator[str]:
    """Open the door: whatever is read below `path` with any token is read with `token`."""

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_any(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in _OF_ONE_HOP
            }
            if self.path.startswith(path) and "Authorization" in headers:
                headers["Authorization"] = f"Bearer {token}"
            answer = http.request(
                self.command,
                f"{address}{self.path}",
                headers=headers,
                content=self.rfile.read(length),
            )
            self.send_response_only(answer.status_code)
            for name, value in answer.headers.items():
                if name not in _OF_ONE_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_OPTIONS = do_PUT = do_PATCH = do_DELETE = do_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with httpx.Client(timeout=30) as http, ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
