"""What stops a command: one sentence that says what is wrong and what to do."""

import errno
import shutil
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

_ROOM_BYTES_MIN = 100 * 1024 * 1024
_PATIENCE_S = 4
_CHOSEN_BY = "--data-folder or ECOSYSTEM_DATA_FOLDER"


class Trouble(Exception):
    """A command cannot go on; the text is for whoever typed it."""


class PortTaken(Trouble):
    """Another program listens on the port."""


@contextmanager
def port_held(host: str, port: int) -> Generator[None]:
    """Keep other programs from `port` that this one's web processes are going to listen on.

    Waits a moment for web processes whose parent was killed. Raises Trouble where the port
    cannot be listened on. What is held takes no connections: it never listens.
    """
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            port_free(host, port)
            break
        except PortTaken:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)
    with socket.socket(_family(host), socket.SOCK_STREAM) as held:
        # The web processes share the port with this socket; `port_free` of others meets it.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with suppress(OSError):
            held.bind((host, port))
        yield


def port_free(host: str, port: int) -> None:
    """Raise Trouble where `port` cannot be listened on."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(
                    f"Port {port} on {host} is taken by another program. Stop that program, or "
                    "choose another port with --port or ECOSYSTEM_PORT."
                ) from None
            raise Trouble(
                f"Port {port} on {host} cannot be listened on: {error.strerror}. Choose another "
                "with --host and --port."
            ) from None


def room_on_disk(folder: Path, *, chosen_by: str = _CHOSEN_BY) -> None:
    """Raise Trouble where the disk of `folder`, which `chosen_by` names, is all but full."""
    try:
        there = next(one for one in (folder, *folder.parents) if one.exists())
        free = shutil.disk_usage(there).free
    except OSError as error:
        raise folder_unusable(folder, error) from None
    if free < _ROOM_BYTES_MIN:
        raise Trouble(
            f"The disk of {folder} has {free // 1024 // 1024} MiB left; the service needs 100. "
            f"Make room, or choose another folder with {chosen_by}."
        )


def folder_unusable(folder: Path, error: OSError) -> Trouble:
    """Return the Trouble that an error of the system in `folder` is."""
    return Trouble(
        f"The data folder {folder} cannot be used: {error.strerror} ({error.filename}). Start "
        f"as its owner, or choose another with {_CHOSEN_BY}."
    )


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
