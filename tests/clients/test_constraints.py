"""What the database itself refuses of clients, whichever code writes them."""

from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import httpx
import pytest

from ecosystem.runtime.minting import mint
from tests.parties import seeded

SECRET: Final = {"secret_digest": bytes(32)}
KEYS: Final = {"jwks": '{"keys": []}'}
BACK: Final = {"redirect_uris": ["https://client.example/back"]}
LOOPBACK: Final = {"redirect_uris": ["http://127.0.0.1/back"]}


@pytest.fixture
async def serving(
    client: httpx.AsyncClient, database_url: str
) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the serving role, to a database with parties in it."""
    await seeded(client)
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def _add(serving: asyncpg.Connection, **given: Any) -> str:
    row = {
        "id": mint("client"),
        "organisation_id": await serving.fetchval("SELECT id FROM organisation LIMIT 1"),
        "name": "desk",
        "profile": "basic",
        "scopes": ["needs:read"],
        "roles": [],
        "redirect_uris": [],
        "dpop": False,
        "version": 1,
    } | given
    places = ", ".join(f"${at}" for at in range(1, len(row) + 1))
    await serving.execute(
        f"INSERT INTO client ({', '.join(row)}) VALUES ({places})",  # noqa: S608
        *row.values(),
    )
    made: str = row["id"]
    return made


@pytest.mark.parametrize(
    ("given", "constraint"),
    [
        ({**SECRET, **KEYS}, "has_secret_or_keys_or_is_public"),
        ({**KEYS, "jwks_uri": "https://client.example/keys"}, "has_secret_or_keys_or_is_public"),
        ({}, "has_secret_or_keys_or_is_public"),
        ({**BACK, "roles": ["bidder"]}, "public_acts_for_people"),
        ({**SECRET, **LOOPBACK}, "returns_over_https"),
        ({**KEYS, "redirect_uris": ["com.example.app:/back"]}, "returns_over_https"),
        ({**KEYS, "redirect_uris": [*BACK["redirect_uris"], ""]}, None),
        ({"redirect_uris": ["http://client.example/"]}, "to_its_own_machine_alone"),
        ({"redirect_uris": [*BACK["redirect_uris"], "HTTP://client.example/"]},
         "to_its_own_machine_alone"),
        ({"redirect_uris": ["http://127.0.0.1.client.example/"]}, "to_its_own_machine_alone"),
        ({"redirect_uris": ["http://127.0.0.1@client.example/"]}, "to_its_own_machine_alone"),
        ({**SECRET, "profile": "high", "dpop": True}, "high_has_keys"),
        ({**BACK, "profile": "high", "dpop": True}, "high_has_keys"),
        ({**KEYS, "profile": "high"}, "high_is_bound_to_a_key"),
        ({**KEYS, "old_secret_digest": bytes(32)}, "an_old_secret_ends_beside_a_new_one"),
        ({"secret_digest": b"a secret"}, "secret_is_a_digest"),
        ({**SECRET, **BACK}, None),
        ({**KEYS, "profile": "high", "dpop": True}, None),
        ({"redirect_uris": ["http://127.0.0.1/back", "http://[::1]:80/", "com.example.app:/back"]},
         None),
    ],
)  # fmt: skip
async def test_a_client_that_breaks_a_promise_is_not_kept(
    serving: asyncpg.Connection, given: dict[str, Any], constraint: str | None
) -> None:
    if constraint is None:
        await _add(serving, **given)
        return
    with pytest.raises(asyncpg.CheckViolationError, match=constraint):
        await _add(serving, **given)


@pytest.mark.parametrize(
    ("given", "change"),
    [
        (BACK, "secret_digest = sha256('a')"),
        (SECRET, "secret_digest = NULL, jwks = '{}'"),
        ({**SECRET, **BACK}, "secret_digest = NULL"),
        ({**KEYS, **BACK}, "jwks = NULL"),
    ],
)
async def test_a_client_goes_on_proving_itself_in_its_way(
    serving: asyncpg.Connection, given: dict[str, Any], change: str
) -> None:
    made = await _add(serving, **given)

    with pytest.raises(asyncpg.RestrictViolationError, match="in the way in which it was added"):
        await serving.execute(f"UPDATE client SET {change} WHERE id = $1", made)  # noqa: S608
