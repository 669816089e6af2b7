"""What commands say: what they found, and on a terminal how far they are."""

import sys


def say(line: str) -> None:
    """Write one line."""
    sys.stdout.write(f"{line}\n")


def progress(line: str = "") -> None:
    """Tell whoever watches a terminal how far it is, in place of what was told before.

    Programs read only the result. Nothing is left standing where nothing is told.
    """
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()
