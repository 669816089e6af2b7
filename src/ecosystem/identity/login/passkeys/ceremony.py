"""What an authenticator is asked, and whether its answer is good; by the package `webauthn`."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from webauthn import helpers
from webauthn.helpers import structs
from webauthn.helpers.cose import COSEAlgorithmIdentifier

from ecosystem.identity.login.passkeys.model import NewPasskey

Json = dict[str, Any]
ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_WAIT_MS: Final = 120_000
_PORTS: Final = {"http": 80, "https": 443}
_CREDENTIAL_BYTES_MAX: Final = 1_023
_TRANSPORTS_MAX: Final = 10
_COORDINATE_BYTES: Final = 32


class CredentialWrong(Exception):
    """What came back is not what an authenticator answers to our challenge; says why, for logs."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where passkeys are good: the domain, and the one origin of our pages."""

    domain: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What a passkey has signed, as the browser hands it over; not verified yet."""

    credential_id: bytes
    challenge: bytes
    handle: bytes | None
    credential: structs.AuthenticationCredential


def place(public_url: str) -> Place:
    """Return where passkeys are good, as a browser writes it (RFC 6454)."""
    parts = urlsplit(public_url)
    domain = parts.hostname or ""
    host = f"[{domain}]" if ":" in domain else domain
    port = "" if parts.port in {None, _PORTS.get(parts.scheme)} else f":{parts.port}"
    return Place(domain=domain, origin=f"{parts.scheme}://{host}{port}")


def has_a_name(public_url: str) -> bool:
    """Tell whether browsers can have passkeys there: for no bare address of the network."""
    try:
        ipaddress.ip_address(place(public_url).domain)
    except ValueError:
        return True
    return False


def to_add(
    at: Place, *, challenge: bytes, handle: bytes, username: str, name: str, known: Iterable[bytes]
) -> Json:
    """Return what an authenticator is asked when a person adds a passkey."""
    options = webauthn.generate_registration_options(
        rp_id=at.domain,
        rp_name="Ecosystem",
        user_id=handle,
        user_name=username,
        user_display_name=name,
        challenge=challenge,
        timeout=_WAIT_MS,
        attestation=structs.AttestationConveyancePreference.NONE,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one) for one in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return helpers.options_to_json_dict(options)


def to_log_in(at: Place, *, challenge: bytes) -> Json:
    """Return what an authenticator is asked when somebody logs in: to sign, for whomever."""
    options = webauthn.generate_authentication_options(
        rp_id=at.domain,
        challenge=challenge,
        timeout=_WAIT_MS,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return helpers.options_to_json_dict(options)


def made_for(text: str) -> bytes:
    """Return the challenge for which a passkey was made; raises CredentialWrong."""
    try:
        made = helpers.parse_registration_credential_json(text)
        return helpers.parse_client_data_json(made.response.client_data_json).challenge
    except Exception as error:  # noqa: BLE001 - it lets through whatever its decoders raise
        raise CredentialWrong(repr(error)) from None


def made(text: str, *, at: Place, challenge: bytes, handle: bytes) -> NewPasskey:
    """Return the passkey that was made for a challenge of ours; raises CredentialWrong."""
    try:
        credential = helpers.parse_registration_credential_json(text)
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=at.domain,
            expected_origin=at.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except Exception as error:  # noqa: BLE001 - as above
        raise CredentialWrong(repr(error)) from None
    if len(found.credential_id) > _CREDENTIAL_BYTES_MAX:
        raise CredentialWrong("The identifier is longer than any.")
    transports = credential.response.transports or []
    return NewPasskey(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        handle=handle,
        sign_count=found.sign_count,
        backed_up=found.credential_backed_up,
        transports=tuple(one.value for one in transports[:_TRANSPORTS_MAX]),
    )


def signed(text: str) -> Signed:
    """Return what somebody says that a passkey has signed; raises CredentialWrong."""
    try:
        credential = helpers.parse_authentication_credential_json(text)
        said = helpers.parse_client_data_json(credential.response.client_data_json)
    except Exception as error:  # noqa: BLE001 - as above
        raise CredentialWrong(repr(error)) from None
    return Signed(
        credential_id=credential.raw_id,
        challenge=said.challenge,
        handle=credential.response.user_handle,
        credential=credential,
    )


def verified(by: Signed, *, at: Place, public_key: bytes) -> tuple[int, bool]:
    """Return the counter that a passkey tells, and whether its maker keeps copies.

    Raises CredentialWrong. Whether the counter went back is decided after this, by
    `rules.use`: the library would say it before it has looked at the signature, so that
    anybody could make a passkey look suspect.
    """
    try:
        found = webauthn.verify_authentication_response(
            credential=by.credential,
            expected_challenge=by.challenge,
            expected_rp_id=at.domain,
            expected_origin=at.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # noqa: BLE001 - as above
        raise CredentialWrong(repr(error)) from None
    return found.new_sign_count, found.credential_backed_up


def public_key(key: EllipticCurvePublicKey) -> bytes:
    """Return a public key on P-256 as passkeys write theirs. Source: RFC 9053, section 7.1."""
    numbers = key.public_numbers()
    x, y = (n.to_bytes(_COORDINATE_BYTES, "big") for n in (numbers.x, numbers.y))
    return helpers.encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
