"""Killed while a message is under way: it comes again as the same message, and none is lost."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import msgspec

from tests.serving.conftest import Serve
from tests.serving.service import Service, comes_true


@dataclass
class Heard:
    """The messages that have come, by their identifiers, and whether an answer is given."""

    port: int = 0
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: threading.Event = field(default_factory=threading.Event)


@contextmanager
def hearing() -> Iterator[Heard]:
    """Listen on a port, and answer nothing before `answers` is set."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            heard.messages.append((self.headers["webhook-id"], msgspec.json.decode(content)))
            heard.answers.wait(30)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base says so
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    heard.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield heard
    finally:
        heard.answers.set()
        server.shutdown()
        server.server_close()


def _who(service: Service) -> dict[str, str]:
    parties = httpx.get(f"{service.address}/v1/sandbox/parties").json()["data"]
    found = next(one for one in parties if one["key"] == "enterprise")
    asked = {
        "organisation_id": found["organisation_id"],
        "person_id": next(one["id"] for one in found["people"] if one["key"] == "bidder"),
    }
    token = httpx.post(f"{service.address}/v1/sandbox/tokens", json=asked).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def _kept(service: Service, who: dict[str, str]) -> str:
    """Keep a search: an event of the organisation."""
    asked = {"name": {"en": "Kept"}, "filters": {"text": "桥"}}
    made = httpx.post(f"{service.address}/v1/saved-searches", json=asked, headers=who)
    identifier: str = made.json()["id"]
    return identifier


def test_a_message_under_way_when_all_is_killed_comes_again_and_none_is_lost(serve: Serve) -> None:
    service = serve(
        "--sandbox", ECOSYSTEM_WEBHOOK_LOOPBACK="true", ECOSYSTEM_WEBHOOK_WAIT_S_MAX="1"
    ).ready()
    with hearing() as heard:
        who = _who(service)
        asked = {"url": f"http://127.0.0.1:{heard.port}/", "event_types": ["search.saved"]}
        made = httpx.post(f"{service.address}/v1/webhooks", json=asked, headers=who)
        assert made.status_code == 201, made.text
        first = _kept(service, who)
        assert comes_true(lambda: len(heard.messages) == 1, within_s=10)
        os.killpg(service.process.pid, signal.SIGKILL)
        service.ended(within_s=10)

        heard.answers.set()
        service.start().ready()
        second = _kept(service, who)
        about = [first, first, second]
        assert comes_true(lambda: len(heard.messages) >= len(about), within_s=20)

    told = [said["data"]["object"] for _, said in heard.messages]
    ids = [identifier for identifier, _ in heard.messages]
    assert told == about
    assert (ids[0], len(set(ids))) == (ids[1], 2)
