"""What is negotiated about the draft of a contract, and what alters one in force."""

from tests.contracts.changing import proposed, read, signed
from tests.contracts.partnership import Partnership


async def negotiated(at: Partnership) -> str:
    """Propose something for another draft of the award, which stays a draft."""
    officer = ("city", "officer")
    there = f"/v1/contracts/{(await at.made('/v1/contracts', at.draft(), by=officer))['id']}"
    asked = {
        "base_digest": (await read(at, there, officer))["terms_digest"],
        "values": {"quality_baseline": "61"}, "reason": {"en": "Measured again"},
    }  # fmt: skip
    identifier: str = (await at.made(f"{there}/proposals", asked, by=officer))["id"]
    return identifier


async def changed(at: Partnership) -> str:
    """Bring a change of the contract into force."""
    moved = {"due_dates": [{"code": "handover", "due_on": "2028-02-01"}]}
    change = await proposed(at, moved)
    await signed(at, change)
    return str(change["id"])


async def turned(at: Partnership) -> str:
    """Suspend the contract and resume it; return the latter turn."""
    turn_id = ""
    for kind, more in (("suspension", {"ground": "safety"}), ("resumption", {})):
        asked = {"kind": kind, **more, "reason": {"en": "An inspection"}}
        path = f"/v1/contracts/{at.contract_id}/turns"
        made = await at.made(path, asked, by=("city", "officer"), If_Match="*")
        turn_id = made["id"]
        there = f"/v1/contract-turns/{turn_id}/approval"
        await at.made(there, None, by=("city", "approver"), If_Match="*")
    return turn_id
