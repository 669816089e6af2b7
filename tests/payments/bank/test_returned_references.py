"""A reference that gave money back does so once: told again otherwise it waits, or is refused."""

from pathlib import Path

import pytest

from ecosystem.payments.bank import actions
from ecosystem.payments.bank.model import BankReport, Resolution
from ecosystem.payments.rules import BankReferenceUsed
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import Standing, seen_by
from tests.builders import waiting
from tests.payments.agreement import AT, WORDS, Agreement, accept
from tests.payments.bank.messages import entry, notification
from tests.payments.bank.test_actions import agreed as agreed  # noqa: PLC0414 - a fixture
from tests.payments.bank.test_actions import told
from tests.payments.bank.test_returning import back, booked, outcomes, seen, settled
from tests.payments.steps import instructed, unsound

pytestmark = pytest.mark.anyio


async def two_settled(database: Database, agreed: Agreement, folder: Path) -> tuple[str, str]:
    """Have payments of 8000.00 and of 2000.00 settled."""
    first = await settled(database, agreed, folder)
    await accept(database, agreed, "handover")
    second = await instructed(database, agreed)
    await booked(database, agreed, folder, "2000.00", second)
    return first, second


async def resolve(
    database: Database, agreed: Agreement, waits: BankReport, payment_id: str | None
) -> Standing:
    by = agreed.actor("city", "treasurer")
    asked = Resolution(note=WORDS)
    if payment_id is not None:
        asked = Resolution(note=WORDS, payment_id=payment_id)
    async with database.transaction(seen_by(by)) as tx:
        return await actions.resolve(tx, waits.entries[0].id, asked, by=by, at=AT, expected=None)


async def test_a_return_told_again_of_another_payment_or_amount_waits_for_a_treasurer(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, second = await two_settled(database, agreed, tmp_path)
    await back(database, agreed, tmp_path, "1500.00", first, reference="BACK 1")

    other = await back(database, agreed, tmp_path, "1500.00", second, reference="BACK 1")
    more = await back(database, agreed, tmp_path, "1500.01", first, reference="BACK 1")
    again = await back(database, agreed, tmp_path, "1500.00", first, reference="BACK 1")

    assert [outcomes(one) for one in (other, more, again)] == [
        ["reference_used"], ["reference_used"], ["repeated"],
    ]  # fmt: skip
    assert [one.unmatched for one in (other, more, again)] == [1, 1, 0]
    assert (await seen(database, agreed, first)).paid.amount == "6500.00"
    assert (await seen(database, agreed, second)).paid.amount == "2000.00"
    assert await unsound(database) == []


async def test_a_return_in_another_currency_under_a_used_reference_waits_too(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first = await settled(database, agreed, tmp_path)
    await back(database, agreed, tmp_path, "1500.00", first, reference="BACK 2")
    said = entry(
        "1500.00", names=first[8:], reference="BACK 2", direction="CRDT", returned="AC04",
        currency="EUR",
    )  # fmt: skip

    report = await told(database, agreed, tmp_path, notification(said))

    assert outcomes(report) == ["reference_used"]


async def test_an_item_whose_return_is_taken_already_is_resolved_without_a_payment_alone(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, second = await two_settled(database, agreed, tmp_path)
    await back(database, agreed, tmp_path, "1500.00", first, reference="BACK 3")
    waits = await back(database, agreed, tmp_path, "1500.00", second, reference="BACK 3")

    for payment_id in (first, second):
        with pytest.raises(BankReferenceUsed, match=f"gave back money of {first}") as caught:
            await resolve(database, agreed, waits, payment_id)
        assert [one.pointer for one in caught.value.faults] == ["/payment_id"]
    done = await resolve(database, agreed, waits, None)

    assert done.state == "resolved"
    assert (await seen(database, agreed, first)).paid.amount == "6500.00"
    assert (await seen(database, agreed, second)).paid.amount == "2000.00"
    assert await unsound(database) == []


async def test_an_item_that_waited_before_its_return_was_taken_is_refused_by_name(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first, second = await two_settled(database, agreed, tmp_path)
    unnamed = entry("1500.00", reference="BACK 4", direction="CRDT", returned="AC04")
    waits = await told(database, agreed, tmp_path, notification(unnamed))
    assert outcomes(waits) == ["incoming"]

    async with database.transaction({"authority": str(agreed.authority)}) as tx:
        await tx._connection.fetch(  # noqa: SLF001 - who holds it is nobody's business
            "SELECT FROM payment WHERE id = $1 FOR UPDATE", first
        )
        taken = await waiting(
            back(database, agreed, tmp_path, "1500.00", first, reference="BACK 4")
        )
        hand = await waiting(resolve(database, agreed, waits, second))
    assert outcomes(await taken) == ["given_back"]
    with pytest.raises(BankReferenceUsed):
        await hand
    assert await unsound(database) == []


async def test_an_item_whose_reference_settles_another_payment_is_refused_at_its_payment(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    first = await instructed(database, agreed)
    await booked(database, agreed, tmp_path, "8000.00", first, reference="ICBC 5")
    await accept(database, agreed, "handover")
    second = await instructed(database, agreed)
    waits = await booked(database, agreed, tmp_path, "2000.00", second, reference="ICBC 5")
    assert outcomes(waits) == ["reference_used"]

    with pytest.raises(BankReferenceUsed, match=f"settles {first}") as caught:
        await resolve(database, agreed, waits, second)

    assert [one.pointer for one in caught.value.faults] == ["/payment_id"]
    assert await unsound(database) == []
