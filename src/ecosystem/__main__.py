"""The command `ecosystem`, also as `python -m ecosystem`."""

import signal
import sys
from importlib import import_module


def run() -> int:
    """Run one command; return its exit code. Ctrl-C ends it quietly, also while it is loaded."""
    interrupts = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interrupts:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Loading takes a second, in which an interruption would be told by a page of frames.
    main = import_module("ecosystem.cli.main").main
    if interrupts:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code: int = main()
    return code


if __name__ == "__main__":
    sys.exit(run())
