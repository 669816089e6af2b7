"""A vendor who has events sent to it."""

import time

from ecosystem.cli.caller import Json
from ecosystem.cli.world import World
from tests.serving.service import free_port

_BY = "enterprise/bidder"


def follow(world: World) -> None:
    """Register a webhook whose target is not there, and go through all that can be done with it."""
    call = world.caller
    asked = {
        "url": f"http://127.0.0.1:{free_port()}/ecosystem",
        "description": "Dispatch",
        "event_types": ["search.matched"],
    }
    hook = f"/v1/webhooks/{call.post('/v1/webhooks', _BY, asked)['id']}"
    call.get("/v1/webhooks", _BY)
    call.get(hook, _BY)
    call.patch(hook, _BY, {"description": "Dispatch, second floor"})
    call.post(f"{hook}/secrets", _BY, {"keeps_hours": 48}, changes=hook)
    call.post(f"{hook}/pause", _BY, changes=hook)
    call.post(f"{hook}/resumption", _BY, changes=hook)
    call.post(f"{hook}/test", _BY)
    dead = _ended(world, hook)
    call.post(f"/v1/webhook-deliveries/{dead['id']}/replay", _BY)
    call.post(f"{hook}/replay", _BY)


def _ended(world: World, hook: str) -> Json:
    """Wait until a test has failed, and return its delivery."""
    found: Json = {}
    for _ in range(200):
        found = world.caller.get(f"{hook}/deliveries", _BY)["data"][0]
        if found["state"] == "dead":
            return found
        time.sleep(0.05)
    raise AssertionError(found)
