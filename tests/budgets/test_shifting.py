"""What a programme has left goes elsewhere by two people, and each figure explains itself."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import msgspec
import pytest

from ecosystem.budgets import actions, queries, rules
from ecosystem.budgets.explaining.model import TransferLine
from ecosystem.budgets.explaining.queries import TRANSFERS
from ecosystem.budgets.model import AppropriationDraft, Programme
from ecosystem.budgets.shifting import actions as shifting
from ecosystem.budgets.shifting import rules as shift_rules
from ecosystem.budgets.shifting.model import (
    DecideFacts,
    ShiftDraft,
    ShiftedFacts,
    ShiftFacts,
    ShiftKind,
    ShiftRejection,
)
from ecosystem.catalogue import actions as catalogue
from ecosystem.history.model import Body, canonical
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.rules import FundsInsufficient
from ecosystem.runtime.database import Database
from ecosystem.runtime.settings import Settings
from ecosystem.values.text import Text
from tests.budgets.builders import AT, AUTHORITY, TREASURER, cny, draft, funded

APPROVER = msgspec.structs.replace(TREASURER, person_id="person_approver")
AFTER = datetime(2027, 1, 4, 9, tzinfo=UTC)
WHY = Text(zh="调剂", en="More is needed there")
RULES = {
    "shift.proposed": (shift_rules.propose, ShiftFacts),
    "shift.approved": (shift_rules.approve, DecideFacts),
    "shift.rejected": (shift_rules.reject, DecideFacts),
    "programme.shifted": (shift_rules.shifted, ShiftedFacts),
}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, Settings(pool_size=4))
    async with opened.transaction() as tx:
        await catalogue.load_shipped(tx)
    yield opened
    await opened.close()


async def _opened(database: Database, *, fiscal_year: int = 2026) -> str:
    async with database.transaction() as tx:
        made = await actions.open_programme(tx, draft(fiscal_year=fiscal_year), by=TREASURER, at=AT)
    return made.id


async def _proposed(
    database: Database, of: str, kind: str, *, at: datetime = AT, **asked: object
) -> str:
    draft_ = ShiftDraft(kind=ShiftKind(kind), reason=WHY, **asked)  # type: ignore[arg-type]
    async with database.transaction({"authority": str(AUTHORITY)}) as tx:
        return (await shifting.propose(tx, of, draft_, by=TREASURER, at=at)).id


async def _approved(database: Database, shift_id: str, *, at: datetime = AT) -> None:
    async with database.transaction({"authority": str(AUTHORITY)}) as tx:
        await shifting.approve(tx, shift_id, by=APPROVER, at=at, expected=None)


async def _figures(database: Database, of: str) -> dict[str, str]:
    seen = msgspec.json.decode((await queries.view(database.plain(), of))["body"], type=Programme)
    names = ("appropriated", "available", "committed", "obligated", "spent")
    return {name: getattr(seen, name).amount for name in names}


async def _commit(database: Database, of: str, amount: str) -> None:
    async with database.transaction() as tx:
        await actions.commit(
            tx, programme_id=of, for_id="award_one", amount=cny(amount), by=TREASURER, at=AT
        )


async def _lines(database: Database, of: str) -> list[TransferLine]:
    row = await database.plain().row(
        TRANSFERS, page_from="~", page_limit=100, authority_id=AUTHORITY, programme_id=of
    )
    assert row is not None
    return msgspec.json.decode(row["rows"], type=list[TransferLine])


async def test_a_transfer_moves_what_is_left_when_another_person_approves(
    database: Database,
) -> None:
    here, there = await funded(database, "100"), await _opened(database)
    await _commit(database, here, "60")
    made = await _proposed(database, here, "transfer", to_id=there, amount=cny("40"))
    assert (await _figures(database, here))["available"] == "40.00"

    with pytest.raises(shift_rules.OwnShift):
        async with database.transaction() as tx:
            await shifting.approve(tx, made, by=TREASURER, at=AT, expected=None)
    await _approved(database, made)

    assert await _figures(database, here) == {
        "appropriated": "60.00", "available": "0.00", "committed": "60.00", "obligated": "0.00",
        "spent": "0.00",
    }  # fmt: skip
    assert (await _figures(database, there))["available"] == "40.00"
    with pytest.raises(shift_rules.ShiftDecided):
        await _approved(database, made)
    invariants = {**ledger.INVARIANTS, **queries.INVARIANTS}
    assert await ledger.check(database.plain(), invariants) == []


async def test_nothing_is_taken_below_what_is_committed(database: Database) -> None:
    here, there = await funded(database, "100"), await _opened(database)
    await _commit(database, here, "60")

    with pytest.raises(FundsInsufficient):
        await _proposed(database, here, "transfer", to_id=there, amount=cny("40.01"))
    made = await _proposed(database, here, "transfer", to_id=there, amount=cny("40"))
    await _commit(database, here, "1")
    with pytest.raises(FundsInsufficient):
        await _approved(database, made)

    assert (await _figures(database, there))["appropriated"] == "0.00"


async def test_an_award_and_a_transfer_at_once_never_take_the_same_money(
    database: Database,
) -> None:
    here, there = await funded(database, "100"), await _opened(database)
    made = await _proposed(database, here, "transfer", to_id=there, amount=cny("70"))

    results = await asyncio.gather(
        _commit(database, here, "70"), _approved(database, made), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in results) == ["FundsInsufficient", "NoneType"]
    assert (await _figures(database, here))["available"] == "30.00"


async def test_of_two_approvals_at_once_one_moves_money(database: Database) -> None:
    here, there = await funded(database, "100"), await _opened(database)
    made = await _proposed(database, here, "transfer", to_id=there, amount=cny("10"))

    results = await asyncio.gather(
        _approved(database, made), _approved(database, made), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in results) == ["NoneType", "ShiftDecided"]
    assert (await _figures(database, there))["available"] == "10.00"


async def test_after_the_years_end_some_is_carried_forward_and_the_rest_lapses(
    database: Database,
) -> None:
    here, there = await funded(database, "100"), await _opened(database, fiscal_year=2027)
    await _commit(database, here, "60")
    with pytest.raises(shift_rules.YearRunning):
        await _proposed(database, here, "lapse")

    carried = await _proposed(
        database, here, "carry_forward", to_id=there, amount=cny("15"), at=AFTER
    )
    await _approved(database, carried, at=AFTER)
    lapse = await _proposed(database, here, "lapse", at=AFTER)
    await _approved(database, lapse, at=AFTER)

    assert (await _figures(database, here))["appropriated"] == "60.00"
    assert (await _figures(database, here))["available"] == "0.00"
    assert (await _figures(database, there))["available"] == "15.00"


async def test_a_wrong_appropriation_is_taken_back_whole_and_once(database: Database) -> None:
    here = await funded(database, "100")
    (given,) = (line.reference for line in await _lines(database, here))
    first, second = [
        await _proposed(database, here, "correction", appropriation_id=given) for _ in range(2)
    ]

    await _approved(database, first)
    with pytest.raises(shift_rules.AppropriationCorrected):
        await _approved(database, second)

    assert (await _figures(database, here))["appropriated"] == "0.00"
    newest, oldest = await _lines(database, here)
    assert newest.reverses_id == oldest.id


async def test_the_lines_of_a_programme_add_up_to_its_figures_and_name_their_events(
    database: Database,
) -> None:
    here, there = await funded(database, "100"), await _opened(database)
    await _commit(database, here, "60")
    async with database.transaction() as tx:
        await actions.obligate(
            tx, programme_id=here, award_id="award_one", contract_id="contract_one",
            amount=cny("50"), by=TREASURER, at=AT,
        )  # fmt: skip
    await _approved(
        database, await _proposed(database, here, "transfer", to_id=there, amount=cny("7"))
    )

    lines = await _lines(database, here)

    for name, figure in (await _figures(database, here)).items():
        assert sum(Decimal(getattr(one.effect, name)) for one in lines) == Decimal(figure), name
    assert [one.cause and one.cause.type for one in lines] == [
        "programme.shifted", "programme.obligated", "programme.committed",
        "programme.appropriated",
    ]  # fmt: skip


async def test_what_follows_a_year_gives_its_reason_before_the_database_as_well(
    database: Database, database_url: str
) -> None:
    await funded(database, "100")
    here = await _opened(database, fiscal_year=2027)
    plain = AppropriationDraft(amount=cny("5"), reason=WHY)

    async with database.transaction() as tx:
        with pytest.raises(rules.AssessmentUncited):
            await actions.appropriate(tx, here, plain, by=TREASURER, at=AT, expected=None)
    connection = await asyncpg.connect(database_url)
    given = "SELECT authority_id, replace(id, '{0}', '{1}'), $1, amount, currency, reason"
    with pytest.raises(asyncpg.RestrictViolationError, match="appropriation"):
        await connection.execute(
            "INSERT INTO appropriation (authority_id, id, programme_id, amount, currency, reason, "
            f"appropriated_by, appropriated_at) {given.format(0, 1)}, appropriated_by, "
            "appropriated_at FROM appropriation LIMIT 1", here,
        )  # fmt: skip
    await connection.close()
    reasoned = msgspec.structs.replace(plain, departs_because=WHY)
    async with database.transaction() as tx:
        await actions.appropriate(tx, here, reasoned, by=TREASURER, at=AT, expected=None)

    assert (await _figures(database, here))["available"] == "5.00"


async def test_the_history_alone_decides_on_shifts_again(
    database: Database, database_url: str
) -> None:
    here, there = await funded(database, "100"), await _opened(database)
    made = await _proposed(database, here, "transfer", to_id=there, amount=cny("7"))
    await _approved(database, made)
    other = await _proposed(database, here, "transfer", to_id=there, amount=cny("8"))
    async with database.transaction() as tx:
        why = ShiftRejection(WHY)
        await shifting.reject(tx, other, why, by=APPROVER, at=AT, expected=1)

    connection = await asyncpg.connect(database_url)
    events = await connection.fetch(
        "SELECT type, recorded_at, body::text FROM event WHERE type = ANY($1)", list(RULES)
    )
    await connection.close()

    assert {one["type"] for one in events} == set(RULES)
    for one in events:
        rule, facts = RULES[one["type"]]
        body = msgspec.json.decode(one["body"], type=Body)
        given = msgspec.convert(body.facts, facts)
        again = rule(given, by=body.by, at=one["recorded_at"])  # type: ignore[operator]
        assert canonical(again) == canonical(body.decision)
