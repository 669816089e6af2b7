"""A file of the bank over HTTP: as large as a whole file's answer is, and no larger."""

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from ecosystem.payments.bank.model import ORDERS_MAX, REPORT_BYTES_MAX
from tests.parties import bearer, seeded
from tests.payments.bank.messages import ACCOUNT, entry, notification
from tests.payments.bank.test_report import NAMED

pytestmark = pytest.mark.anyio
XML = {"content-type": "application/xml"}
TELL = """UPDATE organisation SET bank_account = json_build_object('holder', 'H',
  'number', $2::text, 'bank_code', '102100099996', 'currency', 'CNY') WHERE id = $1"""
SAID_OF_A_FILE = "SELECT count(*) FROM bank_item"
HUGE = 100_000_000
GOOD = notification(entry("8000.00", names=NAMED), message_id="whole")
BOMB = (
    b"<!DOCTYPE a [<!ENTITY a '" + b"a" * 100 + b"'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (at, b"&a%d;" % (at - 1) * 10) for at in range(1, 12))
    + b"]><a>&a11;</a>"
)  # fmt: skip


@pytest.fixture
async def treasurer(client: httpx.AsyncClient, owner_url: str) -> dict[str, str]:
    """The headers of a treasurer, whose authority has the account that reports are of."""
    headers = await bearer(client, "city", "treasurer")
    city = (await seeded(client)).party("city")
    connection = await asyncpg.connect(owner_url)
    await connection.execute(TELL, city.organisation_id, ACCOUNT)
    await connection.close()
    return headers


async def items(owner_url: str) -> int:
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SET app.purpose = 'calculation'")
    found: int = await connection.fetchval(SAID_OF_A_FILE)
    await connection.close()
    return found


async def test_what_a_bank_says_of_a_whole_file_of_payments_is_taken(
    client: httpx.AsyncClient, treasurer: dict[str, str]
) -> None:
    remarks = f"<AddtlNtryInf>{'转账附言' * 80}</AddtlNtryInf></Ntry>"
    booked = [entry("1.00").replace("</Ntry>", remarks) for _ in range(ORDERS_MAX)]
    content = notification(*booked)
    assert len(content) > 1_000_000

    taken = await client.post("/v1/bank-reports", content=content, headers={**treasurer, **XML})

    assert taken.status_code == 201, taken.text
    shown = await client.get(f"/v1/bank-reports/{taken.json()['id']}", headers=treasurer)
    assert (shown.json()["items"], shown.json()["unmatched"]) == (ORDERS_MAX, ORDERS_MAX)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (GOOD[:-40], "report_unreadable"),
        (GOOD + GOOD, "report_unreadable"),
        (BOMB, "report_unreadable"),
        (GOOD.replace(b"camt.054", b"camt.052"), "report_foreign"),
        (notification(entry("1.00"), account="999999"), "account_foreign"),
    ],
    ids=["truncated", "doubled", "bomb", "another message", "another account"],
)
async def test_a_file_that_is_refused_leaves_nothing_behind(
    client: httpx.AsyncClient, treasurer: dict[str, str], owner_url: str, content: bytes, code: str
) -> None:
    before = await items(owner_url)

    refused = await client.post("/v1/bank-reports", content=content, headers={**treasurer, **XML})

    said = refused.json()
    assert (refused.status_code, said["code"]) == (422, code), refused.text
    assert said["detail"]
    assert await items(owner_url) == before


async def test_a_hundred_megabytes_are_refused_before_they_have_arrived(
    client: httpx.AsyncClient, treasurer: dict[str, str]
) -> None:
    arrived = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal arrived
        while arrived < HUGE:
            arrived += 65_536
            yield b" " * 65_536

    said = await client.post(
        "/v1/bank-reports", content=b"", headers={**treasurer, **XML, "content-length": str(HUGE)}
    )
    poured = await client.post("/v1/bank-reports", content=pieces(), headers={**treasurer, **XML})

    assert [(one.status_code, one.json()["code"]) for one in (said, poured)] == [
        (413, "too_large"), (413, "too_large"),
    ]  # fmt: skip
    assert arrived <= REPORT_BYTES_MAX + 65_536
