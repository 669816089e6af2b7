"""The user of the operating system that the embedded PostgreSQL runs as."""

import os
import pwd
import subprocess
from pathlib import Path
from typing import Final, NamedTuple, Self

from ecosystem.runtime.postgres_failure import PostgresFailed

_UNPRIVILEGED: Final = "nobody"
_ENTER: Final = 'for at; do cd -- "$at" 2>/dev/null || { printf %s "$at"; exit 1; }; done'


class ServerUser(NamedTuple):
    """Who the server runs as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def known(cls, who: int | str) -> Self:
        """Return the user of this number or name; PostgresFailed where there is none."""
        try:
            entry = pwd.getpwnam(who) if isinstance(who, str) else pwd.getpwuid(who)
        except KeyError:
            raise PostgresFailed(
                f"PostgreSQL needs a user that has a number and a name, and {who} is not in "
                "/etc/passwd. Add it there, or use a PostgreSQL elsewhere by DATABASE_URL."
            ) from None
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @classmethod
    def own(cls) -> Self:
        """Return the user of this process."""
        return cls.known(os.geteuid())

    def is_another(self) -> bool:
        """Tell whether this is not the user of this process, which then is root."""
        return self.uid != os.geteuid()

    def owns(self, path: Path) -> None:
        """Give `path` to this user."""
        if self.is_another():
            os.chown(path, self.uid, self.gid)


def server_user(data: Path) -> ServerUser:
    """Return whom to run the server on `data` as: this user, or as root `nobody`.

    PostgreSQL refuses to run as root. Where `data` exists already, root runs the server
    as its owner. Raises PostgresFailed where the user has no name, or does not own `data`.
    """
    owner = data.stat().st_uid if data.exists() else None
    user = ServerUser.own()
    if user.uid == 0:
        user = ServerUser.known(owner or _UNPRIVILEGED)
    if owner not in {None, user.uid}:
        raise PostgresFailed(
            f"The folder {data} belongs to another user. Start as its owner, "
            f"or give it away: `chown -R {user.name} {data}`."
        )
    return user


def refuse_closed(folder: Path, *, user: ServerUser) -> None:
    """Raise PostgresFailed where `user` cannot enter `folder`, naming what shuts it out."""
    if user.is_another() and (closed := first_closed(folder, user=user)):
        raise PostgresFailed(
            f"As root, PostgreSQL is run as the user {user.name}, and that user cannot enter "
            f"{closed}. Allow it with `chmod o+x {closed}`, choose another folder with "
            "ECOSYSTEM_DATA_FOLDER, or start as an ordinary user."
        )


def first_closed(folder: Path, *, user: ServerUser) -> str:
    """Return the first folder on the way to `folder` that `user` cannot enter, or nothing."""
    way = [*reversed(folder.parents), folder]
    tried = subprocess.run(
        ["/bin/sh", "-c", _ENTER, "sh", *way],
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        cwd="/",
        env={},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
    )
    return os.fsdecode(tried.stdout)
