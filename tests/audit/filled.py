"""Many events of the seeded city, and tokens of who searches them."""

from typing import Any

import asyncpg
import httpx

from ecosystem.runtime.postgres import EmbeddedServer
from tests.parties import bearer, seeded

COUNT = 30_000
FILL = """
INSERT INTO event (authority_id, id, stream, version, type, valid_at, recorded_at, person_id,
  client_id, organisation_id, is_public, visible_to, is_sealed, body, salt, body_digest, hash, why)
SELECT $1, 'event_' || lpad(to_hex(n), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'),
  'milestone_' || lpad(to_hex(n), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'), 1,
  'milestone.' || (ARRAY['planned','submitted','accepted','rejected'])[1 + n % 4],
  timestamptz '2025-01-01Z' + n * interval '1 minute',
  timestamptz '2025-02-01Z' + n * interval '1 minute',
  'person_' || lpad((n % 50)::text, 32, '0'), 'client_' || n % 20, $2, false, '{}', n % 1000 = 7,
  '{}', '', '', '',
  CASE WHEN n % 500 = 3 THEN '缺少目录 the index is missing' END
FROM generate_series(1, $3) AS n"""


async def fill(client: httpx.AsyncClient, server: EmbeddedServer, name: str) -> dict[str, Any]:
    """Fill the database of a sandbox; return tokens, and the address of its superuser."""
    city = (await seeded(client)).party("city")
    superuser = server.dsn(name, role="postgres")
    connection = await asyncpg.connect(superuser)
    number = await connection.fetchval(
        "SELECT number FROM organisation WHERE id = $1", city.organisation_id
    )
    await connection.execute(FILL, number, city.organisation_id, COUNT)
    await connection.execute("ANALYZE")
    await connection.close()
    return {
        "auditor": await bearer(client, "auditor", "auditor"),
        "operator": await bearer(client, "platform", "operator"),
        "superuser": superuser,
    }
