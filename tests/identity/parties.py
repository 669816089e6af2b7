"""Organisations that register themselves over HTTP, for tests."""

from typing import Any

import httpx

from tests.joining import join


def registration(**changed: Any) -> dict[str, Any]:
    """Return the registration of an enterprise that nobody has verified."""
    return {
        "kind": "enterprise",
        "name": {"zh": "新企业", "en": "New Enterprise"},
        "jurisdiction": "440305",
        "administrator": {"zh": "新管理"},
        "scale": "small",
        "bank_account": {
            "holder": "新企业",
            "number": "6222000000000001",
            "bank_code": "102584000018",
            "currency": "CNY",
        },
    } | changed


async def registered(client: httpx.AsyncClient, **changed: Any) -> dict[str, Any]:
    """Register an organisation, and return the answer."""
    answer = await client.post("/v1/organisations", json=registration(**changed))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def administrator_of(client: httpx.AsyncClient, made: dict[str, Any]) -> dict[str, str]:
    """Return the header of a seeded person who administers a registered organisation, too."""
    return await join(client, made["invitation"]["link"])
