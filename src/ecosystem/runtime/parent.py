"""The end of a web process whose parent was killed: nobody else would end it."""

import os
import signal
import time
from multiprocessing import parent_process
from typing import Final

GRACE_S: Final = 20
"""Seconds that requests in flight have to end when the service stops."""


def number() -> int:
    """Return the process that started this one, also where it has ended since."""
    parent = parent_process()
    return os.getppid() if parent is None else parent.pid or 0


class EndWithParent:
    """Ends this process when the one that started it was killed: in order, or then at once.

    It would keep the port, and the start of a new service would be refused.
    """

    def __init__(self, parent: int) -> None:
        """Watch for the end of `parent`."""
        self._parent = parent
        self._alone_since: float | None = None

    async def __call__(self) -> float:
        """Look once; return the seconds until the next look."""
        if os.getppid() != self._parent:
            now = time.monotonic()
            if self._alone_since is None:
                self._alone_since = now
            patient = now - self._alone_since < GRACE_S
            os.kill(os.getpid(), signal.SIGTERM if patient else signal.SIGKILL)
        return 0.5
