"""What commands say on standard output."""

import sys


def say(line: str) -> None:
    """Write one line."""
    sys.stdout.write(f"{line}\n")
