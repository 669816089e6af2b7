"""Become the server's user, ask to be ended with the parent, and turn into a command.

Run by path, as `python -I -S postgres_launch.py USER GROUP PARENT SIGNAL COMMAND...`,
and never imported: between the fork and the exec of a process with threads no Python
may run (`preexec_fn`), and `subprocess(user=)` comes too early, since a change of user
clears the wish to be ended with the parent.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def _launch(numbers: list[int], command: list[str]) -> None:
    user, group, parent, death = numbers
    for changed in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them; exec would pass it on.
        signal.signal(changed, signal.SIG_DFL)
    if user != os.geteuid():
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death, 0, 0, 0)
    if os.getppid() == parent:  # Else it died before the wish was made.
        os.execv(command[0], command)  # noqa: S606  # To become the command is the purpose.


if __name__ == "__main__":
    _launch(list(map(int, sys.argv[1:5])), sys.argv[5:])
