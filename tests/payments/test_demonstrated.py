"""What shorter windows come to pays for the period, and a stranger computes it again."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ecosystem.outcomes import actions as outcomes
from ecosystem.outcomes.aggregates import queries as aggregates
from ecosystem.outcomes.excusals import actions as excusals
from ecosystem.outcomes.excusals.model import ExcusalDecision, ExcusalDraft
from ecosystem.outcomes.model import Report
from ecosystem.outcomes.tables import metric
from ecosystem.outcomes.together import actions as together
from ecosystem.outcomes.together.model import Together
from ecosystem.payments.calculating import actions
from ecosystem.payments.engine import recompute
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Statement
from ecosystem.runtime.web import seen_by
from ecosystem.values.period import Period
from tests.payments.agreement import (
    AT,
    JANUARY,
    WORDS,
    Agreement,
    agree,
    calculations,
    payments,
    verify,
)
from tests.payments.steps import unsound

pytestmark = pytest.mark.anyio

FIRST = date(2026, 1, 1)
EARLY = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
DAILY = {"window": "day", "aggregation": "sum", "completeness": "0.9", "late_after_days": 10}


async def _metric(database: Database, agreed: Agreement) -> str:
    named = (metric.c.contract_id == agreed.contract_id, metric.c.code == "matters")
    found: str = await database.plain().value(Statement(select(metric.c.id).where(*named)))
    return found


async def report_days(
    database: Database, agreed: Agreement, days: range, *, at: datetime = EARLY
) -> None:
    """Report one matter for each of these days of January, counted from 0, and verify them."""
    supplier, verifier = (
        agreed.actor("enterprise", "delivery"),
        agreed.actor("verifier", "verifier"),
    )
    metric_id = await _metric(database, agreed)
    async with database.transaction(seen_by(supplier)) as tx:
        for day in days:
            said = Report(period=_day(day), value="1", source="register", method=WORDS)
            await outcomes.report(tx, metric_id, said, by=supplier, at=at)
    asked = Together(period=JANUARY, reason=WORDS)
    async with database.transaction(seen_by(verifier)) as tx:
        await together.verify(tx, metric_id, asked, by=verifier, at=at)


def _day(day: int) -> Period:
    return Period(FIRST + timedelta(days=day), FIRST + timedelta(days=day + 1))


def _document(made: Record) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(made["document"])
    return found


async def _run(database: Database, agreed: Agreement, *, at: datetime) -> None:
    """Calculate what `ecosystem payments calculate` finds due at a time."""
    pages = actions.pages(database, Clock(), period=JANUARY)
    [one] = [one async for page in pages for one in page if one["id"] == agreed.contract_id]
    assert one["is_due"]
    assert isinstance(await actions.calculate(database, Clock(stands_at=at), one), int)


async def test_a_month_of_days_pays_once_all_of_it_is_verified(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, observed=DAILY)

    await report_days(database, agreed, range(30))
    before = await calculations(database, agreed)
    await report_days(database, agreed, range(30, 31))

    assert before == []
    [made] = await calculations(database, agreed)
    assert (made["total"], made["ordinal"]) == (310, 1)
    [fact] = _document(made)["facts"]["observations"]
    officer = agreed.actor("city", "officer")
    async with database.reading(seen_by(officer)) as tx:
        [read] = (
            await aggregates.aggregates(
                tx, fact["id"], starts_on=FIRST, ends_on=JANUARY.ends_on, seen_by=officer, at=AT
            )
        ).data
    assert (fact["value"], read.value) == ("31", "31")
    assert fact["aggregate"]["observations_digest"] == read.observations_digest
    assert fact["aggregate"]["observed"]["aggregation"] == "sum"
    assert _document(made)["lines"][0]["inputs"][0]["kind"] == "aggregate"
    assert recompute(made["document"]).is_identical()


async def test_what_is_complete_enough_pays_when_the_time_to_report_is_over(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, observed=DAILY)
    await report_days(database, agreed, range(29))

    await _run(database, agreed, at=datetime(2026, 2, 11, 15, 59, tzinfo=UTC))
    before = await calculations(database, agreed)
    await _run(database, agreed, at=datetime(2026, 2, 11, 16, 0, tzinfo=UTC))

    assert before == []
    [made] = await calculations(database, agreed)
    assert made["total"] == 290
    assert await unsound(database) == []


async def test_what_is_verified_later_pays_the_difference(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, observed=DAILY)
    await report_days(database, agreed, range(31))
    [first] = await calculations(database, agreed)

    corrected = await _first_of(database, agreed)
    await verify(database, agreed, "matters", "5", period=_day(0), supersedes=corrected)

    _, second = await calculations(database, agreed)
    assert (second["supersedes"], second["ordinal"], second["total"]) == (first["id"], 1, 350)
    assert sorted(one["amount"] for one in await payments(database, agreed)) == [40, 310]
    digests = [_document(one)["facts"]["observations"][0]["aggregate"] for one in (first, second)]
    assert digests[0]["observations_digest"] != digests[1]["observations_digest"]
    assert await unsound(database) == []


async def _first_of(database: Database, agreed: Agreement) -> str:
    officer = agreed.actor("city", "officer")
    async with database.reading(seen_by(officer)) as tx:
        found = await aggregates.aggregates(
            tx, await _metric(database, agreed), starts_on=FIRST, ends_on=JANUARY.ends_on,
            seen_by=officer, at=AT,
        )  # fmt: skip
    return found.data[0].observations[0].id


async def test_a_time_that_is_excused_is_asked_for_no_more(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, observed=DAILY)
    await report_days(database, agreed, range(29))
    supplier, officer = agreed.actor("enterprise", "delivery"), agreed.actor("city", "officer")
    time = {"starts_at": "2026-01-29T16:00:00Z", "ends_at": "2026-01-31T16:00:00Z"}
    said = {**time, "ground": "force_majeure", "reason": {"en": "Flood"}}

    async with database.transaction(seen_by(supplier)) as tx:
        draft = msgspec.convert(said, ExcusalDraft)
        asked = await excusals.ask(
            tx, await _metric(database, agreed), draft, by=supplier, at=EARLY
        )
    async with database.transaction(seen_by(officer)) as tx:
        granted = msgspec.convert({"granted": True, "reason": {"en": "So"}}, ExcusalDecision)
        await excusals.decide(tx, asked.id, granted, by=officer, at=EARLY, expected=None)

    [made] = await calculations(database, agreed)
    [fact] = _document(made)["facts"]["observations"]
    assert (made["total"], fact["aggregate"]["windows"]) == (290, 31)
    assert fact["aggregate"]["excused"] == [
        {
            "starts_at": "2026-01-29T16:00:00.000000Z", "ends_at": "2026-01-31T16:00:00.000000Z",
        }
    ]  # fmt: skip


SURVEYED: dict[str, Any] = {
    "window": "day", "aggregation": "ratio_of_sums", "completeness": "0.9", "late_after_days": 10,
    "survey": {
        "statistic": "mean", "mode": "telephone", "sampling": "simple_random", "sample_min": 1200,
        "scale": {"lower": "1", "upper": "5"},
    },
}  # fmt: skip
BY_LOWER_END: list[dict[str, Any]] = [
    {
        "code": "survey", "shape": "satisfaction", "metric": "matters", "figure": "lower",
        "sample_min": 1200,
        "bands": [{"from": "4", "to": "4.5", "pays": "70.00"}, {"from": "4.5", "pays": "100.00"}],
    },
]  # fmt: skip


async def _survey(database: Database, agreed: Agreement, days: range, *, period: Period) -> None:
    """Report forty ratings, half of 4 and half of 5, for each of these days, and verify them."""
    supplier, verifier = (
        agreed.actor("enterprise", "delivery"),
        agreed.actor("verifier", "verifier"),
    )
    metric_id = await _metric(database, agreed)
    async with database.transaction(seen_by(supplier)) as tx:
        for day in days:
            said = Report(
                period=_day(day), value="4.5", numerator="180", denominator="40", squares="820",
                sample_size=40, source="survey", method=WORDS,
            )  # fmt: skip
            await outcomes.report(tx, metric_id, said, by=supplier, at=EARLY)
    async with database.transaction(seen_by(verifier)) as tx:
        asked = Together(period=period, reason=WORDS)
        await together.verify(tx, metric_id, asked, by=verifier, at=EARLY)


async def test_a_month_of_surveys_pays_by_the_lower_end_of_its_one_sample(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, observed=SURVEYED, rules=BY_LOWER_END)

    await _survey(database, agreed, range(31), period=JANUARY)

    [made] = await calculations(database, agreed)
    [fact] = _document(made)["facts"]["observations"]
    assert (fact["value"], fact["sample_size"]) == ("4.5", 31 * 40)
    assert fact["interval"]["method"] == "t-1"
    assert "4.47" < fact["interval"]["lower"] < "4.5" < fact["interval"]["upper"] < "4.53"
    assert made["total"] == 70
    assert "lower end" in _document(made)["lines"][0]["formula"]["en"]
    assert recompute(made["document"]).is_identical()


async def test_a_month_with_too_small_a_sample_is_not_demonstrated_and_pays_nothing(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, observed=SURVEYED, rules=BY_LOWER_END)

    await _survey(database, agreed, range(29), period=JANUARY)
    await _run(database, agreed, at=AT)

    assert await calculations(database, agreed) == []


async def test_one_survey_of_a_whole_month_pays_only_where_its_sample_is_large_enough(
    database: Database, tmp_path: Path
) -> None:
    monthly = {**SURVEYED, "window": "month"}
    agreed = await agree(database, tmp_path, observed=monthly, rules=BY_LOWER_END)
    supplier, verifier = (
        agreed.actor("enterprise", "delivery"),
        agreed.actor("verifier", "verifier"),
    )

    async def told(people: int, supersedes: str | None = None) -> str:
        """Have so many people rate, half of them 4 and half 5, and verify it."""
        report = Report(
            value="4.5", numerator=str(people * 9 // 2), denominator=str(people),
            squares=str(people * 41 // 2), sample_size=people, supersedes=supersedes,
            source="survey", method=WORDS, period=JANUARY,
        )  # fmt: skip
        metric_id = await _metric(database, agreed)
        async with database.transaction(seen_by(supplier)) as tx:
            made = await outcomes.report(tx, metric_id, report, by=supplier, at=AT)
        async with database.transaction(seen_by(verifier)) as tx:
            await outcomes.verify(tx, made.id, reason=WORDS, by=verifier, at=AT, expected=1)
        return made.id

    small = await told(1198)
    before = await calculations(database, agreed)
    await told(1200, supersedes=small)

    assert before == []
    [made] = await calculations(database, agreed)
    [fact] = _document(made)["facts"]["observations"]
    assert (made["total"], fact["sample_size"]) == (70, 1200)
    assert fact["interval"]["lower"].startswith("4.47")
