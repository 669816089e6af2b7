"""An issuer made by hand: real HTTP on a port of its own, and tokens of every kind."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

AUDIENCE = "https://market.example/api"
_ALGORITHMS = ["ES256", "ES384", "PS256", "RS256", "HS256"]


@dataclass
class Issuing:
    """What the issuer publishes, how often it was asked, and what it signs with."""

    name: str
    server: ThreadingHTTPServer
    ec: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "ec"}))
    rsa: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "rsa"}))
    documents: dict[str, bytes] = field(default_factory=dict[str, bytes])
    asked: list[str] = field(default_factory=list[str])

    def publish(self, *keys: Key, **changed: str) -> None:
        """Publish these keys, and where they are."""
        said = {"issuer": self.name, "jwks_uri": f"{self.name}/keys"} | changed
        listed = [key.as_dict(private=False) for key in keys]
        self.documents = {
            "/.well-known/openid-configuration": json.dumps(said).encode(),
            "/keys": json.dumps({"keys": listed}).encode(),
        }

    def token(
        self,
        subject: str = "outsider",
        *,
        key: Key | None = None,
        header: dict[str, Any] | None = None,
        **changed: Any,
    ) -> str:
        """Sign a token; None leaves a claim or a part of the header out."""
        key, now = key or self.ec, int(time.time())
        claims = {
            "iss": self.name, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300,
            "jti": "one", "client_id": "theirs", "scope": "needs:read organisations:read",
        } | changed  # fmt: skip
        said = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid} | (header or {})
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            {name: value for name, value in claims.items() if value is not None},
            key,
            algorithms=_ALGORITHMS,
            default_type=None,
        )

    def stop(self) -> None:
        """Answer nobody any more."""
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def issuing() -> Iterator[Issuing]:
    """Open an issuer that publishes an EC key and an RSA key."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            found = made.documents.get(self.path)
            if self.path in made.documents and found is not None and found.startswith(b"http"):
                self.send_response(302)
                self.send_header("Location", found.decode())
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    made = Issuing(f"http://127.0.0.1:{server.server_address[1]}", server)
    made.publish(made.ec, made.rsa)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.stop()
        thread.join()
