"""What decides about clients."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey, RSAKey

from ecosystem.identity.clients import rules
from ecosystem.identity.clients.model import AuthMethod, Jwk, Jwks, Profile
from ecosystem.identity.model import ROLES_OF_PEOPLE_ONLY
from ecosystem.identity.rules import NotYourOrganisation
from ecosystem.values.actor import Role
from ecosystem.values.scopes import SCOPES
from tests.clients.builders import EC_KEY, JWKS, client
from tests.identity.builders import AT, OTHER, actor


def test_another_organisations_administrator_adds_no_client() -> None:
    with pytest.raises(NotYourOrganisation):
        rules.add_client(client(), by=actor(organisation_id=OTHER), at=AT)


def test_a_client_without_keys_gets_a_secret_and_reads_and_drafts() -> None:
    added = rules.add_client(client(), by=actor(), at=AT)

    assert added.method is AuthMethod.SECRET
    assert added.scopes == ("needs:read", "offers:draft")


@given(st.lists(st.sampled_from(SCOPES), min_size=1, max_size=6))
def test_a_client_with_a_secret_holds_no_scope_that_writes(scopes: list[str]) -> None:
    writes = [scope for scope in scopes if not scope.endswith((":read", ":draft"))]

    if not writes:
        added = rules.add_client(client(scopes=tuple(scopes)), by=actor(), at=AT)
        assert set(added.scopes) == set(scopes)
        return
    with pytest.raises(rules.ScopeNeedsKeys) as refusal:
        rules.add_client(client(scopes=tuple(scopes)), by=actor(), at=AT)
    assert len(refusal.value.faults) == len(writes)


def test_a_client_with_keys_holds_any_scope() -> None:
    added = rules.add_client(client(scopes=SCOPES, jwks=JWKS), by=actor(), at=AT)

    assert added.method is AuthMethod.KEYS
    assert added.scopes == SCOPES


def test_a_client_of_the_high_profile_needs_keys() -> None:
    with pytest.raises(rules.KeysNeeded):
        rules.add_client(client(profile=Profile.HIGH), by=actor(), at=AT)


@pytest.mark.parametrize("role", sorted(ROLES_OF_PEOPLE_ONLY & {Role.ADMINISTRATOR}))
def test_a_program_never_administers(role: Role) -> None:
    with pytest.raises(rules.RoleOfPeopleOnly):
        rules.add_client(client(roles=(role,)), by=actor(), at=AT)


def _jwk(key: RSAKey | OKPKey) -> Jwk:
    return msgspec.convert({**key.as_dict(private=False), "kid": "one"}, Jwk)


@pytest.mark.parametrize(
    "key",
    [EC_KEY, _jwk(RSAKey.generate_key(2048)), _jwk(OKPKey.generate_key("Ed25519"))],
    ids=["P-256", "RSA", "Ed25519"],
)
def test_keys_of_three_types_are_accepted(key: Jwk) -> None:
    added = rules.add_client(client(jwks=Jwks((key,))), by=actor(), at=AT)

    assert added.method is AuthMethod.KEYS


@pytest.mark.parametrize(
    "keys",
    [
        (msgspec.structs.replace(EC_KEY, y=EC_KEY.x),),
        (msgspec.structs.replace(EC_KEY, y="A"),),
        (msgspec.structs.replace(EC_KEY, x=msgspec.UNSET),),
        (msgspec.structs.replace(EC_KEY, kty="RSA"),),
        (msgspec.structs.replace(EC_KEY, kty="OKP"),),
        (EC_KEY, EC_KEY),
    ],
    ids=["off the curve", "not base64", "half a key", "no RSA key", "no OKP key", "one kid twice"],
)
def test_a_key_that_cannot_verify_is_refused(keys: tuple[Jwk, ...]) -> None:
    with pytest.raises(rules.KeyUnusable) as refusal:
        rules.add_client(client(jwks=Jwks(keys)), by=actor(), at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == [f"/jwks/keys/{len(keys) - 1}"]


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.warns(SecurityWarning):
        short = _jwk(RSAKey.generate_key(1024))

    with pytest.raises(rules.KeyUnusable):
        rules.add_client(client(jwks=Jwks((short,))), by=actor(), at=AT)
