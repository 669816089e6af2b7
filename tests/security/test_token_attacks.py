"""What is no access token of this service opens nothing, changes nothing, and is told to nobody."""

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, Final

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from ecosystem import app
from ecosystem.runtime.database import Database
from ecosystem.runtime.edge import Edge
from ecosystem.runtime.settings import Settings
from tests.conftest import reach
from tests.conventions.test_bad_requests import counts
from tests.oauth.flow import flow_of
from tests.parties import assertion, bearer, key_of

OTHER: Final = ECKey.generate_key("P-256")
ALGORITHMS: Final = ["ES256", "RS256"]
CLOSED: Final = "/v1/me"
SYSTEM: Final = "sandbox/clients/enterprise-system.json"


class Genuine:
    """A token that is good, and what it takes to make it into one that is not."""

    def __init__(self, token: str, key: ECKey) -> None:
        """Take it apart."""
        self.token = token
        self.key = key
        self.head, self.body, self.signature = token.split(".")
        opened = jwt.decode(token, key, algorithms=["ES256"])
        self.header: dict[str, Any] = dict(opened.header)
        self.claims: dict[str, Any] = dict(opened.claims)

    def signed(self, key: Any = None, *, header: Any = None, **claims: Any) -> str:
        """Return it with other claims, another header, or by another key."""
        return jwt.encode(
            {**self.header, **(header or {})},
            {name: value for name, value in {**self.claims, **claims}.items() if value is not None},
            key or self.key,
            algorithms=ALGORITHMS,
            registry=jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False),
            default_type=None,
        )

    def with_header(self, **changed: Any) -> str:
        """Return it with another header and the signature that it had."""
        return f"{_coded({**self.header, **changed})}.{self.body}.{self.signature}"


def _coded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _public(key: ECKey) -> bytes:
    public: bytes = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public


def _hashed(real: Genuine, secret: bytes) -> str:
    """Return it with a digest that whoever knows `secret` can make. Source: RFC 8725, 2.1."""
    signed = f"{_coded({**real.header, 'alg': 'HS256'})}.{real.body}"
    made = hmac.new(secret, signed.encode(), "sha256").digest()
    return f"{signed}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def _detached(real: Genuine) -> str:
    """Return the claims signed as they are, not in base64url. Source: RFC 7797."""
    header = _coded({**real.header, "b64": False, "crit": ["b64"]})
    return f"{header}.{real.body}.{real.signature}"


def _now() -> int:
    return int(time.time())


Forge = Callable[[Genuine], str]
BOUND: Final = "one that is bound to a key, without a proof of it"
FORGED: Final[dict[str, Forge]] = {
    "another audience": lambda real: real.signed(aud="https://other.example"),
    "a list of audiences": lambda real: real.signed(aud=[real.claims["aud"]]),
    "no audience": lambda real: real.signed(aud=None),
    "another issuer": lambda real: real.signed(iss="https://other.example"),
    "the type of any JWT": lambda real: real.signed(header={"typ": "JWT"}),
    "the type of an ID token": lambda real: real.signed(header={"typ": "id+jwt"}),
    "no algorithm, no signature": lambda real: (
        f"{_coded({**real.header, 'alg': 'none'})}.{real.body}."
    ),
    "no algorithm, a signature": lambda real: real.with_header(alg="none"),
    "no signature": lambda real: f"{real.head}.{real.body}.",
    "the public key as a shared secret": lambda real: _hashed(real, _public(real.key)),
    "the public key's JSON as a shared secret": lambda real: _hashed(
        real, json.dumps(real.key.as_dict(private=False)).encode()
    ),
    "another key under our key's name": lambda real: real.signed(OTHER),
    "an RSA key under our key's name": lambda real: real.signed(
        RSAKey.generate_key(2048), header={"alg": "RS256"}
    ),
    "a key that nobody knows": lambda real: real.signed(header={"kid": "nobody"}),
    "no key's name": lambda real: real.with_header(kid=None),
    "an expired one": lambda real: real.signed(exp=_now() - 1, iat=_now() - 601),
    "one that never expires": lambda real: real.signed(exp=None),
    "one from a minute ahead": lambda real: real.signed(iat=_now() + 60),
    "one that is good in a minute": lambda real: real.signed(nbf=_now() + 60),
    "a header that brings its key": lambda real: real.signed(
        OTHER, header={"jwk": OTHER.as_dict(private=False)}
    ),
    "a header that says where its key is": lambda real: real.signed(
        header={"jku": "https://attacker.example/jwks"}
    ),
    "a header with a certificate's address": lambda real: real.signed(
        header={"x5u": "https://attacker.example/x5u"}
    ),
    "a header that is critical": lambda real: real.with_header(crit=["exp"], exp=_now() + 60),
    "claims that are not in base64url": _detached,
    "another person": lambda real: (
        f"{real.head}.{_coded({**real.claims, 'sub': 'person_x'})}.{real.signature}"
    ),
    "a program instead of a person": lambda real: (
        f"{real.head}.{_coded({**real.claims, 'sub': real.claims['client_id']})}.{real.signature}"
    ),
    "all scopes": lambda real: (
        f"{real.head}.{_coded({**real.claims, 'scope': 'payments:write'})}.{real.signature}"
    ),
    BOUND: lambda real: real.signed(cnf={"jkt": OTHER.thumbprint()}),
    "a huge one": lambda real: real.signed(scope="x" * 100_000),
    "a huge nothing": lambda _: "e" * 60_000,
    "one in five parts": lambda real: f"{real.token}.{real.body}.{real.signature}",
    "two with a comma": lambda real: f"{real.token}, {real.token}",
    "two with a space": lambda real: f"{real.token} {real.token}",
    "one that is not ASCII": lambda real: f"{real.token}\u00e9",
    "a full-width one": lambda real: real.token.replace("e", "\u00c5", 1),
    "nothing": lambda _: "",
}


@pytest.fixture
async def real(client: httpx.AsyncClient, edge: Edge) -> Genuine:
    """The token of a person who may publish."""
    headers = await bearer(client, "city", "officer")
    house = edge.application.state.house
    return Genuine(
        headers["Authorization"].removeprefix("Bearer "), house.keys.tokens.signing(time.time())
    )


async def _tried(client: httpx.AsyncClient, token: str) -> httpx.Response:
    """Try to change something with a token, whatever bytes it has."""
    return await client.post(
        "/v1/programmes",
        json={},
        headers={b"authorization": b"Bearer " + token.encode("latin-1")},
    )


def _is_refused(answer: httpx.Response, *, scheme: str = "Bearer") -> None:
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith(f"{scheme} ")
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize("name", FORGED)
async def test_it_is_refused_changes_nothing_and_is_not_logged(
    name: str,
    real: Genuine,
    client: httpx.AsyncClient,
    owner_url: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    token, before = FORGED[name](real), await counts(owner_url)

    answer = await _tried(client, token)

    _is_refused(answer, scheme="DPoP" if name == BOUND else "Bearer")
    assert await counts(owner_url) == before
    said = answer.text + "".join(capfd.readouterr())
    assert all(part not in said for part in token.split(".") if len(part) > 20)


async def test_what_it_is_made_from_is_good(real: Genuine, client: httpx.AsyncClient) -> None:
    for token in (real.token, real.signed(), real.signed(iat=_now() + 8, nbf=_now() + 8)):
        answer = await client.get(CLOSED, headers={"authorization": f"Bearer {token}"})

        assert answer.status_code == 200, answer.text


async def test_two_authorisations_are_none(real: Genuine, client: httpx.AsyncClient) -> None:
    both = [("authorization", f"Bearer {real.token}")] * 2

    _is_refused(await client.get(CLOSED, headers=both))


async def test_a_token_elsewhere_than_in_its_header_is_none(
    real: Genuine, client: httpx.AsyncClient
) -> None:
    form = {"access_token": real.token}
    asked = await client.get(CLOSED, params=form)
    posted = await client.post("/v1/programmes", data=form)
    cookies = await client.get(CLOSED, headers={"cookie": f"access_token={real.token}"})

    for answer in (asked, posted, cookies):
        _is_refused(answer)


async def test_an_assertion_is_no_token(client: httpx.AsyncClient, chosen: Settings) -> None:
    signed = assertion(*key_of(chosen, SYSTEM))["client_assertion"]

    _is_refused(await _tried(client, signed))


async def test_a_refresh_token_and_a_code_are_no_tokens(
    client: httpx.AsyncClient, database: Database, owner_url: str
) -> None:
    flow = await flow_of(client, database, owner_url)
    program = await flow.program()
    code = await flow.code(program)
    _is_refused(await _tried(client, code))

    refresh = (await flow.exchange(program, code)).json()["refresh_token"]

    _is_refused(await _tried(client, refresh))
    await flow.owner.close()


async def test_a_token_of_another_house_is_none(
    client: httpx.AsyncClient, chosen: Settings, tmp_path: Any
) -> None:
    elsewhere = msgspec.structs.replace(
        chosen, data_folder=str(tmp_path), public_url="https://other.example"
    )
    built = app.build(elsewhere)
    async with app.living(built), reach(built) as other:
        headers = await bearer(other, "city", "officer")
        assert (await other.get(CLOSED, headers=headers)).status_code == 200

    _is_refused(await client.get(CLOSED, headers=headers))
