"""What decides about clients."""

from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey, RSAKey

from ecosystem.identity.clients import rules
from ecosystem.identity.clients.addresses import amiss
from ecosystem.identity.clients.model import AuthMethod, Jwk, Jwks, Profile
from ecosystem.identity.model import ROLES_OF_PEOPLE_ONLY
from ecosystem.identity.rules import NotYourOrganisation
from ecosystem.values.actor import Role
from ecosystem.values.scopes import SCOPES
from tests.clients.builders import EC_KEY, JWKS, client
from tests.identity.builders import AT, OTHER, actor

BACK = "https://client.example/back"


def test_another_organisations_administrator_adds_no_client() -> None:
    with pytest.raises(NotYourOrganisation):
        rules.add_client(client(), by=actor(organisation_id=OTHER), at=AT)


def test_a_client_without_keys_gets_a_secret_and_reads_and_drafts() -> None:
    added = rules.add_client(client(), by=actor(scopes=SCOPES), at=AT)

    assert added.method is AuthMethod.SECRET
    assert added.scopes == ("needs:read", "offers:draft")


@given(st.lists(st.sampled_from(SCOPES), min_size=1, max_size=6))
def test_a_client_with_a_secret_holds_no_scope_that_writes(scopes: list[str]) -> None:
    writes = [scope for scope in scopes if not scope.endswith((":read", ":draft"))]

    if not writes:
        added = rules.add_client(client(scopes=tuple(scopes)), by=actor(scopes=SCOPES), at=AT)
        assert set(added.scopes) == set(scopes)
        return
    with pytest.raises(rules.ScopeNeedsKeys) as refusal:
        rules.add_client(client(scopes=tuple(scopes)), by=actor(scopes=SCOPES), at=AT)
    assert len(refusal.value.faults) == len(writes)


def test_a_client_with_keys_holds_any_scope() -> None:
    added = rules.add_client(client(scopes=SCOPES, jwks=JWKS), by=actor(scopes=SCOPES), at=AT)

    assert added.method is AuthMethod.KEYS
    assert added.scopes == SCOPES


def test_a_client_of_the_high_profile_needs_keys() -> None:
    with pytest.raises(rules.KeysNeeded):
        rules.add_client(client(profile=Profile.HIGH), by=actor(scopes=SCOPES), at=AT)


@pytest.mark.parametrize("role", sorted(ROLES_OF_PEOPLE_ONLY & {Role.ADMINISTRATOR}))
def test_a_program_never_administers(role: Role) -> None:
    with pytest.raises(rules.RoleOfPeopleOnly):
        rules.add_client(client(roles=(role,)), by=actor(scopes=SCOPES), at=AT)


def _jwk(key: RSAKey | OKPKey) -> Jwk:
    return msgspec.convert({**key.as_dict(private=False), "kid": "one"}, Jwk)


@pytest.mark.parametrize(
    "key",
    [EC_KEY, _jwk(RSAKey.generate_key(2048)), _jwk(OKPKey.generate_key("Ed25519"))],
    ids=["P-256", "RSA", "Ed25519"],
)
def test_keys_of_three_types_are_accepted(key: Jwk) -> None:
    added = rules.add_client(client(jwks=Jwks((key,))), by=actor(scopes=SCOPES), at=AT)

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
        rules.add_client(client(jwks=Jwks(keys)), by=actor(scopes=SCOPES), at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == [f"/jwks/keys/{len(keys) - 1}"]


def test_a_short_rsa_key_is_refused() -> None:
    with pytest.warns(SecurityWarning):
        short = _jwk(RSAKey.generate_key(1024))

    with pytest.raises(rules.KeyUnusable):
        rules.add_client(client(jwks=Jwks((short,))), by=actor(scopes=SCOPES), at=AT)


def test_nobody_gives_a_program_a_scope_that_his_token_lacks() -> None:
    narrow = actor(scopes=("needs:read", "organisations:write"))

    with pytest.raises(rules.ScopeNotYours) as refusal:
        rules.add_client(client(scopes=("needs:read", "offers:draft")), by=narrow, at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == ["/scopes/1"]


@pytest.mark.parametrize("held", [(Role.OFFICER, Role.TREASURER), (Role.ADMINISTRATOR,)])
def test_an_administrator_gives_a_program_any_role_and_others_give_their_own(
    held: tuple[Role, ...],
) -> None:
    by = actor(roles=held, scopes=SCOPES)

    added = rules.add_client(client(roles=(Role.TREASURER,)), by=by, at=AT)

    assert added.roles == (Role.TREASURER,)


def test_an_officer_gives_a_program_no_role_that_is_not_hers() -> None:
    by = actor(roles=(Role.OFFICER,), scopes=SCOPES)

    with pytest.raises(rules.RoleNotYours) as refusal:
        rules.add_client(client(roles=(Role.OFFICER, Role.TREASURER)), by=by, at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == ["/roles/1"]


def test_a_client_of_the_high_profile_is_always_bound_to_a_key() -> None:
    high = client(profile=Profile.HIGH, jwks=JWKS, dpop=False)

    assert rules.add_client(high, by=actor(scopes=SCOPES), at=AT).dpop
    assert not rules.add_client(client(jwks=JWKS), by=actor(scopes=SCOPES), at=AT).dpop


def test_a_public_client_proves_nothing_and_acts_for_people_alone() -> None:
    public: dict[str, Any] = {"public": True, "redirect_uris": (BACK,)}

    added = rules.add_client(client(**public), by=actor(scopes=SCOPES), at=AT)
    assert added.method is AuthMethod.NONE
    for wrong in ({"redirect_uris": ()}, {"roles": (Role.OFFICER,)}):
        with pytest.raises(rules.PublicActsForPeople):
            rules.add_client(client(**(public | wrong)), by=actor(scopes=SCOPES), at=AT)
    with pytest.raises(rules.KeysTwice):
        rules.add_client(client(**public, jwks=JWKS), by=actor(scopes=SCOPES), at=AT)
    with pytest.raises(rules.KeysNeeded):
        rules.add_client(client(**public, profile=Profile.HIGH), by=actor(scopes=SCOPES), at=AT)


def test_a_public_client_writes_only_where_its_tokens_are_bound_to_a_key() -> None:
    public: dict[str, Any] = {"public": True, "redirect_uris": (BACK,), "scopes": ("offers:write",)}

    with pytest.raises(rules.ScopeNeedsKeys):
        rules.add_client(client(**public), by=actor(scopes=SCOPES), at=AT)
    assert rules.add_client(client(**public, dpop=True), by=actor(scopes=SCOPES), at=AT).dpop


def test_keys_are_given_by_value_or_by_a_secure_address() -> None:
    address = "https://keys.example/jwks.json"

    added = rules.add_client(client(jwks_uri=address), by=actor(scopes=SCOPES), at=AT)
    assert added.method is AuthMethod.KEYS
    with pytest.raises(rules.KeysTwice):
        rules.add_client(client(jwks_uri=address, jwks=JWKS), by=actor(scopes=SCOPES), at=AT)
    for wrong in ("http://keys.example/jwks", "https://u@keys.example/", "file:///etc/passwd"):
        with pytest.raises(rules.KeyAddressUnusable):
            rules.add_client(client(jwks_uri=wrong), by=actor(scopes=SCOPES), at=AT)


@pytest.mark.parametrize(
    "address",
    [
        "https://client.example/back",
        "https://client.example:8443/back?to=1",
        "http://127.0.0.1/back",
        "http://[::1]:7001/back",
        "com.example.app:/back",
    ],
)
def test_people_return_to_a_secure_address_or_of_a_public_client_to_their_own_machine(
    address: str,
) -> None:
    asked: dict[str, Any] = {"redirect_uris": (address,)}
    is_secure = address.startswith("https:")

    public = rules.add_client(client(**asked, public=True), by=actor(scopes=SCOPES), at=AT)
    assert public.method is AuthMethod.NONE
    if is_secure:
        added = rules.add_client(client(**asked), by=actor(scopes=SCOPES), at=AT)
        assert added.method is AuthMethod.SECRET
        return
    with pytest.raises(rules.RedirectUnusable):
        rules.add_client(client(**asked), by=actor(scopes=SCOPES), at=AT)


@pytest.mark.parametrize(
    "address",
    [
        "http://client.example/back",
        "http://localhost/back",
        "http://127.0.0.1.evil.example/",
        "https://user@client.example/",
        "https://client.example/#part",
        "https://*.example/",
        "https://client.example/*",
        "https://client.example:99999/",
        "https:///back",
        "https:\\\\client.example",
        "https://client.example\\@evil.example/",
        "javascript:alert(1)",
        "myapp:/back",
        "com.example.app://evil.example/back",
        "data:text/html,hello",
        "client.example/back",
    ],
)
def test_an_address_to_which_nobody_can_be_sent_safely_is_refused_where_it_stands(
    address: str,
) -> None:
    asked: dict[str, Any] = {"redirect_uris": (BACK, address), "public": True}

    with pytest.raises(rules.RedirectUnusable) as refusal:
        rules.add_client(client(**asked), by=actor(scopes=SCOPES), at=AT)
    assert [fault.pointer for fault in refusal.value.faults] == ["/redirect_uris/1"]


def test_an_address_is_given_once() -> None:
    with pytest.raises(rules.RedirectUnusable):
        rules.add_client(client(redirect_uris=(BACK, BACK)), by=actor(scopes=SCOPES), at=AT)


@given(st.text(max_size=60))
def test_whatever_is_registered_has_no_user_fragment_or_wildcard(text: str) -> None:
    for start in (
        "",
        "https://",
        "https://client.example",
        "http://127.0.0.1",
        "com.example.app:/",
    ):
        if amiss(start + text, public=True) is None:
            parts = urlsplit(start + text)
            assert parts.username is None
            assert "#" not in start + text
            assert "*" not in start + text
            assert parts.scheme in {"https", "http"} or "." in parts.scheme
            assert parts.scheme != "http" or parts.hostname in {"127.0.0.1", "::1"}
