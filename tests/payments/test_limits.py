"""What one person may approve at once is bounded: by the rule, and by the database beneath it."""

from pathlib import Path

import asyncpg
import msgspec
import pytest

from ecosystem.payments import actions as paying
from ecosystem.payments.limits import actions, model, rules
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import seen_by
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.money import AmountTooFine, Money
from tests.joining import joined
from tests.payments.agreement import AT, Agreement, accept, agree, payments
from tests.payments.steps import approve, claim
from tests.payments.test_rules import APPROVER, TREASURER
from tests.replay import replayed

pytestmark = pytest.mark.anyio
MOST = Money("7999.99", "CNY")
OWN = {"approval_limit.set": (rules.set_limit, model.LimitFacts)}


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path)
    await accept(database, made, "opening")
    return made


async def limit(
    database: Database, agreed: Agreement, most: str, *, person_id: str | None = None
) -> None:
    by = agreed.actor("city", "treasurer")
    asked = model.LimitDraft(person_id=person_id, most=Money(most, "CNY"))
    async with database.transaction(seen_by(by)) as tx:
        await actions.set_limit(tx, asked, by=by, at=AT)


async def claimed(database: Database, agreed: Agreement) -> str:
    payment_id: str = (await payments(database, agreed))[-1]["id"]
    await claim(database, agreed, payment_id)
    return payment_id


async def test_more_than_the_limit_is_not_approved_and_a_newer_limit_counts(
    database: Database, agreed: Agreement
) -> None:
    payment_id = await claimed(database, agreed)
    await limit(database, agreed, "7999.99")

    with pytest.raises(rules.AboveLimit):
        await approve(database, agreed, payment_id)
    await limit(database, agreed, "8000.00")
    standing = await approve(database, agreed, payment_id)

    assert standing.state == "approved"
    assert (await replayed(database, OWN))["approval_limit.set"] >= 2


async def test_a_persons_own_limit_goes_before_that_for_all(
    database: Database, agreed: Agreement
) -> None:
    payment_id = await claimed(database, agreed)
    approver = agreed.actor("city", "approver").person_id
    await limit(database, agreed, "0.00", person_id=approver)
    await limit(database, agreed, "9000.00")

    with pytest.raises(rules.AboveLimit):
        await approve(database, agreed, payment_id)


async def test_the_database_refuses_an_approval_above_the_limit_by_itself(
    database: Database, agreed: Agreement
) -> None:
    payment_id = await claimed(database, agreed)
    approver = agreed.actor("city", "approver").person_id
    await limit(database, agreed, "1.00", person_id=approver)
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")

    with pytest.raises(asyncpg.RestrictViolationError, match="above the limit"):
        await connection.execute(
            "UPDATE payment SET version = version + 1, state = 'approved', approved_by = $2, "
            "approved_at = now() WHERE id = $1",
            payment_id,
            approver,
        )
    with pytest.raises(asyncpg.CheckViolationError, match="nobody_sets_an_own_limit"):
        await connection.execute(
            "INSERT INTO approval_limit SELECT authority_id, 'limit_' || right(id, 32), set_by, "
            "amount, currency, set_by, set_at FROM approval_limit LIMIT 1"
        )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM approval_limit")
    await connection.close()


async def test_who_approves_later_has_raised_nothing_for_herself(
    database: Database, agreed: Agreement
) -> None:
    payment_id = await claimed(database, agreed)
    city = agreed.parties.party("city").organisation_id
    first = await joined(database, city, OrganisationKind.GOVERNMENT, Role.TREASURER)
    treasurer = agreed.actor("city", "treasurer")
    another = msgspec.structs.replace(treasurer, person_id=first)
    await _for_all(database, another, "7999.99")
    await _for_all(database, treasurer, "9000.00")
    now = msgspec.structs.replace(treasurer, roles=(Role.TREASURER, Role.APPROVER))

    with pytest.raises(rules.AboveLimit):
        async with database.transaction(seen_by(now)) as tx:
            await paying.approve(tx, payment_id, by=now, at=AT, expected=2)
    with pytest.raises(asyncpg.RestrictViolationError, match="above the limit"):
        async with database.transaction(seen_by(now)) as tx:
            await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
                "UPDATE payment SET version = version + 1, state = 'approved', approved_by = $2, "
                "approved_at = now() WHERE id = $1",
                payment_id, now.person_id,
            )  # fmt: skip
    await _for_all(database, another, "8000.00")
    async with database.transaction(seen_by(now)) as tx:
        standing = await paying.approve(tx, payment_id, by=now, at=AT, expected=2)
    assert standing.state == "approved"


async def _for_all(database: Database, by: Actor, most: str) -> None:
    async with database.transaction(seen_by(by)) as tx:
        asked = model.LimitDraft(most=Money(most, "CNY"))
        await actions.set_limit(tx, asked, by=by, at=AT)


async def test_who_alone_has_set_a_limit_for_all_is_held_to_it(
    database: Database, agreed: Agreement
) -> None:
    payment_id = await claimed(database, agreed)
    await limit(database, agreed, "7999.99")
    treasurer = agreed.actor("city", "treasurer")
    now = msgspec.structs.replace(treasurer, roles=(Role.TREASURER, Role.APPROVER))

    with pytest.raises(rules.AboveLimit):
        async with database.transaction(seen_by(now)) as tx:
            await paying.approve(tx, payment_id, by=now, at=AT, expected=2)


def test_nobody_limits_herself_and_only_people_of_the_authority_are_limited() -> None:
    own = model.LimitDraft(person_id=TREASURER.person_id, most=MOST)
    other = msgspec.structs.replace(own, person_id=APPROVER.person_id)
    fine = msgspec.structs.replace(other, most=Money("1.001", "CNY"))

    for asked, is_of_authority, refusal in (
        (own, True, rules.LimitForOneself),
        (other, False, rules.ApproverUnknown),
        (fine, True, AmountTooFine),
    ):
        facts = model.LimitFacts(asked=asked, is_of_authority=is_of_authority, is_limited=False)
        with pytest.raises(refusal):
            rules.set_limit(facts, by=TREASURER, at=AT)


def test_who_approves_sets_a_limit_for_all_when_another_has_set_her_own() -> None:
    both = msgspec.structs.replace(TREASURER, roles=(Role.TREASURER, Role.APPROVER))
    facts = model.LimitFacts(
        asked=model.LimitDraft(most=MOST), is_of_authority=True, is_limited=False
    )

    with pytest.raises(rules.LimitForOneself):
        rules.set_limit(facts, by=both, at=AT)
    assert rules.set_limit(facts, by=TREASURER, at=AT).person_id is None
    limited = msgspec.structs.replace(facts, is_limited=True)
    assert rules.set_limit(limited, by=both, at=AT).person_id is None


async def test_the_database_takes_no_limit_for_all_from_who_approves_without_one(
    database: Database, agreed: Agreement
) -> None:
    approver = agreed.actor("city", "approver").person_id
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    await limit(database, agreed, "9000.00")
    treasurer = agreed.actor("city", "treasurer").person_id
    setting = (
        "INSERT INTO approval_limit SELECT authority_id, overlay(id placing $1 from length(id) - "
        "3), $2, amount, 'EUR', $3, now() FROM approval_limit WHERE person_id IS NULL LIMIT 1"
    )

    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await connection.execute(setting, "fff0", None, approver)
    await connection.execute(setting, "fff1", approver, treasurer)
    await connection.execute(setting, "fff2", None, approver)

    await connection.close()
    assert refused.value.constraint_name == "a_limit_for_all_is_not_ones_own"
