"""Ask a running service how it is; loads little, for it is asked every few seconds."""

import argparse
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Final

from ecosystem.cli.trouble import Trouble
from ecosystem.runtime import settings
from ecosystem.runtime.settings import Settings

_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is asked instead
_UNPROXIED: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def run(parsed: argparse.Namespace) -> int:
    """Ask a running service whether it is ready; 0 where it is."""
    url = (parsed.url or _own_address(settings.load())).rstrip("/") + "/health/ready"
    if not url.startswith(("http://", "https://")):
        raise Trouble(f"{url} is no address; give one such as http://127.0.0.1:8080 in --url.")
    try:
        with _UNPROXIED.open(url, timeout=5) as answer:
            sys.stdout.write(f"{answer.read().decode()}\n")
    except urllib.error.HTTPError as error:
        raise Trouble(f"{url} answers {error.code}: not ready.") from None
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise Trouble(f"{url} does not answer: {reason}. Check that the service runs.") from None
    return 0


def _own_address(chosen: Settings) -> str:
    host = _LOOPBACK.get(chosen.host, chosen.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{chosen.port}"
