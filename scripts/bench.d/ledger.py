"""Move money and calculate, beside a bare insert of two legs with the same locks, in one run.

The bare one has accounts and entries in tables of its own in the same database: it locks both
accounts in the order of their identifiers, writes the two legs and both balances, and decides
nothing. Both take connections from the same kind of pool, and both have as many accounts as an
authority comes to in years. Rounds alternate. A calculation is made by the engine, from rules and
facts such as a month of a contract has, in one process; a stored one by the job, beside the
bare insert again.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any, Final

import job
import msgspec
import place

from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.ledger import actions, queries
from ecosystem.ledger.model import AccountKind, AccountName, Leg
from ecosystem.payments import engine
from ecosystem.payments.calculation import Facts, VerifiedObservation
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.pool import Pool
from ecosystem.runtime.settings import Settings
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.money import Money
from ecosystem.values.period import Period

_DATABASE: Final = "bench_ledger"
_CLIENTS: Final = 16
_AUTHORITY: Final = 7
_SPREAD: Final = 200
_CONTRACTS: Final = 250
"""How many the job is given to calculate for each second of a round."""
_AT: Final = datetime(2026, 3, 2, tzinfo=UTC)
_BY: Final = Actor(
    organisation_id="org_bench", organisation_number=_AUTHORITY, kind=OrganisationKind.GOVERNMENT,
    verified=True, jurisdiction="330100", client_id="client_bench", person_id="person_bench",
    roles=(Role.TREASURER,),
)  # fmt: skip
_BARE: Final = """
CREATE TABLE bare_account (id bigint PRIMARY KEY, held numeric NOT NULL CHECK (held >= 0));
CREATE TABLE bare_entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id bigint NOT NULL REFERENCES bare_account, amount numeric NOT NULL);
INSERT INTO bare_account SELECT n, 1e12 FROM generate_series(0, 10000) AS n;"""
_MORE: Final = """
INSERT INTO ledger_account (authority_id, id, kind, owner_ref, programme_id, currency)
SELECT authority_id, left(id, 8) || lpad(to_hex(n), 8, '0') || substr(id, 17), kind,
  owner_ref || 'x' || n, programme_id, currency
FROM ledger_account CROSS JOIN generate_series(1, 50) AS n;
ANALYZE;"""
"""Opens fifty empty accounts beside each, and tells the planner of all of them."""
_RULES: Final[tuple[dict[str, Any], ...]] = (
    {"code": "work", "shape": "unit_price", "metric": "work", "price": "12.50",
     "maximum": "900000"},
    {"code": "speed", "shape": "linear", "metric": "speed",
     "from": {"value": "60", "pays": "0"}, "to": {"value": "95", "pays": "40000"}},
    {"code": "uptime", "shape": "service_credit", "metric": "uptime", "direction": "higher",
     "charge": "30000", "steps": [{"worse_than": "99.5", "rate": "0.1"},
                                  {"worse_than": "99", "rate": "0.25"}]},
    {"code": "answers", "shape": "excess_days", "metric": "late", "allowed_days": 2,
     "per_day": "100"},
)  # fmt: skip

Work = Callable[[Random], Awaitable[None]]


def measure(*, rounds: int, seconds: float) -> int:
    """Print what was measured; 1 where less than half of the bare one was reached."""
    with place.opened(core=-1) as here:
        place.migrated(here, _DATABASE)
        urls = [here.postgres.dsn(_DATABASE, role=one) for one in ("ecosystem_api", "postgres")]
        month = job.month(here)
        worst = asyncio.run(_measure(*urls, month=month, rounds=rounds, seconds=seconds))
    return 0 if worst >= Decimal("0.5") else 1


async def _measure(
    url: str, other: str, *, month: job.Month, rounds: int, seconds: float
) -> Decimal:
    ours = Database(url, Settings(pool_size=_CLIENTS))
    bare = Database(other, Settings(pool_size=_CLIENTS))
    programme = mint("programme", authority=_AUTHORITY)
    await _appropriate(ours, programme)
    await _filled(bare.pool)
    found = list[Decimal]()
    for name, spread in (("one hot account", 1), ("spread accounts", _SPREAD)):
        subjects: tuple[Work, Work] = (
            _transfers(ours, programme, spread=spread), _two_legs(bare.pool, spread=spread),
        )  # fmt: skip
        mine, its = await _compared(*subjects, rounds=rounds, seconds=seconds)
        found.append(Decimal(mine / its))
        print(f"{name:>18}: {mine:,.0f} transfers/s, bare {its:,.0f}: {mine / its:.2f} (0.5)")
    stored, beside = await _stored(month, bare.pool, rounds=rounds, seconds=seconds)
    found.append(Decimal(stored / beside))
    print(f"{'stored by a job':>18}: {stored:,.0f}/s, {stored / beside:.2f} of {beside:,.0f} (0.5)")
    async with ours.reading() as tx:
        violations = await queries.check(tx)
    calculated = _calculated(seconds)
    print(f"{'calculations':>18}: {calculated:,.0f}/s, {calculated / its:.2f} of bare (0.5)")
    print(f"{'invariants':>18}: {len(violations)} violations")
    await ours.close()
    await bare.close()
    return min(*found, Decimal(calculated / its)) if not violations else Decimal(0)


async def _compared(ours: Work, bare: Work, *, rounds: int, seconds: float) -> tuple[float, float]:
    """Return the medians of what both have done in a second, round after round."""
    rates: list[tuple[float, float]] = [
        (await _rate(ours, seconds), await _rate(bare, seconds)) for _ in range(rounds)
    ]
    mine, its = (statistics.median(one) for one in zip(*rates, strict=True))
    return mine, its


async def _stored(
    month: job.Month, bare: Pool, *, rounds: int, seconds: float
) -> tuple[float, float]:
    """Return the medians of what the job and the bare insert have stored in a second."""
    insert = _two_legs(bare, spread=_SPREAD)
    rates: list[tuple[float, float]] = [
        (await month.rate(int(_CONTRACTS * seconds)), await _rate(insert, seconds))
        for _ in range(rounds)
    ]
    await month.close()
    mine, its = (statistics.median(one) for one in zip(*rates, strict=True))
    return mine, its


async def _rate(subject: Work, seconds: float) -> float:
    """Return how often so many clients at once have done it in a second."""
    until, done = time.monotonic() + seconds, count()

    async def client(seed: int) -> None:
        dice = Random(seed)  # noqa: S311 - which accounts, not a secret
        while time.monotonic() < until:
            await subject(dice)
            next(done)

    await asyncio.gather(*(client(seed) for seed in range(_CLIENTS)))
    return next(done) / seconds


def _transfers(database: Database, programme: str, *, spread: int) -> Work:
    async def move(dice: Random) -> None:
        leg = Leg(
            debit=AccountName(AccountKind.AVAILABLE, programme, programme),
            credit=AccountName(AccountKind.COMMITTED, f"award_{dice.randrange(spread)}", programme),
            amount=Money("0.01", "CNY"),
        )
        if spread > 1:
            leg = msgspec.structs.replace(leg, debit=_purse(programme, dice.randrange(spread)))
        async with database.transaction() as tx:
            await actions.move(tx, (leg,), by=_BY, at=_AT, act="bench", reference=programme)

    return move


async def _filled(pool: Pool) -> None:
    connection = await pool.acquire()
    await connection.execute(_BARE + _MORE)
    pool.release(connection)


def _two_legs(pool: Pool, *, spread: int) -> Work:
    async def insert(dice: Random) -> None:
        debit = 0 if spread == 1 else dice.randrange(spread)
        credit = 500 + dice.randrange(spread)
        connection = await pool.acquire()
        try:
            await connection.execute("BEGIN")
            await connection.fetch(
                "SELECT held FROM bare_account WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
                [debit, credit],
            )
            await connection.fetch(
                "WITH written AS (INSERT INTO bare_entry (account_id, amount) "
                "VALUES ($1, -0.01), ($2, 0.01)) UPDATE bare_account "
                "SET held = held + CASE id WHEN $1 THEN -0.01 ELSE 0.01 END WHERE id IN ($1, $2)",
                debit, credit,
            )  # fmt: skip
            await connection.execute("COMMIT")
        finally:
            pool.release(connection)

    return insert


async def _appropriate(database: Database, programme: str) -> None:
    source = AccountName(AccountKind.APPROPRIATION, programme, programme)
    targets = [AccountName(AccountKind.AVAILABLE, programme, programme)]
    targets += [_purse(programme, number) for number in range(_SPREAD)]
    legs = [Leg(debit=source, credit=one, amount=Money("1000000", "CNY")) for one in targets]
    async with database.transaction() as tx:
        await actions.move(tx, legs, by=_BY, at=_AT, act="appropriate", reference=programme)


def _purse(programme: str, number: int) -> AccountName:
    return AccountName(AccountKind.PAYABLE, f"contract_{number}", programme)


def _calculated(seconds: float) -> float:
    """Return how many calculations the engine makes in a second, each of another month."""
    common = {"title": {"en": "bench"}, "currency": "CNY"}
    rules = [msgspec.convert({**common, **one}, PaymentRule) for one in _RULES]
    until, done = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        period = Period(date(2026, 1 + done % 11, 1), date(2026, 2 + done % 11, 1))
        values = {"work": f"{done % 900}", "speed": "88.5", "uptime": "99.2", "late": "3"}
        facts = Facts(
            observations=tuple(
                VerifiedObservation(
                    id=f"o-{metric}", version=1, metric=metric, period=period, value=value
                )
                for metric, value in values.items()
            )
        )
        engine.calculate(
            rules, facts, currency="CNY", contract_value=Decimal(10_000_000),
            paid_before=Decimal(0),
        )  # fmt: skip
        done += 1
    return done / seconds
