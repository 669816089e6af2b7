"""What a lender was paid and the bank gives back is owed again: the last that it paid first."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.contracts.model import State as ContractState
from ecosystem.finance.assigning import actions as assigning
from ecosystem.finance.model import FacilityFacts, State
from ecosystem.finance.servicing import actions as servicing
from ecosystem.finance.servicing import queries as serviced
from ecosystem.finance.undoing import rules
from ecosystem.finance.undoing.model import UndoFacts
from ecosystem.finance.waterfall import Claim, apply
from ecosystem.runtime.database import Database
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.money import Money
from tests.finance.lending import (
    LENDER,
    act_as,
    assigned,
    book,
    disbursed,
    lent,
    position,
    repaid,
    unsound,
)
from tests.payments import steps
from tests.payments.agreement import AT, WORDS, Agreement, accept, agree, payments
from tests.payments.bank.messages import ACCOUNT, entry, notification
from tests.payments.bank.test_actions import TELL, instructed_anew, ordered, told

pytestmark = pytest.mark.anyio
CLAIMS = st.lists(
    st.builds(
        Claim,
        rank=st.sampled_from(["fee", "interest", "principal", "early_principal"]),
        of=st.sampled_from(["drawdown_a", "drawdown_b"]),
        due_on=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        amount=st.decimals(min_value=1, max_value=1000, places=2).map(str),
    ),
    max_size=8,
)
AMOUNT = st.decimals(min_value=1, max_value=5000, places=2)

_AGAIN = """INSERT INTO repayment_return (authority_id, payment_id, version, settled_version,
    repayment_id, facility_id, amount, currency, surplus, document, recorded_by, recorded_at)
  SELECT authority_id, payment_id, version + 1, settled_version, repayment_id, facility_id, amount,
    currency, surplus, document, recorded_by, recorded_at FROM repayment_return"""
_AGREED = FacilityFacts(
    facility_id="facility_x", state=State.AGREED, contract_id="contract_x",
    contract_state=ContractState.ACTIVE, lender_id="org_l", borrower_id="org_b",
    amount=Money("60000.00", "CNY"), offered_by="person_l",
)  # fmt: skip
_BY = Actor(
    organisation_id="org_c", organisation_number=7, kind=OrganisationKind.GOVERNMENT,
    verified=True, jurisdiction="CN", client_id="client_c",
)  # fmt: skip


@pytest.fixture
async def agreed(database: Database, owner_url: str, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path, with_lender=True)
    connection = await asyncpg.connect(owner_url)
    for party, number in (("city", ACCOUNT), ("bank", "110060149012345678")):
        await connection.execute(TELL, made.parties.party(party).organisation_id, number)
    await connection.close()
    return made


async def paid(
    database: Database, agreed: Agreement, folder: Path, *, repays_early: bool
) -> tuple[str, str]:
    """Have 8000.00 paid to the lender by a file; return payment and facility."""
    facility_id = await lent(database, agreed, repays_early=repays_early)
    await disbursed(database, agreed, facility_id)
    await assigned(database, agreed, facility_id)
    await accept(database, agreed, "opening")
    payment_id = await steps.instructed(database, agreed)
    await ordered(database, agreed, folder, payment_id)
    await told(database, agreed, folder, notification(entry("8000.00", names=payment_id[8:])))
    return payment_id, facility_id


async def back(
    database: Database, agreed: Agreement, folder: Path, amount: str, payment_id: str
) -> str:
    said = entry(amount, names=payment_id[8:], direction="CRDT", returned="AC04")
    [item] = (await told(database, agreed, folder, notification(said))).entries
    return str(item.reason or item.outcome)


async def test_principal_that_was_repaid_early_is_owed_again(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, facility_id = await paid(database, agreed, tmp_path, repays_early=True)

    outcome = await back(database, agreed, tmp_path, "3000.00", payment_id)

    held = await book(database, facility_id)
    assert outcome == "given_back"
    assert (held["repaid"], held["outstanding"]) == (Decimal("5000.00"), Decimal("19000.00"))
    owed = await position(database, agreed, facility_id, on=AT.date())
    assert owed.not_due.amount == "19000.00"
    assert await unsound(database) == []


async def test_interest_grows_as_if_what_went_back_had_never_come(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, facility_id = await paid(database, agreed, tmp_path, repays_early=True)
    day = AT.date() + timedelta(days=9)
    less = (await position(database, agreed, facility_id, on=day)).due

    await back(database, agreed, tmp_path, "8000.00", payment_id)

    more = (await position(database, agreed, facility_id, on=day)).due
    # Nine days of 6 % in a year of 360 days, on 16,000 and on 24,000.
    assert (less.amount, more.amount) == ("24.00", "36.00")
    assert await unsound(database) == []


async def test_the_surplus_goes_back_first_and_is_paid_again_by_what_comes_next(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, facility_id = await paid(database, agreed, tmp_path, repays_early=False)

    await back(database, agreed, tmp_path, "3000.00", payment_id)
    first = await book(database, facility_id)
    await instructed_anew(database, agreed, payment_id)
    file = await ordered(database, agreed, tmp_path, payment_id)
    await told(database, agreed, tmp_path, notification(entry("3000.00", names=payment_id[8:])))

    [now] = await payments(database, agreed)
    assert first["surplus"] == Decimal("5000.00")
    assert file.total.amount == "3000.00"
    assert (now["state"], now["paid"], now["paid_to_id"]) == (
        "settled", Decimal(8000), agreed.parties.party("bank").organisation_id,
    )  # fmt: skip
    assert (await book(database, facility_id))["surplus"] == Decimal("8000.00")
    assert await unsound(database) == []


async def test_what_came_back_from_a_lender_goes_to_the_supplier_after_the_release(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, facility_id = await paid(database, agreed, tmp_path, repays_early=True)
    [row] = await payments(database, agreed)
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: assigning.release(
            tx, row["assignment_id"], reason=WORDS, by=by, at=AT, expected=None
        ),
    )  # fmt: skip

    await back(database, agreed, tmp_path, "8000.00", payment_id)
    await instructed_anew(database, agreed, payment_id)
    await told(database, agreed, tmp_path, notification(entry("8000.00", names=payment_id[8:])))

    [now] = await payments(database, agreed)
    assert (now["state"], now["paid_to_id"]) == ("settled", now["payee_id"])
    assert (await book(database, facility_id))["outstanding"] == Decimal("24000.00")
    assert await unsound(database) == []


async def test_a_repayment_of_the_borrower_stays_when_an_earlier_one_goes_back(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, facility_id = await paid(database, agreed, tmp_path, repays_early=True)
    await repaid(database, agreed, facility_id, "16000.00", at=AT)

    await back(database, agreed, tmp_path, "500.00", payment_id)

    owed = await position(database, agreed, facility_id, on=AT.date())
    assert (owed.due.amount, owed.not_due.amount) == ("0.00", "500.00")
    assert await unsound(database) == []


async def test_of_a_closed_facility_only_the_surplus_goes_back(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, facility_id = await paid(database, agreed, tmp_path, repays_early=True)
    await repaid(database, agreed, facility_id, "16100.00", at=AT)
    [row] = await payments(database, agreed)
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: assigning.release(
            tx, row["assignment_id"], reason=WORDS, by=by, at=AT, expected=None
        ),
    )  # fmt: skip
    await act_as(
        database, agreed, LENDER,
        lambda tx, by: servicing.close(tx, facility_id, by=by, at=AT, expected=None),
    )  # fmt: skip

    outcome = await back(database, agreed, tmp_path, "8000.00", payment_id)

    [now] = await payments(database, agreed)
    assert (outcome, now["state"]) == ("facility_closed", "settled")
    assert await unsound(database) == []


async def test_a_repayment_says_what_of_it_went_back(
    database: Database, agreed: Agreement, tmp_path: Path
) -> None:
    payment_id, facility_id = await paid(database, agreed, tmp_path, repays_early=True)
    await back(database, agreed, tmp_path, "3000.00", payment_id)
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    row = await connection.fetchrow(
        "SELECT * FROM repayment_return WHERE payment_id = $1", payment_id
    )
    assert row is not None

    seen = await act_as(
        database, agreed, LENDER, lambda tx, _: serviced.view(tx, row["repayment_id"])
    )
    for wrong in (
        "UPDATE repayment_return SET amount = 1",
        "INSERT INTO repayment_return SELECT * FROM repayment_return",
        _AGAIN,
    ):
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute(wrong)
    await connection.close()

    said = msgspec.json.decode(seen)
    assert (said["amount"]["amount"], said["returned"]["amount"]) == ("8000.00", "3000.00")
    assert row["facility_id"] == facility_id


@settings(max_examples=200, deadline=None)
@given(claims=CLAIMS, cash=AMOUNT, shares=st.lists(st.integers(1, 100), min_size=1, max_size=4))
def test_what_stays_is_what_so_much_less_would_have_paid(
    claims: list[Claim], cash: Decimal, shares: list[int]
) -> None:
    whole = apply(Money(f"{cash}", "CNY"), claims)
    before, undone, surplus = Decimal(0), Decimal(0), Decimal(0)
    for share in shares:
        amount = min(cash - before, (cash * share / 100).quantize(Decimal("0.01")))
        if amount <= 0:
            continue
        made = rules.undo(
            UndoFacts(
                facility=_AGREED, payment_id="payment_x", application=whole,
                undone_before=f"{before}", amount=Money(f"{amount}", "CNY"),
            ),
            by=_BY, at=AT,
        )  # fmt: skip
        before += amount
        undone += sum((Decimal(one.amount) for one in made.lines), Decimal(0))
        surplus += Decimal(made.surplus)

    less = apply(Money(f"{cash - before}", "CNY"), claims)
    stay = [rules.stays(one, gone=before) for one in whole.lines]
    assert stay == [Decimal(one.paid) for one in less.lines]
    assert undone + surplus == before
    assert Decimal(whole.surplus) - surplus == Decimal(less.surplus)
