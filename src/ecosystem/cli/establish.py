"""Establish an installation: the platform's own organisation, its first operator and client."""

import argparse
import asyncio
import json
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from joserfc.jwk import ECKey

from ecosystem.cli import place
from ecosystem.cli.trouble import Trouble, folder_unusable
from ecosystem.identity import actions as identity
from ecosystem.identity.clients import actions as clients
from ecosystem.identity.clients.model import Jwk, Jwks, NewClient
from ecosystem.runtime import idempotency, log, settings
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.settings import Settings
from ecosystem.values.refusal import Refusal
from ecosystem.values.scopes import SCOPES
from ecosystem.values.text import Line, Text

_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")
_CLIENT: Final = "platform"


def run(parsed: argparse.Namespace) -> int:
    """Establish the platform's organisation, once; tell the link of its first operator.

    Works beside a running service, and without one. While nobody has come by the link, it tells
    another. Effects: the organisation, its invitation;
    with an address to return to, a client, whose private key is kept in the data folder.
    """
    chosen = settings.load(file=parsed.settings, port=parsed.port, data_folder=parsed.data_folder)
    if chosen.sandbox:
        raise Trouble("A sandbox establishes its own platform when it starts.")
    wanted = _wanted(parsed)
    log.configure(chosen)
    with place.reachable(chosen, begins=True) as placed:
        here = place.addressed(placed)
        asyncio.run(place.refuse_other_kind(here))
        told = asyncio.run(_establish(here, wanted))
    _say(told, as_json=parsed.json)
    return 0


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    name: Text
    jurisdiction: str
    operator: Text
    back: tuple[str, ...]


def _wanted(parsed: argparse.Namespace) -> _Wanted:
    given = {"zh": parsed.name_zh, "en": parsed.name_en}
    if not any(given.values()):
        raise Trouble("The organisation has no name. Give --name-zh, --name-en, or both.")
    language = "zh" if _HAN.search(parsed.operator) else "en"
    return _Wanted(
        name=_text(**{name: text for name, text in given.items() if text}),
        jurisdiction=parsed.jurisdiction,
        operator=_text(**{language: parsed.operator}),
        back=tuple(parsed.redirect_uri),
    )


def _text(**given: str) -> Text:
    try:
        return Text(**{name: msgspec.convert(text, Line) for name, text in given.items()})
    except msgspec.ValidationError as error:
        raise Trouble(f"A name cannot be used: {error}.") from None


async def _establish(placed: Settings, wanted: _Wanted) -> dict[str, str]:
    opened = Database(placed.database_url or "", placed)
    try:
        async with opened.transaction() as tx:
            at = await idempotency.clock(tx)
            again = await identity.invite_operator(tx, operator=wanted.operator, at=at)
            if again is not None:
                return {"invitation": again.link(placed.public_url)}
            return await _established(tx, placed, wanted, at=at)
    except Refusal as refusal:
        raise Trouble(f"{refusal.detail} {refusal.remedy}") from None
    finally:
        await opened.close()


async def _established(
    tx: Tx, placed: Settings, wanted: _Wanted, *, at: datetime
) -> dict[str, str]:
    made = await identity.establish(
        tx, name=wanted.name, jurisdiction=wanted.jurisdiction, operator=wanted.operator, at=at
    )
    organisation_id = made.registered.organisation_id
    told = {
        "organisation_id": organisation_id,
        "invitation": made.invitation.link(placed.public_url),
    }
    if not wanted.back:
        return told
    key = ECKey.generate_key("P-256", {"kid": _CLIENT})
    asked = NewClient(
        name=_CLIENT, scopes=SCOPES, jwks=Jwks((_public(key),)), redirect_uris=wanted.back
    )
    by = msgspec.structs.replace(made.by, scopes=SCOPES)
    added = await clients.add_client(tx, organisation_id, asked, by=by, at=at)
    file = _kept(placed, key, client_id=added.client_id)
    return {**told, "client_id": added.client_id, "client_file": file}


def _kept(placed: Settings, key: ECKey, *, client_id: str) -> str:
    """Keep the client's private key where the service's own lie; return the file."""
    folder = Path(placed.data_folder or ".") / "clients"
    content = {"client_id": client_id, "private_key": key.as_dict(private=True)}
    file = folder / f"{_CLIENT}.json"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
    except OSError as error:
        raise folder_unusable(folder, error) from None
    return str(file)


def _public(key: ECKey) -> Jwk:
    return msgspec.convert(key.as_dict(private=False), Jwk)


def _say(told: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(f"{json.dumps(told)}\n")
        return
    lines = [
        f"The platform is established as {told['organisation_id']}."
        if "organisation_id" in told
        else "The platform is established, and nobody has come by a link yet.",
        "Whoever opens this link within seven days is its operator; it is shown this once:",
        f"  {told['invitation']}",
    ]
    if "client_id" in told:
        lines += [
            f"Its client is {told['client_id']}; its key is in {told['client_file']}.",
        ]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
