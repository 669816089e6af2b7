"""Everything that lies in a database, as its owner could take it away; and what to look for."""

import asyncpg

CANARY = "777123.45"
WORDS = "canary sings at dawn"


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


def in_hex(*texts: str) -> list[str]:
    """Return how a dump shows texts that lie in columns of bytes."""
    return [text.encode().hex() for text in texts]
