"""Of those who supply together each borrows, assigns and discloses what is paid to itself."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import func, select

from ecosystem.finance import actions as facilities
from ecosystem.finance import rules as facility_rules
from ecosystem.finance.assigning import actions as assigning
from ecosystem.finance.assigning import rules as assigning_rules
from ecosystem.finance.disclosing import actions as disclosing
from ecosystem.finance.disclosing import queries as disclosed
from ecosystem.finance.disclosing import rules as disclosing_rules
from ecosystem.finance.disclosing.model import Disclosed, DisclosureDraft, Scope
from ecosystem.finance.model import FacilityDraft
from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.database import Database, Record, Statement
from ecosystem.runtime.web import Standing, seen_by
from tests.builders import waiting
from tests.finance.lending import (
    LENDER,
    SIGNATORY,
    act_as,
    assigned,
    book,
    disbursed,
    lent,
    offered,
    unsound,
)
from tests.payments import steps
from tests.payments.agreement import AT, Agreement, accept, agree, payments
from tests.payments.together import Together

pytestmark = pytest.mark.anyio
MEMBER = "second_enterprise"
SIGNS = (MEMBER, "signatory")
SOON = AT + timedelta(days=30)


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    together = Together((("enterprise", "60"), (MEMBER, "40")))
    return await agree(database, tmp_path, with_lender=True, together=together)


async def test_a_member_assigns_its_own_payments_and_they_pay_its_own_loan(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed, to=MEMBER, repays_early=True)
    await disbursed(database, agreed, facility_id, to=MEMBER)
    assignment_id = await assigned(database, agreed, facility_id, of=MEMBER)
    await accept(database, agreed, "opening")

    for party in ("enterprise", MEMBER):
        made = await _payment_of(database, agreed, party)
        await steps.claim(database, agreed, made["id"], payee=party)
        for step in (steps.approve, steps.instruct, steps.settle):
            await step(database, agreed, made["id"])

    own = await _payment_of(database, agreed, MEMBER)
    leads = await _payment_of(database, agreed, "enterprise")
    assert (own["paid_to_id"], own["assignment_id"]) == (_id(agreed, "bank"), assignment_id)
    assert (leads["paid_to_id"], leads["assignment_id"]) == (leads["payee_id"], None)
    held = await book(database, facility_id)
    assert (held["repaid"], held["outstanding"]) == (Decimal("3200.00"), Decimal("20800.00"))
    assert await unsound(database) == []


async def test_two_members_assign_at_once_and_one_of_them_not_twice(
    database: Database, agreed: Agreement
) -> None:
    leads, first, second = (
        await lent(database, agreed), await lent(database, agreed, to=MEMBER),
        await lent(database, agreed, to=MEMBER),
    )  # fmt: skip
    member, lead = agreed.actor(*SIGNS), agreed.actor(*SIGNATORY)

    async with database.transaction(seen_by(member)) as tx:
        await assigning.assign(tx, first, by=member, at=AT)
        async with database.transaction(seen_by(lead)) as beside:
            await assigning.assign(beside, leads, by=lead, at=AT)
        again = await waiting(
            act_as(
                database, agreed, SIGNS, lambda tx, by: assigning.assign(tx, second, by=by, at=AT)
            )
        )

    with pytest.raises(asyncpg.UniqueViolationError, match="claims_are_assigned_once"):
        await again
    with pytest.raises(assigning_rules.AssignedBefore):
        await assigned(database, agreed, second, of=MEMBER)


async def test_nobody_assigns_or_sees_what_is_paid_to_another_member(
    database: Database, agreed: Agreement
) -> None:
    leads, own = await lent(database, agreed), await lent(database, agreed, to=MEMBER)

    for who, theirs in ((MEMBER, leads), ("enterprise", own)):
        with pytest.raises(facility_rules.FacilityMissing):
            await assigned(database, agreed, theirs, of=who)


async def test_only_who_is_paid_borrows_and_what_was_awarded_is_the_leads(
    database: Database, agreed: Agreement
) -> None:
    with pytest.raises(facility_rules.BorrowerUnpaid):
        await offered(database, agreed, to="verifier")
    awarded = FacilityDraft(borrower_id=_id(agreed, MEMBER))
    with pytest.raises(facility_rules.BorrowerUnpaid):
        await act_as(
            database, agreed, LENDER,
            lambda tx, by: facilities.offer(tx, agreed.contract_id, awarded, by=by, at=AT),
        )  # fmt: skip
    facility_id = await offered(database, agreed)
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        async with database.transaction(seen_by(agreed.actor(*LENDER))) as tx:
            await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
                "INSERT INTO facility (authority_id, id, version, state, contract_id, lender_id, "
                "borrower_id, terms, amount, currency, offered_by, offered_at) SELECT "
                "authority_id, 'facility_' || reverse(substr(id, 10)), 1, 'offered', contract_id, "
                "lender_id, $2, terms, amount, currency, offered_by, offered_at "
                "FROM facility WHERE id = $1",
                facility_id, _id(agreed, "verifier"),
            )  # fmt: skip
    assert refused.value.constraint_name == "who_borrows_is_paid"


async def test_a_member_discloses_its_own_payments_and_all_of_them_what_is_divided(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")

    await _given(database, agreed, SIGNS)
    assert await _seen(database, agreed) == ([_id(agreed, MEMBER)], 0)

    disclosure_id = await _given(database, agreed, SIGNATORY)
    both = sorted(_id(agreed, one) for one in ("enterprise", MEMBER))
    assert await _seen(database, agreed) == (both, 1)

    with pytest.raises(disclosing_rules.DisclosureMissing):
        await _revoked(database, agreed, disclosure_id, SIGNS)
    await _revoked(database, agreed, disclosure_id, SIGNATORY)
    assert await _seen(database, agreed) == ([_id(agreed, MEMBER)], 0)


async def test_what_all_deliver_together_is_seen_once_all_of_them_consent(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")
    whole = (Scope.PAYMENTS, Scope.MILESTONES, Scope.OBSERVATIONS)

    await _given(database, agreed, SIGNS, *whole)
    alone = await _disclosed(database, agreed)
    assert (alone.scopes, alone.milestones, alone.observations) == (("payments",), None, None)
    assert not await _everyone_discloses(database, agreed, Scope.MILESTONES)

    disclosure_id = await _given(database, agreed, SIGNATORY, Scope.MILESTONES)
    both = await _disclosed(database, agreed)
    assert both.scopes == ("milestones", "payments")
    assert [one.code for one in both.milestones or ()] == ["opening"]
    assert both.observations is None
    assert await _everyone_discloses(database, agreed, Scope.MILESTONES)

    await _revoked(database, agreed, disclosure_id, SIGNATORY)
    assert (await _disclosed(database, agreed)).scopes == ("payments",)


def _id(agreed: Agreement, party: str) -> str:
    return agreed.parties.party(party).organisation_id


async def _payment_of(database: Database, agreed: Agreement, party: str) -> Record:
    [found] = [
        one for one in await payments(database, agreed) if one["payee_id"] == _id(agreed, party)
    ]
    return found


async def _given(
    database: Database, agreed: Agreement, who: tuple[str, str], *scopes: Scope
) -> str:
    asked = DisclosureDraft(
        lender_id=_id(agreed, "bank"), scopes=scopes or (Scope.PAYMENTS, Scope.CALCULATIONS),
        until_at=SOON,
    )  # fmt: skip
    made: Standing = await act_as(
        database, agreed, who,
        lambda tx, by: disclosing.give(tx, agreed.contract_id, asked, by=by, at=AT),
    )  # fmt: skip
    return made.id


async def _revoked(
    database: Database, agreed: Agreement, disclosure_id: str, who: tuple[str, str]
) -> None:
    await act_as(
        database, agreed, who,
        lambda tx, by: disclosing.revoke(tx, disclosure_id, by=by, at=AT, expected=None),
    )  # fmt: skip


async def _disclosed(database: Database, agreed: Agreement) -> Disclosed:
    """Return what the bank reads of what is disclosed to it."""
    by = agreed.actor(*LENDER)
    async with database.reading({**seen_by(by), "now": str(int(AT.timestamp()))}) as tx:
        return await disclosed.disclosed(tx, agreed.contract_id, by=by, at=AT)


async def _everyone_discloses(database: Database, agreed: Agreement, what: Scope) -> bool:
    """Ask the database itself, as the bank."""
    asked = select(
        func.everyone_discloses(
            agreed.authority, agreed.contract_id, _id(agreed, "bank"), what.value, AT
        )
    )
    async with database.reading(seen_by(agreed.actor(*LENDER))) as tx:
        found: bool = await tx.value(Statement(asked))
        return found


async def _seen(database: Database, agreed: Agreement) -> tuple[list[str], int]:
    """Return whose payments, and how many calculations, the bank is shown."""
    reader = {**seen_by(agreed.actor(*LENDER)), "now": str(int(AT.timestamp()))}
    whose = select(payment.c.payee_id).where(payment.c.contract_id == agreed.contract_id)
    made = select(calculation.c.id).where(calculation.c.contract_id == agreed.contract_id)
    async with database.reading(reader) as tx:
        rows = await tx.rows(Statement(whose))
        return sorted(row["payee_id"] for row in rows), len(await tx.rows(Statement(made)))
