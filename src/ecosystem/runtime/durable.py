"""Files that are still there after the power failed."""

import os
from pathlib import Path


def synced(place: Path) -> None:
    """Have what a file holds, or the names that stand in a folder, on the disk now."""
    opened = os.open(place, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def keep_once(file: Path, fresh: bytes) -> bytes:
    """Return what the file holds; where there is none, `fresh`, which is then kept.

    Of several processes that come at once one keeps, and all return that. The file and its
    folder are readable by the owner alone; whoever acts as root gives it to the folder's owner.
    """
    folder = file.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        draft = folder / f".{file.name}.{os.getpid()}"
        draft.touch(mode=0o600)
        if os.geteuid() == 0:
            os.chown(draft, folder.stat().st_uid, folder.stat().st_gid)
        draft.write_bytes(fresh)
        synced(draft)
        try:
            # A link fails where another process was first, and never leaves half a file.
            file.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
            synced(folder)
    return file.read_bytes()
