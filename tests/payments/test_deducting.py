"""What is deducted is announced, the payee is heard, and another person decides."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import msgspec
import pytest
from sqlalchemy import bindparam, select

from ecosystem.catalogue.profiles.model import Calendar, Counting, Span, Weekday
from ecosystem.payments.calculation import Facts, Relief
from ecosystem.payments.closing import queries as closing
from ecosystem.payments.deducting import actions, queries, rules
from ecosystem.payments.deducting.model import (
    AnnounceFacts,
    DecideFacts,
    DecisionDraft,
    DeductedLine,
    DeductedPart,
    Deduction,
    Heard,
    NoticeFacts,
    Reply,
    State,
)
from ecosystem.payments.deducting.tables import deduction_notice
from ecosystem.payments.engine import recompute
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.money import Money
from tests.payments.agreement import (
    AT,
    WORDS,
    Agreement,
    agree,
    calculations,
    payments,
    verify,
)
from tests.payments.builders import milestone, pay, rule
from tests.payments.steps import unsound

pytestmark = pytest.mark.anyio
LATER = AT + timedelta(days=5)
NAMED = Statement(
    select(deduction_notice.c.id)
    .where(deduction_notice.c.contract_id == bindparam("contract_id"))
    .order_by(deduction_notice.c.id)
)
NEWEST = "id = (SELECT max(id) FROM deduction_notice)"
"""Where a change is tried; the database is that of all tests here."""
REPLY_LATE = (
    "INSERT INTO deduction_reply SELECT authority_id, id, parts->0->>'organisation_id', '{}', "
    "'person_a', reply_ends_at FROM deduction_notice WHERE <newest>"
)
TURN_UNHEARD = "UPDATE deduction_notice SET version = 2, state = 'replied' WHERE <newest>"
DECIDE_ALONE = (
    "UPDATE deduction_notice SET version = 3, state = 'decided', kept = 0, "
    "reasons = '{}', answers = '[]', decided_by = announced_by, decided_at = now() "
    "WHERE <newest>"
)
DROP_UNDECIDED = (
    "INSERT INTO calculation (authority_id, id, contract_id, ordinal, document, digest, "
    "total, currency, recorded_at) SELECT authority_id, 'calculation_' || right(id, 31) "
    "|| '0', contract_id, 2, jsonb_set(document::jsonb, '{facts,reliefs}', "
    '\'[{"id": "deduction_x", "amount": "1.00"}]\')::json, digest, total, currency, '
    "recorded_at FROM calculation"
)
ANNOUNCE_LESS = (
    "INSERT INTO deduction_notice SELECT (jsonb_populate_record(notice, jsonb_build_object("
    "'amount', 1, 'id', 'deduction_' || right(id, 32)))).* "
    "FROM deduction_notice AS notice WHERE <newest>"
)
TELL_ANOTHER = (
    "INSERT INTO deduction_notice SELECT (jsonb_populate_record(notice, jsonb_build_object("
    '\'parts\', \'[{"organisation_id": "org_x", "amount": "300"}]\'::jsonb, '
    "'id', 'deduction_' || right(id, 32)))).* FROM deduction_notice AS notice WHERE <newest>"
)
WEEK = Calendar(
    id="week", title=WORDS, time_zone="UTC", weekend=(Weekday.SATURDAY, Weekday.SUNDAY), years=()
)


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path)
    await verify(database, made, "matters", "100")
    return made


async def deductions(database: Database, agreed: Agreement) -> list[Deduction]:
    """Return the notices of the contract as the payee reads them, the oldest first."""
    async with database.reading(seen_by(agreed.actor("enterprise", "delivery"))) as tx:
        rows = await tx.rows(NAMED, contract_id=agreed.contract_id)
        found = [await queries.view(tx, row["id"]) for row in rows]
    return [msgspec.json.decode(row["body"], type=Deduction) for row in found]


async def reply(database: Database, agreed: Agreement, at: datetime = AT) -> Standing:
    """Reply to the newest deduction."""
    by, notice = agreed.actor("enterprise", "delivery"), (await deductions(database, agreed))[-1]
    async with database.transaction(seen_by(by)) as tx:
        return await actions.reply(
            tx, notice.id, Reply(reply=WORDS), by=by, at=at, expected=notice.version
        )


async def decide(database: Database, agreed: Agreement, kept: str) -> Standing:
    """Decide what of the newest deduction is kept."""
    by, notice = agreed.actor("city", "approver"), (await deductions(database, agreed))[-1]
    asked = DecisionDraft(kept=Money(kept, "CNY"), reasons=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        return await actions.decide(tx, notice.id, asked, by=by, at=AT, expected=notice.version)


async def owed(database: Database, agreed: Agreement) -> list[int]:
    """Return the amounts that are payable or paid, the oldest first."""
    found = await payments(database, agreed)
    return [int(one["amount"]) for one in found if one["state"] != "reversed"]


async def standing(database: Database, agreed: Agreement) -> list[tuple[State, str]]:
    return [(one.state, one.amount.amount) for one in await deductions(database, agreed)]


async def test_a_deduction_is_announced_with_its_ground_and_all_else_is_payable_meanwhile(
    database: Database, agreed: Agreement
) -> None:
    await verify(database, agreed, "late-days", "3")

    [notice] = await deductions(database, agreed)
    assert (notice.state, notice.amount) == (State.ANNOUNCED, Money("300.00", "CNY"))
    assert notice.reply_ends_at == LATER
    [line] = notice.lines
    assert (line.rule, line.amount, line.inputs[0].value) == ("late-answers", "-300.00", "3")
    assert notice.announced_by == agreed.actor("verifier", "verifier").person_id
    assert await owed(database, agreed) == [700]


async def test_what_is_dropped_after_a_reply_is_paid_and_recomputes(
    database: Database, agreed: Agreement
) -> None:
    await verify(database, agreed, "late-days", "3")
    await reply(database, agreed)

    await decide(database, agreed, "100.00")

    assert await owed(database, agreed) == [700, 200]
    newest = (await calculations(database, agreed))[-1]
    assert newest["total"] == Decimal(900)
    assert recompute(newest["document"]).is_identical()
    assert await unsound(database) == []
    async with database.reading(seen_by(agreed.actor("city", "approver"))) as tx:
        account = await closing.account(tx, agreed.contract_id)
    assert (account.deducted.amount, account.is_balanced) == ("100.00", True)


async def test_what_is_deducted_where_nothing_is_earned_is_said_to_be_waived(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path)
    await verify(database, agreed, "late-days", "3")

    async with database.reading(seen_by(agreed.actor("city", "approver"))) as tx:
        account = await closing.account(tx, agreed.contract_id)

    assert (account.deducted.amount, account.waived.amount) == ("300.00", "300.00")
    assert (account.calculated.amount, account.is_balanced) == ("0.00", True)


async def test_what_is_maintained_changes_nothing_and_is_decided_once(
    database: Database, agreed: Agreement
) -> None:
    await verify(database, agreed, "late-days", "3")
    await reply(database, agreed)
    await decide(database, agreed, "300.00")

    assert await owed(database, agreed) == [700]
    for again in (reply(database, agreed), decide(database, agreed, "0")):
        with pytest.raises(rules.DeductionOutOfTurn):
            await again


async def test_nobody_replies_when_the_time_is_over(database: Database, agreed: Agreement) -> None:
    await verify(database, agreed, "late-days", "3")

    with pytest.raises(rules.DeductionFinal):
        await reply(database, agreed, at=LATER)
    with pytest.raises(rules.DeductionOutOfTurn):
        await decide(database, agreed, "0")


async def test_a_correction_is_announced_anew_and_what_was_dropped_stays_dropped(
    database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "late-days", "3")
    second = await verify(database, agreed, "late-days", "4", supersedes=first)
    await reply(database, agreed)
    await decide(database, agreed, "250.00")
    await verify(database, agreed, "late-days", "5", supersedes=second)

    assert await standing(database, agreed) == [
        (State.SUPERSEDED, "300.00"), (State.DECIDED, "400.00"), (State.ANNOUNCED, "350.00"),
    ]  # fmt: skip
    assert sum(await owed(database, agreed)) == 650
    assert await unsound(database) == []


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        (REPLY_LATE, "a_reply_is_in_time"),
        (TURN_UNHEARD, "deduction_notice_takes_its_turn"),
        (TELL_ANOTHER, "deduction_parts_are_its_payees"),
        (
            "UPDATE deduction_notice SET version = 2, amount = 1 WHERE <newest>",
            "deduction_notice_takes_its_turn",
        ),
        (
            "UPDATE deduction_notice SET version = 2, state = 'decided', kept = 0 WHERE <newest>",
            "deduction_notice_takes_its_turn",
        ),
        (DROP_UNDECIDED, "what_is_dropped_is_decided"),
        (ANNOUNCE_LESS, "deduction_is_of_a_calculation"),
    ],
)
async def test_the_database_holds_what_is_deducted(
    database: Database, agreed: Agreement, change: str, constraint: str
) -> None:
    await verify(database, agreed, "late-days", "3")
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await connection.execute(change.replace("<newest>", NEWEST))

    await connection.close()
    assert caught.value.constraint_name == constraint


async def test_the_database_lets_nobody_decide_on_what_an_own_act_has_brought(
    database: Database, agreed: Agreement
) -> None:
    await verify(database, agreed, "late-days", "3")
    await reply(database, agreed)
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")

    with pytest.raises(asyncpg.CheckViolationError, match="nobody_decides_an_own_deduction"):
        await connection.execute(DECIDE_ALONE.replace("<newest>", NEWEST))

    await connection.close()


PARTS = (DeductedPart(organisation_id="org_payee", amount="300.00"),)


def _notice(**given: object) -> NoticeFacts:
    stands = NoticeFacts(
        state=State.REPLIED, contract_id="contract_a", authority_number=1, parts=PARTS,
        amount=Money("300.00", "CNY"), announced_by="person_officer", reply_ends_at=LATER,
        heard=(Heard(organisation_id="org_payee", replied_by="person_payee"),),
    )  # fmt: skip
    return msgspec.structs.replace(stands, **given)


def _approver(person: str = "person_approver") -> Actor:
    return Actor(
        organisation_id="org_city", organisation_number=1, kind=OrganisationKind.GOVERNMENT,
        verified=True, jurisdiction="440300", client_id="client_a", person_id=person,
        roles=(Role.APPROVER,),
    )  # fmt: skip


@pytest.mark.parametrize("person", ["person_officer", "person_payee"])
def test_whose_act_brought_a_deduction_or_a_reply_does_not_decide_on_it(person: str) -> None:
    asked = DecisionDraft(kept=Money("0", "CNY"), reasons=WORDS)

    with pytest.raises(rules.AnnouncedBySame):
        rules.decide(DecideFacts(notice=_notice(), asked=asked), by=_approver(person), at=AT)


@pytest.mark.parametrize("kept", [Money("300.01", "CNY"), Money("1.00", "EUR")])
def test_no_more_is_kept_than_was_deducted(kept: Money) -> None:
    asked = DecisionDraft(kept=kept, reasons=WORDS)

    with pytest.raises(rules.KeptPartUnfit):
        rules.decide(DecideFacts(notice=_notice(), asked=asked), by=_approver(), at=AT)


def test_the_time_to_reply_is_counted_in_the_working_days_of_the_profile() -> None:
    line = DeductedLine(rule="late", ground=WORDS, formula=WORDS, inputs=(), amount="-10.00")
    facts = AnnounceFacts(
        contract_id="contract_a", calculation_id="calculation_a", ordinal=1, currency="CNY",
        lines=(line,), parts=PARTS, before=(), dropped="0",
        reply=Span(days=5, counted=Counting.WORKING, law="platform"), calendar=WEEK,
    )  # fmt: skip

    announced = rules.announce(facts, by=_approver(), at=AT)

    assert announced is not None
    assert announced.reply_ends_at == datetime(2026, 6, 9, tzinfo=AT.tzinfo)


@pytest.mark.parametrize(("dropped", "total"), [("3.00", "93.00"), ("25.00", "100.00")])
def test_no_more_is_dropped_than_is_deducted(dropped: str, total: str) -> None:
    work = rule("fixed", milestone="work", amount="100.00")
    late = rule("excess_days", milestone="work", allowed_days=0, per_day="10.00")
    facts = Facts(
        milestones=(milestone("work", late="2026-02-01T15:00:00Z"),),
        reliefs=(Relief(id="deduction_a", version=3, amount=dropped),),
    )

    assert pay(work, late, facts=facts).total == total
