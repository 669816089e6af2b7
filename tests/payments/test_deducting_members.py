"""Each on whom a part of a deduction falls is told, may reply for itself, and is answered."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import msgspec
import pytest
from sqlalchemy import select

from ecosystem.payments.deducting import actions, queries, rules
from ecosystem.payments.deducting.model import Answer, DecisionDraft, Deduction, Reply, State
from ecosystem.payments.deducting.tables import deduction_notice
from ecosystem.payments.rules import NotPayee
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.money import Money
from tests.builders import waiting
from tests.payments.agreement import AT, WORDS, Agreement, agree, payments, verify
from tests.payments.steps import unsound
from tests.payments.together import Together

pytestmark = pytest.mark.anyio
LEAD, MEMBER, THIRD = "enterprise", "second_enterprise", "think_tank"
LATER = AT + timedelta(days=5)
NAMED = Statement(select(deduction_notice.c.id).order_by(deduction_notice.c.id.desc()))


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    together = Together(((LEAD, "50"), (MEMBER, "30"), (THIRD, "20")), liability="joint")
    made = await agree(database, tmp_path, together=together)
    await verify(database, made, "matters", "100")
    await verify(database, made, "late-days", "3")
    return made


async def test_each_is_told_what_of_a_deduction_falls_on_it(
    database: Database, agreed: Agreement
) -> None:
    seen = [await _read(database, agreed, party) for party in (LEAD, MEMBER, THIRD)]

    assert seen[0] == seen[1] == seen[2]
    assert [(one.organisation_id, one.amount) for one in seen[0].parts] == [
        (_id(agreed, LEAD), "150.00"), (_id(agreed, MEMBER), "90.00"),
        (_id(agreed, THIRD), "60.00"),
    ]  # fmt: skip
    with pytest.raises(rules.DeductionMissing):
        await _read(database, agreed, "bank")


async def test_each_replies_for_itself_and_is_answered_and_all_get_what_is_dropped(
    database: Database, agreed: Agreement
) -> None:
    for party in (MEMBER, LEAD, THIRD):
        await _reply(database, agreed, party)
    with pytest.raises(rules.ReplyUnanswered):
        await _decide(database, agreed, answers=(LEAD, MEMBER))

    await _decide(database, agreed, answers=(LEAD, MEMBER, THIRD))

    notice = await _read(database, agreed, THIRD)
    assert notice.state is State.DECIDED
    assert [one.organisation_id for one in notice.answers or ()] == [
        _id(agreed, party) for party in (LEAD, MEMBER, THIRD)
    ]
    assert {one.organisation_id for one in notice.replies} == {
        one.organisation_id for one in notice.parts
    }
    paid = await _owed(database, agreed)
    assert paid == {LEAD: Decimal(450), MEMBER: Decimal(270), THIRD: Decimal(180)}
    assert await unsound(database) == []


async def test_nothing_is_decided_while_another_may_still_reply(
    database: Database, agreed: Agreement
) -> None:
    await _reply(database, agreed, MEMBER)

    with pytest.raises(rules.RepliesOpen):
        await _decide(database, agreed, answers=(MEMBER,))
    with pytest.raises(rules.DeductionOutOfTurn):
        await _reply(database, agreed, MEMBER)
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        await connection.execute(
            "UPDATE deduction_notice SET version = 3, state = 'decided', kept = 0, reasons = '{}', "
            "answers = (SELECT json_agg(part) FROM json_array_elements(parts) AS part), "
            "decided_by = 'person_x', decided_at = $2 WHERE id = $1",
            await _newest(database, agreed, "city"), AT,
        )  # fmt: skip
    await connection.close()
    assert refused.value.constraint_name == "deduction_notice_takes_its_turn"

    await _decide(database, agreed, answers=(MEMBER,), days=5)
    with pytest.raises(rules.DeductionOutOfTurn):
        await _reply(database, agreed, LEAD)


async def test_two_reply_at_once_and_both_are_heard(database: Database, agreed: Agreement) -> None:
    by, newest = agreed.actor(LEAD, "delivery"), await _newest(database, agreed, LEAD)

    async with database.transaction(seen_by(by)) as tx:
        await actions.reply(tx, newest, Reply(reply=WORDS), by=by, at=AT, expected=None)
        second = await waiting(_reply(database, agreed, MEMBER))
    await second

    notice = await _read(database, agreed, THIRD)
    assert (notice.version, notice.state) == (3, State.REPLIED)
    assert len(notice.replies) == 2


async def test_who_is_not_paid_does_not_reply(database: Database, agreed: Agreement) -> None:
    by, newest = agreed.actor("city", "officer"), await _newest(database, agreed, "city")

    with pytest.raises(NotPayee):
        async with database.transaction(seen_by(by)) as tx:
            await actions.reply(tx, newest, Reply(reply=WORDS), by=by, at=AT, expected=None)
    with pytest.raises(asyncpg.RestrictViolationError, match="breaks a rule"):
        async with database.transaction(seen_by(by)) as tx:
            await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
                "INSERT INTO deduction_reply SELECT authority_id, id, $2, '{}', 'person_x', $3 "
                "FROM deduction_notice WHERE id = $1",
                newest, _id(agreed, "bank"), AT,
            )  # fmt: skip


def _id(agreed: Agreement, party: str) -> str:
    return agreed.parties.party(party).organisation_id


async def _newest(database: Database, agreed: Agreement, party: str) -> str:
    person = "lender" if party == "bank" else "officer" if party == "city" else "delivery"
    async with database.reading(seen_by(agreed.actor(party, person))) as tx:
        rows = await tx.rows(NAMED)
    if not rows:
        raise rules.DeductionMissing("None is seen.")
    newest: str = rows[0]["id"]
    return newest


async def _read(database: Database, agreed: Agreement, party: str) -> Deduction:
    newest = await _newest(database, agreed, party)
    async with database.reading(seen_by(agreed.actor(party, "delivery"))) as tx:
        found = await queries.view(tx, newest)
    return msgspec.json.decode(found["body"], type=Deduction)


async def _reply(database: Database, agreed: Agreement, party: str) -> Standing:
    by, newest = agreed.actor(party, "delivery"), await _newest(database, agreed, party)
    async with database.transaction(seen_by(by)) as tx:
        return await actions.reply(tx, newest, Reply(reply=WORDS), by=by, at=AT, expected=None)


async def _decide(
    database: Database, agreed: Agreement, *, answers: tuple[str, ...], days: int = 0
) -> Standing:
    by, newest = agreed.actor("city", "approver"), await _newest(database, agreed, "city")
    asked = DecisionDraft(
        kept=Money("100.00", "CNY"), reasons=WORDS,
        answers=tuple(Answer(organisation_id=_id(agreed, one), reasons=WORDS) for one in answers),
    )  # fmt: skip
    at = AT + timedelta(days=days)
    async with database.transaction(seen_by(by)) as tx:
        return await actions.decide(tx, newest, asked, by=by, at=at, expected=None)


async def _owed(database: Database, agreed: Agreement) -> dict[str, Decimal]:
    """Return what each is paid, or will be."""
    owed = {_id(agreed, party): Decimal(0) for party in (LEAD, MEMBER, THIRD)}
    for one in await payments(database, agreed):
        if one["state"] != "reversed":
            owed[one["payee_id"]] += one["amount"]
    return {party: owed[_id(agreed, party)] for party in (LEAD, MEMBER, THIRD)}
