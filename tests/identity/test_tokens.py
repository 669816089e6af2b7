"""Access tokens: what is signed is what is read, and nothing else is believed."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from ecosystem.identity.oauth import tokens
from tests.identity.builders import CLIENT, ORGANISATION, PERSON

ISSUER = "https://market.example"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = ECKey.generate_key("P-256", {"kid": "today"})
GRANT = tokens.Grant(
    client_id=CLIENT,
    organisation_id=ORGANISATION,
    scopes=("needs:read", "needs:write"),
    person_id=PERSON,
)


def _issue(**changed: Any) -> str:
    given: dict[str, Any] = {
        "key": KEY, "issuer": ISSUER, "jti": "token_1", "now": NOW, "lifetime_s": 600,
    }  # fmt: skip
    return tokens.issue(GRANT, **(given | changed))


def _verify(token: str, *, seconds: int = 0) -> tokens.Opened:
    return tokens.verify(token, keys={"today": KEY}, issuer=ISSUER, now=NOW.timestamp() + seconds)


def _signed(*, header: dict[str, Any], key: Any = KEY, **claims: Any) -> str:
    genuine = jwt.decode(_issue(), KEY, algorithms=["ES256"]).claims
    algorithms = ["ES256", "HS256"]
    return jwt.encode(header, genuine | claims, key, algorithms=algorithms, default_type=None)


def test_a_token_says_what_was_granted_until_it_expires() -> None:
    opened = _verify(_issue())

    assert opened.grant == GRANT
    assert opened.issued_at == NOW.timestamp()
    assert opened.expires_at == NOW.timestamp() + 600


def test_a_token_of_a_program_names_no_person() -> None:
    program = tokens.Grant(client_id=CLIENT, organisation_id=ORGANISATION, scopes=())
    token = tokens.issue(program, key=KEY, issuer=ISSUER, jti="1", now=NOW, lifetime_s=600)

    assert _verify(token).grant == program


def test_a_token_bears_the_type_of_access_tokens_and_its_key() -> None:
    header = jwt.decode(_issue(), KEY, algorithms=["ES256"]).header

    assert header == {"typ": "at+jwt", "alg": "ES256", "kid": "today"}


def test_a_token_is_good_until_its_last_second_and_not_in_it() -> None:
    token = _issue()

    assert _verify(token, seconds=599).grant == GRANT
    with pytest.raises(tokens.TokenWrong, match="expired"):
        _verify(token, seconds=600)


GOOD = {"alg": "ES256", "typ": "at+jwt", "kid": "today"}


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(_signed(header=GOOD | {"typ": "JWT"}), id="a JWT of another type"),
        pytest.param(_signed(header={"alg": "ES256", "kid": "today"}), id="no type"),
        pytest.param(_signed(header=GOOD | {"kid": "tomorrow"}), id="another key's name"),
        pytest.param(_signed(header={"alg": "ES256", "typ": "at+jwt"}), id="no key named"),
        pytest.param(
            _signed(header=GOOD, key=ECKey.generate_key("P-256")), id="another key's signature"
        ),
        pytest.param(_signed(header=GOOD, iss="https://other.example"), id="another issuer"),
        pytest.param(_signed(header=GOOD, aud="https://other.example"), id="another audience"),
        pytest.param(_signed(header=GOOD, aud=[ISSUER]), id="a list of audiences"),
        pytest.param(_signed(header=GOOD, exp="tomorrow"), id="an expiry that is no number"),
        pytest.param(_signed(header=GOOD, sub=None), id="no subject"),
        pytest.param(
            _signed(
                header=GOOD | {"alg": "HS256"},
                key=OctKey.import_key(b"a shared secret of more than thirty-two bytes"),
            ),
            id="a shared secret",
        ),
        pytest.param("", id="nothing"),
        pytest.param("a.b.c", id="no token at all"),
        pytest.param("a" * 5_000, id="too long"),
    ],
)
def test_anything_else_is_no_token(token: str) -> None:
    with pytest.raises(tokens.TokenWrong):
        _verify(token)


def test_a_token_without_signature_is_none() -> None:
    head = base64.urlsafe_b64encode(json.dumps(GOOD | {"alg": "none"}).encode()).decode()
    unsigned = head.rstrip("=") + "." + _issue().split(".")[1] + "."

    with pytest.raises(tokens.TokenWrong):
        _verify(unsigned)


def test_a_changed_token_is_none() -> None:
    head, body, signature = _issue().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = json.dumps(claims | {"scope": "payments:write"}).encode()
    body = base64.urlsafe_b64encode(forged).decode().rstrip("=")

    with pytest.raises(tokens.TokenWrong):
        _verify(f"{head}.{body}.{signature}")
