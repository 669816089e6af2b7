"""A party signs with its own key, and whoever has the contract checks it without the service."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc import jws
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from ecosystem.cli.main import main
from ecosystem.contracts import own_key, rules
from ecosystem.contracts.model import SignFacts
from ecosystem.contracts.own_key import Presented, RegisteredKey
from ecosystem.identity.clients.model import Jwk
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.refusal import Refusal
from tests.contracts.changing import proposed, sign
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

CONTRACT = "contract_01890a5d000070008000000000000001"
DIGEST = "ab" * 32
SAID = own_key.statement(contract_id=CONTRACT, edition=1, digest=DIGEST)
KEYS: dict[str, Key] = {
    "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
    "PS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
}
SIGNED: Rules = {"contract.signed": (rules.sign, SignFacts)}


def _public(key: Key) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


def _detached(key: Key, said: bytes = SAID, **header: Any) -> str:
    """Sign as a program of a party does: without what goes without saying."""
    protected = {"alg": "Ed25519", "kid": key.kid, **header}
    signed = jws.serialize_compact(protected, said, key, algorithms=[protected["alg"]])
    head, _, tail = signed.split(".")
    return f"{head}..{tail}"


def _unsigned(said: bytes = SAID) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","kid":"ed"}').decode().rstrip("=")
    return f"{head}..{base64.urlsafe_b64encode(said).decode().rstrip('=')}"


def _by_secret() -> str:
    """Sign with the public key as if it were a secret that both sides know."""
    secret = OctKey.import_key(json.dumps(_public(KEYS["Ed25519"])), {"kid": "ed"})
    return _detached(secret, alg="HS256")


def _presented(signature: str, **changed: Any) -> Presented:
    keys = tuple(
        RegisteredKey(client_id="client_one", key=msgspec.convert(_public(key), Jwk))
        for key in KEYS.values()
    )
    given: dict[str, Any] = {"jws": signature, "contract_id": CONTRACT, "edition": 1, "keys": keys}
    return Presented(**(given | changed))


def _critical(signature: str, **added: Any) -> str:
    """Put something into the header of a signature; the signature stays as it was."""
    head, _, tail = signature.split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))) | added
    written = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    return f"{written}..{tail}"


def _plain() -> str:
    return _detached(KEYS["Ed25519"])


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.parametrize(
    "header", [{}, {"b64": False, "crit": ["b64"]}], ids=["base64", "as it is"]
)
def test_a_registered_key_signs(alg: str, header: dict[str, Any]) -> None:
    signature = _detached(KEYS[alg], alg=alg, **header)

    kept = own_key.check(_presented(signature), digest=DIGEST)

    assert kept.thumbprint == KEYS[alg].thumbprint()
    assert own_key.kid_of(signature) == KEYS[alg].kid
    assert own_key.is_sound(kept, contract_id=CONTRACT, edition=1, digest=DIGEST)
    assert not own_key.is_sound(kept, contract_id=CONTRACT, edition=2, digest=DIGEST)
    assert not own_key.is_sound(kept, contract_id=CONTRACT, edition=1, digest="0" * 64)


@pytest.mark.parametrize(
    ("made", "changed", "refusal"),
    [
        (_unsigned, {}, own_key.JwsUnfit),
        (_by_secret, {}, own_key.JwsUnfit),
        (lambda: _critical(_plain(), exp=1, crit=["exp"]), {}, own_key.JwsUnfit),
        (lambda: _critical(_plain(), crit="b64"), {}, own_key.JwsUnfit),
        (lambda: _critical(_plain(), b64=False), {}, own_key.JwsUnfit),
        (lambda: _critical(_plain(), kid=7), {}, own_key.JwsUnfit),
        (lambda: "0..A", {}, own_key.JwsUnfit),
        (_plain, {"keys": ()}, own_key.JwsKeyUnregistered),
        (lambda: _critical(_plain(), kid="\ud800"), {}, own_key.JwsKeyUnregistered),
        (lambda: _critical(_plain(), kid="ec"), {}, own_key.JwsDiffers),
        (lambda: _detached(KEYS["Ed25519"], DIGEST.encode()), {}, own_key.JwsDiffers),
        (_plain, {"edition": 2}, own_key.JwsDiffers),
        (_plain, {"contract_id": CONTRACT[:-1] + "2"}, own_key.JwsDiffers),
    ],
    ids=[
        "nothing", "a secret", "critical", "crit no list", "b64 not critical", "kid no text",
        "no header", "unregistered", "half a character", "wrong key", "no statement",
        "another version", "another contract",
    ],
)  # fmt: skip
def test_what_is_no_such_signature_is_refused(
    made: Callable[[], str], changed: dict[str, Any], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal) as refused:
        own_key.check(_presented(made(), **changed), digest=DIGEST)

    assert refused.value.faults[0].pointer == "/jws"
    assert msgspec.json.encode(refused.value.detail)


def test_a_key_that_names_its_algorithm_signs_by_no_other() -> None:
    key = msgspec.convert(_public(KEYS["Ed25519"]) | {"alg": "ES256"}, Jwk)
    named = (RegisteredKey(client_id="client_one", key=key),)

    with pytest.raises(own_key.JwsDiffers):
        own_key.check(_presented(_plain(), keys=named), digest=DIGEST)


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    """The address of the module's database for who may write everything."""
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def at(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """A final award."""
    return await awarded(client, database, superuser)


async def _registered(at: Partnership, key: Key) -> str:
    path = f"/v1/organisations/{at.id_of('enterprise')}/clients"
    asked = {"name": "signer", "scopes": ["needs:read"], "jwks": {"keys": [_public(key)]}}
    made = await at.made(path, asked, by=("enterprise", "administrator"))
    return str(made["id"])


async def test_a_contract_is_signed_by_an_own_key_and_checked_without_the_service(
    at: Partnership,
    database: Database,
    superuser: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = KEYS["Ed25519"]
    drafted = await at.made("/v1/contracts", at.draft(), by=("city", "officer"))
    path = f"/v1/contracts/{drafted['id']}"
    digest = (await at.get(path, by=("city", "officer"))).json()["terms_digest"]
    body = {"digest": digest, "jws": _detached(key, _said(drafted["id"], digest, edition=1))}
    by = ("enterprise", "signatory")

    early = await at.post(f"{path}/signatures", body, by=by)
    client_id = await _registered(at, key)
    wrong = await at.post(f"{path}/signatures", {**body, "jws": _plain()}, by=by)
    others = await at.post(f"{path}/signatures", body, by=("city", "signatory"))
    signed = await at.post(f"{path}/signatures", body, by=by)
    for party in ("city", "second_enterprise", "verifier"):
        assert (await at.sign(drafted["id"], party, digest=digest)).status_code == 201

    assert [answer.json()["code"] for answer in (early, wrong, others)] == [
        "jws_key_unregistered", "jws_differs", "jws_key_unregistered",
    ]  # fmt: skip
    assert signed.status_code == 201, signed.text
    # The client goes, and what its key has signed can be checked as before.
    gone = f"/v1/clients/{client_id}/deactivation"
    ended = await at.post(gone, {}, by=("enterprise", "administrator"), If_Match="*")
    assert ended.status_code == 200, ended.text
    public = (await at.client.get(path)).json()
    (kept,) = (one["own_key"] for one in public["signatures"] if one["own_key"])
    _check_by_hand(public, kept)
    page = (await at.client.get(f"{path}/page?language=en")).text
    assert key.thumbprint() in page
    await _checked_by_command(public, tmp_path, capsys)
    await _kept_by_the_database(superuser)
    assert await replayed(database, SIGNED) == {"contract.signed": 4}


def _check_by_hand(contract: dict[str, Any], kept: dict[str, Any]) -> None:
    """Check a signature by nothing but SHA-256, JSON, base64 and Ed25519."""

    def bare(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def canonical(value: Any) -> bytes:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    said = {
        "contract_id": contract["id"],
        "digest": hashlib.sha256(canonical(contract["terms"])).hexdigest(),
        "edition": contract["edition"],
    }
    head, _, tail = kept["jws"].split(".")
    payload = base64.urlsafe_b64encode(canonical(said)).rstrip(b"=")
    public = Ed25519PublicKey.from_public_bytes(bare(kept["key"]["x"]))
    public.verify(bare(tail), head.encode() + b"." + payload)


async def _checked_by_command(
    contract: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "contract.json"
    file.write_text(json.dumps(contract), encoding="utf-8")
    assert main(["contracts", "verify", str(file)]) == 0
    assert capsys.readouterr().out.count(": sound") == 1
    contract["terms"]["value"]["amount"] = "1.00"
    file.write_text(json.dumps(contract), encoding="utf-8")
    assert main(["contracts", "verify", str(file)]) == 1
    assert "NOT of these terms" in capsys.readouterr().out


async def _kept_by_the_database(superuser: str) -> None:
    connection = await asyncpg.connect(superuser)
    await connection.execute(
        "ALTER TABLE contract_signature DISABLE TRIGGER a_draft_is_signed_as_worded"
    )
    for unfit in ("{}", '{"jws": "a.b.c", "thumbprint": "x", "key": {"kty": "EC"}}'):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(
                "INSERT INTO contract_signature SELECT authority_id, contract_id,"
                " organisation_id || 'x', person_id || 'x', digest, signed_at, $1"
                " FROM contract_signature LIMIT 1",
                unfit,
            )
    await connection.execute(
        "ALTER TABLE contract_signature ENABLE ALWAYS TRIGGER a_draft_is_signed_as_worded"
    )
    await connection.close()


def _said(contract_id: str, digest: str, *, edition: int) -> bytes:
    said = {"contract_id": contract_id, "digest": digest, "edition": edition}
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


async def test_a_change_is_signed_by_an_own_key_for_the_edition_that_it_makes(
    at: Partnership, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = KEYS["ES256"]
    active = await at.active()
    await _registered(active, key)
    moved = {"due_dates": [{"code": "handover", "due_on": "2028-02-01"}]}
    change = await proposed(active, moved)
    path, digest = f"/v1/contract-changes/{change['id']}/signatures", change["terms_digest"]
    by = ("enterprise", "signatory")

    answers = []
    for edition in (1, 2):
        said = _said(active.contract_id, digest, edition=edition)
        body = {"digest": digest, "jws": _detached(key, said, alg="ES256")}
        answers.append(await active.post(path, body, by=by))
    for party in ("city", "second_enterprise", "verifier"):
        assert (await sign(active, change, party)).status_code == 201

    earlier, signed = answers
    assert (earlier.status_code, earlier.json()["code"]) == (422, "jws_differs")
    assert signed.status_code == 201, signed.text
    public = (await active.client.get(f"/v1/contracts/{active.contract_id}")).json()
    assert public["edition"] == 2
    file = tmp_path / "contract.json"
    file.write_text(json.dumps(public), encoding="utf-8")
    assert main(["contracts", "verify", str(file)]) == 0
    assert capsys.readouterr().out.count(": sound") == 1
