"""The end of a web process whose parent was killed: nobody else would end it."""

import os
import signal
from multiprocessing import parent_process
from typing import Final

GRACE_S: Final = 20
"""Seconds that requests in flight have to end when the service stops."""
ALONE_S: Final = 2
"""The same where the service was killed, and may be waiting for the port to start anew."""


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
        self._ends = False

    async def __call__(self) -> float:
        """Look once; return the seconds until the next look."""
        if os.getppid() != self._parent and not self._ends:
            self._ends = True
            # The alarm is the kernel's: it also ends a process that waits for its connections.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(ALONE_S)
            os.kill(os.getpid(), signal.SIGTERM)
        return 0.5
