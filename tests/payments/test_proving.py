"""Who has a calculation and its observations computes the aggregate again, and then the amount."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from ecosystem.cli.main import main
from ecosystem.finance.disclosing import actions as disclosing
from ecosystem.finance.disclosing.model import DisclosureDraft, Scope
from ecosystem.outcomes import actions as outcomes
from ecosystem.outcomes import queries as seen
from ecosystem.outcomes.model import Report
from ecosystem.outcomes.rules import ObservationMissing
from ecosystem.outcomes.tables import metric, observation
from ecosystem.outcomes.together import actions as together
from ecosystem.outcomes.together.model import Together
from ecosystem.payments import queries
from ecosystem.runtime.database import Database, Statement
from ecosystem.runtime.web import seen_by
from ecosystem.values.period import Period
from tests.finance.lending import SIGNATORY, act_as
from tests.payments.agreement import JANUARY, WORDS, Agreement, agree, calculations, payments

FIRST = date(2026, 1, 1)
EARLY = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
SURVEYED: dict[str, Any] = {
    "window": "day", "aggregation": "ratio_of_sums", "late_after_days": 10,
    "survey": {
        "statistic": "mean", "mode": "telephone", "sampling": "simple_random", "sample_min": 1200,
        "scale": {"lower": "1", "upper": "5"},
    },
}  # fmt: skip
RULES: list[dict[str, Any]] = [
    {
        "code": "survey", "shape": "satisfaction", "metric": "matters", "figure": "lower",
        "sample_min": 1200,
        "bands": [{"from": "4", "to": "4.5", "pays": "70.00"}, {"from": "4.5", "pays": "100.00"}],
    },
]  # fmt: skip
Change = Callable[[dict[str, Any]], None]


async def _paid(database: Database, folder: Path, *, with_lender: bool = False) -> Agreement:
    """Have forty ratings of each day of January reported and verified, so that they pay."""
    agreed = await agree(database, folder, observed=SURVEYED, rules=RULES, with_lender=with_lender)
    supplier = agreed.actor("enterprise", "delivery")
    verifier = agreed.actor("verifier", "verifier")
    named = (metric.c.contract_id == agreed.contract_id, metric.c.code == "matters")
    metric_id: str = await database.plain().value(Statement(select(metric.c.id).where(*named)))
    async with database.transaction(seen_by(supplier)) as tx:
        for day in range(31):
            first = FIRST + timedelta(days=day)
            said = Report(
                period=Period(first, first + timedelta(days=1)), value="4.5", numerator="180",
                denominator="40", squares="820", sample_size=40, source="survey", method=WORDS,
            )  # fmt: skip
            await outcomes.report(tx, metric_id, said, by=supplier, at=EARLY)
    asked = Together(period=JANUARY, reason=WORDS)
    async with database.transaction(seen_by(verifier)) as tx:
        await together.verify(tx, metric_id, asked, by=verifier, at=EARLY)
    return agreed


async def _exported(
    database: Database,
    agreed: Agreement,
    *,
    by: str = "city/officer",
    scopes: tuple[str, ...] = ("payments:read", "outcomes:read"),
) -> dict[str, Any]:
    """Return what a reader is answered who asks for the calculation with its proofs."""
    reader = msgspec.structs.replace(agreed.actor(*by.split("/")), scopes=scopes)
    payment_id = (await payments(database, agreed))[0]["id"]
    now = {"now": str(int(EARLY.timestamp()))}
    async with database.reading({**seen_by(reader), **now}) as tx:
        body, proved = await queries.explanation(tx, payment_id, proofs=True, seen_by=reader)
    exported: dict[str, Any] = json.loads(body)
    assert proved is ("proofs" in exported)
    return exported


async def test_who_may_not_read_observations_reads_the_calculation_without_them(
    database: Database, tmp_path: Path
) -> None:
    agreed = await _paid(database, tmp_path)

    told = await _exported(database, agreed, scopes=("payments:read",))

    assert "proofs" not in told
    assert "proofs" in await _exported(database, agreed)


@pytest.mark.parametrize("is_party", [True, False], ids=["a party", "no party"])
async def test_a_lender_reads_the_proofs_if_it_reads_the_observations_themselves(
    database: Database, tmp_path: Path, *, is_party: bool
) -> None:
    agreed = await _paid(database, tmp_path, with_lender=is_party)
    consented = DisclosureDraft(
        lender_id=agreed.parties.party("bank").organisation_id, scopes=tuple(Scope),
        until_at=EARLY + timedelta(days=30),
    )  # fmt: skip
    await act_as(
        database, agreed, SIGNATORY,
        lambda tx, by: disclosing.give(tx, agreed.contract_id, consented, by=by, at=EARLY),
    )  # fmt: skip

    told = await _exported(database, agreed, by="bank/lender")
    reads = await _reads_observations(database, agreed, by="bank/lender")

    assert reads == ("proofs" in told) == is_party


async def test_all_who_read_a_calculation_read_its_proofs_if_they_read_observations(
    database: Database, tmp_path: Path
) -> None:
    agreed = await _paid(database, tmp_path)

    for by in ("city/officer", "enterprise/delivery", "auditor/auditor"):
        assert "proofs" in await _exported(database, agreed, by=by)
        assert await _reads_observations(database, agreed, by=by)


async def _reads_observations(database: Database, agreed: Agreement, *, by: str) -> bool:
    """Tell whether a reader is answered who asks for an observation of the contract."""
    chosen = select(observation.c.id).where(observation.c.contract_id == agreed.contract_id)
    observation_id = await database.plain().value(Statement(chosen.limit(1)))
    reader = agreed.actor(*by.split("/"))
    try:
        await seen.observation_view(database.plain(), observation_id, seen_by=reader)
    except ObservationMissing:
        return False
    return True


def _recomputed(
    document: dict[str, Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, Any]]:
    """Return what `ecosystem payments recompute` answers of a file, and how it ends."""
    file = folder / "calculation.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    capsys.readouterr()
    ended = main(["payments", "recompute", str(file), "--json"])
    return ended, json.loads(capsys.readouterr().out)


@pytest.mark.anyio
async def test_a_stranger_computes_the_aggregate_and_the_amount_from_the_export_alone(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    agreed = await _paid(database, tmp_path)
    exported = await _exported(database, agreed)
    [proof] = exported["proofs"]
    [fact] = exported["facts"]["observations"]

    ended, told = _recomputed(exported, tmp_path, capsys)

    assert len(proof["observations"]) == 31
    assert proof["digest"] == fact["aggregate"]["observations_digest"]
    assert (ended, told["identical"], told["proved"]) == (0, True, True)
    assert told["total"] == {"amount": "70.00", "currency": "CNY"}
    bare = {name: one for name, one in exported.items() if name != "proofs"}
    ended, told = _recomputed(bare, tmp_path, capsys)
    assert (ended, told["identical"], told["proved"]) == (0, True, False)
    [made] = await calculations(database, agreed)
    assert json.loads(made["document"]) == bare


def _first(name: str, value: object) -> Change:
    def change(document: dict[str, Any]) -> None:
        document["proofs"][0]["observations"][0][name] = value

    return change


def _left_out(document: dict[str, Any]) -> None:
    del document["proofs"][0]["observations"][7]


def _no_proof(document: dict[str, Any]) -> None:
    document["proofs"] = []


def _better(document: dict[str, Any]) -> None:
    document["facts"]["observations"][0]["interval"]["lower"] = "4.6"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        (_first("numerator", "190"), {"/proofs/0/digest", "value", "interval"}),
        (_first("squares", "830"), {"/proofs/0/digest", "interval"}),
        (_first("version", 3), {"/proofs/0/digest"}),
        (_first("value", "4.6"), {"/proofs/0/digest"}),
        (_first("starts_on", "2026-01-02"), {"/proofs/0/digest"}),
        (_left_out, {"/proofs/0/digest", "interval", "sample_size", "aggregate/observations"}),
        (_no_proof, {"aggregate/observations_digest"}),
        (_better, {"interval", "/lines/0/unrounded", "/total", "/digest"}),
    ],
)
async def test_an_observation_or_a_fact_that_was_changed_is_found_with_its_place(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change,
    pointers: set[str],
) -> None:  # fmt: skip
    exported = await _exported(database, await _paid(database, tmp_path))
    change(exported)

    ended, told = _recomputed(exported, tmp_path, capsys)

    named = {one["pointer"].removeprefix("/facts/observations/0/") for one in told["differences"]}
    assert (ended, told["identical"]) == (1, False)
    assert pointers <= named, named


@pytest.mark.anyio
async def test_it_is_said_where_aggregates_were_taken_as_stated(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported = await _exported(database, await _paid(database, tmp_path))
    for proved in (True, False):
        if not proved:
            del exported["proofs"]
        file = tmp_path / "told.json"
        file.write_text(json.dumps(exported), encoding="utf-8")
        capsys.readouterr()

        assert main(["payments", "recompute", str(file)]) == 0

        said = capsys.readouterr().out
        assert ("aggregates computed again from their observations" in said) is proved
        assert ("aggregates taken as stated" in said) is not proved
