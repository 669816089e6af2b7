"""Check what the parties to a contract have signed, without database or network."""

import argparse
import sys
from pathlib import Path

import msgspec

from ecosystem.cli.trouble import Trouble
from ecosystem.contracts import forms, own_key
from ecosystem.contracts.model import Contract, Signature


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature is worth to who has only the file."""

    organisation_id: str
    thumbprint: str | None
    """Of the party's own key; None where the service alone vouches for the signature."""
    sound: bool | None
    """Whether the key has signed this edition of these terms."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in the file."""

    contract_id: str
    edition: int
    digest: str
    """Of the terms, as computed from them."""
    digest_holds: bool
    """Whether the contract states the same."""
    signatures: tuple[Found, ...]

    def holds(self) -> bool:
        """Tell whether nothing in the file is wrong."""
        return self.digest_holds and all(one.sound is not False for one in self.signatures)


def verify(parsed: argparse.Namespace) -> int:
    """Check the contract in `parsed.file`; 1 where its digest or a signature is wrong.

    The file is the answer of GET /v1/contracts/{id}; `-` is the standard input.
    """
    found = _verified(_contract(parsed.file))
    if parsed.json:
        sys.stdout.write(f"{msgspec.json.encode(found).decode()}\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _told(found))
    return 0 if found.holds() else 1


def _contract(file: Path) -> Contract:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise Trouble(f"{file} cannot be read: {error.strerror}.") from None
    try:
        return msgspec.json.decode(content, type=Contract)
    except msgspec.DecodeError as error:
        raise Trouble(f"{file} is no contract as the API answers it: {error}.") from None


def _verified(contract: Contract) -> Verified:
    digest = forms.terms_digest(contract.terms)
    return Verified(
        contract_id=contract.id,
        edition=contract.edition,
        digest=digest,
        digest_holds=digest == contract.terms_digest,
        signatures=tuple(_found(contract, one, digest) for one in contract.signatures),
    )


def _found(contract: Contract, signature: Signature, digest: str) -> Found:
    own, sound = signature.own_key, None
    if own is not None:
        sound = own_key.is_sound(
            own, contract_id=contract.id, edition=contract.edition, digest=digest
        )
    return Found(
        organisation_id=signature.organisation_id,
        thumbprint=None if own is None else own.thumbprint,
        sound=sound,
    )


def _told(found: Verified) -> list[str]:
    says = "as it states" if found.digest_holds else "and it states another"
    lines = [f"{found.contract_id}, edition {found.edition}: SHA-256 {found.digest}, {says}"]
    for one in found.signatures:
        worth = "sound" if one.sound else "NOT of these terms by this key"
        by = "no own key" if one.thumbprint is None else f"own key {one.thumbprint}: {worth}"
        lines.append(f"{one.organisation_id}: {by}")
    return lines
