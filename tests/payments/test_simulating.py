"""What rules would pay for supposed values is what they pay once these come true."""

import asyncio
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from ecosystem.catalogue.profiles.model import TaxKind, TaxRate, TaxRule
from ecosystem.cli.main import main
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.contracts.rule_parts import Point
from ecosystem.finance.disclosing.rules import NotDisclosed
from ecosystem.payments.calculation import Tax
from ecosystem.payments.engine import RulesUnsound, recompute
from ecosystem.payments.simulating import queries, rules, running
from ecosystem.payments.simulating.draws import chance, drawn
from ecosystem.payments.simulating.model import (
    Known,
    KnownStep,
    Simulation,
    Suppositions,
    Triangular,
)
from ecosystem.payments.simulating.plan import SimulationTooLarge, SuppositionsUnsound
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import seen_by
from ecosystem.values.period import Period
from ecosystem.values.text import Text
from tests.parties import bearer, comes_true
from tests.payments.agreement import AT, FEBRUARY, accept, agree, totals, verify
from tests.payments.builders import observation, rule
from tests.payments.published import cases, supposed

MONTHS = [
    {"starts_on": "2026-01-01", "ends_on": "2026-02-01"},
    {"starts_on": "2026-02-01", "ends_on": "2026-03-01"},
]
LINE = rule(
    "linear", metric="metric",
    **{"from": {"value": "0", "pays": "0"}, "to": {"value": "100", "pays": "1000.00"}},
)  # fmt: skip
LIGHTS = rule(
    "termination_right", metric="metric", direction="higher", worse_than="50", times=2, of_periods=2
)
UNIFORM = {"kind": "uniform", "low": "0", "high": "100"}


def known(*among: PaymentRule, value: str = "10000") -> Known:
    return Known(rules=among, currency="CNY", contract_value=value)


def asked(value: dict[str, Any], *, only: Period | None = None, **more: Any) -> Suppositions:
    periods = MONTHS if only is None else [msgspec.to_builtins(only)]
    values = [{"metric": "metric", "periods": periods, "value": value}]
    return msgspec.convert({"values": values, **more}, Suppositions)


def simulate(value: dict[str, Any], *among: PaymentRule, **more: Any) -> Simulation:
    return rules.simulate(
        known(*(among or (LINE, LIGHTS))), asked(value, **more), watched=lambda: None
    )


def test_single_values_give_documents_that_a_stranger_recomputes() -> None:
    found = simulate({"kind": "single", "value": "40"})

    assert [one.total for one in found.calculations] == ["400.00", "400.00"]
    assert all(recompute(msgspec.json.encode(one)).is_identical() for one in found.calculations)
    assert (found.runs, found.earned.mean, found.earned.p95) == (1, "800.00", "800.00")
    assert [one.period.ends_on.isoformat() for one in found.arisen] == ["2026-03-01"]


def test_a_range_is_walked_through_and_shows_where_the_money_is() -> None:
    found = simulate({"kind": "range", "from": "0", "to": "100", "points": 5})

    at = [(point.at[0].value, point.earned.mean) for point in found.grid]
    assert at == [
        ("0", "0.00"), ("25", "500.00"), ("50", "1000.00"), ("75", "1500.00"), ("100", "2000.00"),
    ]  # fmt: skip
    assert found.series == ()


def test_draws_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    one, same = (simulate(UNIFORM, draws=300) for _ in range(2))
    other = simulate(UNIFORM, draws=300, seed=2)

    assert one == same
    assert one.earned != other.earned
    assert [step.on.isoformat() for step in one.steps] == ["2026-02-01", "2026-03-01"]
    assert [series.rule for series in one.series] == ["linear", "total", "earned"]
    for series in one.series:
        for spread in series.steps:
            ranked = [Decimal(amount) for amount in msgspec.structs.astuple(spread)[1:]]
            assert ranked == sorted(ranked)
    assert abs(Decimal(one.earned.mean) - 1000) < 60
    [right] = one.rights
    assert Decimal("0.15") < Decimal(right.share) < Decimal("0.35")


def test_a_draw_is_what_anybody_computes_from_seed_draw_and_place() -> None:
    luck = chance(1, 0, "0/2026-01-01")
    bent = Triangular(low="0", mode="10", high="40")

    # printf 1/0/0/2026-01-01 | sha256sum: the first 13 digits are the 52 bits.
    assert luck == (Decimal(int("0c76776c32b88", 16)) + Decimal("0.5")) / 2**52
    assert [drawn(bent, Decimal(at)) for at in ("0", "0.25", "1")] == ["0", "10", "40"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"kind": "range", "from": "2", "to": "1", "points": 3}, "order"),
        ({"kind": "uniform", "low": "1", "high": "1"}, "order"),
        ({"kind": "normal", "mean": "1", "deviation": "0"}, "flat"),
        ({"kind": "chosen", "options": [{"value": "1", "probability": "0.9"}]}, "weights"),
    ],
)
def test_what_cannot_be_supposed_is_refused(value: dict[str, Any], code: str) -> None:
    with pytest.raises(SuppositionsUnsound) as refused:
        simulate(value)

    fault = refused.value.faults[0]
    assert fault.code == code
    assert fault.pointer.startswith("/values/0/value")


def test_what_is_supposed_twice_is_refused_where_it_is() -> None:
    one = {"metric": "metric", "value": {"kind": "single", "value": "1"}}
    days = [{"starts_on": "2026-01-15", "ends_on": "2026-03-01"}]
    many = {"values": [{**one, "periods": MONTHS}, {**one, "periods": days}]}
    fixed = rule("fixed", milestone="opening", amount="5.00")
    due = {"due_at": "2026-01-01T00:00:00Z", "delivered_at": "2026-01-01T00:00:00Z"}
    opened = {"milestones": [{"milestone": "opening", **due}] * 2}

    twice = msgspec.convert({**many, **opened}, Suppositions)
    with pytest.raises(SuppositionsUnsound) as refused:
        rules.simulate(known(LINE, fixed), twice, watched=lambda: None)

    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        ("/milestones/1/milestone", "doubled"),
        ("/values/1/periods/0", "doubled"),
        ("/values/0/periods/1", "doubled"),
    ]


def test_what_no_rule_reads_is_told_with_what_they_read() -> None:
    with pytest.raises(SuppositionsUnsound, match="cannot be") as refused:
        rules.simulate(
            known(replace(LINE, metric="other")),
            asked({"kind": "single", "value": "1"}), watched=lambda: None,
        )  # fmt: skip

    assert [one.detail for one in refused.value.faults] == [
        "No rule reads a metric metric; they read: other."
    ]


def test_the_greatest_numbers_that_rules_may_have_are_computed() -> None:
    most = "9" * 18
    points = rule(
        "points", metric="metric", free_points=0, value_per_point=most,
        bands=[{"upto": None, "multiplier": most}],
    )  # fmt: skip

    found = simulate({"kind": "single", "value": most}, LINE, points)

    assert found.earned.mean == "0.00"
    assert {len(one.steps[0].least) for one in found.series if one.rule == points.code} == {58}


def test_rules_are_refused_although_nothing_is_supposed() -> None:
    empty = rule(
        "service_credit", metric="metric", direction="lower", charge="100.00", cap="0.5", steps=[]
    )

    with pytest.raises(RulesUnsound) as refused:
        rules.simulate(known(empty), Suppositions(), watched=lambda: None)

    assert [one.pointer for one in refused.value.faults] == ["/rules/0/steps"]


def test_what_would_take_too_long_is_refused_before_it_begins() -> None:
    begun = list[None]()
    wide = asked(UNIFORM, draws=10_000)
    many = [msgspec.structs.replace(LINE, code=f"line-{at}") for at in range(9)]

    with pytest.raises(SimulationTooLarge):
        rules.simulate(known(*many), wide, watched=lambda: begun.append(None))
    with pytest.raises(SimulationTooLarge):
        simulate({"kind": "range", "from": "0", "to": "1", "points": 201}, draws=100)

    assert begun == []


def test_whoever_watches_ends_it() -> None:
    def impatient() -> None:
        raise SimulationTooLarge("Enough.")

    with pytest.raises(SimulationTooLarge, match="Enough"):
        rules.simulate(known(LINE), asked(UNIFORM, draws=5), watched=impatient)


@pytest.mark.anyio
async def test_what_is_supposed_to_follow_is_paid_once_it_comes_true(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path)
    await accept(database, agreed, "opening")
    await verify(database, agreed, "matters", "100")
    values = [
        {"metric": metric, "periods": [period], "value": {"kind": "single", "value": value}}
        for metric, period, value in (
            ("late-days", MONTHS[0], "3"), ("matters", MONTHS[1], "70"),
        )
    ]  # fmt: skip
    follows = msgspec.convert({"values": values}, Suppositions)
    async with database.reading(seen_by(agreed.actor("enterprise", "delivery"))) as tx:
        found = await queries.known(tx, agreed.contract_id, at=AT)

    would = rules.simulate(found, follows, watched=lambda: None)
    await verify(database, agreed, "late-days", "3")
    await verify(database, agreed, "matters", "70", period=FEBRUARY)

    assert [step.is_known for step in would.steps] == [True, False, True]
    assert (await totals(database, agreed))["earned"] == would.earned.mean == "9400.00"
    twice = asked({"kind": "single", "value": "1"})
    doubled = msgspec.structs.replace(
        twice, values=(msgspec.structs.replace(twice.values[0], metric="matters"),)
    )
    with pytest.raises(SuppositionsUnsound) as refused:
        rules.simulate(found, doubled, watched=lambda: None)
    [fault] = refused.value.faults
    assert (fault.pointer, fault.code) == ("/values/0/periods/0", "doubled")
    assert "is verified" in fault.detail
    before = asked(
        {"kind": "single", "value": "1"}, only=Period(date(2020, 1, 1), date(2020, 2, 1))
    )
    early = replace(before, values=(replace(before.values[0], metric="matters"),))
    with pytest.raises(SuppositionsUnsound) as refused:
        rules.simulate(found, early, watched=lambda: None)
    assert [one.code for one in refused.value.faults] == ["outside"]


@pytest.mark.anyio
async def test_a_lender_that_sees_nothing_proved_is_told_so_instead_of_a_sum_without_it(
    database: Database, tmp_path: Path
) -> None:
    agreed = await agree(database, tmp_path, with_lender=True)
    await accept(database, agreed, "opening")

    async def looking(who: str, role: str) -> Known:
        by = agreed.actor(who, role)
        async with database.reading(seen_by(by)) as tx:
            return await queries.concerning(tx, agreed.contract_id, by=by, at=AT)

    assert len((await looking("enterprise", "delivery")).steps) == 1
    with pytest.raises(NotDisclosed):
        await looking("bank", "lender")


def test_a_step_is_taxed_at_the_rates_of_its_day_but_of_no_day_that_is_past() -> None:
    rates = (
        TaxRate(starts_on=date(2020, 1, 1), rate="0.2"),
        TaxRate(starts_on=date(2026, 2, 15), rate="0.1"),
    )
    kept = TaxRule(
        code="linear", title=Text(en="kept"), kind=TaxKind.WITHHELD, rates=rates, law="platform"
    )
    follows = asked({"kind": "single", "value": "40"})
    early = msgspec.structs.replace(known(LINE), taxes=(kept,))
    late = msgspec.structs.replace(early, today=date(2026, 2, 15))

    would, later = (rules.simulate(one, follows, watched=lambda: None) for one in (early, late))

    assert [one.total for one in would.calculations] == ["320.00", "360.00"]
    assert [one.total for one in later.calculations] == ["360.00", "360.00"]
    assert [one.earned.mean for one in (would, later)] == ["680.00", "720.00"]
    assert [one.mean for one in would.series[0].steps] == ["400.00", "400.00"]


def test_what_a_step_was_calculated_by_is_what_it_is_simulated_by() -> None:
    tax = Tax(code="vat", kind=TaxKind.ADDED, rate="0.1")
    cheaper = msgspec.structs.replace(LINE, end=Point(value="100", pays="500.00"))
    step = KnownStep(rules=(LINE,), taxes=(tax,), milestones=(), observations=(observation("40"),))
    changed = msgspec.structs.replace(known(cheaper), steps=(step,))

    found = rules.simulate(
        changed, asked({"kind": "single", "value": "40"}, only=FEBRUARY), watched=lambda: None
    )

    assert [one.total for one in found.calculations] == ["440.00", "200.00"]
    assert [one.mean for one in found.series[-2].steps] == ["440.00", "200.00"]


@pytest.mark.anyio
async def test_every_published_example_gives_its_number_over_http(
    client: httpx.AsyncClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = await bearer(client, "city", "officer")

    for case in cases():
        shown = await client.post("/v1/payment-simulations", json=supposed(case), headers=headers)

        assert shown.status_code == 201, (case.id, shown.text)
        last = msgspec.convert(shown.json(), Simulation).calculations[-1]
        assert case.said(last) == case.expected, case.id
        exported = tmp_path / f"{case.id}.json"
        exported.write_bytes(msgspec.json.encode(shown.json()["calculations"][-1]))
        assert main(["payments", "recompute", str(exported)]) == 0, case.id
        assert "identical" in capsys.readouterr().out


@pytest.mark.anyio
async def test_while_some_simulate_nothing_of_the_database_is_held_and_each_has_one(
    client: httpx.AsyncClient, database: Database
) -> None:
    city, bank = await bearer(client, "city", "officer"), await bearer(client, "bank", "lender")
    wish = {
        "rules": [msgspec.to_builtins(LINE)],
        "contract_value": {"amount": "10000.00", "currency": "CNY"},
        "values": [{"metric": "metric", "periods": MONTHS, "value": UNIFORM}],
        "draws": 5000,
    }

    async def simulated(by: dict[str, str]) -> httpx.Response:
        return await client.post("/v1/payment-simulations", json=wish, headers=by)

    first = asyncio.create_task(simulated(city))

    async def is_free() -> bool:
        return running.in_line() == 1 and database.pool.in_use == 0 and not first.done()

    assert await comes_true(is_free, within_s=5)
    again, other = await asyncio.gather(simulated(city), simulated(bank))

    assert (again.status_code, again.headers["retry-after"]) == (429, "1")
    assert ((await first).status_code, other.status_code) == (201, 201)
    assert (await simulated(city)).content == (await first).content == other.content


@pytest.mark.anyio
async def test_a_form_is_simulated_for_a_value_before_there_is_a_contract(
    client: httpx.AsyncClient,
) -> None:
    headers = await bearer(client, "city", "officer")
    form = {"id": "citizen-service-operation", "version": "1.0"}
    surveys = {
        "metric": "satisfaction", "periods": MONTHS[:1], "sample_size": 5000,
        "value": {"kind": "single", "value": "95"},
    }  # fmt: skip
    wish = {
        "form": form,
        "contract_value": {"amount": "1000000.00", "currency": "CNY"},
        "values": [surveys],
    }

    shown = await client.post("/v1/payment-simulations", json=wish, headers=headers)
    wrong = {**form, "variables": {"volume_share": "7"}}
    refused = await client.post(
        "/v1/payment-simulations", json={**wish, "form": wrong}, headers=headers
    )

    unsure = {**wish, "values": [{**surveys, "margin": "6"}]}
    careful = await client.post("/v1/payment-simulations", json=unsure, headers=headers)
    narrow = {**wish, "values": [{**surveys, "margin": "-1"}]}
    impossible = await client.post("/v1/payment-simulations", json=narrow, headers=headers)

    nowhere = await client.post(
        "/v1/payment-simulations", json={**wish, "jurisdiction": "ZZ9"}, headers=headers
    )

    assert nowhere.json()["code"] == "jurisdiction_unknown"
    assert nowhere.json()["errors"][0]["pointer"] == "/jurisdiction"
    assert shown.json()["earned"]["mean"] == "29100.00"
    assert careful.json()["earned"]["mean"] == "20370.00"
    assert impossible.json()["errors"][0]["pointer"] == "/values/0/margin"
    assert {one["rule"] for one in shown.json()["cliffs"]} >= {"satisfaction-payment"}
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/form/variables/volume_share"
