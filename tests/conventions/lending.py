"""One of each thing that a bank and a supplier make with each other."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.contracts.partnership import Partnership

_LENDER: Final = ("bank", "lender")
_SUPPLIER: Final = ("enterprise", "delivery")
_SIGNATORY: Final = ("enterprise", "signatory")
_TERMS: Final[dict[str, Any]] = {
    "amount": {"amount": "1000.00", "currency": "CNY"}, "annual_rate": "4",
    "day_count": "actual_365", "tenor_months": 12, "repayment": "equal_principal",
}  # fmt: skip


async def lent(at: Partnership) -> dict[str, str]:
    """Return a facility, a drawdown and a repayment of it, an assignment and a disclosure."""
    contract = f"/v1/contracts/{at.contract_id}"
    facility_id = (await at.made(f"{contract}/facilities", {"terms": _TERMS}, by=_LENDER))["id"]
    there = f"/v1/facilities/{facility_id}"
    await at.made(f"{there}/agreement", None, by=_SIGNATORY, If_Match="*")
    asked: dict[str, Any] = {"amount": {"amount": "900.00", "currency": "CNY"}}
    drawdown_id = (await at.made(f"{there}/drawdowns", asked, by=_SUPPLIER))["id"]
    drawdown, today = f"/v1/drawdowns/{drawdown_id}", datetime.now(UTC).date().isoformat()
    await at.made(f"{drawdown}/approval", None, by=("bank", "signatory"), If_Match="*")
    paid = {"disbursed_on": today, "bank_reference": "OUT 1"}
    await at.made(f"{drawdown}/disbursement", paid, by=_LENDER, If_Match="*")
    back = {**asked, "received_on": today, "bank_reference": "IN 1"}
    repayment = await at.made(f"{there}/repayments", back, by=_LENDER)
    assignment = await at.made(f"{there}/assignments", None, by=_SIGNATORY)
    consent = {
        "lender_id": at.id_of("bank"), "scopes": ["payments"],
        "until_at": (datetime.now(UTC) + timedelta(days=365)).isoformat(),
    }  # fmt: skip
    disclosure = await at.made(f"{contract}/disclosures", consent, by=_SIGNATORY)
    return {
        "facility_id": facility_id, "drawdown_id": drawdown_id,
        "repayment_id": repayment["id"], "assignment_id": assignment["id"],
        "disclosure_id": disclosure["id"],
    }  # fmt: skip
