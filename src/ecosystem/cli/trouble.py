"""What stops a command: one sentence that says what is wrong and what to do."""

import errno
import shutil
import socket
from pathlib import Path

_ROOM_BYTES_MIN = 100 * 1024 * 1024


class Trouble(Exception):
    """A command cannot go on; the text is for whoever typed it."""


def port_free(host: str, port: int) -> None:
    """Raise Trouble where `port` cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Trouble(
                    f"Port {port} on {host} is taken by another program. Stop that program, or "
                    "choose another port with --port or ECOSYSTEM_PORT."
                ) from None
            raise Trouble(
                f"Port {port} on {host} cannot be listened on: {error.strerror}. Choose another "
                "with --host and --port."
            ) from None


def room_on_disk(folder: Path) -> None:
    """Raise Trouble where the disk of `folder` is all but full."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free < _ROOM_BYTES_MIN:
        raise Trouble(
            f"The disk of {folder} has {free // 1024 // 1024} MiB left; the service needs 100. "
            "Make room, or choose another folder with --data-folder or ECOSYSTEM_DATA_FOLDER."
        )
