"""Erase the documents whose time is over, and say what was done."""

import argparse
import asyncio

import msgspec

from ecosystem import app
from ecosystem.cli import place
from ecosystem.cli.saying import progress, say
from ecosystem.cli.trouble import Trouble
from ecosystem.contracts.expiring import actions
from ecosystem.contracts.expiring.model import Expiry
from ecosystem.needs.attachments import queries as attachments
from ecosystem.payments.bank import queries as bank
from ecosystem.runtime import settings
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings

HOLDERS = (attachments.holds, bank.holds)
"""The rooms whose rows name bytes beside the documents of contracts."""


def expire(parsed: argparse.Namespace) -> int:
    """Let every document expire whose time is over; raise Trouble where the store fails."""
    with place.reachable(settings.load(file=parsed.settings)) as chosen:
        try:
            done = asyncio.run(_expire(chosen, dry=parsed.dry_run))
        except OSError as error:
            raise Trouble(
                f"The store of documents failed: {error}. What was erased until then is; "
                "run the command again to go on."
            ) from None
    if parsed.json:
        say(msgspec.json.encode(done).decode())
    elif parsed.dry_run:
        say(f"{_counted(done)} would expire. Nothing is done.")
    else:
        say(f"{_counted(done)} have expired.")
        say(f"{done.erased} contents are erased; {done.shared} stay, which other rows name.")
    return 0


def _counted(done: Expiry) -> str:
    return f"{done.documents} documents and {done.attachments} attachments of {done.bytes} bytes"


async def _expire(chosen: Settings, *, dry: bool) -> Expiry:
    opened = Database(chosen.database_url or "", chosen)
    try:
        return await actions.expire(
            actions.Expiring(opened, app.blobs_of(chosen), Clock(), HOLDERS, told=progress),
            dry=dry,
        )
    finally:
        progress()
        await opened.close()
