"""Clients whose keys are at an address: fetched over real TLS, and from nowhere of ours."""

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from ecosystem import app
from ecosystem.runtime import fetching
from ecosystem.runtime.database import Database
from ecosystem.runtime.fetching import Unfetched
from ecosystem.runtime.published import KeyAddresses, is_reachable, reachable
from ecosystem.runtime.settings import Settings, SettingsWrong, load
from tests.conftest import reach
from tests.oauth.flow import Flow, Program, flow_of
from tests.parties import comes_true

FORM = {"grant_type": "client_credentials", "scope": "needs:read"}
LOOPBACK = "127.0.0.0/8"


@dataclass
class Publishing:
    """An https server that publishes keys, and how often it was asked."""

    address: str
    keys: list[ECKey] = field(default_factory=list[ECKey])
    asked: int = 0
    elsewhere: str | None = None
    answers: threading.Event = field(default_factory=threading.Event)
    """Unset while it keeps whoever asks waiting."""


def _certify(folder: Path) -> Path:
    """Make an authority's own certificate for localhost, and return the file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@contextmanager
def _serving(certificate: Path) -> Iterator[Publishing]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked += 1
            made.answers.wait(timeout=10)
            listed = [{**key.as_dict(private=False), "x5t": "unread"} for key in made.keys]
            body = json.dumps({"keys": listed}).encode()
            self.send_response(200 if made.elsewhere is None else 302)
            if made.elsewhere is not None:
                self.send_header("Location", made.elsewhere)
            self.send_header("Content-Length", str(len(body)))
            with suppress(OSError):  # Who waited too long is gone.
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    made = Publishing(f"https://localhost:{server.server_address[1]}/keys")
    made.answers.set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.answers.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def publishing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publishing]:
    """A server of keys whose certificate this process trusts."""
    file = _certify(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    fetching.trust.cache_clear()
    with _serving(file) as made:
        yield made
    fetching.trust.cache_clear()


@pytest.fixture
async def open_flow(chosen: Settings, database: Database, owner_url: str) -> AsyncIterator[Flow]:
    """The service of an operator who allows keys on this machine, and few connections."""
    settings = msgspec.structs.replace(
        chosen, client_keys_networks=f"{LOOPBACK}, ::1/128", pool_size=2, pool_wait_s_max=1
    )
    built = app.build(settings)
    async with app.living(built), reach(built) as http:
        made = await flow_of(http, database, owner_url)
        yield made
        await made.owner.close()


async def _program(flow: Flow, publishing: Publishing) -> Program:
    made = await flow.program(jwks=None, jwks_uri=publishing.address)
    assert made.key is not None
    publishing.keys = [made.key]
    return made


def _is_unproved(answer: httpx.Response) -> bool:
    return answer.status_code == 401 and answer.json()["error"] == "invalid_client"


async def test_a_client_proves_itself_by_a_key_at_its_address(
    open_flow: Flow, publishing: Publishing
) -> None:
    program = await _program(open_flow, publishing)

    for _ in range(3):
        answer = await open_flow.ask(program, FORM)
        assert answer.status_code == 200, answer.text

    assert publishing.asked == 1
    assert (await open_flow.push(program)).status_code == 201


async def test_a_slow_server_of_keys_keeps_nobody_from_the_database(
    open_flow: Flow, publishing: Publishing
) -> None:
    program = await _program(open_flow, publishing)
    publishing.answers.clear()

    async def is_asked() -> bool:
        return publishing.asked == 1

    waiting = [asyncio.create_task(open_flow.ask(program, FORM)) for _ in range(6)]
    assert await comes_true(is_asked, within_s=10)
    assert not any(one.done() for one in waiting)
    others = [await open_flow.http.get(path) for path in ("/health/ready", "/v1/needs")]
    publishing.answers.set()
    answers = await asyncio.gather(*waiting)

    assert [one.status_code for one in others] == [200, 200]
    assert {one.status_code for one in answers} == {200}
    assert publishing.asked == 1


async def test_a_client_asks_about_and_gives_back_its_tokens_by_a_key_at_its_address(
    open_flow: Flow, publishing: Publishing
) -> None:
    program = await _program(open_flow, publishing)
    token = (await open_flow.ask(program, FORM)).json()["access_token"]

    async def told(what: str, by: Program) -> httpx.Response:
        form = {"token": token} | by.proof()["data"]
        return await open_flow.http.post(f"/oauth/{what}", data=form)

    imposter = Program(id=program.id, key=ECKey.generate_key("P-256", {"kid": "one"}))
    assert _is_unproved(await told("introspect", imposter))
    assert _is_unproved(await told("revoke", imposter))
    before = await told("introspect", program)
    revoked = await told("revoke", program)
    after = await told("introspect", program)

    assert (before.status_code, before.json()["active"]) == (200, True)
    assert (revoked.status_code, revoked.json()) == (200, {})
    assert after.json() == {"active": False}
    assert not await open_flow.works(token)


async def test_a_key_at_an_address_that_the_client_has_left_proves_nothing(
    open_flow: Flow, publishing: Publishing
) -> None:
    program = await _program(open_flow, publishing)
    publishing.answers.clear()

    async def is_asked() -> bool:
        return publishing.asked == 1

    waiting = asyncio.create_task(open_flow.ask(program, FORM))
    assert await comes_true(is_asked, within_s=10)
    await open_flow.owner.execute(
        "UPDATE client SET jwks_uri = 'https://elsewhere.example/keys' WHERE id = $1", program.id
    )
    publishing.answers.set()

    assert _is_unproved(await waiting)


async def test_a_key_that_is_not_at_the_address_proves_nothing(
    open_flow: Flow, publishing: Publishing
) -> None:
    program = await _program(open_flow, publishing)
    publishing.keys = [ECKey.generate_key("P-256", {"kid": "one"})]

    assert _is_unproved(await open_flow.ask(program, FORM))


async def test_a_new_key_is_looked_for_at_most_once_a_minute(
    open_flow: Flow, publishing: Publishing
) -> None:
    program = await _program(open_flow, publishing)
    assert (await open_flow.ask(program, FORM)).status_code == 200
    new = Program(id=program.id, key=ECKey.generate_key("P-256", {"kid": "two"}))

    for _ in range(3):
        assert _is_unproved(await open_flow.ask(new, FORM))

    assert publishing.asked == 1


async def test_a_key_that_follows_another_is_found_by_asking_once(publishing: Publishing) -> None:
    addresses = KeyAddresses((ip_network(LOOPBACK), ip_network("::1/128")))
    publishing.keys = [ECKey.generate_key("P-256", {"kid": "one"})]
    await addresses.keys(publishing.address, kid="one", now=0)
    publishing.keys.append(ECKey.generate_key("P-256", {"kid": "two"}))

    for now in (61, 62, 63):
        listed = await addresses.keys(publishing.address, kid="two", now=now)
        assert [key["kid"] for key in listed] == ["one", "two"]

    assert publishing.asked == 2


async def test_an_address_that_leads_on_is_not_followed(
    open_flow: Flow, publishing: Publishing
) -> None:
    program = await _program(open_flow, publishing)
    publishing.elsewhere = publishing.address

    assert _is_unproved(await open_flow.ask(program, FORM))
    assert publishing.asked == 1


async def test_an_address_on_this_machine_is_refused_unless_allowed(
    flow: Flow, publishing: Publishing
) -> None:
    program = await _program(flow, publishing)

    assert _is_unproved(await flow.ask(program, FORM))
    assert publishing.asked == 0


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/keys", "https://127.0.0.1/keys", "https://127.1/keys",
        "https://localhost/keys", "https://10.1.2.3/keys", "https://[::1]/keys",
        "https://[64:ff9b::7f00:1]/keys", "https://[::ffff:10.0.0.1]/keys", "https:///keys",
    ],
)  # fmt: skip
async def test_nothing_of_ours_is_connected_to(address: str) -> None:
    with pytest.raises(Unfetched):
        await reachable(address, allowed=())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.1.2.3", "224.0.0.1", "192.0.0.8", "192.0.0.9", "::1", "::", "::7f00:1", "fe80::1",
        "fc00::1", "fec0::1", "ff0e::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::",
        "::ffff:127.0.0.1", "::ffff:192.0.0.9", "::ffff:224.0.0.1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_not_reachable(address: str) -> None:
    assert not is_reachable(address, allowed=())


def test_public_and_allowed_addresses_are_reachable() -> None:
    assert is_reachable("1.1.1.1", allowed=())
    assert is_reachable("2606:4700:4700::1111", allowed=())
    assert is_reachable("::ffff:127.0.0.1", allowed=(ip_network(LOOPBACK),))
    assert not is_reachable("10.0.0.1", allowed=(ip_network(LOOPBACK),))


def test_a_network_that_is_none_is_named() -> None:
    with pytest.raises(SettingsWrong, match="client_keys_networks"):
        load({"ECOSYSTEM_CLIENT_KEYS_NETWORKS": "10.0.0.1/8"})
