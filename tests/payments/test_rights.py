"""A right to end the contract arises with a calculation, is told once, and may be used."""

from datetime import date, timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest
from sqlalchemy import select

from ecosystem.contracts.rights import rules
from ecosystem.contracts.rights.model import RightFacts
from ecosystem.contracts.rights.tables import right_to_end
from ecosystem.contracts.turning import actions as turning
from ecosystem.contracts.turning import rules as turns
from ecosystem.contracts.turning.model import Kind, ProposeFacts, TurnDraft, TurnFacts
from ecosystem.contracts.turning.tables import contract_turn
from ecosystem.history.tables import event
from ecosystem.outcomes import actions as outcomes
from ecosystem.outcomes.model import Report
from ecosystem.outcomes.tables import metric
from ecosystem.runtime.database import Database, Record, Statement
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import seen_by
from ecosystem.values.period import Period
from tests.builders import waiting
from tests.payments.agreement import (
    AT,
    FEBRUARY,
    JANUARY,
    RULES,
    WORDS,
    Agreement,
    agree,
    calculations,
    verify,
)
from tests.payments.test_demonstrated import DAILY, report_days
from tests.replay import replayed

pytestmark = pytest.mark.anyio
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
TOO_FEW = {
    "code": "too-few", "shape": "termination_right", "metric": "matters", "direction": "higher",
    "worse_than": "10", "times": 2, "of_periods": 3,
}  # fmt: skip
TOO_LITTLE = {
    "code": "matters-fell", "title": {"en": "t"}, "text": {"en": "t"}, "holder": "either",
    "notice_days": 5,
    "trigger": {"metric": "matters", "worse_than": "40", "times": 1, "of_periods": 1},
}  # fmt: skip
UNPAID = [one for one in RULES if one.get("metric") != "matters"]
"""Rules that do not read what the termination does."""
LATER = AT + timedelta(days=40)
OFFICER, APPROVER = ("city", "officer"), ("city", "approver")
VERIFIER = ("verifier", "verifier")


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path, rules=[*RULES, TOO_FEW], with_lender=True)


async def _rights(database: Database, agreed: Agreement) -> list[Record]:
    chosen = select(right_to_end).where(right_to_end.c.contract_id == agreed.contract_id)
    async with database.reading(seen_by(agreed.actor(*OFFICER))) as tx:
        return await tx.rows(Statement(chosen.order_by(right_to_end.c.id)))


async def _told(database: Database, agreed: Agreement, kind: str) -> list[Record]:
    """Return the events of a type about the rights of this contract."""
    ids = [one["id"] for one in await _rights(database, agreed)]
    chosen = select(event).where(event.c.type == kind, event.c.stream.in_(ids))
    return await database.plain().rows(Statement(chosen))


async def _propose(database: Database, agreed: Agreement, ground: str = "too-few") -> str:
    asked = TurnDraft(kind=Kind.TERMINATION, ground=ground, reason=WORDS)
    by = agreed.actor(*OFFICER)
    async with database.transaction(seen_by(by)) as tx:
        made = await turning.propose(tx, agreed.contract_id, asked, by=by, at=AT, expected=None)
    return made.id


async def _approve(database: Database, agreed: Agreement, turn_id: str) -> str:
    by = agreed.actor(*APPROVER)
    async with database.transaction(seen_by(by)) as tx:
        now = await turning.approve(tx, turn_id, by=by, at=LATER, expected=None)
    return now.state


async def _arisen(database: Database, agreed: Agreement) -> str:
    """Have two bad months verified; return the second observation."""
    await verify(database, agreed, "matters", "9")
    return await verify(database, agreed, "matters", "8", period=FEBRUARY)


async def test_a_right_arises_with_the_calculation_that_crosses_the_bound_and_both_are_told(
    database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "matters", "9")
    assert await _rights(database, agreed) == []

    second = await verify(database, agreed, "matters", "8", period=FEBRUARY)

    [right] = await _rights(database, agreed)
    newest = (await calculations(database, agreed))[-1]
    assert (right["state"], right["rule"], right["holder"]) == ("standing", "too-few", "authority")
    assert msgspec.json.decode(right["observations"]) == [first, second]
    assert (right["calculation_id"], right["ends_on"]) == (newest["id"], FEBRUARY.ends_on)
    [told] = await _told(database, agreed, "right.arose")
    supplier = agreed.parties.party("enterprise").organisation_id
    assert supplier in told["visible_to"]
    assert not told["is_public"]


async def test_a_right_is_not_told_again_with_each_calculation(
    database: Database, agreed: Agreement
) -> None:
    second = await _arisen(database, agreed)
    await verify(database, agreed, "matters", "7", period=MARCH)
    await verify(database, agreed, "matters", "6", period=FEBRUARY, supersedes=second)

    assert len(await _rights(database, agreed)) == 1
    assert len(await _told(database, agreed, "right.arose")) == 1
    assert await _told(database, agreed, "right.lapsed") == []


async def test_a_correction_that_takes_a_right_away_says_so_and_it_may_arise_again(
    database: Database, agreed: Agreement
) -> None:
    second = await _arisen(database, agreed)

    await verify(database, agreed, "matters", "12", period=FEBRUARY, supersedes=second)

    [right] = await _rights(database, agreed)
    newest = (await calculations(database, agreed))[-1]
    assert (right["state"], right["lapsed_with"]) == ("lapsed", newest["id"])
    assert newest["supersedes"] == right["calculation_id"]
    assert len(await _told(database, agreed, "right.lapsed")) == 1

    await verify(database, agreed, "matters", "5", period=MARCH)
    states = [one["state"] for one in await _rights(database, agreed)]
    assert states == ["lapsed", "standing"]
    counted = await replayed(
        database,
        {"right.arose": (rules.arise, RightFacts), "right.lapsed": (rules.lapse, RightFacts)},
    )
    assert min(counted.values()) > 0


async def test_a_right_names_the_calculation_that_let_it_arise_also_by_an_earlier_month(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, rules=[*UNPAID, TOO_FEW])
    await verify(database, agreed, "matters", "8", period=FEBRUARY)
    before = [one["id"] for one in await calculations(database, agreed)]

    await verify(database, agreed, "matters", "9")

    [right] = await _rights(database, agreed)
    [new] = [one["id"] for one in await calculations(database, agreed) if one["id"] not in before]
    assert right["ends_on"] == FEBRUARY.ends_on
    assert right["calculation_id"] == new


async def test_a_termination_with_a_trigger_gives_a_right_to_whom_it_says_and_its_notice(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, rules=UNPAID, endings=(TOO_LITTLE,))

    await verify(database, agreed, "matters", "40")
    assert await _rights(database, agreed) == []
    second = await verify(database, agreed, "matters", "39", period=FEBRUARY)

    [right] = await _rights(database, agreed)
    assert (right["source"], right["rule"], right["holder"]) == (
        "termination", "matters-fell", "either",
    )  # fmt: skip
    assert msgspec.json.decode(right["observations"]) == [second]
    by = agreed.actor("enterprise", "delivery")
    asked = TurnDraft(kind=Kind.TERMINATION, ground="matters-fell", reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        made = await turning.propose(tx, agreed.contract_id, asked, by=by, at=AT, expected=None)
    async with database.reading(seen_by(by)) as tx:
        turn = await tx.row(Statement(select(contract_turn).where(contract_turn.c.id == made.id)))
    assert turn is not None
    assert (turn["right_id"], turn["side"]) == (right["id"], "supplier")
    assert turn["reply_by"] >= AT + timedelta(days=5)


async def test_a_trigger_reads_what_days_come_to_although_no_payment_rule_does(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(
        database, tmp_path, rules=UNPAID, endings=(TOO_LITTLE,), observed=DAILY
    )  # fmt: skip

    await report_days(database, agreed, range(30))
    assert await _rights(database, agreed) == []
    await report_days(database, agreed, range(30, 31))

    [right] = await _rights(database, agreed)
    assert (right["state"], right["starts_on"]) == ("standing", JANUARY.starts_on)


async def test_a_termination_rests_on_a_right_that_stands_and_on_no_other(
    database: Database, agreed: Agreement
) -> None:
    with pytest.raises(turns.TurnUngrounded):
        await _propose(database, agreed)
    await _arisen(database, agreed)

    turn_id = await _propose(database, agreed)
    assert await _approve(database, agreed, turn_id) == "in_force"

    counted = await replayed(
        database,
        {
            "turn.proposed": (turns.propose, ProposeFacts),
            "turn.approved": (turns.approve, TurnFacts),
        },
    )
    assert min(counted.values()) > 0


async def test_the_supplier_does_not_end_the_contract_by_the_authoritys_right(
    database: Database, agreed: Agreement
) -> None:
    await _arisen(database, agreed)
    asked = TurnDraft(kind=Kind.TERMINATION, ground="too-few", reason=WORDS)
    by = agreed.actor("enterprise", "delivery")

    with pytest.raises(turns.TurnUngrounded):
        async with database.transaction(seen_by(by)) as tx:
            await turning.propose(tx, agreed.contract_id, asked, by=by, at=AT, expected=None)


async def test_a_termination_whose_right_has_lapsed_does_not_come_into_force(
    database: Database, agreed: Agreement
) -> None:
    second = await _arisen(database, agreed)
    turn_id = await _propose(database, agreed)
    await verify(database, agreed, "matters", "12", period=FEBRUARY, supersedes=second)

    with pytest.raises(turns.RightLapsed):
        await _approve(database, agreed, turn_id)
    with pytest.raises(asyncpg.RestrictViolationError) as refused:
        async with database.transaction(seen_by(agreed.actor(*APPROVER))) as tx:
            await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
                "UPDATE contract_turn SET state = 'in_force', version = version + 1, "
                "ended_at = reply_by, ended_by = 'person_two', moved_days = 0, ordinal = 1 "
                "WHERE id = $1",
                turn_id,
            )
    assert refused.value.constraint_name == "a_termination_rests_on_what_stands"


async def test_an_approval_waits_for_the_calculation_that_takes_its_right_away(
    database: Database, agreed: Agreement
) -> None:
    second = await _arisen(database, agreed)
    turn_id = await _propose(database, agreed)
    better = Report(period=FEBRUARY, value="12", source="register", method=WORDS, supersedes=second)
    metric_id = await database.plain().value(
        Statement(
            select(metric.c.id).where(
                metric.c.contract_id == agreed.contract_id, metric.c.code == "matters"
            )
        )
    )
    supplier, verifier = agreed.actor("enterprise", "delivery"), agreed.actor(*VERIFIER)
    async with database.transaction(seen_by(supplier)) as tx:
        made = await outcomes.report(tx, metric_id, better, by=supplier, at=AT)

    async with database.transaction(seen_by(verifier)) as tx:
        await outcomes.verify(tx, made.id, reason=WORDS, by=verifier, at=AT, expected=1)
        beside = await waiting(_approve(database, agreed, turn_id))

    with pytest.raises(turns.RightLapsed):
        await beside


async def test_the_database_keeps_one_right_of_a_rule_and_each_of_a_calculation(
    database: Database, agreed: Agreement
) -> None:
    await _arisen(database, agreed)
    again = """
        INSERT INTO right_to_end (authority_id, id, version, state, contract_id, source, rule,
          holder, starts_on, ends_on, observations, calculation_id, arose_at)
        SELECT authority_id, $2, 1, 'standing', contract_id,
          source, rule, holder, starts_on, ends_on, observations, calculation_id, arose_at
        FROM right_to_end WHERE contract_id = $1"""
    copies = {
        "a_right_stands_once": again,
        "a_right_follows_a_calculation": again.replace(
            "observations, calculation_id, arose_at\n        FROM",
            "observations, reverse(calculation_id), arose_at\n        FROM",
        ),
    }

    for name, statement in copies.items():
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with database.transaction(seen_by(agreed.actor(*OFFICER))) as tx:
                await tx._connection.execute(  # noqa: SLF001
                    statement, agreed.contract_id, mint("right", authority=agreed.authority)
                )
        assert getattr(refused.value, "constraint_name", None) == name
