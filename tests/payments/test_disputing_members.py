"""A dispute of a calculation holds each member's part by the shares; an own one its own only."""

from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from ecosystem.payments.disputing import actions, rules
from ecosystem.payments.disputing.model import DisputeDraft, Proposal
from ecosystem.payments.disputing.tables import payment_dispute
from ecosystem.payments.rules import CalculationMissing, PaymentMissing
from ecosystem.runtime.database import Database, Record
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.money import Money
from tests.builders import waiting
from tests.payments import agreement
from tests.payments.agreement import AT, WORDS, Agreement, accept, agree, calculations, payments
from tests.payments.steps import approve, claim, unsound
from tests.payments.together import Together

pytestmark = pytest.mark.anyio
LEAD, MEMBER, THIRD = "enterprise", "second_enterprise", "think_tank"
MEMBERS = (LEAD, MEMBER, THIRD)
BUYER = ("city", "approver")


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    together = Together(((LEAD, "33.34"), (MEMBER, "33.33"), (THIRD, "33.33")))
    made = await agree(database, tmp_path, together=together)
    await accept(database, made, "opening")
    return made


@pytest.mark.parametrize("who", [BUYER, (LEAD, "delivery")], ids=["authority", "lead"])
async def test_a_calculation_is_disputed_by_the_shares_and_the_parts_add_up(
    database: Database, agreed: Agreement, who: tuple[str, str]
) -> None:
    await _dispute_whole(database, agreed, "1000.01", who=who)

    held = await _disputes(database, agreed)
    parts = {one["payee_id"]: one["amount"] for one in held}
    assert [parts[_id(agreed, party)] for party in MEMBERS] == [
        Decimal("333.40"), Decimal("333.31"), Decimal("333.30"),
    ]  # fmt: skip
    assert sum(parts.values()) == Decimal("1000.01")
    standing = [one for one in await payments(database, agreed) if one["state"] == "computed"]
    assert sum(one["amount"] for one in standing) == 8000
    assert await unsound(database) == []
    # Each is resolved with the member whose payment it holds.
    mine = next(one["id"] for one in held if one["payee_id"] == _id(agreed, MEMBER))
    with pytest.raises(rules.DisputeMissing):
        await _propose(database, agreed, mine, who=(LEAD, "delivery"))
    await _propose(database, agreed, mine, who=(MEMBER, "delivery"))
    by = agreed.actor(*BUYER)
    async with database.transaction(seen_by(by)) as tx:
        await actions.resolve(tx, mine, by=by, at=AT, expected=None)
    left = [one["state"] for one in await _disputes(database, agreed)]
    assert sorted(left) == ["open", "open", "resolved"]
    assert await unsound(database) == []


async def test_a_member_disputes_its_own_payment_and_no_more_than_that(
    database: Database, agreed: Agreement
) -> None:
    own, leads = await _payment(database, agreed, MEMBER), await _payment(database, agreed, LEAD)

    with pytest.raises(PaymentMissing):
        await _dispute(database, agreed, leads["id"], "1.00", who=(MEMBER, "delivery"))
    with pytest.raises(rules.NotOfCalculation):
        await _dispute_whole(database, agreed, "1.00", who=(MEMBER, "delivery"))
    with pytest.raises(CalculationMissing):
        await _dispute_whole(database, agreed, "1.00", who=("bank", "lender"))
    await _dispute(database, agreed, own["id"], "5.00", who=(MEMBER, "delivery"))

    [dispute] = await _disputes(database, agreed)
    assert (dispute["payee_id"], dispute["amount"]) == (_id(agreed, MEMBER), Decimal("5.00"))
    assert dispute["opened_for"] == _id(agreed, MEMBER)
    assert await _payment(database, agreed, LEAD) == leads
    # Who has opened it for the payee goes on to speak for it, and for nobody else.
    await _propose(database, agreed, dispute["id"], who=(MEMBER, "delivery"))
    assert await unsound(database) == []


@pytest.mark.parametrize("amount", ["0", "8000.01"])
async def test_no_more_than_the_calculation_is_disputed(
    database: Database, agreed: Agreement, amount: str
) -> None:
    with pytest.raises(rules.DisputedPartUnfit):
        await _dispute_whole(database, agreed, amount, who=BUYER)


async def test_nothing_is_held_where_a_members_part_cannot_be(
    database: Database, agreed: Agreement
) -> None:
    taken = await _payment(database, agreed, THIRD)
    await claim(database, agreed, taken["id"], payee=THIRD)
    await approve(database, agreed, taken["id"])

    with pytest.raises(rules.DisputedPartUnfit, match="is approved"):
        await _dispute_whole(database, agreed, "3.00", who=BUYER)

    assert await _disputes(database, agreed) == []


async def test_of_two_that_dispute_all_of_it_at_once_one_does(
    database: Database, agreed: Agreement
) -> None:
    by, newest = agreed.actor(*BUYER), (await calculations(database, agreed))[-1]["id"]
    asked = DisputeDraft(amount=Money("8000.00", "CNY"), reason=WORDS)

    async with database.transaction(seen_by(by)) as tx:
        await actions.dispute_calculation(tx, newest, asked, by=by, at=AT)
        second = await waiting(_dispute_whole(database, agreed, "8000.00", who=(LEAD, "delivery")))
    with pytest.raises(rules.DisputedPartUnfit):
        await second

    assert len(await _disputes(database, agreed)) == 3
    assert await unsound(database) == []


WITHOUT_PARTS = (
    "INSERT INTO calculation_dispute SELECT authority_id, id, now(), contract_id, 1, currency, "
    "'person_x', $2 FROM calculation WHERE id = $1"
)
ONE_MORE = (
    "INSERT INTO payment_dispute (authority_id, id, version, state, contract_id, payee_id, "
    "disputed_id, held_id, amount, currency, reason, opened_by, opened_for, "
    "disputed_calculation_id, opened_at) SELECT authority_id, 'dispute_' || right(held_id, 32), 1, "
    "'open', contract_id, payee_id, disputed_id, held_id, amount, currency, reason, opened_by, "
    "opened_for, disputed_calculation_id, opened_at FROM payment_dispute "
    "WHERE disputed_calculation_id = $1 AND $2 <> ''"
)
ANOTHER_OPENS = ONE_MORE.replace("opened_for, disputed_calculation_id, opened_at FROM", (
    "$2, disputed_calculation_id, opened_at FROM"
)).replace(" AND $2 <> ''", "")  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (WITHOUT_PARTS, "what_is_held_adds_up"),
        (ONE_MORE, "payment_dispute_whole_is_open"),
        (ANOTHER_OPENS, "payment_dispute_is_a_sides"),
    ],
)
async def test_the_database_holds_that_the_parts_add_up(
    database: Database, agreed: Agreement, statement: str, constraint: str
) -> None:
    newest = (await calculations(database, agreed))[-1]["id"]
    await _dispute_whole(database, agreed, "300.00", who=BUYER)

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        async with database.transaction(seen_by(agreed.actor(*BUYER))) as tx:
            await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
                statement, newest, _id(agreed, "verifier")
            )

    assert refused.value.constraint_name == constraint


def _id(agreed: Agreement, party: str) -> str:
    return agreed.parties.party(party).organisation_id


async def _payment(database: Database, agreed: Agreement, party: str) -> Record:
    made = await payments(database, agreed)
    return next(one for one in made if one["payee_id"] == _id(agreed, party))


async def _disputes(database: Database, agreed: Agreement) -> list[Record]:
    return await agreement._rows(database, agreed, payment_dispute)  # noqa: SLF001


async def _dispute(
    database: Database, agreed: Agreement, payment_id: str, amount: str, *, who: tuple[str, str]
) -> Standing:
    by, asked = agreed.actor(*who), DisputeDraft(amount=Money(amount, "CNY"), reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        return await actions.open_dispute(tx, payment_id, asked, by=by, at=AT, expected=None)


async def _dispute_whole(
    database: Database, agreed: Agreement, amount: str, *, who: tuple[str, str]
) -> Standing:
    newest = (await calculations(database, agreed))[-1]["id"]
    by, asked = agreed.actor(*who), DisputeDraft(amount=Money(amount, "CNY"), reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        return await actions.dispute_calculation(tx, newest, asked, by=by, at=AT)


async def _propose(
    database: Database, agreed: Agreement, dispute_id: str, *, who: tuple[str, str]
) -> Standing:
    by, asked = agreed.actor(*who), Proposal(payable=Money("2.00", "CNY"), reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        return await actions.propose(tx, dispute_id, asked, by=by, at=AT, expected=None)
