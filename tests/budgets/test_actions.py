"""Money comes into a programme, is promised, taken back and bound; the history can say why."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from itertools import pairwise

import asyncpg
import msgspec
import pytest

from ecosystem.budgets import actions, queries, rules
from ecosystem.budgets.model import (
    AppropriationDraft,
    AppropriationFacts,
    CommitmentFacts,
    Programme,
    ProgrammeDraft,
)
from ecosystem.history import model as history
from ecosystem.ledger import actions as ledger_actions
from ecosystem.ledger import queries as ledger
from ecosystem.ledger.model import AccountKind, AccountName, Leg
from ecosystem.ledger.rules import FundsInsufficient
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Actor
from ecosystem.values.revision import RevisionStale
from ecosystem.values.text import Text
from tests.budgets.builders import AT, AUTHORITY, TREASURER, cny, draft, funded

TASKS = 16
RULES = {
    "programme.opened": (rules.open_programme, ProgrammeDraft),
    "programme.appropriated": (rules.appropriate, AppropriationFacts),
    "programme.committed": (rules.commit, CommitmentFacts),
    "programme.released": (rules.release, CommitmentFacts),
    "programme.obligated": (rules.obligate, CommitmentFacts),
}
EVENTS = "SELECT type, version, recorded_at, body FROM event WHERE stream = $1 ORDER BY version"


@pytest.fixture
async def crowd(database_url: str) -> AsyncIterator[Database]:
    """Connections enough for every task to have its own."""
    opened = Database(database_url, Settings(pool_size=TASKS))
    yield opened
    await opened.close()


async def _commit(database: Database, of: str, amount: str, *, award: str) -> None:
    async with database.transaction() as tx:
        await actions.commit(
            tx, programme_id=of, for_id=award, amount=cny(amount), by=TREASURER, at=AT
        )


async def _release(database: Database, of: str, amount: str, *, award: str) -> None:
    async with database.transaction() as tx:
        await actions.release(
            tx, programme_id=of, for_id=award, amount=cny(amount), by=TREASURER, at=AT
        )


async def _obligate(database: Database, of: str, amount: str, *, award: str, contract: str) -> None:
    async with database.transaction() as tx:
        await actions.obligate(
            tx, programme_id=of, award_id=award, contract_id=contract, amount=cny(amount),
            by=TREASURER, at=AT,
        )  # fmt: skip


async def _seen(tx: Tx, of: str) -> Programme:
    row = await queries.view(tx, of)
    return msgspec.json.decode(row["body"], type=Programme)


async def _amounts(database: Database, of: str) -> tuple[str, ...]:
    seen = await _seen(database.plain(), of)
    places = (seen.appropriated, seen.available, seen.committed, seen.obligated, seen.spent)
    assert {one.currency for one in places} == {"CNY"}
    return tuple(one.amount for one in places)


async def _available(database: Database, of: str, *, currency: str = "CNY") -> Decimal | None:
    return await queries.available(database.plain(), of, authority=AUTHORITY, currency=currency)


async def _violations(database: Database) -> list[str]:
    invariants = {**ledger.INVARIANTS, **queries.INVARIANTS}
    return [str(one) for one in await ledger.check(database.plain(), invariants)]


async def test_a_programme_begins_with_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        made = await actions.open_programme(tx, draft(), by=TREASURER, at=AT)

    assert made.version == 1
    assert await _amounts(database, made.id) == ("0.00",) * 5
    assert await _available(database, made.id) == 0


async def test_money_goes_from_place_to_place_and_none_is_lost(database: Database) -> None:
    award, contract = mint("award", authority=AUTHORITY), mint("contract", authority=AUTHORITY)
    of = await funded(database, "1000.00")

    await _commit(database, of, "400.50", award=award)
    assert await _amounts(database, of) == ("1000.00", "599.50", "400.50", "0.00", "0.00")
    await _obligate(database, of, "300.00", award=award, contract=contract)
    assert await _amounts(database, of) == ("1000.00", "599.50", "100.50", "300.00", "0.00")
    await _release(database, of, "100.50", award=award)
    assert await _amounts(database, of) == ("1000.00", "700.00", "0.00", "300.00", "0.00")

    assert await _available(database, of) == 700
    assert await _violations(database) == []


async def test_spent_is_what_is_disbursed_and_stays_obligated(database: Database) -> None:
    award, contract = mint("award", authority=AUTHORITY), mint("contract", authority=AUTHORITY)
    of = await funded(database, "100")
    await _commit(database, of, "100", award=award)
    await _obligate(database, of, "100", award=award, contract=contract)
    way = (
        AccountKind.ENCUMBERED, AccountKind.PAYABLE, AccountKind.IN_TRANSIT, AccountKind.DISBURSED
    )  # fmt: skip
    before = await queries.view(database.plain(), of)

    async with database.transaction() as tx:
        names = [AccountName(kind, contract, of) for kind in way]
        legs = [Leg(debit=near, credit=far, amount=cny("30")) for near, far in pairwise(names)]
        await ledger_actions.move(
            tx, legs, by=TREASURER, at=AT, act="settle", reference="payment_one"
        )

    assert await _amounts(database, of) == ("100.00", "0.00", "0.00", "100.00", "30.00")
    after = await queries.view(database.plain(), of)
    assert after["version"] == before["version"]
    assert after["mark"] != before["mark"]
    assert after["mark"].isalpha()


async def test_what_is_available_is_known_only_of_the_authoritys_own_programme(
    database: Database,
) -> None:
    of, tx = await funded(database, "5"), database.plain()

    assert await queries.available(tx, of, authority=AUTHORITY, currency="CNY") == 5
    assert await queries.available(tx, of, authority=AUTHORITY + 1, currency="CNY") is None
    assert await queries.available(tx, of, authority=AUTHORITY, currency="USD") is None
    unknown = mint("programme", authority=AUTHORITY)
    assert await queries.available(tx, unknown, authority=AUTHORITY, currency="CNY") is None


async def test_nothing_is_committed_beyond_what_is_available(database: Database) -> None:
    of = await funded(database, "10")

    with pytest.raises(FundsInsufficient):
        await _commit(database, of, "10.01", award="award_one")
    await _commit(database, of, "10", award="award_one")
    with pytest.raises(FundsInsufficient):
        await _release(database, of, "1", award="award_two")
    with pytest.raises(FundsInsufficient):
        await _obligate(database, of, "11", award="award_one", contract="contract_one")

    assert await _amounts(database, of) == ("10.00", "0.00", "10.00", "0.00", "0.00")


async def test_a_programme_that_is_not_there_is_missing(database: Database) -> None:
    for unknown in ("nonsense", mint("programme", authority=AUTHORITY)):
        with pytest.raises(rules.ProgrammeMissing):
            await _commit(database, unknown, "1", award="award_one")
        with pytest.raises(rules.ProgrammeMissing):
            await queries.view(database.plain(), unknown)


async def test_of_two_appropriations_to_one_version_at_once_one_is_stale(
    crowd: Database,
) -> None:
    of = await funded(crowd, "10")
    asked = AppropriationDraft(amount=cny("5"), reason=Text(en="Council decision 13"))

    async def appropriate() -> bool:
        try:
            async with crowd.transaction() as tx:
                await actions.appropriate(tx, of, asked, by=TREASURER, at=AT, expected=2)
        except RevisionStale:
            return False
        return True

    made = await asyncio.gather(*(appropriate() for _ in range(TASKS)))

    assert sum(made) == 1
    assert (await _amounts(crowd, of))[0] == "15.00"


async def test_the_history_alone_reproduces_every_decision(
    database: Database, database_url: str
) -> None:
    of = await funded(database, "100")
    await _commit(database, of, "50", award="award_one")
    await _release(database, of, "10", award="award_one")
    await _obligate(database, of, "40", award="award_one", contract="contract_one")

    connection = await asyncpg.connect(database_url)
    events = await connection.fetch(EVENTS, of)
    await connection.close()

    assert [event["type"] for event in events] == list(RULES)
    for event in events:
        body = msgspec.json.decode(event["body"])
        rule, facts_type = RULES[event["type"]]
        facts = msgspec.convert(body["facts"], facts_type)
        by = msgspec.convert(body["by"], Actor)
        decided = rule(facts, by=by, at=event["recorded_at"])  # type: ignore[operator]
        assert history.canonical(decided) == history.canonical(body["decision"])
    assert (await _seen(database.plain(), of)).version == events[-1]["version"]


async def test_sixteen_awards_at_once_never_commit_more_than_there_is(crowd: Database) -> None:
    of = await funded(crowd, "50")

    async def commit(number: int) -> int:
        with suppress(FundsInsufficient):
            await _commit(crowd, of, "7", award=f"award_{number}")
            return 1
        return 0

    made = await asyncio.gather(*(commit(number) for number in range(TASKS)))

    assert sum(made) == 7
    assert await _amounts(crowd, of) == ("50.00", "1.00", "49.00", "0.00", "0.00")
    assert await _violations(crowd) == []
