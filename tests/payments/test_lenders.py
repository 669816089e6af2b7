"""What a lender reads of payments by consent: not who else lends to the supplier."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import OrganisationKind, Role
from tests.finance.lending import assigned, disbursed, lent
from tests.identity.parties import registered
from tests.joining import header_of, joined
from tests.parties import bearer
from tests.payments import steps
from tests.payments.agreement import Agreement, accept, agree, payments

pytestmark = pytest.mark.anyio
KIND = OrganisationKind.FINANCIAL_INSTITUTION


@pytest.fixture
async def agreed(client: httpx.AsyncClient, database: Database, chosen: Settings) -> Agreement:
    assert (await client.get("/v1/sandbox/parties")).status_code == 200
    return await agree(database, Path(chosen.data_folder or "."), with_lender=True)


@pytest.fixture
async def other(client: httpx.AsyncClient, database: Database, agreed: Agreement) -> dict[str, str]:
    """Another lender, to whom the supplier discloses its payments from now on."""
    made = await registered(client, kind=KIND)
    lender_id = made["organisation_id"]
    person_id = await joined(database, lender_id, KIND, Role.LENDER)
    asked = {
        "lender_id": lender_id, "scopes": ["payments"], "until_at": "2030-01-01T00:00:00Z",
    }  # fmt: skip
    answer = await client.post(
        f"/v1/contracts/{agreed.contract_id}/disclosures", json=asked,
        headers=await bearer(client, "enterprise", "signatory"),
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    return await header_of(client, person_id, lender_id)


async def _paid(database: Database, agreed: Agreement, *, to_bank: bool) -> str:
    if to_bank:
        facility_id = await lent(database, agreed)
        await disbursed(database, agreed, facility_id)
        await assigned(database, agreed, facility_id)
    await accept(database, agreed, "opening")
    payment_id = await steps.instructed(database, agreed)
    await steps.settle(database, agreed, payment_id)
    return payment_id


async def _read(
    client: httpx.AsyncClient, payment_id: str, headers: dict[str, str]
) -> tuple[dict[str, Any], str]:
    answer = await client.get(f"/v1/payments/{payment_id}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found, answer.headers["etag"]


async def test_a_lender_does_not_learn_which_other_lender_was_paid(
    client: httpx.AsyncClient, database: Database, agreed: Agreement, other: dict[str, str]
) -> None:
    payment_id = await _paid(database, agreed, to_bank=True)
    bank = agreed.parties.party("bank").organisation_id

    shown, mark = await _read(client, payment_id, other)

    assert (shown["state"], shown["amount"]["amount"]) == ("settled", "8000.00")
    assert shown["settlements"][0]["amount"]["amount"] == "8000.00"
    assert bank not in str(shown)
    assert (shown["paid_to_id"], shown["settlements"][0]["paid_to_id"]) == (None, None)
    for who in (("city", "treasurer"), ("enterprise", "delivery"), ("bank", "lender")):
        whole, etag = await _read(client, payment_id, await bearer(client, *who))
        assert (whole["paid_to_id"], whole["settlements"][0]["paid_to_id"]) == (bank, bank)
        assert etag != mark
    assert len(await payments(database, agreed)) == 1


async def test_a_lender_reads_that_the_supplier_itself_was_paid(
    client: httpx.AsyncClient, database: Database, agreed: Agreement, other: dict[str, str]
) -> None:
    payment_id = await _paid(database, agreed, to_bank=False)
    supplier = agreed.parties.party("enterprise").organisation_id

    shown, mark = await _read(client, payment_id, other)

    assert (shown["paid_to_id"], shown["settlements"][0]["paid_to_id"]) == (supplier, supplier)
    treasurer = await bearer(client, "city", "treasurer")
    assert (await _read(client, payment_id, treasurer))[1] == mark
