"""How a person at her browser adds a passkey, and logs in by it."""

from typing import Any

import asyncpg
import httpx

from ecosystem.cli.authenticator import Authenticator
from tests.login.visitor import Visitor
from tests.parties import ISSUER


def authenticator(**changed: Any) -> Authenticator:
    return Authenticator(origin=ISSUER, **changed)


async def asked(visitor: Visitor, path: str = "/login/passkey/options") -> dict[str, Any]:
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


async def csrf(visitor: Visitor, path: str) -> str:
    await visitor.get(path)
    return next(hidden["csrf"] for _, hidden in visitor.page.forms if "csrf" in hidden)


async def add(visitor: Visitor, made_by: Authenticator, **changed: str) -> httpx.Response:
    form = {
        "csrf": await csrf(visitor, "/account"),
        "label": "My device",
        "credential": made_by.create(await asked(visitor, "/account/passkeys/options")),
    } | changed
    return await visitor.post("/account/passkeys", form)


async def sign_in(
    visitor: Visitor, by: Authenticator, *, query: str = "?again=1", **changed: str
) -> httpx.Response:
    form = {
        "csrf": await csrf(visitor, f"/login{query}"),
        "credential": by.get(await asked(visitor)),
    } | changed
    return await visitor.post("/login/passkey", form)


async def with_passkey(visitor: Visitor, **changed: Any) -> Authenticator:
    made = authenticator(**changed)
    await visitor.log_in()
    answer = await add(visitor, made)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    return made


async def acr(visitor: Visitor) -> str | None:
    """Tell how the visitor is logged in, as the page of her account does."""
    shown = await visitor.get("/account")
    if shown.status_code == 303:
        return None
    said = visitor.page.text
    return "phr" if "by passkey, since" in said and "this browser" in said else "pwd"


def passkey_id(visitor: Visitor) -> str:
    return next(
        hidden["passkey"]
        for action, hidden in visitor.page.forms
        if action == "/account/passkeys/removal"
    )


async def events(owner_url: str, visitor: Visitor) -> list[str]:
    owner = await asyncpg.connect(owner_url)
    rows = await owner.fetch("SELECT type FROM event WHERE person_id = $1", visitor.person_id)
    await owner.close()
    return [row["type"] for row in rows]
