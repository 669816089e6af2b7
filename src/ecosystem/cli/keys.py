"""Rotate the keys that sign, beside a running service."""

import argparse
import json
import time
from datetime import UTC, datetime

from ecosystem.cli import place
from ecosystem.cli.saying import say
from ecosystem.cli.trouble import Trouble, folder_unusable
from ecosystem.runtime import settings
from ecosystem.runtime.keyring import KeyRing, NextKeyWaits
from ecosystem.runtime.keys import Keys


def rotate(parsed: argparse.Namespace) -> int:
    """Make the next key of a ring; the service takes it up by itself."""
    chosen = settings.load(file=parsed.settings, data_folder=parsed.data_folder)
    folder = place.folder_of(chosen)
    if not (folder / "keys").is_dir():
        raise Trouble(
            f"{folder} holds no keys, so no service has run there. Name the data folder of the "
            "service with --data-folder."
        )
    place.make_keys(folder)
    keys = Keys(folder / "keys", chosen.token_lifetime_s)
    ring = keys.tokens if parsed.ring == "tokens" else keys.receipts
    if parsed.at_once and ring is keys.receipts:
        raise Trouble(
            "A key of receipts is not removed: the receipts that were given could not be checked "
            "any more. Leave out --at-once; the next key signs in ten minutes."
        )
    _tell(ring, at_once=parsed.at_once, as_json=parsed.json)
    return 0


def _tell(ring: KeyRing, *, at_once: bool, as_json: bool) -> None:
    now = time.time()
    old = ring.current(now)
    try:
        new = ring.rotate(now, at_once=at_once)
    except NextKeyWaits as waits:
        message = f"{waits} Wait until it signs, or give --at-once."
        raise Trouble(message) from None
    except OSError as error:
        raise folder_unusable(ring.folder, error) from None
    ends = None if at_once else ring.ends_at(old)
    said = {
        "ring": ring.name,
        "key": new.kid,
        "signs_from": _moment(new.signs_from),
        "before": old.kid,
        "before_checks_until": _moment(int(now)) if at_once else ends and _moment(ends),
    }
    if as_json:
        say(json.dumps(said))
        return
    say(f"The key {new.kid} is published, and signs from {said['signs_from']}.")
    if at_once:
        say(f"The key {old.kid} is removed: what it signed is refused from now on.")
    elif ends is None:
        say(f"The key {old.kid} stays published for ever.")
    else:
        say(f"The key {old.kid} checks tokens until {_moment(ends)}.")


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
