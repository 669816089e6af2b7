"""A deduction, as the walk over every route needs one."""

from tests.contracts.partnership import Partnership

_SUPPLIER = ("enterprise", "delivery")


async def deducted(at: Partnership) -> dict[str, str]:
    """Verify what is worse than agreed, so that something is deducted."""
    contract = f"/v1/contracts/{at.contract_id}"
    metrics = (await at.get(f"{contract}/metrics?limit=100", by=_SUPPLIER)).json()["data"]
    metric_id = next(one["id"] for one in metrics if one["code"] == "platform-availability")
    report = {
        "period": {"starts_on": "2025-05-01", "ends_on": "2025-06-01"}, "value": "98",
        "source": "monitor", "method": {"en": "All records"},
    }  # fmt: skip
    made = await at.made(f"/v1/metrics/{metric_id}/observations", report, by=_SUPPLIER)
    there, why = f"/v1/observations/{made['id']}/verification", {"reason": {"en": "Seen"}}
    await at.made(there, why, by=("verifier", "verifier"), If_Match="*")
    listed = (await at.get(f"{contract}/deductions", by=_SUPPLIER)).json()["data"]
    return {"deduction_id": listed[0]["id"]}
