"""Everything that lies in a database, as its owner could take it away; and what to look for."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import asyncpg

CANARY = "777123.45"
WORDS = "canary sings at dawn"
_AROUND = 100


async def dump(owner_url: str) -> str:
    """Return every row of every table as the owner of the tables could take it away."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SET app.purpose = 'opening'")
        names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")
        statements = [f"SELECT {one[0]}::text AS row FROM {one[0]}" for one in names]  # noqa: S608
        rows = [await connection.fetch(statement) for statement in statements]
    finally:
        await connection.close()
    return "\n".join(row["row"] for table in rows for row in table)


async def server_log(superuser_url: str) -> str:
    """Return what the database server has written since it was made."""
    connection = await asyncpg.connect(superuser_url)
    try:
        folder = Path(await connection.fetchval("SHOW data_directory"))
    finally:
        await connection.close()
    return (folder.parent / "log").read_text(encoding="utf-8", errors="replace")


def files(folder: Path) -> str:
    """Return all that a service has written into its folder."""
    found = (one for one in folder.rglob("*") if one.is_file())
    return "\n".join(one.read_text(encoding="utf-8", errors="replace") for one in found)


def singing(within: str, *canaries: str) -> Iterator[str]:
    """Yield where a canary sings: as it is, in hexadecimal, or anywhere within base64."""
    for canary in canaries:
        octets = canary.encode()
        for shape in (canary, octets.hex(), *_in_base64(octets)):
            at = within.find(shape)
            if at >= 0:
                yield within[max(0, at - _AROUND) : at + len(shape) + _AROUND]


def _in_base64(octets: bytes) -> Iterator[str]:
    """Yield the part that does not depend on what stands before and after, at each of 3 places."""
    for before in range(3):
        first, last = -(-8 * before // 6), 8 * (before + len(octets)) // 6
        for encode in (b64encode, urlsafe_b64encode):
            yield encode(bytes(before) + octets).decode()[first:last]
