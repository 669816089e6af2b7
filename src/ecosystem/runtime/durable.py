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
