"""The parts of the tour in which something is declined, taken back, or ended."""

from datetime import timedelta
from typing import Any

from ecosystem.cli.caller import Caller
from ecosystem.cli.texts import text
from ecosystem.cli.world import World

_REASON = {"reason": text("不同意更换", "We want who was offered")}
_STANDSTILL = timedelta(days=11)
_SIGNING = timedelta(days=30)


def substitute(call: Caller, offer: str, asked: dict[str, Any]) -> str:
    """Have a substitution rejected, and take another back; return where the third one is."""
    paths: list[str] = []
    for _ in range(3):
        if len(paths) == 1:
            call.post(f"{paths[0]}/rejection", "city/officer", _REASON, changes=paths[0])
        elif paths:
            call.post(f"{paths[1]}/withdrawal", "enterprise/bidder", changes=paths[1])
        made = call.post(f"{offer}/substitutions", "enterprise/bidder", asked)
        paths.append(f"/v1/substitutions/{made['id']}")
    return paths[-1]


def decline(world: World) -> None:
    """Let one award lapse, have the next one declined, and end the lot."""
    world.set_clock(world.now + _STANDSTILL)
    call, award = world.caller, f"/v1/awards/{world.ids['award of solo']}"
    draft = call.post(
        "/v1/contracts",
        "city/officer",
        {
            "award_id": world.ids["award of solo"],
            "verifier_id": call.organisation("verifier"),
            "starts_on": (world.now + timedelta(days=5)).date().isoformat(),
            "values": {
                "platform_name": "深圳城市数据平台",
                "quality_baseline": "90",
                "sharing_baseline": "72",
            },
        },
    )
    there = f"/v1/contracts/{draft['id']}"
    called = {"reason": text("请在期限内签署", "Please sign in time")}
    call.post(f"{there}/signature-call", "city/officer", called, changes=there)
    world.set_clock(world.now + _SIGNING)
    lapsed = {"reason": text("中标人未在期限内签署", "The winner did not sign in time")}
    call.post(f"{award}/lapse", "city/approver", lapsed, changes=award)
    following = f"/v1/awards/{_award(world)}"
    world.set_clock(world.now + _STANDSTILL)
    declined = {"reason": text("人员已另有安排", "Our people are bound elsewhere by now")}
    call.post(f"{following}/declination", "think_tank/signatory", declined, changes=following)
    ended = {"kind": "delivery", "reason": text("余下报价超出预算", "The last price is too high")}
    call.post(f"/v1/lots/{world.ids['lot']}/ending", "city/approver", ended)


def _award(world: World) -> str:
    """Award to the next in the ranking; return the award."""
    call = world.caller
    asked = {"offer_id": world.ids["third"], "reason": text("排名其次", "Ranked next")}
    made = call.post(f"/v1/lots/{world.ids['lot']}/awards", "city/officer", asked)
    path = f"/v1/awards/{made['id']}"
    call.post(f"{path}/approval", "city/approver", changes=path)
    found: str = made["id"]
    return found
