"""A webhook, and a message to it that is dead."""

from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.values.identifiers import authority_of
from tests.contracts.partnership import Partnership

_DELIVERY = """
INSERT INTO webhook_delivery (authority_id, id, webhook_id, organisation_id, position, type, state,
  attempts, is_replay, made_at, next_at)
VALUES ($1, $2, $3, $4, 1, 'need.published', 'pending', 10, false, now(), now())"""
_DEAD = "UPDATE webhook_delivery SET state = 'dead', next_at = NULL, ended_at = now() WHERE id = $1"


async def followed(at: Partnership, database: Database) -> dict[str, str]:
    """Register a webhook of the city that nothing is sent to, and write a dead message to it."""
    asked = {"url": "https://hooks.example/ecosystem", "event_types": ["search.dropped"]}
    made = await at.made("/v1/webhooks", asked, by=("city", "officer"))
    webhook_id, authority = made["id"], authority_of(made["id"])
    city = at.parties.party("city").organisation_id
    delivery_id = mint("delivery", authority=authority)
    connection = await database.connect()
    try:
        await connection.execute(f"SET app.organisation = '{city}'")
        async with connection.transaction():
            await connection.execute(_DELIVERY, authority, delivery_id, webhook_id, city)
            await connection.execute(_DEAD, delivery_id)
    finally:
        await connection.close()
    return {"webhook_id": webhook_id, "delivery_id": delivery_id}
